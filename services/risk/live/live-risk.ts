import type {
  MarketView,
  PortfolioCommand,
  PortfolioSummary,
} from "../../../domain/portfolio/messages.ts";
import type { Account, PortfolioState } from "../../../domain/portfolio/state.ts";
import { LiveBook, type LiveFacts } from "../../../domain/risk/live/live-book.ts";
import type { LiveView } from "../../../domain/risk/live/live-view.ts";
import { limitsOf } from "../../../domain/risk/live/order-risk.ts";
import {
  type Limits,
  limitsInForce,
  needsHistory,
  wantsPrices,
} from "../../../domain/risk/live/policy.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import { Histories } from "./histories.ts";
import { LiveBoard } from "./live-board.ts";
import { TenantTotals } from "./tenant-totals.ts";

/** Books of portfolios that are kept up to date; one that is dropped is made anew. */
const BOOKS_MAX = 10_000;

/** One a node: what turns of its portfolios read of the market, and who keeps that ready. */
const MADE = new WeakMap<NodeContext, LiveRisk>();

export function liveRiskOf(node: NodeContext): LiveRisk {
  const known = MADE.get(node);
  if (known !== undefined) return known;
  const made = new LiveRisk(node);
  MADE.set(node, made);
  return made;
}

export class LiveRisk {
  readonly board: LiveBoard;
  readonly totals: TenantTotals;
  readonly #node: NodeContext;
  readonly #histories: Histories;
  readonly #books = new Map<string, LiveBook>();

  constructor(node: NodeContext) {
    this.#node = node;
    this.board = new LiveBoard(node);
    this.#histories = new Histories(node);
    this.totals = new TenantTotals(node, this.board);
  }

  stop(): void {
    this.board.stop();
    this.totals.stop();
  }

  /** Reads memory only: it is called inside a turn. */
  attend(state: PortfolioState, command: PortfolioCommand, nowMs: number): PortfolioCommand {
    const { account } = state;
    if (account === null) return command;
    if ("market" in command) {
      const live = this.#liveOf(account, nowMs, [command.market]);
      return live === null ? command : { ...command, market: { ...command.market, live } };
    }
    if (command.type !== "RequestBasket" && command.type !== "CheckBasket") return command;
    const { orders, later } = command;
    const markets = [...orders, ...later].map(({ market }) => market);
    const live = this.#liveOf(account, nowMs, markets);
    if (live === null) return command;
    const seen = <T extends { readonly market: MarketView }>(one: T): T => ({
      ...one,
      market: { ...one.market, live },
    });
    return { ...command, orders: orders.map(seen), later: later.map(seen) };
  }

  /** What a turn of a portfolio of this node has decided. */
  saw(summary: PortfolioSummary, version: number): void {
    this.totals.saw(summary, version);
  }

  #liveOf(account: Account, nowMs: number, markets: readonly MarketView[]): LiveView | null {
    const limits = limitsOf(account, nowMs);
    if (!wantsPrices(limits)) return null;
    for (const market of markets) this.board.note(market);
    const { portfolioId, opening } = account;
    const { tenantId, baseCurrency } = opening;
    return {
      book: this.bookOf(portfolioId),
      facts: this.factsOf(portfolioId, baseCurrency, limits),
      others:
        Object.keys(limits.totals).length === 0
          ? null
          : this.totals.othersOf({ tenantId, portfolioId, baseCurrency }, limits.markMaxAgeMs),
    };
  }

  bookOf(portfolioId: string): LiveBook {
    const known = this.#books.get(portfolioId);
    if (known !== undefined) return known;
    if (this.#books.size >= BOOKS_MAX) this.#books.clear();
    const made = new LiveBook();
    this.#books.set(portfolioId, made);
    return made;
  }

  /** Of whoever watches: the turn's own would be brought back and forth between two views of the portfolio. */
  watchedBookOf(portfolioId: string): LiveBook {
    return this.bookOf(`watched ${portfolioId}`);
  }

  factsOf(portfolioId: string, baseCurrency: string, limits: Limits): LiveFacts {
    const wantsReturns = needsHistory(limits);
    return {
      baseCurrency,
      markOf: (symbol) => this.board.markOf(symbol, limits.markMaxAgeMs),
      rateOf: (currency) => this.board.rateOf(currency, baseCurrency),
      returnsOf: (symbol) => (wantsReturns ? this.#histories.returnsOf(portfolioId, symbol) : null),
    };
  }

  /** Makes ready what the next turn of the portfolio will read: prices, rates and returns of what it holds, and of `symbols`. */
  async ready(
    ctx: RequestContext,
    summary: PortfolioSummary,
    symbols: readonly string[] = [],
  ): Promise<Limits> {
    const limits = summaryLimits(summary, this.#node.clock.now());
    if (!wantsPrices(limits)) return limits;
    const { portfolioId, baseCurrency, tenantId } = summary;
    const lines = summary.risk?.lines ?? [];
    const all = [...new Set([...lines.map(({ symbol }) => symbol), ...symbols])];
    const balances = summary.currencies?.balances ?? [];
    const currencies = [...new Set([...lines, ...balances].map(({ currency }) => currency))];
    await Promise.all([
      this.board.follow(all),
      this.board.followRates(currencies, baseCurrency),
      needsHistory(limits)
        ? this.#histories.ensure(ctx, {
            portfolioId,
            symbols: all,
            currency: baseCurrency,
            lookback: limits.lookback,
          })
        : null,
      Object.keys(limits.totals).length > 0 ? this.totals.follow(tenantId) : null,
    ]);
    return limits;
  }
}

/** What limits a portfolio, as its summary tells. */
export function summaryLimits({ limits, risk }: PortfolioSummary, nowMs: number): Limits {
  return limitsInForce(
    {
      own: limits,
      desk: risk?.desk ?? null,
      tenant: risk?.tenant?.policy ?? null,
      overrides: risk?.overrides ?? [],
    },
    nowMs,
  );
}
