import type { Timeframe } from "../../../domain/market/bar.ts";
import { expectedBarStarts } from "../../../domain/market/quality/expected-bars.ts";
import { barEndMs, barStartMs, durationMs } from "../../../domain/market/timeframe.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import { lastKnown, type Series } from "../../../models/timescale/bars.ts";
import type { NodeContext } from "../../context.ts";
import { type HeldSeries, spansOf, within } from "../series/holder.ts";

export interface QualityAsked {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly threshold: number;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** What a report is about. */
export interface QualityRange {
  readonly series: HeldSeries;
  readonly timeframe: Timeframe;
  /** the one that is stored as such, of which the asked one is made */
  readonly storedTimeframe: Timeframe;
  readonly startMs: number;
  readonly endMs: number;
  readonly nowMs: number;
  /** the parts of the series in the range, oldest first */
  readonly spans: readonly {
    readonly ticker: string;
    readonly startMs: number;
    readonly endMs: number;
  }[];
  /** null where no calendar is known */
  readonly isStale: boolean | null;
}

/** Two years of minutes. */
const BARS_MAX = 1_060_000;
const DAY_MS = 86_400_000;
const RANGE_MS_MAX = 150 * 366 * DAY_MS;
/** Longer than any bar, and than any market was closed. */
const LATELY_MS = 45 * DAY_MS;

/** @throws RestError 422 when there is no range, or it has too many bars */
export async function rangeOf(
  node: NodeContext,
  series: HeldSeries,
  asked: QualityAsked,
): Promise<QualityRange> {
  const { timeframe } = asked;
  const nowMs = node.clock.now();
  const whole = spansOf(series, timeframe);
  const stored = await storedIn(node, [...new Set(whole.map(({ ticker }) => ticker))]);
  const storedTimeframe = timeframeOf(stored, timeframe);
  const startMs = asked.start ?? firstOf(stored, whole, storedTimeframe, timeframe);
  const endMs = Math.min(asked.end ?? endOf(stored, storedTimeframe, startMs, nowMs), nowMs);
  checkRange(startMs, endMs, timeframe);
  const spans = within(whole, { startMs, endMs }).map((span) => ({
    ticker: span.ticker,
    startMs: span.startMs ?? startMs,
    endMs: span.endMs ?? endMs,
  }));
  const isStale = staleness(series, stored, whole, timeframe, nowMs);
  return { series, timeframe, storedTimeframe, startMs, endMs, nowMs, spans, isStale };
}

type StoredByTicker = ReadonlyMap<string, readonly Series[]>;

async function storedIn(
  { pool }: NodeContext,
  tickers: readonly string[],
): Promise<StoredByTicker> {
  const entries = tickers.map(async (ticker) => [ticker, await lastKnown(pool, ticker)] as const);
  return new Map(await Promise.all(entries));
}

function timeframeOf(stored: StoredByTicker, asked: Timeframe): Timeframe {
  const timeframes = [...stored.values()].flat().map(({ timeframe }) => timeframe);
  return timeframes.includes(asked) ? asked : (timeframes[0] ?? asked);
}

function firstOf(
  stored: StoredByTicker,
  spans: ReturnType<typeof spansOf>,
  storedTimeframe: Timeframe,
  asked: Timeframe,
): number {
  const firsts = spans.flatMap(({ ticker, startMs = -Infinity, endMs = Infinity }) => {
    const series = stored.get(ticker)?.find(({ timeframe }) => timeframe === storedTimeframe);
    if (series === undefined || series.firstMs >= endMs) return [];
    return [Math.max(barStartMs(asked, series.firstMs), startMs)];
  });
  if (firsts.length > 0) return Math.min(...firsts);
  throw insufficientData(
    "no bars are stored, and without a start nothing can be said to be missing",
  );
}

/** Now, so that what is missing lately is missed; where a report cannot reach so far, the end of what is stored. */
function endOf(
  stored: StoredByTicker,
  timeframe: Timeframe,
  startMs: number,
  nowMs: number,
): number {
  if (!isTooLong(startMs, nowMs, timeframe)) return nowMs;
  const ofTimeframe = [...stored.values()].flat().filter((at) => at.timeframe === timeframe);
  const lastMs = Math.max(...ofTimeframe.map((at) => at.lastMs));
  return lastMs > startMs ? barEndMs(timeframe, lastMs) : nowMs;
}

function isTooLong(startMs: number, endMs: number, timeframe: Timeframe): boolean {
  const bars = (endMs - startMs) / (durationMs(timeframe) ?? 28 * DAY_MS);
  return bars > BARS_MAX || endMs - startMs > RANGE_MS_MAX;
}

function checkRange(startMs: number, endMs: number, timeframe: Timeframe): void {
  if (startMs >= endMs) {
    const message = "must be before the end, and before now";
    throw unprocessable([{ path: "start", code: "OUT_OF_RANGE", message }]);
  }
  if (!isTooLong(startMs, endMs, timeframe)) return;
  const message = `must be nearer to the end: a report is about ${BARS_MAX} bars and 150 years at most`;
  throw unprocessable([{ path: "start", code: "OUT_OF_RANGE", message }]);
}

/** Whether the newest bar that should be there by now is not. What is no longer listed is not stale. */
function staleness(
  { calendar }: HeldSeries,
  stored: StoredByTicker,
  spans: ReturnType<typeof spansOf>,
  timeframe: Timeframe,
  nowMs: number,
): boolean | null {
  if (calendar === null) return null;
  const [last] = within(spans.slice(-1), { startMs: nowMs - LATELY_MS, endMs: nowMs });
  if (last === undefined) return false;
  const { startMs = nowMs - LATELY_MS, endMs = nowMs } = last;
  let newest = -Infinity;
  for (const start of expectedBarStarts(calendar, timeframe, { startMs, endMs, closedByMs: nowMs }))
    newest = start;
  const found = Math.max(...(stored.get(last.ticker) ?? []).map(({ lastMs }) => lastMs));
  return found < newest;
}
