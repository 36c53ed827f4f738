import type { CorporateAction } from "../../../domain/market/adjust/corporate-action.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import { barEndMs } from "../../../domain/market/timeframe.ts";
import { dec, text } from "../../../domain/shared/decimal.ts";
import type { DecimalString } from "../../../domain/shared/decimal.ts";
import { isRecord } from "../../../mixins/rest/schema.ts";
import { asMs, BarSieve, positive } from "./bar-pages.ts";
import type { BarQuery, RawBar } from "./bar-pages.ts";
import { SourceError } from "./source.ts";
import type { MarketDataSource, SourceFault } from "./source.ts";
import type { VendorHttp } from "./vendor-http.ts";

const SPANS: ReadonlyMap<Timeframe, string> = new Map([
  ["1m", "1m"],
  ["5m", "5m"],
  ["15m", "15m"],
  ["30m", "30m"],
  ["1d", "1d"],
]);
/** Its hours begin with the session, half past the hour in New York. */
export const YAHOO_TIMEFRAMES = [...SPANS.keys()];

const DAY_MS = 86_400_000;
/** Of minutes it gives a week at a time, and those of the last month. */
const MINUTES_WINDOW_MS = 7 * DAY_MS;

export function explainYahoo(status: number, words: string): SourceFault | null {
  if (status === 404) return "SOURCE_SYMBOL_UNKNOWN";
  return status === 429 || /too many requests/i.test(words) ? "SOURCE_RATE_LIMITED" : null;
}

interface YahooParts {
  readonly http: VendorHttp;
  readonly symbolAt: (symbol: string) => string;
}

/**
 * The chart API behind Yahoo Finance's pages (`/v8/finance/chart`), which is documented nowhere and may change. Its prices are
 * float32 and adjusted for every split up to today, so days are asked for up to today with their splits, and told as they
 * were quoted on their date. A day is stamped with its opening by the exchange's clock.
 */
export function yahooHistory({ http, symbolAt }: YahooParts): Pick<MarketDataSource, "bars"> {
  return {
    async *bars(query, ask) {
      const path = `/v8/finance/chart/${encodeURIComponent(symbolAt(query.symbol))}`;
      const interval = SPANS.get(query.timeframe);
      if (interval === undefined)
        throw new SourceError("SOURCE_UNSUPPORTED", `yahoo: no bars of ${query.timeframe}`);
      const isDaily = query.timeframe === "1d";
      const stepMs = isDaily ? Infinity : MINUTES_WINDOW_MS;
      let sieve: BarSieve | null = null;
      for (let startMs = query.startMs; startMs < query.endMs; startMs += stepMs) {
        const endMs = isDaily ? ask.now() : Math.min(startMs + stepMs, query.endMs);
        const wish = {
          period1: Math.floor(startMs / 1_000),
          period2: Math.ceil(endMs / 1_000),
          interval,
          events: "div,splits",
          includePrePost: "false",
        };
        const chart = chartOf(http, await http.json(path, wish, ask));
        sieve ??= new BarSieve(query, "yahoo", ask, endOf(chart));
        yield { ...sieve.page(rowsOf(chart, query)), actions: actionsOf(chart) };
      }
    },
  };
}

interface Chart {
  readonly timestamps: readonly unknown[];
  readonly quote: Readonly<Record<string, unknown>>;
  /** local time less UTC, ms */
  readonly offsetMs: number;
  readonly splits: readonly Split[];
  readonly dividends: readonly Dividend[];
  readonly currency: string | null;
}
interface Split {
  readonly atMs: number;
  readonly numerator: DecimalString;
  readonly denominator: DecimalString;
}
interface Dividend {
  readonly atMs: number;
  readonly amount: number;
}

function chartOf(http: VendorHttp, answer: unknown): Chart {
  const chart = isRecord(answer) ? answer["chart"] : null;
  const results = isRecord(chart) ? chart["result"] : null;
  const result: unknown = Array.isArray(results) ? results[0] : null;
  if (!isRecord(result)) throw refusalOf(http, isRecord(chart) ? chart["error"] : answer);
  const { meta, timestamp = [], indicators, events } = result;
  const quotes = isRecord(indicators) ? indicators["quote"] : null;
  const quote: unknown = Array.isArray(quotes) ? quotes[0] : null;
  if (!isRecord(meta) || !Array.isArray(timestamp) || !isRecord(quote))
    throw http.malformed("a chart", result);
  const offset = asMs(meta["gmtoffset"]);
  if (offset === null) throw http.malformed("the offset of the exchange", meta);
  const currency: unknown = meta["currency"];
  return {
    timestamps: timestamp,
    quote,
    offsetMs: offset * 1_000,
    splits: splitsOf(events),
    dividends: dividendsOf(events),
    currency: typeof currency === "string" && /^[A-Z]{3}$/.test(currency) ? currency : null,
  };
}

function refusalOf(http: VendorHttp, error: unknown): SourceError {
  const code = isRecord(error) ? error["code"] : null;
  if (code === "Not Found") return http.refused("SOURCE_SYMBOL_UNKNOWN", error);
  return code === null || code === undefined
    ? http.malformed("a chart", error)
    : http.refused("SOURCE_UNSUPPORTED", error);
}

