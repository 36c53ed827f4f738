import type { Timeframe } from "../../../domain/market/bar.ts";
import { isRecord } from "../../../mixins/rest/schema.ts";
import { readZoned } from "../feeds/read-time.ts";
import { BarSieve, newYorkEnd, stampOfDate } from "./bar-pages.ts";
import type { BarQuery, RawBar } from "./bar-pages.ts";
import { SourceError } from "./source.ts";
import type { MarketDataSource, TimeRange } from "./source.ts";
import type { Query, VendorHttp } from "./vendor-http.ts";

const SPANS: ReadonlyMap<Timeframe, string> = new Map([
  ["1m", "1min"],
  ["5m", "5min"],
  ["15m", "15min"],
  ["30m", "30min"],
]);
export const ALPHA_VANTAGE_TIMEFRAMES: readonly Timeframe[] = [...SPANS.keys(), "1d"];

const DAY_MS = 86_400_000;
/** A compact answer has the last hundred sessions; fewer days than these hold no more. */
const COMPACT_MS = 130 * DAY_MS;

interface AlphaVantageParts {
  readonly http: VendorHttp;
  readonly symbolAt: (symbol: string) => string;
}

/**
 * Stocks at Alpha Vantage (https://www.alphavantage.co/documentation/): raw prices, days by their date, minutes by the clock of
 * New York, a month to an answer. Every refusal comes with a 200.
 */
export function alphaVantageHistory({
  http,
  symbolAt,
}: AlphaVantageParts): Pick<MarketDataSource, "bars"> {
  return {
    async *bars(query, ask) {
      const sieve = new BarSieve(query, "alpha-vantage", ask, newYorkEnd);
      const symbol = symbolAt(query.symbol);
      for (const wish of questions(query, ask.now())) {
        const answer = await http.json("/query", { symbol, datatype: "json", ...wish }, ask);
        yield sieve.page(rowsOf(http, answer, query.timeframe));
      }
    },
  };
}

function questions({ timeframe, ...range }: BarQuery, nowMs: number): readonly Query[] {
  if (timeframe === "1d") {
    const outputsize = nowMs - range.startMs < COMPACT_MS ? "compact" : "full";
    return [{ function: "TIME_SERIES_DAILY", outputsize }];
  }
  const interval = SPANS.get(timeframe);
  if (interval === undefined)
    throw new SourceError("SOURCE_UNSUPPORTED", `alpha-vantage: no bars of ${timeframe}`);
  return monthsOf(range).map((month) => ({
    function: "TIME_SERIES_INTRADAY",
    interval,
    month,
    adjusted: "false",
    extended_hours: "false",
    outputsize: "full",
  }));
}

/** Every month that an instant of the range may lie in by the clock of New York, `2024-01`. */
function monthsOf({ startMs, endMs }: TimeRange): readonly string[] {
  const months = new Set<string>();
  for (let at = startMs - DAY_MS; at < endMs; at += DAY_MS)
    months.add(new Date(at).toISOString().slice(0, 7));
  return [...months];
}

function rowsOf(http: VendorHttp, answer: unknown, timeframe: Timeframe): readonly RawBar[] {
  if (!isRecord(answer)) throw http.malformed("an object", answer);
  refuseIfRefused(http, answer);
  const name = Object.keys(answer).find((key) => key.startsWith("Time Series"));
  const series = name === undefined ? null : answer[name];
  if (!isRecord(series)) throw http.malformed("a time series", answer);
  const read = readerOf(http, answer["Meta Data"], timeframe);
  return Object.entries(series).map(([at, row]) => rawBar(read(at), row));
}

function refuseIfRefused(http: VendorHttp, answer: Readonly<Record<string, unknown>>): void {
  const error = answer["Error Message"];
  if (error !== undefined) {
    const text = JSON.stringify(error);
    const isKey = /apikey/i.test(text) && !/Invalid API call/i.test(text);
    throw http.refused(isKey ? "SOURCE_UNAUTHORISED" : "SOURCE_SYMBOL_UNKNOWN", error);
  }
  const words = answer["Note"] ?? answer["Information"];
  if (words === undefined) return;
  const text = JSON.stringify(words);
  if (/call frequency|rate limit|spreading out|requests per (?:day|minute|second)/i.test(text))
    throw http.refused("SOURCE_RATE_LIMITED", text);
  throw http.refused(/api ?key/i.test(text) ? "SOURCE_UNAUTHORISED" : "SOURCE_UNSUPPORTED", text);
}

function readerOf(
  http: VendorHttp,
  meta: unknown,
  timeframe: Timeframe,
): (at: string) => number | null {
  if (timeframe === "1d") return stampOfDate;
  const zone = isRecord(meta)
    ? Object.entries(meta).find(([key]) => key.endsWith("Time Zone"))?.[1]
    : null;
  if (zone !== "US/Eastern") throw http.malformed("the time zone US/Eastern", meta);
  const read = readZoned("America/New_York");
  return (at) => {
    const time = read(at);
    return "ms" in time ? time.ms : null;
  };
}

function rawBar(startMs: number | null, row: unknown): RawBar {
  const cells = isRecord(row) ? row : {};
  return {
    startMs,
    open: cells["1. open"],
    high: cells["2. high"],
    low: cells["3. low"],
    close: cells["4. close"],
    volume: cells["5. volume"],
  };
}
