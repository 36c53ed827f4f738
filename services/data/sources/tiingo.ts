import type { CorporateAction } from "../../../domain/market/adjust/corporate-action.ts";
import type { Bar, Timeframe } from "../../../domain/market/bar.ts";
import { isRecord } from "../../../mixins/rest/schema.ts";
import { BarSieve, newYorkEnd, positive, stampOfDate, windows } from "./bar-pages.ts";
import type { BarQuery, RawBar } from "./bar-pages.ts";
import { SourceError } from "./source.ts";
import type { Ask, HistoryPage, MarketDataSource, TimeRange } from "./source.ts";
import { readInstant } from "./stream-rows.ts";
import type { Query, VendorHttp } from "./vendor-http.ts";

const SPANS: ReadonlyMap<Timeframe, string> = new Map([
  ["1m", "1min"],
  ["5m", "5min"],
  ["15m", "15min"],
  ["30m", "30min"],
]);
export const TIINGO_TIMEFRAMES: readonly Timeframe[] = [...SPANS.keys(), "1d"];

const DAY_MS = 86_400_000;
/** An answer of IEX has 10,000 rows at most, and a session 390 minutes. */
const MINUTES_WINDOW_MS = 20 * DAY_MS;
const DAYS_WINDOW_MS = 3_650 * DAY_MS;

interface TiingoParts {
  readonly http: VendorHttp;
  readonly symbolAt: (symbol: string) => string;
}

/**
 * American stocks and funds at Tiingo (https://www.tiingo.com/documentation/end-of-day, …/iex): raw prices, days by their
 * date, minutes of IEX's own trades. Dates of a range count whole and both.
 */
export function tiingoHistory({ http, symbolAt }: TiingoParts): Pick<MarketDataSource, "bars"> {
  return {
    async *bars(query, ask) {
      const ticker = encodeURIComponent(symbolAt(query.symbol));
      const sieve = new BarSieve(query, "tiingo", ask, newYorkEnd);
      yield* query.timeframe === "1d"
        ? days(http, ticker, query, sieve, ask)
        : minutes(http, ticker, query, sieve, ask);
    },
  };
}

async function* days(
  http: VendorHttp,
  ticker: string,
  query: BarQuery,
  sieve: BarSieve,
  ask: Ask,
): AsyncGenerator<HistoryPage<Bar>> {
  for (const window of windows(query, DAYS_WINDOW_MS)) {
    const path = `/tiingo/daily/${ticker}/prices`;
    const rows = rowsOf(http, await http.text(path, { ...datesOf(window), format: "json" }, ask));
    const page = sieve.page(rows.map((row) => rawBar(row, stampOfDate)));
    yield { ...page, actions: rows.flatMap(actionsOf) };
  }
}

async function* minutes(
  http: VendorHttp,
  ticker: string,
  query: BarQuery,
  sieve: BarSieve,
  ask: Ask,
): AsyncGenerator<HistoryPage<Bar>> {
  const resampleFreq = SPANS.get(query.timeframe);
  if (resampleFreq === undefined)
    throw new SourceError("SOURCE_UNSUPPORTED", `tiingo: no bars of ${query.timeframe}`);
  const wish = { resampleFreq, columns: "open,high,low,close,volume", format: "json" };
  for (const window of windows(query, MINUTES_WINDOW_MS)) {
    const path = `/iex/${ticker}/prices`;
    const rows = rowsOf(http, await http.text(path, { ...datesOf(window), ...wish }, ask));
    yield sieve.page(rows.map((row) => rawBar(row, (at) => readInstant(at)?.ms ?? null)));
  }
}

function datesOf({ startMs, endMs }: TimeRange): Query {
  return { startDate: dateOf(startMs), endDate: dateOf(endMs - 1) };
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Who has used up an allocation is told so in plain words, and with a 200. */
function rowsOf(http: VendorHttp, text: string): readonly unknown[] {
  if (/you have run over/i.test(text.slice(0, 500)))
    throw http.refused("SOURCE_RATE_LIMITED", text);
  const answer = http.parse(text);
  if (Array.isArray(answer)) return answer;
  const detail = isRecord(answer) ? answer["detail"] : null;
  if (typeof detail === "string" && /not found/i.test(detail))
    throw http.refused("SOURCE_SYMBOL_UNKNOWN", detail);
  throw http.malformed("a list of prices", answer);
}

/** In dollars, as they were declared; a factor of 1 is no split. */
function actionsOf(row: unknown): readonly CorporateAction[] {
  const { date, divCash, splitFactor } = isRecord(row) ? row : {};
  const startMs = stampOfDate(date);
  if (startMs === null) return [];
  const exDay = startMs / DAY_MS;
  const [cash, factor] = [positive(divCash), positive(splitFactor)];
  const split = { kind: "split", exDay, newUnits: factor ?? "1", oldUnits: "1" } as const;
  const dividend = { kind: "dividend", exDay, currency: "USD", referencePrice: null } as const;
  return [
    ...(factor !== null && factor !== "1" ? [split] : []),
    ...(cash !== null ? [{ ...dividend, amount: cash }] : []),
  ];
}

function rawBar(row: unknown, stamp: (at: unknown) => number | null): RawBar {
  const { date, open, high, low, close, volume } = isRecord(row) ? row : {};
  return { startMs: stamp(date), open, high, low, close, volume };
}
