import { type Timeframe, TIMEFRAMES } from "../../domain/market/bar.ts";
import { barEndMs, barStartMs, durationMs } from "../../domain/market/timeframe.ts";
import type { Session } from "./session.ts";

/** What is stored of a symbol in one timeframe. */
export interface Series {
  readonly timeframe: Timeframe;
  /** opening times of the first and last bar, epoch ms */
  readonly firstMs: number;
  readonly lastMs: number;
  /** when the newest version of any of its bars became known, epoch ms */
  readonly knownAtMs: number;
}

export interface StoredSeries extends Series {
  readonly symbolId: number;
}

/** Finest timeframe first; empty for a symbol without bars. */
export async function seriesOf(session: Session, symbol: string): Promise<readonly StoredSeries[]> {
  const rows = await session.query<StoredSeries>(
    `SELECT s.symbol_id AS "symbolId", s.timeframe,
       (extract(epoch FROM s.first_ts) * 1000)::float8 AS "firstMs",
       (extract(epoch FROM s.last_ts) * 1000)::float8 AS "lastMs",
       (extract(epoch FROM s.known_at) * 1000)::float8 AS "knownAtMs"
     FROM md.series s JOIN md.symbol y USING (symbol_id) WHERE y.symbol = $1`,
    [symbol],
  );
  return rows.toSorted((a, b) => TIMEFRAMES.indexOf(a.timeframe) - TIMEFRAMES.indexOf(b.timeframe));
}

/** Half open: bars that open at or after `startMs` and before `endMs`; absent means unbounded. */
export interface Range {
  readonly startMs?: number;
  readonly endMs?: number;
}

/** Which stored rows answer a question for bars. */
export interface Source {
  readonly series: StoredSeries;
  readonly timeframe: Timeframe;
  /** half open, in opening times of stored rows; both are boundaries of the asked timeframe or beyond the data */
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * The asked timeframe itself where it is stored in the range; else the finest stored one that divides it, so that the
 * aggregate knows as much as the store does. Null when nothing in the range can answer.
 */
export function chooseSource(
  stored: readonly StoredSeries[],
  timeframe: Timeframe,
  range: Range,
): Source | null {
  const candidates = stored.filter((series) => divides(series.timeframe, timeframe));
  const own = candidates.filter((series) => series.timeframe === timeframe);
  for (const series of [...own, ...candidates]) {
    const source = sourceFrom(series, timeframe, range);
    if (source.fromMs < source.untilMs) return source;
  }
  return null;
}

function sourceFrom(series: StoredSeries, timeframe: Timeframe, range: Range): Source {
  const boundary = (ms: number) =>
    series.timeframe === timeframe ? ms : nextBoundary(timeframe, ms);
  const firstMs =
    series.timeframe === timeframe ? series.firstMs : barStartMs(timeframe, series.firstMs);
  const { startMs, endMs } = range;
  return {
    series,
    timeframe,
    fromMs: startMs === undefined ? firstMs : Math.max(boundary(startMs), firstMs),
    untilMs: Math.min(endMs === undefined ? Infinity : boundary(endMs), series.lastMs + 1),
  };
}

/** The first opening time of a bar at or after an instant. */
export function nextBoundary(timeframe: Timeframe, atMs: number): number {
  const startMs = barStartMs(timeframe, atMs);
  return startMs === atMs ? startMs : barEndMs(timeframe, startMs);
}

/** Weeks cross months, so they divide nothing but themselves; every other timeframe divides all that are longer. */
function divides(finer: Timeframe, coarser: Timeframe): boolean {
  if (finer === coarser) return true;
  if (finer === "1w" || finer === "1mo") return false;
  return TIMEFRAMES.indexOf(finer) < TIMEFRAMES.indexOf(coarser);
}

/** The length of a bar for estimates, ms: a month counts 31 days. */
export function atMostMs(timeframe: Timeframe): number {
  return durationMs(timeframe) ?? 31 * 86_400_000;
}
