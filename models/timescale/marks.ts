import type { DecimalString } from "../../domain/shared/decimal.ts";
import type { Db } from "./session.ts";

/**
 * The last close of each symbol as it was known at an instant: revisions that came later are not looked at.
 * @param knownAtMs epoch ms, by the clock of whoever stored the bars
 * @returns null for a symbol of which nothing was known
 */
export async function closesKnownAt(
  db: Db,
  symbols: readonly string[],
  knownAtMs: number,
): Promise<{ readonly [symbol: string]: DecimalString | null }> {
  const { rows } = await db.query<{ symbol: string; close: DecimalString | null }>(
    `SELECT w.symbol, (
       SELECT trim_scale(k.close)::text FROM (
         SELECT ts, revision, close FROM md.bar WHERE symbol_id = y.symbol_id AND known_at <= at.known
         UNION ALL
         SELECT ts, revision, close FROM md.bar_revision WHERE symbol_id = y.symbol_id AND known_at <= at.known
       ) AS k ORDER BY k.ts DESC, k.revision DESC LIMIT 1) AS close
     FROM unnest($1::text[]) AS w (symbol)
     LEFT JOIN md.symbol y ON y.symbol = w.symbol,
     LATERAL (SELECT to_timestamp($2::float8 / 1000) AS known) AS at`,
    [symbols, knownAtMs],
  );
  return Object.fromEntries(rows.map(({ symbol, close }) => [symbol, close]));
}
