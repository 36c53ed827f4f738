import type { Context, ServiceSchema } from "moleculer";
import { DAY_MS } from "../../domain/market/calendars/time-zone.ts";
import { barEndMs } from "../../domain/market/timeframe.ts";
import type { MarketClose } from "../../domain/portfolio/equity-curve.ts";
import type { Marks } from "../../domain/portfolio/valuation.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import { insufficientData, notFound } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/market-data.ts";
import type { BarsView, QuoteView } from "../../mixins/rest/routes/market-data.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import { closesKnownAt } from "../../models/timescale/marks.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import type { Market } from "./market.ts";
import { finestBars } from "./series/finest-bars.ts";
import { seriesTradedOn } from "./series/holder.ts";
import { seriesPage } from "./series/series-page.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

const CLOSES_MAX = 1_000_000;

/** Bars and quotes over REST, and closes for those who value portfolios. */
export function marketDataService(node: NodeContext, market: Market): ServiceSchema {
  return {
    name: "market-data",
    actions: {
      bars: {
        params: routes.getBars.input.validator,
        handler: (ctx: RequestContext<Params<"market-data.bars">>): Promise<BarsView> =>
          seriesPage(node, market, ctx.params),
      },
      quote: {
        params: routes.getQuote.input.validator,
        handler: (ctx: RequestContext<Params<"market-data.quote">>) => quote(node, market, ctx),
      },
      closes: {
        ...heavyRead(4, 64),
        visibility: "public",
        handler: ({ params }: Context<{ readonly symbol: string; readonly sinceMs: number }>) =>
          closes(node, market, params.symbol, params.sinceMs),
      },
      marksAt: {
        visibility: "public",
        handler: ({
          params,
        }: Context<{
          readonly symbols: readonly string[];
          readonly knownAtMs: number;
        }>): Promise<Marks> => closesKnownAt(node.pool, params.symbols, params.knownAtMs),
      },
    },
  };
}

async function quote(
  node: NodeContext,
  market: Market,
  ctx: RequestContext<Params<"market-data.quote">>,
): Promise<QuoteView> {
  const { symbol } = ctx.params;
  if ((await market.instrument(symbol)) === null) throw notFound("symbol", symbol);
  const known = (await market.summary(symbol, deadlineOf(ctx, node.clock))).quote;
  if (known === null) throw insufficientData(`nothing is known of the price of ${symbol}`);
  const { bid, ask, bidSize, askSize, last, lastSize, tsEventMs } = known;
  const timestamp = isoTime(tsEventMs);
  return {
    symbol,
    bid,
    ask,
    bidSize,
    askSize,
    last,
    lastSize,
    timestamp,
    stale: market.isStale(known),
  };
}

/**
 * Closes from an instant on as they were traded, because what a portfolio holds is counted in units of the day; of the finest
 * timeframe that is stored of each ticker of the series that the symbol meant at that instant.
 */
async function closes(
  node: NodeContext,
  market: Market,
  symbol: string,
  sinceMs: number,
): Promise<readonly MarketClose[]> {
  const day = Math.floor(sinceMs / DAY_MS);
  const series = await seriesTradedOn({ node, market }, symbol, day);
  const found: MarketClose[] = [];
  for await (const page of finestBars(node, series, { startMs: sinceMs })) {
    for (const { timeframe, startMs, close } of page) {
      found.push({ symbol, closeMs: barEndMs(timeframe, startMs), close });
    }
    if (found.length >= CLOSES_MAX) break;
  }
  return found.slice(0, CLOSES_MAX);
}
