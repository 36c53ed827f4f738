import type { Bar, Timeframe } from "../../../domain/market/bar.ts";
import { isRecord } from "../../../mixins/rest/schema.ts";
import { asMs, BarSieve, cellsOf, utcEnd, windows } from "./bar-pages.ts";
import type { BarQuery, RawBar } from "./bar-pages.ts";
import type { Ask, HistoryPage, MarketDataSource, SourceFault } from "./source.ts";
import { TradeSieve } from "./trade-pages.ts";
import type { RawTrade, TradeQuery } from "./trade-pages.ts";
import type { VendorHttp } from "./vendor-http.ts";

/** Its intervals have our names. */
export const BINANCE_TIMEFRAMES: readonly Timeframe[] = [
  "1m",
  "5m",
  "15m",
  "30m",
  "1h",
  "4h",
  "1d",
];
const PAGE = 1_000;
/** Between the two ends of a question for aggregate trades. */
const HOUR_MS = 3_600_000;

/** -1121: a symbol that it does not have; -1003: too many requests, with a status of its own as well. */
export function explainBinance(status: number, text: string): SourceFault | null {
  if (status === 451) return "SOURCE_UNAUTHORISED";
  if (/"code"\s*:\s*-(?:1121|1100)\b/.test(text)) return "SOURCE_SYMBOL_UNKNOWN";
  return /"code"\s*:\s*-1003\b/.test(text) ? "SOURCE_RATE_LIMITED" : null;
}

interface BinanceMarket {
  readonly sourceId: string;
  readonly path: string;
  /** of an aggregate trade: where the id is with which its trades begin */
  readonly firstOf: "f" | "a";
}
const SPOT: BinanceMarket = { sourceId: "binance", path: "/api/v3", firstOf: "f" };
const FUTURES: BinanceMarket = { sourceId: "binance-futures", path: "/fapi/v1", firstOf: "a" };

interface BinanceHistory {
  readonly http: VendorHttp;
  readonly symbolAt: (symbol: string) => string;
}

/**
 * Spot markets at Binance (https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints). UTC
 * throughout, both ends of a range included. Trades are single ones, as on its stream: aggregate trades find the first.
 */
export function binanceHistory({
  http,
  symbolAt,
}: BinanceHistory): Pick<MarketDataSource, "bars"> & Required<Pick<MarketDataSource, "trades">> {
  return {
    bars: (query, ask) => klines({ http, symbolAt }, SPOT, query, ask),
    async *trades(query, ask) {
      const symbol = symbolAt(query.symbol);
      const sieve = new TradeSieve(query, "binance", ask);
      let fromId = await firstId(http, SPOT, symbol, query, ask);
      while (fromId !== null) {
        const wish = { symbol, fromId, limit: PAGE };
        const rows = listOf(http, await http.json("/api/v3/historicalTrades", wish, ask));
        const page = rows.map(rawTrade);
        yield sieve.page(page);
        const lastMs = Math.max(...page.map(({ tsEventMs }) => tsEventMs ?? -Infinity));
        if (rows.length < PAGE || lastMs >= query.endMs) return;
        fromId = idAfter(http, rows, "id", fromId);
      }
    },
  };
}

/**
 * USDⓈ-M futures (https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api). Their single
 * trades of the past need a key: aggregate ones are public, as on the stream.
 */
export function binanceFuturesHistory({
  http,
  symbolAt,
}: BinanceHistory): Pick<MarketDataSource, "bars"> & Required<Pick<MarketDataSource, "trades">> {
  return {
    bars: (query, ask) => klines({ http, symbolAt }, FUTURES, query, ask),
    async *trades(query, ask) {
      const symbol = symbolAt(query.symbol);
      const sieve = new TradeSieve(query, FUTURES.sourceId, ask);
      let fromId = await firstId(http, FUTURES, symbol, query, ask);
      while (fromId !== null) {
        const wish = { symbol, fromId, limit: PAGE };
        const rows = listOf(http, await http.json(`${FUTURES.path}/aggTrades`, wish, ask));
        const page = rows.map(rawAggregate);
        yield sieve.page(page);
        const lastMs = Math.max(...page.map(({ tsEventMs }) => tsEventMs ?? -Infinity));
        if (rows.length < PAGE || lastMs >= query.endMs) return;
        fromId = idAfter(http, rows, "a", fromId);
      }
    },
  };
}

