import type { Timeframe } from "../../domain/market/bar.ts";
import type { Db } from "./session.ts";

/**
 * How much is stored of a symbol in one timeframe, in one look. Bars are added, revised (which leaves a version behind) and, the
 * oldest, dropped: where neither the first bar, nor the number of versions, nor that of the bars up to an instant has changed, those
 * bars are what they were.
 */
export interface SeriesCounts {
  /** when the first bar opened, epoch ms */
  readonly firstMs: number;
  readonly bars: number;
  /** of them those that opened after the instant */
  readonly after: number;
  /** versions of bars that were revised */
  readonly versions: number;
}

/** @param afterMs epoch ms; @returns null when nothing is stored in that timeframe itself */
export async function seriesCounts(
  db: Db,
  symbol: string,
  timeframe: Timeframe,
  afterMs: number,
): Promise<SeriesCounts | null> {
  const { rows } = await db.query<SeriesCounts>({
    name: "series-counts",
    text: `
      SELECT (extract(epoch FROM s.first_ts) * 1000)::float8 AS "firstMs", s.bar_count::int AS bars,
        (SELECT count(*) FROM md.bar b WHERE b.symbol_id = s.symbol_id AND b.timeframe = s.timeframe
          AND b.ts > to_timestamp($3::float8 / 1000))::int AS after,
        (SELECT count(*) FROM md.bar_revision r
          WHERE r.symbol_id = s.symbol_id AND r.timeframe = s.timeframe)::int AS versions
      FROM md.series s JOIN md.symbol y USING (symbol_id) WHERE y.symbol = $1 AND s.timeframe = $2`,
    values: [symbol, timeframe, afterMs],
  });
  return rows[0] ?? null;
}
