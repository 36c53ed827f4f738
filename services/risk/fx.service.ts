import type { ServiceSchema } from "moleculer";
import type { Instrument } from "../../domain/market/instrument.ts";
import type { ExchangeRate } from "../../domain/portfolio/market-view.ts";
import type { PortfolioSummary } from "../../domain/portfolio/messages.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { Lru } from "../../models/cache/lru.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import type { FxBoard } from "./fx-board.ts";
import { exchangeOf, rateOf } from "./fx.ts";

interface Asked {
  readonly portfolioId: string;
  readonly symbol: string;
}

/** Portfolios whose currencies are remembered: they are settled with the opening. */
const KNOWN_MAX = 100_000;

/** What other currencies are worth to portfolios that keep several. */
export function fxService(node: NodeContext, board: FxBoard): ServiceSchema {
  const known = new Lru<{ readonly base: string | null }>(KNOWN_MAX);

  /** Null of a portfolio of one currency, and of one that is not there. */
  async function baseOf(ctx: RequestContext, portfolioId: string): Promise<string | null> {
    const kept = known.get(portfolioId);
    if (kept !== undefined) return kept.base;
    const { deadlineMs } = deadlineOf(ctx, node.clock);
    const read = await node.actors.read({ type: "portfolio", id: portfolioId }, deadlineMs);
    // sound: the portfolio kind's summary
    const summary = read.summary as unknown as PortfolioSummary | null;
    if (summary === null) return null;
    const base = summary.currencies === undefined ? null : summary.baseCurrency;
    known.set(portfolioId, { base });
    return base;
  }

  return {
    name: "fx",
    actions: {
      /** For the check of an order in the symbol; null where its currency needs no rate, or nobody knows one. */
      exchange: {
        visibility: "public",
        handler: async (ctx: RequestContext<Asked>): Promise<ExchangeRate | null> => {
          const { portfolioId, symbol } = ctx.params;
          const to = await baseOf(ctx, portfolioId);
          if (to === null) return null;
          const from = await currencyOf(ctx, symbol);
          if (from === null || from === to) return null;
          return exchangeOf(from, await rateOf(ctx, { from, to }));
        },
      },
    },
    stopped() {
      board.stop();
    },
  };
}

async function currencyOf(ctx: RequestContext, symbol: string): Promise<string | null> {
  const [found] = await ctx.call<readonly { readonly instrument: Instrument | null }[], unknown>(
    "symbols.describe",
    { symbols: [symbol] },
  );
  return found?.instrument?.currency ?? null;
}
