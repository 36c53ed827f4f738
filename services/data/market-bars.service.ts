import type { Context, ServiceSchema } from "moleculer";
import type { Bar, Timeframe } from "../../domain/market/bar.ts";
import { isOf } from "../../domain/market/bars/symbol-bars.ts";
import { sizeFault } from "../../domain/market/bars/special-builder.ts";
import {
  type BarWatch,
  DEFAULT_WATCH,
  WATCHED_TIMEFRAMES,
} from "../../domain/market/bars/watch.ts";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import { insufficientData, notFound, unprocessable } from "../../mixins/rest/rest-error.ts";
import type {
  BarWatchView,
  BookView,
  MarketTradePage,
  MarketTradeView,
  PartialView,
} from "../../mixins/rest/routes/bars.ts";
import * as routes from "../../mixins/rest/routes/bars.ts";
import type { FieldError } from "../../mixins/rest/readers.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../mixins/rest/views.ts";
import { getBarWatch, saveBarWatch } from "../../models/timescale/bar-watch.ts";
import { readTrades, type StoredTrade } from "../../models/timescale/trades.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import type { Market } from "./market.ts";
import { partialBar } from "./partial-bar.ts";
import { specialBars } from "./special-bars.ts";
import { nextSequence } from "./symbol-store.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** Trades, books and bars of a market beyond those that the clock has closed. */
export function marketBarsService(node: NodeContext, market: Market): ServiceSchema {
  return {
    name: "market-bars",
    actions: {
      trades: {
        params: routes.listMarketTrades.input.validator,
        handler: (ctx: RequestContext<Params<"market-bars.trades">>) =>
          trades(node, market, ctx.params),
      },
      book: {
        params: routes.getBook.input.validator,
        handler: (ctx: RequestContext<Params<"market-bars.book">>) => book(market, ctx.params),
      },
      partial: {
        params: routes.getPartialBar.input.validator,
        handler: (ctx: RequestContext<Params<"market-bars.partial">>) =>
          partial(node, market, ctx.params),
      },
      special: {
        ...heavyRead(2, 16),
        params: routes.getSpecialBars.input.validator,
        handler: async (ctx: RequestContext<Params<"market-bars.special">>) => {
          await requireSymbol(market, ctx.params.symbol);
          return specialBars(node, market, ctx.params);
        },
      },
      watch: {
        params: routes.putBarWatch.input.validator,
        handler: (ctx: RequestContext<Params<"market-bars.watch">>) =>
          watch(node, market, ctx.params),
      },
      /** The bar that is not over yet, or null. */
      partialBar: {
        visibility: "public",
        handler: ({
          params,
        }: Context<{
          readonly symbol: string;
          readonly timeframe: Timeframe;
        }>): Promise<Bar | null> => partialBar(node, market, params.symbol, params.timeframe),
      },
    },
  };
}

async function requireSymbol(market: Market, symbol: string): Promise<void> {
  if ((await market.instrument(symbol)) === null) throw notFound("symbol", symbol);
}

async function trades(
  node: NodeContext,
  market: Market,
  { symbol, start, end, limit, cursor, order }: Params<"market-bars.trades">,
): Promise<MarketTradePage> {
  await requireSymbol(market, symbol);
  const after = decodeCursor(cursor, {
    tsEventMs: "time",
    tsEventMicros: "number",
    seq: "number",
    source: "string",
    key: "string",
  });
  const found = await readTrades(node.pool, {
    symbol,
    limit: limit + 1,
    order,
    ...(start !== undefined && { startMs: start }),
    ...(end !== undefined && { endMs: end }),
    ...(after !== null && { after }),
  });
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(toTradeView),
    nextCursor: last ? encodeCursor({ ...last.place }) : null,
  };
}

function toTradeView(trade: StoredTrade): MarketTradeView {
  return {
    tradeId: trade.tradeId ?? null,
    price: trade.price,
    size: trade.size,
    timestamp: isoTime(trade.tsEventMs),
    micros: trade.tsEventMicros,
    aggressor: trade.aggressor ?? null,
    source: trade.source,
  };
}

async function book(
  market: Market,
  { symbol, levels }: Params<"market-bars.book">,
): Promise<BookView> {
  await requireSymbol(market, symbol);
  const { book: known } = await market.describe(symbol);
  if (known === null) throw insufficientData(`nothing is known of the book of ${symbol}`);
  return {
    symbol,
    bids: known.bids.slice(0, levels),
    asks: known.asks.slice(0, levels),
    timestamp: isoTime(known.tsEventMs),
    sequence: known.sequence ?? null,
    source: known.source,
    stale: market.isStale(known),
  };
}

async function partial(
  node: NodeContext,
  market: Market,
  { symbol, timeframe }: Params<"market-bars.partial">,
): Promise<PartialView> {
  await requireSymbol(market, symbol);
  const bar = await partialBar(node, market, symbol, timeframe);
  return { symbol, timeframe, bar: bar === null ? null : toPartialView(bar) };
}

function toPartialView(bar: Bar): PartialView["bar"] {
  return {
    timestamp: isoTime(bar.startMs),
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    volume: bar.volume,
    ...(bar.vwap !== undefined && { vwap: bar.vwap }),
    ...(bar.tradeCount !== undefined && { tradeCount: bar.tradeCount }),
    partial: true,
  };
}

/** Kept first: the actor reads it when it wakes, so that a crash between the two only delays it. */
async function watch(
  node: NodeContext,
  market: Market,
  params: Params<"market-bars.watch">,
): Promise<BarWatchView> {
  const { symbol } = params;
  await requireSymbol(market, symbol);
  const wanted = watchOf(params);
  const stored = await getBarWatch(node.pool, symbol);
  const before = stored?.watch ?? DEFAULT_WATCH;
  const sequences = await Promise.all(
    wanted.special.map(async (spec) =>
      before.special.some(isOf(spec)) ? 0 : nextSequence(node.pool, symbol, spec),
    ),
  );
  await saveBarWatch(node.pool, symbol, wanted);
  await market.record(symbol, { type: "WatchBars", watch: wanted, sequences });
  return { symbol, ...wanted };
}

/** @throws RestError 422 naming what is wrong: a size that is none for its kind, a series named twice */
function watchOf({ timeframes, special, quotes = null }: Params<"market-bars.watch">): Watch {
  const faults = special.flatMap((spec, n): readonly FieldError[] => {
    const path = `special[${n}].size`;
    const fault = sizeFault(spec);
    if (fault !== null) return [{ path, code: "OUT_OF_RANGE", message: fault }];
    const isNamedBefore = special.findIndex(isOf(spec)) < n;
    const message = "names the same series as one before it";
    return isNamedBefore ? [{ path: `special[${n}]`, code: "INVALID_VALUE", message }] : [];
  });
  if (faults.length > 0) throw unprocessable(faults);
  // Finest first, each once.
  const ordered = WATCHED_TIMEFRAMES.filter((timeframe) => timeframes.includes(timeframe));
  return {
    timeframes: ordered,
    special: special.map(({ kind, size }) => ({ kind, size })),
    quotes,
  };
}

type Watch = Pick<BarWatchView, "timeframes" | "special" | "quotes"> & BarWatch;
