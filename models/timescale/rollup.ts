import { type Timeframe, TIMEFRAMES } from "../../domain/market/bar.ts";
import { barStartMs } from "../../domain/market/timeframe.ts";
import type { Source } from "./series.ts";
import type { Session } from "./session.ts";

/** What fine bars are rolled up to, ahead of any question. */
export type RollupLevel = "1h" | "1d";

const BASES = ["1m", "5m", "15m", "30m"] as const satisfies readonly Timeframe[];
/** Timeframes that are rolled up, as SQL. */
export const ROLLED_UP = `(${BASES.map((timeframe) => `'${timeframe}'`).join(", ")})`;

/** Days that one refresh takes: some years of trading days, a few seconds. */
const DAYS_MAX = 1_000;

/** The coarsest rollup of the stored timeframe that the asked one can be made of; null when there is none. */
export function rollupLevel(stored: Timeframe, asked: Timeframe): RollupLevel | null {
  if (!BASES.some((base) => base === stored)) return null;
  const place = TIMEFRAMES.indexOf(asked);
  if (place >= TIMEFRAMES.indexOf("1d")) return "1d";
  return place >= TIMEFRAMES.indexOf("1h") ? "1h" : null;
}

/**
 * Rolls up what a question would otherwise read bar by bar. The newest day stays due while it is written: rolling it up
 * every minute would cost more than reading it.
 * @returns how many days were rolled up
 */
export async function refreshRollup(
  session: Session,
  { series, timeframe, fromMs, untilMs }: Source,
): Promise<number> {
  if (rollupLevel(series.timeframe, timeframe) === null) return 0;
  const endMs = Math.min(untilMs, barStartMs("1d", series.lastMs));
  if (endMs <= fromMs) return 0;
  const [row] = await session.query<{ days: number }>(
    `SELECT md.refresh_rollup($1::int, $2::text, md.utc_day(to_timestamp($3::float8 / 1000)),
       to_timestamp($4::float8 / 1000), $5::int) AS days`,
    [series.symbolId, series.timeframe, fromMs, endMs, DAYS_MAX],
    "refresh-rollup",
  );
  return row?.days ?? 0;
}
