import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { inBaseCurrency } from "../../../domain/risk/live/cash.ts";
import { LiveBook, type LiveFacts } from "../../../domain/risk/live/live-book.ts";
import type { TenantOthers } from "../../../domain/risk/live/live-view.ts";
import { Decimal, dec, ZERO } from "../../../domain/shared/decimal.ts";
import type { Timer } from "../../../mixins/clock.ts";
import { changedWatched, type WatchedView } from "../../../models/risk-policies.ts";
import type { NodeContext } from "../../context.ts";
import { foreignOf } from "./foreign.ts";
import type { LiveBoard } from "./live-board.ts";

const DAY_MS = 86_400_000;
const LOOK_MS = 500;
/** News of the others that are older say nothing. */
const MAX_AGE_MS = 5_000;
/** A decision that is not on record after so long has failed. */
const COMMIT_MS = 10_000;
/** A tenant that nobody asks for is not followed any more. */
const IDLE_MS = 600_000;

interface Followed {
  readonly summaries: Map<string, PortfolioSummary>;
  readonly versions: Map<string, number>;
  readonly books: Map<string, LiveBook>;
  /** what turns of this node have decided, until it is seen on record */
  readonly decided: Map<string, { readonly version: number; readonly atMs: number }>;
  lookedMs: number;
  askedMs: number;
}

interface Asker {
  readonly tenantId: string;
  readonly portfolioId: string;
  readonly baseCurrency: string;
}

/**
 * What the portfolios of a tenant come to together, for limits over all of them. Portfolios of this node are counted from the
 * moment that their turns have decided; those of other nodes as they were committed, at most half a second and a look ago.
 */
export class TenantTotals {
  readonly #node: NodeContext;
  readonly #board: LiveBoard;
  readonly #tenants = new Map<string, Followed>();
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(node: NodeContext, board: LiveBoard) {
    this.#node = node;
    this.#board = board;
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** From now on; answers once its portfolios are known. */
  async follow(tenantId: string): Promise<void> {
    const known = this.#tenants.get(tenantId);
    const nowMs = this.#node.clock.now();
    if (known !== undefined) known.askedMs = nowMs;
    else {
      this.#tenants.set(tenantId, {
        summaries: new Map(),
        versions: new Map(),
        books: new Map(),
        decided: new Map(),
        lookedMs: 0,
        askedMs: nowMs,
      });
      await this.#look(tenantId);
      this.#plan();
    }
  }

  /**
   * A turn of a portfolio of this node has decided so: it counts from now on, whatever older state a look finds on record. Should
   * its commit fail, a later look has the truth.
   * @param version of the portfolio once the turn is on record
   */
  saw(summary: PortfolioSummary, version: number): void {
    const followed = this.#tenants.get(summary.tenantId);
    if (followed === undefined) return;
    const { portfolioId } = summary;
    followed.summaries.set(portfolioId, summary);
    followed.decided.set(portfolioId, { version, atMs: this.#node.clock.now() });
    // Read again, whatever its version is by then.
    followed.versions.delete(portfolioId);
  }

  /** Null: nobody has looked lately, or a price or rate of theirs is not known. */
  othersOf({ tenantId, portfolioId, baseCurrency }: Asker, maxAgeMs: number): TenantOthers | null {
    const followed = this.#tenants.get(tenantId);
    const nowMs = this.#node.clock.now();
    if (followed === undefined || nowMs - followed.lookedMs > MAX_AGE_MS) return null;
    followed.askedMs = nowMs;
    let [gross, dayLoss] = [ZERO, ZERO];
    for (const summary of followed.summaries.values()) {
      if (summary.portfolioId === portfolioId || summary.status === "closed") continue;
      const one = this.#valueOf(summary, followed, maxAgeMs);
      const rate = this.#rate(summary.baseCurrency, baseCurrency);
      if (one === null || rate === null) return null;
      gross = gross.plus(one.gross.times(rate));
      dayLoss = dayLoss.plus(one.dayLoss.times(rate));
    }
    return { gross, dayLoss };
  }

  #rate(from: string, to: string): Decimal | null {
    if (from === to) return dec(1);
    const rate = this.#board.rateOf(from, to);
    return rate === null ? null : dec(rate);
  }

  #valueOf(summary: PortfolioSummary, { books }: Followed, maxAgeMs: number): TenantOthers | null {
    const { portfolioId, baseCurrency, risk } = summary;
    const book = books.get(portfolioId) ?? new LiveBook();
    books.set(portfolioId, book);
    const facts: LiveFacts = {
      baseCurrency,
      markOf: (symbol) => this.#board.markOf(symbol, maxAgeMs),
      rateOf: (currency) => this.#board.rateOf(currency, baseCurrency),
      returnsOf: () => null,
    };
    const exposure = book.measure(risk?.lines ?? [], facts);
    const money = inBaseCurrency(summary.cash, foreignOf(summary), facts);
    if ("missing" in exposure || "missing" in money) return null;
    const equity = exposure.positionsValue.plus(money.value);
    const today = Math.floor(this.#node.clock.now() / DAY_MS);
    const opened = risk?.dayOpen?.day === today ? dec(risk.dayOpen.equity) : equity;
    return { gross: exposure.gross, dayLoss: opened.minus(equity) };
  }

  #plan(): void {
    if (this.#isStopped || this.#timer !== null || this.#tenants.size === 0) return;
    this.#timer = this.#node.clock.setTimer(LOOK_MS, () => {
      this.#timer = null;
      void this.#lookAtAll().finally(() => this.#plan());
    });
  }

  async #lookAtAll(): Promise<void> {
    for (const [tenantId, { askedMs }] of this.#tenants) {
      if (this.#node.clock.now() - askedMs > IDLE_MS) this.#tenants.delete(tenantId);
      else await this.#look(tenantId);
    }
  }

  async #followBases({ summaries }: Followed): Promise<void> {
    const bases = new Set([...summaries.values()].map(({ baseCurrency }) => baseCurrency));
    if (bases.size > 1) for (const to of bases) await this.#board.followRates([...bases], to);
  }

  async #look(tenantId: string): Promise<void> {
    const followed = this.#tenants.get(tenantId);
    if (followed === undefined) return;
    try {
      const nowMs = this.#node.clock.now();
      const { pool } = this.#node;
      for (const view of await changedWatched(pool, followed.versions, tenantId)) {
        if (isBehind(view, followed, nowMs)) continue;
        followed.decided.delete(view.portfolioId);
        // sound: written by the portfolio kind's projection
        const summary = view.doc as unknown as PortfolioSummary;
        followed.versions.set(view.portfolioId, view.version);
        followed.summaries.set(view.portfolioId, summary);
        const lines = summary.risk?.lines ?? [];
        await this.#board.follow(lines.map(({ symbol }) => symbol));
        const balances = summary.currencies?.balances ?? [];
        const currencies = [...lines, ...balances].map(({ currency }) => currency);
        await this.#board.followRates([...new Set(currencies)], summary.baseCurrency);
      }
      await this.#followBases(followed);
      followed.lookedMs = nowMs;
    } catch (err) {
      if (!this.#isStopped)
        this.#node.log.warn({ err, tenantId }, "a tenant's portfolios could not be looked at");
    }
  }
}

/** What is on record is older than what a turn of this node has decided, and may still commit. */
function isBehind(
  { portfolioId, version }: WatchedView,
  { decided }: Followed,
  nowMs: number,
): boolean {
  const known = decided.get(portfolioId);
  return known !== undefined && version < known.version && nowMs - known.atMs < COMMIT_MS;
}