async function* klines(
  { http, symbolAt }: BinanceHistory,
  { sourceId, path }: BinanceMarket,
  query: BarQuery,
  ask: Ask,
): AsyncGenerator<HistoryPage<Bar>> {
  const sieve = new BarSieve(query, sourceId, ask, utcEnd);
  const wish = { symbol: symbolAt(query.symbol), interval: query.timeframe, limit: PAGE };
  let startTime = query.startMs;
  while (startTime < query.endMs) {
    const times = { startTime, endTime: query.endMs - 1 };
    const rows = listOf(http, await http.json(`${path}/klines`, { ...wish, ...times }, ask));
    yield sieve.page(rows.map(rawBar));
    const latestMs = Math.max(...rows.map((row) => rawBar(row).startMs ?? -Infinity));
    if (rows.length < PAGE) return;
    if (latestMs < startTime) throw http.malformed("a page that goes on", rows.at(-1));
    startTime = latestMs + 1;
  }
}

/** The id of the first trade of the range: a question for aggregate trades spans less than an hour. */
async function firstId(
  http: VendorHttp,
  { path, firstOf }: BinanceMarket,
  symbol: string,
  query: TradeQuery,
  ask: Ask,
): Promise<string | null> {
  for (const { startMs, endMs } of windows(query, HOUR_MS)) {
    const wish = { symbol, startTime: startMs, endTime: endMs - 1, limit: 1 };
    const [first] = listOf(http, await http.json(`${path}/aggTrades`, wish, ask));
    if (first === undefined) continue;
    const id = isRecord(first) ? idText(first[firstOf]) : null;
    if (id === null) throw http.malformed("an aggregate trade", first);
    return id;
  }
  return null;
}

function idAfter(
  http: VendorHttp,
  rows: readonly unknown[],
  field: "id" | "a",
  before: string,
): string {
  const last = rows.at(-1);
  const id = isRecord(last) ? idText(last[field]) : null;
  if (id === null || BigInt(id) < BigInt(before)) throw http.malformed("ids that rise", last);
  return String(BigInt(id) + 1n);
}

function idText(value: unknown): string | null {
  const text = typeof value === "number" || typeof value === "string" ? String(value) : "";
  return /^\d{1,20}$/.test(text) ? text : null;
}

function listOf(http: VendorHttp, answer: unknown): readonly unknown[] {
  if (!Array.isArray(answer)) throw http.malformed("a list", answer);
  return answer;
}

function rawBar(row: unknown): RawBar {
  const [at, open, high, low, close, volume, , , tradeCount] = cellsOf(row);
  return { startMs: asMs(at), open, high, low, close, volume, tradeCount };
}

function rawTrade(row: unknown): RawTrade {
  const { id, price, qty, time, isBuyerMaker } = isRecord(row) ? row : {};
  const tradeId = idText(id);
  return {
    tsEventMs: asMs(time),
    price,
    size: qty,
    ...(tradeId !== null && { tradeId }),
    ...(typeof isBuyerMaker === "boolean" && { aggressor: isBuyerMaker ? "sell" : "buy" }),
  };
}

function rawAggregate(row: unknown): RawTrade {
  const { a, p: price, q: size, T, m: isBuyerMaker } = isRecord(row) ? row : {};
  const tradeId = idText(a);
  return {
    tsEventMs: asMs(T),
    price,
    size,
    ...(tradeId !== null && { tradeId }),
    ...(typeof isBuyerMaker === "boolean" && { aggressor: isBuyerMaker ? "sell" : "buy" }),
  };
}
