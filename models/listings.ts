import type { Pool } from "pg";
import type { Listing } from "../domain/market/listing.ts";
import { inTransaction } from "./postgres/transaction.ts";
import type { Db } from "./timescale/session.ts";

export interface RecordedListing extends Listing {
  /** epoch ms */
  readonly knownAtMs: number;
}

const COLUMNS = `ticker, symbol, from_date - date '1970-01-01' AS "fromDay",
  until_date - date '1970-01-01' AS "untilDay", (extract(epoch FROM known_at) * 1000)::float8 AS "knownAtMs"`;

/** The listings of an instrument, oldest first. */
export async function listingsOf(db: Db, symbol: string): Promise<readonly RecordedListing[]> {
  const { rows } = await db.query<RecordedListing>(
    `SELECT ${COLUMNS} FROM md.listing WHERE symbol = $1 ORDER BY from_date`,
    [symbol],
  );
  return rows;
}

/** Every listing of a ticker, and every one of the instruments that had it or are called like it. */
export async function listingsAround(db: Db, ticker: string): Promise<readonly Listing[]> {
  const { rows } = await db.query<Listing>(
    `SELECT ${COLUMNS} FROM md.listing
     WHERE ticker = $1 OR symbol = $1
       OR symbol IN (SELECT h.symbol FROM md.listing h WHERE h.ticker = $1)
     ORDER BY from_date`,
    [ticker],
  );
  return rows;
}

/** A ticker that another instrument has on one of the days that were asked for. */
export interface TakenTicker {
  readonly ticker: string;
  /** whose it is */
  readonly symbol: string;
}

/**
 * Replaces the listings of an instrument. The caller has seen to it that they do not overlap among themselves. An instrument
 * without listings has the ticker that it is called by on every day.
 * @returns the ticker that is taken; nothing is changed then
 */
export function replaceListings(
  pool: Pool,
  symbol: string,
  listings: readonly Listing[],
  knownAtMs: number,
): Promise<TakenTicker | null> {
  return inTransaction(pool, async (client) => {
    // One at a time: what is checked stays true until the commit.
    await client.query("LOCK TABLE md.listing IN SHARE ROW EXCLUSIVE MODE");
    const given = [
      symbol,
      listings.map(({ ticker }) => ticker),
      listings.map(({ fromDay }) => fromDay),
      listings.map(({ untilDay }) => untilDay),
    ];
    const { rows } = await client.query<TakenTicker>(
      `SELECT g.ticker, l.symbol
       FROM unnest($2::text[], $3::int[], $4::int[]) AS g (ticker, from_day, until_day)
       JOIN md.listing l ON l.ticker = g.ticker AND l.symbol <> $1
         AND date '1970-01-01' + g.from_day <= coalesce(l.until_date, 'infinity')
         AND l.from_date <= coalesce(date '1970-01-01' + g.until_day, 'infinity')
       UNION ALL
       SELECT i.symbol, i.symbol FROM md.instrument i
       WHERE i.symbol = ANY ($2::text[]) AND i.symbol <> $1
         AND NOT EXISTS (SELECT FROM md.listing l WHERE l.symbol = i.symbol)
       LIMIT 1`,
      given,
    );
    if (rows[0] !== undefined) return rows[0];
    await client.query("DELETE FROM md.listing WHERE symbol = $1", [symbol]);
    await client.query(
      `INSERT INTO md.listing (symbol, ticker, from_date, until_date, known_at)
       SELECT $1, g.ticker, date '1970-01-01' + g.from_day, date '1970-01-01' + g.until_day,
         to_timestamp($5::float8 / 1000)
       FROM unnest($2::text[], $3::int[], $4::int[]) AS g (ticker, from_day, until_day)`,
      [...given, knownAtMs],
    );
    return null;
  });
}
