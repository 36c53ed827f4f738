import type { TradeTick } from "../../domain/market/quote.ts";
import type { DecimalString } from "../../domain/shared/decimal.ts";
import type { Session } from "./session.ts";
import type { Range } from "./series.ts";

/** Where a page of trades ends: the place of its last one. */
export interface TradePlace {
  readonly tsEventMs: number;
  readonly tsEventMicros: number;
  readonly seq: number;
  readonly source: string;
  readonly key: string;
}

export interface TradeQuery extends Range {
  readonly symbol: string;
  /** trades at most, 1 or more */
  readonly limit: number;
  readonly order: "asc" | "desc";
  /** goes on after this place, in the same order */
  readonly after?: TradePlace;
}

export interface StoredTrade extends TradeTick {
  readonly tsEventMicros: number;
  readonly place: TradePlace;
}

const DAY_MS = 86_400_000;

/** What `readTrades` does, on one session. */
export async function selectTrades(
  session: Session,
  query: TradeQuery,
): Promise<readonly StoredTrade[]> {
  const stored = await rangeOf(session, query.symbol);
  if (stored === null) return [];
  const found: StoredTrade[] = [];
  for (const span of spans(stored, query)) {
    const rows = await selectSpan(
      session,
      stored.symbolId,
      span,
      query,
      query.limit - found.length,
    );
    for (const row of rows) found.push(tradeOf(row, query.symbol));
    if (found.length === query.limit) break;
  }
  return found;
}

interface Stored {
  readonly symbolId: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

async function rangeOf(session: Session, symbol: string): Promise<Stored | null> {
  const [row] = await session.query<Stored>(
    `SELECT s.symbol_id AS "symbolId", floor(extract(epoch FROM s.first_ts) * 1000)::float8 AS "firstMs",
       floor(extract(epoch FROM s.last_ts) * 1000)::float8 AS "lastMs"
     FROM md.trade_series s JOIN md.symbol y USING (symbol_id) WHERE y.symbol = $1`,
    [symbol],
  );
  return row ?? null;
}

interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A day, then each four times as long: a plan over everything would open every month since the first trade. */
function* spans({ firstMs, lastMs }: Stored, query: TradeQuery): Generator<Span> {
  const { startMs = firstMs, endMs = Infinity, order, after } = query;
  const isUp = order === "asc";
  let fromMs = Math.max(firstMs, startMs, after && isUp ? after.tsEventMs : -Infinity);
  let untilMs = Math.min(lastMs + 1, endMs, after && !isUp ? after.tsEventMs + 1 : Infinity);
  for (let lengthMs = DAY_MS; fromMs < untilMs; lengthMs *= 4) {
    if (isUp) {
      yield { fromMs, untilMs: Math.min(fromMs + lengthMs, untilMs) };
      fromMs += lengthMs;
    } else {
      yield { fromMs: Math.max(untilMs - lengthMs, fromMs), untilMs };
      untilMs -= lengthMs;
    }
  }
}

interface Row {
  readonly tsEventMs: number;
  readonly tsEventMicros: number;
  readonly seq: number;
  readonly price: DecimalString;
  readonly size: DecimalString;
  readonly source: string;
  readonly key: string;
  readonly aggressor: "buy" | "sell" | null;
}

async function selectSpan(
  session: Session,
  symbolId: number,
  { fromMs, untilMs }: Span,
  { order, after }: TradeQuery,
  limit: number,
): Promise<readonly Row[]> {
  const [way, beyond] = order === "asc" ? ["ASC", ">"] : ["DESC", "<"];
  const place = after && [after.tsEventMs, after.tsEventMicros, after.seq, after.source, after.key];
  return session.query<Row>(
    `SELECT floor(extract(epoch FROM ts) * 1000)::float8 AS "tsEventMs",
       (extract(microseconds FROM ts)::int % 1000) AS "tsEventMicros", seq,
       trim_scale(price)::text AS price, trim_scale(size)::text AS size, source, trade_key AS key, aggressor
     FROM md.trade
     WHERE symbol_id = ${String(symbolId)}
       AND ts >= to_timestamp(${String(fromMs)} / 1000.0::float8)
       AND ts < to_timestamp(${String(untilMs)} / 1000.0::float8)
       ${place ? `AND (ts, seq, source, trade_key) ${beyond} (to_timestamp($2::float8 / 1000) + $3::int * interval '1 microsecond', $4::int, $5::text, $6::text)` : ""}
     ORDER BY ts ${way}, seq ${way}, source ${way}, trade_key ${way} LIMIT $1::int`,
    [limit, ...(place ?? [])],
  );
}

function tradeOf(row: Row, symbol: string): StoredTrade {
  const { tsEventMs, tsEventMicros, seq, source, key, aggressor } = row;
  return {
    symbol,
    price: row.price,
    size: row.size,
    tsEventMs,
    tsEventMicros,
    source,
    ...(key.startsWith("#") && { tradeId: key.slice(1) }),
    ...(aggressor !== null && { aggressor }),
    place: { tsEventMs, tsEventMicros, seq, source, key },
  };
}