function splitsOf(events: unknown): readonly Split[] {
  const splits = isRecord(events) && isRecord(events["splits"]) ? events["splits"] : {};
  return Object.values(splits).flatMap((split) => {
    const { date, numerator, denominator } = isRecord(split) ? split : {};
    const atS = asMs(date);
    const [up, down] = [positive(numerator), positive(denominator)];
    if (atS === null || up === null || down === null) return [];
    return { atMs: atS * 1_000, numerator: up, denominator: down };
  });
}

function dividendsOf(events: unknown): readonly Dividend[] {
  const dividends = isRecord(events) && isRecord(events["dividends"]) ? events["dividends"] : {};
  return Object.values(dividends).flatMap((dividend) => {
    const { date, amount } = isRecord(dividend) ? dividend : {};
    const [atS, cash] = [asMs(date), Number(positive(amount))];
    return atS === null || cash === 0 ? [] : { atMs: atS * 1_000, amount: cash };
  });
}

/** Dividends are told in units of today, as prices are. */
function actionsOf({ splits, dividends, currency, offsetMs }: Chart): readonly CorporateAction[] {
  const dayOf = (atMs: number): number => Math.floor((atMs + offsetMs) / DAY_MS);
  const split = ({ atMs, numerator, denominator }: Split): CorporateAction => ({
    kind: "split",
    exDay: dayOf(atMs),
    newUnits: numerator,
    oldUnits: denominator,
  });
  const dividend = ({ atMs, amount }: Dividend): readonly CorporateAction[] => {
    const asDeclared = positive(asQuoted(amount, splitsAfter(splits, atMs), "times"));
    if (asDeclared === null || currency === null) return [];
    const cash = { amount: asDeclared, currency, referencePrice: null };
    return [{ kind: "dividend", exDay: dayOf(atMs), ...cash }];
  };
  return [...splits.map(split), ...dividends.flatMap(dividend)];
}

/** A day is over at midnight by the exchange's clock as it goes now. */
function endOf({ offsetMs }: Chart) {
  return (timeframe: Timeframe, startMs: number): number =>
    barEndMs(timeframe, startMs) - (timeframe === "1d" ? offsetMs : 0);
}

function rowsOf(chart: Chart, { timeframe }: BarQuery): readonly RawBar[] {
  const { timestamps, quote, splits } = chart;
  const cell = (name: string, index: number): unknown => {
    const column = quote[name];
    return Array.isArray(column) ? column[index] : undefined;
  };
  return timestamps.flatMap((timestamp, index) => {
    const seconds = asMs(timestamp);
    const atMs = seconds === null ? null : seconds * 1_000;
    // A minute without trades, or a holiday, is a row of nulls.
    if (["open", "high", "low", "close"].every((name) => cell(name, index) === null)) return [];
    const price = (name: string): unknown =>
      asQuoted(cell(name, index), splitsAfter(splits, atMs), "times");
    return {
      startMs: timeframe === "1d" ? dayStamp(atMs, chart) : atMs,
      open: price("open"),
      high: price("high"),
      low: price("low"),
      close: price("close"),
      volume: asQuoted(cell("volume", index), splitsAfter(splits, atMs), "dividedBy"),
    };
  });
}

function dayStamp(atMs: number | null, { offsetMs }: Chart): number | null {
  return atMs === null ? null : Math.floor((atMs + offsetMs) / DAY_MS) * DAY_MS;
}

function splitsAfter(splits: readonly Split[], atMs: number | null): readonly Split[] {
  return splits.filter((split) => atMs !== null && split.atMs > atMs);
}

/** After a split was taken back six digits are sure: a float32 has little more than seven, and the ratio costs some. */
const SURE_DIGITS = 6;

/** A figure as it was before the splits that came after it. */
function asQuoted(value: unknown, splits: readonly Split[], how: "times" | "dividedBy"): unknown {
  if (value === null && how === "dividedBy") return 0;
  const figure = typeof value === "string" ? Number(value) : value;
  if (typeof figure !== "number" || !Number.isFinite(figure)) return value;
  if (how === "dividedBy" && splits.length === 0) return value;
  if (splits.length === 0) return shortestFloat32(figure);
  const undone = splits.reduce(
    (sum, { numerator, denominator }) => sum[how](dec(numerator).dividedBy(denominator)),
    dec(figure),
  );
  return how === "times"
    ? text(undone.toSignificantDigits(SURE_DIGITS))
    : text(undone.toDecimalPlaces(0));
}

/** The shortest decimal that is the same float32: 185.63999938964844 was 185.64. Any other number stays as it is. */
function shortestFloat32(value: number): string {
  if (Math.fround(value) !== value) return text(dec(value));
  for (let digits = 1; digits <= 9; digits += 1) {
    const candidate = value.toPrecision(digits);
    if (Math.fround(Number(candidate)) === value) return text(dec(candidate));
  }
  return text(dec(value));
}
