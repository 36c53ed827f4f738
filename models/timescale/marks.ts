import type { DecimalString } from "../../domain/shared/decimal.ts";
import type { Db } from "./session.ts";

/**
 * The last close of each instrument as it was known at an instant: revisions that came later are not looked at. An instrument that
 * was traded under several tickers has the bars of each of them from the days of its listing, which are taken in UTC; what
 * another company did under a ticker of its own is none of it.
 * @param symbols as positions are named: a ticker means who had it at the instant, and otherwise the instrument that is called so
 * @param knownAtMs epoch ms, by the clock of whoever stored the bars
 * @returns null for a symbol of which nothing was known
 */
export async function closesKnownAt(
  db: Db,
  symbols: readonly string[],
  knownAtMs: number,
): Promise<{ readonly [symbol: string]: DecimalString | null }> {
  const { rows } = await db.query<{ symbol: string; close: DecimalString | null }>(
    `WITH today AS (SELECT (to_timestamp($2::float8 / 1000) AT TIME ZONE 'UTC')::date AS day),
     asked AS (
       SELECT DISTINCT a.symbol, coalesce(l.symbol, a.symbol) AS holder
       FROM unnest($1::text[]) AS a (symbol) CROSS JOIN today t LEFT JOIN md.listing l
         ON l.ticker = a.symbol AND daterange(l.from_date, l.until_date, '[]') @> t.day
     ),
     span AS (
       SELECT a.symbol, l.ticker, l.from_date::timestamp AT TIME ZONE 'UTC' AS since,
         (l.until_date + 1)::timestamp AT TIME ZONE 'UTC' AS until
       FROM asked a JOIN md.listing l ON l.symbol = a.holder
       UNION ALL
       SELECT a.symbol, a.symbol, max(l.until_date + 1)::timestamp AT TIME ZONE 'UTC', NULL
       FROM asked a CROSS JOIN today t LEFT JOIN md.listing l ON l.ticker = a.symbol AND l.until_date < t.day
       WHERE NOT EXISTS (SELECT FROM md.listing l WHERE l.symbol = a.holder)
       GROUP BY a.symbol
     )
     SELECT a.symbol, (
       SELECT trim_scale(k.close)::text
       FROM span s JOIN md.symbol y ON y.symbol = s.ticker, LATERAL (
         SELECT ts, revision, close FROM md.bar
         WHERE symbol_id = y.symbol_id AND known_at <= at.known
           AND ts >= coalesce(s.since, '-infinity') AND ts < coalesce(s.until, 'infinity')
         UNION ALL
         SELECT ts, revision, close FROM md.bar_revision
         WHERE symbol_id = y.symbol_id AND known_at <= at.known
           AND ts >= coalesce(s.since, '-infinity') AND ts < coalesce(s.until, 'infinity')
         ORDER BY ts DESC, revision DESC LIMIT 1
       ) AS k
       WHERE s.symbol = a.symbol ORDER BY k.ts DESC, k.revision DESC LIMIT 1) AS close
     FROM asked a, LATERAL (SELECT to_timestamp($2::float8 / 1000) AS known) AS at`,
    [symbols, knownAtMs],
  );
  return Object.fromEntries(rows.map(({ symbol, close }) => [symbol, close]));
}
