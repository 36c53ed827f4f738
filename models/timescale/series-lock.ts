import type { Bar, Timeframe } from "../../domain/market/bar.ts";
import type { Session } from "./session.ts";

/** The bars of one series that stand together in a batch. */
export interface SeriesRun {
  readonly symbolId: number;
  readonly timeframe: Timeframe;
  readonly bars: Bar[];
}

/** The bars of each series, in the order in which the batch has them. */
export function seriesRuns(
  bars: readonly Bar[],
  symbolId: (symbol: string) => number,
): readonly SeriesRun[] {
  const runs = new Map<string, SeriesRun>();
  let current: SeriesRun | undefined;
  let symbol = "";
  for (const bar of bars) {
    if (current === undefined || bar.symbol !== symbol || bar.timeframe !== current.timeframe) {
      const key = `${bar.timeframe} ${bar.symbol}`;
      symbol = bar.symbol;
      current = runs.get(key) ?? {
        symbolId: symbolId(symbol),
        timeframe: bar.timeframe,
        bars: [],
      };
      runs.set(key, current);
    }
    current.bars.push(bar);
  }
  return [...runs.values()];
}

/** Bars beyond the end of their series, which cannot be stored yet, and the others. */
interface Parted {
  readonly news: readonly Bar[];
  readonly overlap: readonly Bar[];
}

/**
 * Locks the rows of these series in the order of their key until the transaction ends, and parts the bars by what is stored.
 * Whoever stores a bar moves the end of its series under this lock, so nothing can lie beyond it.
 */
export async function lockSeries(session: Session, runs: readonly SeriesRun[]): Promise<Parted> {
  const locked = await session.query<{ id: number; timeframe: Timeframe; lastMs: number }>(LOCK, [
    runs.map(({ symbolId }) => symbolId),
    runs.map(({ timeframe }) => timeframe),
  ]);
  const ends = new Map(locked.map(({ id, timeframe, lastMs }) => [`${id} ${timeframe}`, lastMs]));
  const news: Bar[] = [];
  const overlap: Bar[] = [];
  for (const { symbolId, timeframe, bars } of runs) {
    const lastMs = ends.get(`${symbolId} ${timeframe}`) ?? Infinity;
    for (const bar of bars) (bar.startMs > lastMs ? news : overlap).push(bar);
  }
  return { news, overlap };
}

/** A series that is new begins with an empty range; nobody sees it before the transaction has given it one. */
const LOCK = `
  INSERT INTO md.series AS s (symbol_id, timeframe, first_ts, last_ts, known_at)
  SELECT symbol_id, timeframe, 'infinity', '-infinity', '-infinity'
  FROM unnest($1::int[], $2::text[]) AS g (symbol_id, timeframe)
  ORDER BY symbol_id, timeframe COLLATE "C"
  ON CONFLICT (symbol_id, timeframe) DO UPDATE SET known_at = s.known_at
  RETURNING symbol_id AS id, timeframe, (extract(epoch FROM last_ts) * 1000)::float8 AS "lastMs"`;
