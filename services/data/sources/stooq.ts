import { anywhereEnd, BarSieve, stampOfDate } from "./bar-pages.ts";
import type { RawBar } from "./bar-pages.ts";
import { SourceError } from "./source.ts";
import type { MarketDataSource } from "./source.ts";
import type { VendorHttp } from "./vendor-http.ts";

export const STOOQ_TIMEFRAMES = ["1d"] as const;

const HEADER = /^Date,Open,High,Low,Close(?:,Volume)?$/;

interface StooqParts {
  readonly http: VendorHttp;
  readonly symbolAt: (symbol: string) => string;
}

/**
 * Days at Stooq, as the CSV that its pages offer (https://stooq.com/q/d/?s=aapl.us). `o=1111111` leaves out its adjustments for
 * splits, dividends and rights. Indices and currencies have no volume: it is 0. Refusals are a line of text with a 200.
 */
export function stooqHistory({ http, symbolAt }: StooqParts): Pick<MarketDataSource, "bars"> {
  return {
    async *bars(query, ask) {
      if (query.timeframe !== "1d")
        throw new SourceError("SOURCE_UNSUPPORTED", `stooq: no bars of ${query.timeframe}`);
      const sieve = new BarSieve(query, "stooq", ask, anywhereEnd);
      const range = { d1: dateOf(query.startMs), d2: dateOf(query.endMs - 1) };
      const wish = { s: symbolAt(query.symbol), i: "d", o: "1111111", ...range };
      yield sieve.page(rowsOf(http, await http.text("/q/d/l/", wish, ask)));
    },
  };
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10).replaceAll("-", "");
}

function rowsOf(http: VendorHttp, text: string): readonly RawBar[] {
  const [header = "", ...lines] = text.trim().split(/\r?\n/);
  // It says so of a range without sessions and of a symbol that it does not have.
  if (/^no data/i.test(header) || header === "") return [];
  if (/exceeded the daily hits limit|przekroczony/i.test(header))
    throw http.refused("SOURCE_RATE_LIMITED", header);
  if (/apikey|captcha/i.test(text.slice(0, 500))) throw http.refused("SOURCE_UNAUTHORISED", header);
  if (!HEADER.test(header)) throw http.malformed("columns of prices", header);
  return lines.map(rawBar);
}

function rawBar(line: string): RawBar {
  const [date, open, high, low, close, volume = "0"] = line.split(",");
  return { startMs: stampOfDate(date), open, high, low, close, volume };
}
