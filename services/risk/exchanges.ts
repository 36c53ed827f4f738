import type { Instrument } from "../../domain/market/instrument.ts";
import type { ExchangeRate } from "../../domain/portfolio/market-view.ts";
import type { PortfolioSummary } from "../../domain/portfolio/messages.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { Lru } from "../../models/cache/lru.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { exchangeOf, rateOf } from "./fx.ts";

export interface OrderAsked {
  readonly portfolioId: string;
  readonly symbol: string;
}

/** Portfolios whose currencies are remembered: they are settled with the opening. */
const KNOWN_MAX = 100_000;

/** What the currencies of symbols are worth to portfolios that keep several. */
export class Exchanges {
  readonly #node: NodeContext;
  readonly #known = new Lru<{ readonly base: string | null }>(KNOWN_MAX);

  constructor(node: NodeContext) {
    this.#node = node;
  }

  /** For the check of an order in the symbol; null where its currency needs no rate, or nobody knows one. */
  async of(ctx: RequestContext, { portfolioId, symbol }: OrderAsked): Promise<ExchangeRate | null> {
    const to = await this.#baseOf(ctx, portfolioId);
    if (to === null) return null;
    const from = await currencyOf(ctx, symbol);
    if (from === null || from === to) return null;
    return exchangeOf(from, await rateOf(ctx, { from, to }));
  }

  /** Null of a portfolio of one currency, and of one that is not there. */
  async #baseOf(ctx: RequestContext, portfolioId: string): Promise<string | null> {
    const kept = this.#known.get(portfolioId);
    if (kept !== undefined) return kept.base;
    const { deadlineMs } = deadlineOf(ctx, this.#node.clock);
    const read = await this.#node.actors.read({ type: "portfolio", id: portfolioId }, deadlineMs);
    // sound: the portfolio kind's summary
    const summary = read.summary as unknown as PortfolioSummary | null;
    if (summary === null) return null;
    const base = summary.currencies === undefined ? null : summary.baseCurrency;
    this.#known.set(portfolioId, { base });
    return base;
  }
}

async function currencyOf(ctx: RequestContext, symbol: string): Promise<string | null> {
  const [found] = await ctx.call<readonly { readonly instrument: Instrument | null }[], unknown>(
    "symbols.describe",
    { symbols: [symbol] },
  );
  return found?.instrument?.currency ?? null;
}
