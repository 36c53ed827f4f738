import type { Bar, Timeframe } from "../../../domain/market/bar.ts";
import { adjustBars } from "../../../domain/market/adjust/adjust-bars.ts";
import type { Factors } from "../../../domain/market/adjust/factors.ts";
import { foldBars } from "../../../domain/market/adjust/fold-bars.ts";
import { barEndMs, barStartMs } from "../../../domain/market/timeframe.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import { type BarQuery, readBars } from "../../../models/timescale/bars.ts";
import { nextBoundary } from "../../../models/timescale/series.ts";
import { readBarsKnownAt } from "../../../models/bar-history.ts";
import type { NodeContext } from "../../context.ts";
import { type Span, within } from "./holder.ts";

export interface SeriesQuery extends Omit<BarQuery, "symbol"> {
  /** of the asked timeframe */
  readonly spans: readonly Span[];
  readonly factors: Factors;
  /** the values that were believed then; absent: those that are believed now */
  readonly asOfMs?: number;
}

/** Enough days for a page of months at once, few enough to be held in memory. */
const DAYS_AT_ONCE = 5_000;

/**
 * The bars of a series across the tickers that it had, adjusted. Weeks and months in which a ticker or the units changed are
 * made of days that were chosen and adjusted before: the store's own would mix two companies, or two units.
 * @throws RestError 422 where such a week or month is stored and its days are not
 */
export async function readSeries(node: NodeContext, query: SeriesQuery): Promise<readonly Bar[]> {
  const isCut = isCutByUnitsOrHolder(query);
  if (isCut || (isCoarse(query.timeframe) && query.asOfMs !== undefined)) {
    const folded = await readFolded(node, query);
    if (folded.length > 0) return folded;
  }
  const bars = await readSpans(node, query);
  if (isCut) refuseMixed(bars, query);
  return adjustBars(bars, query.factors);
}

/** Whether bars of this timeframe, as the store has or makes them, may mix two units or two holders. */
export function isCutByUnitsOrHolder({
  timeframe,
  spans,
  factors,
}: Pick<SeriesQuery, "timeframe" | "spans" | "factors">): boolean {
  return isCoarse(timeframe) && (factors.length > 0 || spans.some(isBounded));
}

function isCoarse(timeframe: Timeframe): boolean {
  return timeframe === "1w" || timeframe === "1mo";
}

function isBounded({ startMs, endMs }: Span): boolean {
  return startMs !== undefined || endMs !== undefined;
}

async function readSpans(node: NodeContext, query: SeriesQuery): Promise<Bar[]> {
  const { spans, order, limit, timeframe } = query;
  const parts = within(spans, query);
  const found: Bar[] = [];
  for (const { ticker, ...range } of order === "asc" ? parts : parts.toReversed()) {
    const asked = { symbol: ticker, timeframe, order, limit: limit - found.length, ...range };
    const bars = await read(node, asked, query.asOfMs);
    // Not push(...bars): arguments live on the stack.
    for (const bar of bars) found.push(bar);
    if (found.length >= limit) break;
  }
  return found;
}

function read(
  { pool }: NodeContext,
  query: BarQuery,
  asOfMs: number | undefined,
): Promise<readonly Bar[]> {
  return asOfMs === undefined ? readBars(pool, query) : readBarsKnownAt(pool, query, asOfMs);
}

async function readFolded(node: NodeContext, query: SeriesQuery): Promise<readonly Bar[]> {
  const { timeframe, order, limit } = query;
  let range = onGrid(query);
  const days: Bar[] = [];
  const buckets = new Set<number>();
  for (;;) {
    const asked: SeriesQuery = {
      ...withoutRange(query),
      ...range,
      timeframe: "1d",
      limit: DAYS_AT_ONCE,
    };
    const page = await readSpans(node, asked);
    for (const bar of page) {
      days.push(bar);
      buckets.add(barStartMs(timeframe, bar.startMs));
    }
    const last = page.at(-1);
    // One bucket more than asked, so that the last that is shown is whole.
    if (last === undefined || page.length < DAYS_AT_ONCE || buckets.size > limit) break;
    range =
      order === "asc" ? { ...range, startMs: last.startMs + 1 } : { ...range, endMs: last.startMs };
  }
  const oldestFirst = order === "asc" ? days : days.toReversed();
  const bars = foldBars(adjustBars(oldestFirst, query.factors), timeframe);
  return (order === "asc" ? bars : bars.toReversed()).slice(0, limit);
}

type Bounds = Pick<SeriesQuery, "startMs" | "endMs">;

/** Bars that open in the range have all of their days after its start, and some perhaps after its end. */
function onGrid({ startMs, endMs, timeframe }: SeriesQuery): Bounds {
  return {
    ...(startMs !== undefined && { startMs: nextBoundary(timeframe, startMs) }),
    ...(endMs !== undefined && { endMs: nextBoundary(timeframe, endMs) }),
  };
}

function withoutRange(query: SeriesQuery): Omit<SeriesQuery, "startMs" | "endMs"> {
  const { startMs: _start, endMs: _end, ...rest } = query;
  return rest;
}

function refuseMixed(bars: readonly Bar[], { timeframe, factors, spans }: SeriesQuery): void {
  const cuts = [
    ...factors.map(({ beforeMs }) => beforeMs),
    ...spans.flatMap(({ startMs, endMs }) => [startMs ?? -Infinity, endMs ?? Infinity]),
  ];
  const isCut = ({ startMs }: Bar) =>
    cuts.some((cutMs) => startMs < cutMs && cutMs < barEndMs(timeframe, startMs));
  const mixed = bars.find(isCut);
  if (mixed === undefined) return;
  const opened = new Date(mixed.startMs).toISOString();
  throw insufficientData(
    `units or holder of the ticker changed within the bar of ${opened}, and its days are not stored`,
  );
}

/** The timeframes whose bars `readSeries` reads for one: for a question about the past, which is not aggregated. */
export function readsOf(timeframe: Timeframe): readonly Timeframe[] {
  return isCoarse(timeframe) ? ["1d", timeframe] : [timeframe];
}
