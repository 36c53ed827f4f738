import type { Bar } from "../../domain/market/bar.ts";
import type { BarSpec, SpecialBar } from "../../domain/market/bars/special-bar.ts";
import {
  buildWith,
  buildWithBar,
  type Built,
  newBuilder,
  sizeFault,
  type SpecialBuilder,
} from "../../domain/market/bars/special-builder.ts";
import { isOf } from "../../domain/market/bars/symbol-bars.ts";
import { countedTrade } from "../../domain/market/bars/tally.ts";
import { insufficientData, RestError, unprocessable } from "../../mixins/rest/rest-error.ts";
import type { SpecialBarsView } from "../../mixins/rest/routes/bars.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../mixins/rest/views.ts";
import type { Pool } from "../../models/postgres/pool.ts";
import { getBarWatch } from "../../models/timescale/bar-watch.ts";
import { readSpecialBars } from "../../models/timescale/special-bars.ts";
import { readTrades, type StoredTrade } from "../../models/timescale/trades.ts";
import type { NodeContext } from "../context.ts";
import type { Market } from "./market.ts";
import { finestBars } from "./series/finest-bars.ts";
import { findSeries } from "./series/holder.ts";

type Query = ActionMap["market-bars.special"]["params"];

/** Trades or bars that one answer may count, and make: about a second of work. */
const ROWS_MAX = 500_000;
const PAGE = 20_000;
/** A bar stands for its trades well enough to fill these. */
const FROM_BARS: ReadonlySet<string> = new Set(["volume", "dollar", "range", "renko"]);

/**
 * The bars of a series: those that its actor stored, or those that the range comes to.
 * @throws RestError 422 when the size is none for the kind, the range is open or too large, or nothing is there to build from
 */
export async function specialBars(
  node: NodeContext,
  market: Market,
  query: Query,
): Promise<SpecialBarsView> {
  const fault = sizeFault(query);
  if (fault !== null) throw unprocessable([{ path: "size", code: "OUT_OF_RANGE", message: fault }]);
  const stored = await getBarWatch(node.pool, query.symbol);
  const isStored = stored?.watch.special.some(isOf(query)) ?? false;
  return isStored ? fromStore(node.pool, query) : built(node, market, query);
}

async function fromStore(pool: Pool, query: Query): Promise<SpecialBarsView> {
  const { symbol, kind, size, start, end, limit, order, cursor } = query;
  const after = decodeCursor(cursor, { sequence: "number" })?.sequence;
  const found = await readSpecialBars(pool, {
    symbol,
    kind,
    size,
    order,
    limit: limit + 1,
    ...(start !== undefined && { startMs: start }),
    ...(end !== undefined && { endMs: end }),
    ...(after !== undefined && { after }),
  });
  return { ...viewOf(query, found), builtFrom: "trades", isStored: true };
}

async function built(node: NodeContext, market: Market, query: Query): Promise<SpecialBarsView> {
  if (query.start === undefined) {
    const message = "is needed: the series is not stored, and is built from there";
    throw unprocessable([{ path: "start", code: "REQUIRED", message }]);
  }
  const range = { startMs: query.start, ...(query.end !== undefined && { endMs: query.end }) };
  const [trade] = await readTrades(node.pool, {
    symbol: query.symbol,
    ...range,
    limit: 1,
    order: "asc",
  });
  const builtFrom = trade === undefined ? "bars" : "trades";
  const builts =
    trade === undefined
      ? await fromBars(node, market, query, range)
      : fromTrades(node.pool, query, range);
  return { ...viewOf(query, await pageOf(builts, query)), builtFrom, isStored: false };
}

interface Span {
  readonly startMs: number;
  readonly endMs?: number;
}

async function* fromTrades(pool: Pool, query: Query, range: Span): AsyncGenerator<SpecialBar> {
  let builder = newBuilder(query.symbol, query);
  let after: StoredTrade["place"] | undefined;
  for (let rows = 0; ;) {
    const { symbol } = query;
    const page = await readTrades(pool, {
      symbol,
      ...range,
      limit: PAGE,
      order: "asc",
      ...(after && { after }),
    });
    builder = yield* buildAll(builder, page, (on, trade) => buildWith(on, countedTrade(trade)));
    rows = counted(rows, page.length);
    after = page.at(-1)?.place;
    if (page.length < PAGE) return;
  }
}

/** As they were traded: a split within the range is a move of the price here as it is with trades. */
async function fromBars(
  node: NodeContext,
  market: Market,
  query: Query,
  range: Span,
): Promise<AsyncGenerator<SpecialBar>> {
  const { symbol, kind } = query;
  const series = await findSeries({ node, market }, symbol, null);
  if (!FROM_BARS.has(kind)) {
    throw insufficientData(
      `there are no trades of ${symbol} in the range to build ${kind} bars from`,
    );
  }
  return eachBar(finestBars(node, series, range), query);
}

async function* eachBar(
  pages: AsyncIterable<readonly Bar[]>,
  query: Query,
): AsyncGenerator<SpecialBar> {
  let builder = newBuilder(query.symbol, query);
  let rows = 0;
  for await (const page of pages) {
    builder = yield* buildAll(builder, page, buildWithBar);
    rows = counted(rows, page.length);
  }
  if (rows === 0) {
    throw insufficientData(`there are neither trades nor bars of ${query.symbol} in the range`);
  }
}

function* buildAll<T>(
  from: SpecialBuilder,
  rows: readonly T[],
  build: (builder: SpecialBuilder, row: T) => Built,
): Generator<SpecialBar, SpecialBuilder> {
  let builder = from;
  for (const row of rows) {
    const next = build(builder, row);
    builder = next.builder;
    yield* next.closed;
  }
  return builder;
}

function counted(rows: number, more: number): number {
  if (rows + more <= ROWS_MAX) return rows + more;
  const detail = `the range has more than ${ROWS_MAX} trades or bars: ask for less of it`;
  throw new RestError("RANGE_TOO_LARGE", detail);
}

/** Up to one more bar than the page shows. Forwards it reads no further than that; backwards it has to know the end. */
async function pageOf(
  bars: AsyncGenerator<SpecialBar>,
  { cursor, order, limit }: Query,
): Promise<readonly SpecialBar[]> {
  const after = decodeCursor(cursor, { sequence: "number" })?.sequence;
  const found: SpecialBar[] = [];
  let made = 0;
  for await (const bar of bars) {
    made = counted(made, 1);
    const isBeyond =
      order === "asc" ? bar.sequence > (after ?? -1) : bar.sequence < (after ?? Infinity);
    if (isBeyond) found.push(bar);
    if (order === "asc" && found.length > limit) break;
    if (order === "desc" && found.length > limit + 1) found.shift();
  }
  return order === "asc" ? found : found.toReversed();
}

function viewOf(
  { symbol, limit, kind, size }: Query & BarSpec,
  found: readonly SpecialBar[],
): Omit<SpecialBarsView, "builtFrom" | "isStored"> {
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    symbol,
    kind,
    size,
    source: shown[0]?.source ?? null,
    data: shown.map(toView),
    nextCursor: last ? encodeCursor({ sequence: last.sequence }) : null,
  };
}

function toView(bar: SpecialBar): SpecialBarsView["data"][number] {
  return {
    sequence: bar.sequence,
    start: isoTime(bar.startMs),
    end: isoTime(bar.endMs),
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    volume: bar.volume,
    ...(bar.vwap !== undefined && { vwap: bar.vwap }),
    tradeCount: bar.tradeCount,
  };
}
