import type { Bar } from "../../domain/market/bar.ts";
import { barStartMs } from "../../domain/market/timeframe.ts";
import { copyBars } from "./bar-copy.ts";
import { BAR_COLUMNS } from "./bar-upsert.ts";
import { ROLLED_UP } from "./rollup.ts";
import { seriesRuns } from "./series-lock.ts";
import type { Session } from "./session.ts";
import { idOf } from "./symbol-ids.ts";

/**
 * Writes bars that are not there, straight into their table. The transaction is open and holds the locks of their series.
 * @returns how many
 */
export async function appendBars(
  session: Session,
  bars: readonly Bar[],
  knownAtMs: number,
): Promise<number> {
  if (bars.length === 0) return 0;
  const symbolId = (symbol: string) => idOf(session, symbol);
  await session.copyIn(
    `COPY md.bar (${BAR_COLUMNS}, known_at) FROM STDIN (FORMAT binary)`,
    copyBars(bars, symbolId, knownAtMs),
  );
  await cover(session, bars, knownAtMs);
  return bars.length;
}

/** Extends the series to the bars, and makes their days due to be rolled up. */
async function cover(session: Session, bars: readonly Bar[], knownAtMs: number): Promise<void> {
  const runs = seriesRuns(bars, (symbol) => idOf(session, symbol));
  const starts = runs.map((run) => run.bars.map(({ startMs }) => startMs));
  await session.query(COVER, [
    knownAtMs,
    runs.map(({ symbolId }) => symbolId),
    runs.map(({ timeframe }) => timeframe),
    starts.map((all) => all.reduce((least, ms) => Math.min(least, ms), Infinity)),
    starts.map((all) => all.reduce((most, ms) => Math.max(most, ms), -Infinity)),
    starts.map((all) => all.length),
  ]);
  const days = runs.flatMap(({ symbolId, timeframe }, i) =>
    [...new Set(starts[i]?.map((ms) => barStartMs("1d", ms)))].map((day) => ({
      symbolId,
      timeframe,
      day,
    })),
  );
  await session.query(DUE, [
    days.map(({ symbolId }) => symbolId),
    days.map(({ timeframe }) => timeframe),
    days.map(({ day }) => day),
  ]);
}

const COVER = `
  UPDATE md.series s SET
    first_ts = least(s.first_ts, to_timestamp(g.first_ms / 1000)),
    last_ts = greatest(s.last_ts, to_timestamp(g.last_ms / 1000)),
    known_at = greatest(s.known_at, to_timestamp($1::float8 / 1000)),
    bar_count = s.bar_count + g.n
  FROM unnest($2::int[], $3::text[], $4::float8[], $5::float8[], $6::int[])
    AS g (symbol_id, timeframe, first_ms, last_ms, n)
  WHERE s.symbol_id = g.symbol_id AND s.timeframe = g.timeframe`;

const DUE = `
  INSERT INTO md.rollup_due AS d (symbol_id, timeframe, day)
  SELECT symbol_id, timeframe, to_timestamp(day_ms / 1000)
  FROM unnest($1::int[], $2::text[], $3::float8[]) AS g (symbol_id, timeframe, day_ms)
  WHERE timeframe IN ${ROLLED_UP} ORDER BY 1, 2, 3
  ON CONFLICT (symbol_id, timeframe, day) DO UPDATE SET day = excluded.day WHERE false`;
