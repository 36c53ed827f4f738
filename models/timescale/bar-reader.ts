import type { Bar, Timeframe } from "../../domain/market/bar.ts";
import { dec, Decimal, type DecimalString, text } from "../../domain/shared/decimal.ts";
import { barsIn, type Span } from "./bar-queries.ts";
import {
  atMostMs,
  chooseSource,
  nextBoundary,
  type Range,
  seriesOf,
  type Source,
} from "./series.ts";
import { bodyOf, type Session } from "./session.ts";

export interface BarQuery extends Range {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** bars at most, 1 or more */
  readonly limit: number;
  readonly order: "asc" | "desc";
}

/** What `readBars` does, on one session. */
export async function selectBars(session: Session, query: BarQuery): Promise<readonly Bar[]> {
  const source = chooseSource(await seriesOf(session, query.symbol), query.timeframe, query);
  if (!source) return [];
  const bars: Bar[] = [];
  for (const span of spans(source, query)) {
    const found = await selectSpan(session, source, span, query, query.limit - bars.length);
    // Not push(...found): arguments live on the stack, and a year of minutes overflows it.
    for (const bar of found) bars.push(bar);
    if (bars.length === query.limit) break;
  }
  return bars;
}

/**
 * The source's range cut into pieces, the first of them as long as `limit` bars and twice more for nights and holidays, each
 * later one four times as long. A plan over the whole range would open and lock every month since the first bar.
 */
function* spans(source: Source, { limit, order }: BarQuery): Generator<Span> {
  let { fromMs, untilMs } = source;
  for (let lengthMs = 3 * limit * atMostMs(source.timeframe); fromMs < untilMs; lengthMs *= 4) {
    const cutMs = nextBoundary(
      source.timeframe,
      order === "asc" ? fromMs + lengthMs : untilMs - lengthMs,
    );
    if (order === "asc") {
      yield { fromMs, untilMs: Math.min(cutMs, untilMs) };
      fromMs = cutMs;
    } else {
      yield { fromMs: Math.max(cutMs, fromMs), untilMs };
      untilMs = cutMs;
    }
  }
}

interface Row {
  readonly startMs: number;
  readonly open: DecimalString;
  readonly high: DecimalString;
  readonly low: DecimalString;
  readonly close: DecimalString;
  readonly volume: DecimalString;
  readonly vwap: DecimalString | null;
  readonly turnover: DecimalString | null;
  readonly tradeCount: number | null;
  readonly source: string;
}

/** trim_scale drops trailing zeros; numeric never prints an exponent: the text is canonical. */
const DECIMALS = ["open", "high", "low", "close", "volume", "vwap", "turnover"]
  .map((column) => `trim_scale(${column})::text AS ${column}`)
  .join(", ");

async function selectSpan(
  session: Session,
  source: Source,
  span: Span,
  { symbol, timeframe, order }: BarQuery,
  limit: number,
): Promise<readonly Bar[]> {
  const rows = await session.query<Row>(
    `SELECT (extract(epoch FROM b.ts) * 1000)::float8 AS "startMs", ${DECIMALS},
       trade_count::float8 AS "tradeCount", source
     FROM (${barsIn(await bodyOf(session), source, span)}) AS b
     ORDER BY b.ts ${order === "asc" ? "ASC" : "DESC"} LIMIT $1::int`,
    [limit],
  );
  return rows.map((row) => barOf(row, symbol, timeframe));
}

function barOf(row: Row, symbol: string, timeframe: Timeframe): Bar {
  const vwap = row.vwap ?? averagePrice(row);
  return {
    symbol,
    timeframe,
    startMs: row.startMs,
    open: row.open,
    high: row.high,
    low: row.low,
    close: row.close,
    volume: row.volume,
    ...(vwap === null ? {} : { vwap }),
    ...(row.tradeCount === null ? {} : { tradeCount: row.tradeCount }),
    source: row.source,
  };
}

/** Digits after the point of an aggregate's vwap, rounded half to even. */
const VWAP_PLACES = 10;

/** Null when a bar of the aggregate has no vwap, or nothing was traded. */
function averagePrice({ turnover, volume }: Row): DecimalString | null {
  if (turnover === null || dec(volume).isZero()) return null;
  const vwap = dec(turnover).dividedBy(volume);
  return text(vwap.toDecimalPlaces(VWAP_PLACES, Decimal.ROUND_HALF_EVEN));
}
