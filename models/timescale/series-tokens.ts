import type { Db } from "./session.ts";

interface TokenRow {
  readonly ticker: string;
  readonly token: string;
}

/**
 * What the adjusted bars of some tickers depend on, in one word each: another word means that bars, corporate actions, listings
 * or the instrument have changed since. One question of the store, however many are asked for.
 * @returns by ticker; each that was asked for is there
 */
export async function seriesTokens(
  db: Db,
  tickers: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<TokenRow>(
    tickers.length === 1
      ? // Planned once a connection: for one ticker to plan takes ten times as long as to answer.
        { name: "series-token", text: OF_ONE, values: [...tickers] }
      : { text: OF_MANY, values: [tickers] },
  );
  return new Map(rows.map(({ ticker, token }) => [ticker, token]));
}

/** `names`: the ticker, the instrument that has it, and the other tickers of that instrument. */
const of = (asked: string) => `
  WITH asked AS (${asked}),
  names AS (
    SELECT ticker, ticker AS name FROM asked
    UNION SELECT a.ticker, l.ticker FROM asked a JOIN md.listing l ON l.symbol = a.ticker
    UNION SELECT a.ticker, l.symbol FROM asked a JOIN md.listing l ON l.ticker = a.ticker
    UNION SELECT a.ticker, o.ticker
      FROM asked a JOIN md.listing l ON l.ticker = a.ticker JOIN md.listing o ON o.symbol = l.symbol
  ),
  bars AS (
    SELECT n.ticker, string_agg(concat_ws(' ', y.symbol, s.timeframe, s.first_ts, s.last_ts, s.known_at), ','
      ORDER BY y.symbol, s.timeframe) AS word
    FROM names n JOIN md.symbol y ON y.symbol = n.name JOIN md.series s USING (symbol_id) GROUP BY n.ticker
  ),
  actions AS (
    SELECT n.ticker, concat_ws(' ', count(*), max(c.known_at), max(c.retracted_at)) AS word
    FROM names n JOIN md.corporate_action c ON c.symbol = n.name GROUP BY n.ticker
  ),
  listings AS (
    SELECT n.ticker, concat_ws(' ', count(*), max(l.known_at)) AS word
    FROM names n JOIN md.listing l ON l.symbol = n.name OR l.ticker = n.name GROUP BY n.ticker
  ),
  instruments AS (
    SELECT n.ticker, concat_ws(' ', count(*), max(i.updated_at)) AS word
    FROM names n JOIN md.instrument i ON i.symbol = n.name GROUP BY n.ticker
  )
  SELECT a.ticker, md5(concat_ws('|', b.word, c.word, l.word, i.word)) AS token
  FROM asked a LEFT JOIN bars b USING (ticker) LEFT JOIN actions c USING (ticker)
    LEFT JOIN listings l USING (ticker) LEFT JOIN instruments i USING (ticker)`;

const OF_ONE = of("SELECT $1::text AS ticker");
const OF_MANY = of("SELECT DISTINCT unnest($1::text[]) AS ticker");
