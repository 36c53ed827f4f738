import { AsyncLocalStorage } from "node:async_hooks";
import { TIMEFRAMES } from "../../../domain/market/bar.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import { ccxtExchangeClass } from "../../../mixins/ccxt-library.ts";
import { parseLossless } from "../../../mixins/lossless-json.ts";
import { DependencyRefused, DependencyTimedOut } from "../../../mixins/resilience/dependency.ts";
import type { Dependency } from "../../../mixins/resilience/dependency.ts";
import { isRecord } from "../../../mixins/rest/schema.ts";
import { asMs, BarSieve, cellsOf, utcEnd } from "./bar-pages.ts";
import type { RawBar } from "./bar-pages.ts";
import { SourceError } from "./source.ts";
import type { Ask, MarketDataSource, SourceFault } from "./source.ts";
import type { TokenBucket } from "./token-bucket.ts";
import { TradeSieve } from "./trade-pages.ts";
import type { RawTrade } from "./trade-pages.ts";
import { causeOf, readBody, retryAfterMs, sendGet } from "./vendor-http.ts";

/** The part of ccxt's unified API that is used (https://docs.ccxt.com). */
interface Exchange {
  readonly has: Readonly<Record<string, unknown>>;
  readonly timeframes?: Readonly<Record<string, unknown>>;
  urls: { api?: unknown };
  fetchImplementation: unknown;
  number: unknown;
  parseJson: (source: string) => unknown;
  isJsonEncodedObject(source: unknown): boolean;
  fetchOHLCV(symbol: string, timeframe: string, since: number): Promise<unknown>;
  fetchTrades(symbol: string, since: number): Promise<unknown>;
}

interface CcxtHistory {
  readonly sourceId: string;
  readonly exchangeId: string;
  /** takes the place of scheme and host in every address of the exchange; null: its own */
  readonly host: string | null;
  readonly dependency: Dependency;
  readonly bucket: TokenBucket;
  readonly now: () => number;
  readonly symbolAt: (symbol: string) => string;
}

type Headers = Readonly<Record<string, string>>;

const PAUSE_MS = 60_000;
const PAGES_MAX = 100_000;

/** Whatever ccxt can ask an exchange for without an account. Its clock is UTC, and its trades have the exchange's own ids. */
export function ccxtHistory(
  parts: CcxtHistory,
): Pick<MarketDataSource, "bars"> &
  Required<Pick<MarketDataSource, "trades">> & { readonly timeframes: readonly Timeframe[] } {
  const { sourceId, symbolAt } = parts;
  const signals = new AsyncLocalStorage<AbortSignal>();
  const exchange = openExchange(parts, signals);
  const call = <T>(ask: Ask, work: () => Promise<T>): Promise<T> =>
    signals.run(ask.signal, () => inOurWords(sourceId, ask, work));
  return {
    timeframes: timeframesOf(exchange),
    async *bars(query, ask) {
      const sieve = new BarSieve(query, sourceId, ask, utcEnd);
      const symbol = symbolAt(query.symbol);
      let sinceMs = query.startMs;
      for (let page = 0; page < PAGES_MAX && sinceMs < query.endMs; page += 1) {
        const answer = await call(ask, () => exchange.fetchOHLCV(symbol, query.timeframe, sinceMs));
        const rows = listOf(sourceId, answer).map(rawBar);
        yield sieve.page(rows);
        const latestMs = Math.max(...rows.map(({ startMs }) => startMs ?? -Infinity));
        if (latestMs < sinceMs) return;
        sinceMs = latestMs + 1;
      }
    },
    async *trades(query, ask) {
      const sieve = new TradeSieve(query, sourceId, ask);
      const symbol = symbolAt(query.symbol);
      let sinceMs = query.startMs;
      for (let page = 0; page < PAGES_MAX && sinceMs < query.endMs; page += 1) {
        const answer = await call(ask, () => exchange.fetchTrades(symbol, sinceMs));
        const rows = listOf(sourceId, answer).map(rawTrade);
        yield sieve.page(rows);
        const latestMs = Math.max(...rows.map(({ tsEventMs }) => tsEventMs ?? -Infinity));
        if (latestMs < sinceMs) return;
        // Asked for again from the last instant on, which may have more trades than the page had room for.
        sinceMs = latestMs > sinceMs ? latestMs : latestMs + 1;
      }
    },
  };
}

function openExchange(parts: CcxtHistory, signals: AsyncLocalStorage<AbortSignal>): Exchange {
  // sound: every class of ccxt has the unified API
  const Exchange = ccxtExchangeClass(parts.exchangeId) as new (config: object) => Exchange;
  const exchange = new Exchange({
    // The limit of calls is kept by our own bucket, which an operator may set.
    enableRateLimit: false,
    options: { defaultType: "spot", fetchCurrencies: false, fetchMarkets: { types: ["spot"] } },
  });
  if (parts.host !== null) exchange.urls.api = withHost(exchange.urls.api, parts.host);
  exchange.number = String;
  exchange.parseJson = (source) =>
    exchange.isJsonEncodedObject(source) ? parseLossless(source) : undefined;
  exchange.fetchImplementation = (url: string, init: { readonly headers?: Headers }) =>
    fetchFor(parts, signals.getStore(), url, init.headers);
  return exchange;
}

function timeframesOf({ timeframes = {}, has }: Exchange): readonly Timeframe[] {
  if (has["fetchOHLCV"] !== true) return [];
  // Weeks and months are made from days: exchanges do not agree on where they begin.
  return TIMEFRAMES.filter(
    (name) => name !== "1w" && name !== "1mo" && Object.hasOwn(timeframes, name),
  );
}

async function fetchFor(
  { dependency, bucket, sourceId, now }: CcxtHistory,
  until: AbortSignal = new AbortController().signal,
  url: string,
  headers: Headers = {},
) {
  await bucket.take(until);
  return dependency.call(
    async (signal) => {
      const { response, text } = await answerTo(sourceId, new URL(url), headers, signal);
      const { status, statusText } = response;
      if (status === 429 || status === 418) {
        const pauseMs = retryAfterMs(response.headers.get("retry-after"), now()) ?? PAUSE_MS;
        bucket.pause(pauseMs);
        throw new SourceError("SOURCE_RATE_LIMITED", `${sourceId} answered ${status}`, pauseMs);
      }
      if (status === 401 || status === 403)
        throw new SourceError("SOURCE_UNAUTHORISED", `${sourceId} answered ${status}`);
      if (status >= 500)
        throw new SourceError("SOURCE_UNAVAILABLE", `${sourceId} answered ${status}`);
      if (response.ok && parseLossless(text) === undefined)
        throw new SourceError("SOURCE_ANSWER_MALFORMED", `${sourceId}: expected JSON`);
      const words = Object.fromEntries(response.headers);
      return { status, statusText, headers: words, text: () => Promise.resolve(text) };
    },
    { until },
  );
}

/** ccxt would take a connection that broke for an answer that it cannot read. */
async function answerTo(sourceId: string, url: URL, headers: Headers, signal: AbortSignal) {
  try {
    const response = await sendGet(url, headers, signal);
    return { response, text: await readBody(response) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new SourceError("SOURCE_UNAVAILABLE", `${sourceId}: ${causeOf(error)}`);
  }
}

async function inOurWords<T>(source: string, ask: Ask, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    ask.signal.throwIfAborted();
    if (error instanceof SourceError) throw error;
    if (error instanceof DependencyRefused || error instanceof DependencyTimedOut)
      throw new SourceError("SOURCE_UNAVAILABLE", error.message);
    const words = error instanceof Error ? error.message.slice(0, 200) : "unknown cause";
    throw new SourceError(faultOf(error), `${source}: ${words}`);
  }
}

/** By the names of ccxt's classes of errors, the narrowest first. */
const FAULTS: readonly (readonly [name: string, fault: SourceFault])[] = [
  ["BadSymbol", "SOURCE_SYMBOL_UNKNOWN"],
  ["RateLimitExceeded", "SOURCE_RATE_LIMITED"],
  ["DDoSProtection", "SOURCE_RATE_LIMITED"],
  ["AuthenticationError", "SOURCE_UNAUTHORISED"],
  ["BadResponse", "SOURCE_ANSWER_MALFORMED"],
  ["OperationFailed", "SOURCE_UNAVAILABLE"],
  ["ExchangeError", "SOURCE_UNSUPPORTED"],
];

function faultOf(error: unknown): SourceFault {
  const names = new Set<string>();
  for (let link: unknown = error; isObject(link); link = Object.getPrototypeOf(link))
    names.add(link.constructor.name);
  // What is no error of ccxt's comes from an answer that it could not read.
  return FAULTS.find(([name]) => names.has(name))?.[1] ?? "SOURCE_ANSWER_MALFORMED";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function listOf(source: string, answer: unknown): readonly unknown[] {
  if (Array.isArray(answer)) return answer;
  throw new SourceError("SOURCE_ANSWER_MALFORMED", `${source}: expected a list`);
}

function rawBar(row: unknown): RawBar {
  const [at, open, high, low, close, volume] = cellsOf(row);
  return { startMs: asMs(at), open, high, low, close, volume };
}

function rawTrade(row: unknown): RawTrade {
  const { id, timestamp, price, amount, side } = isRecord(row) ? row : {};
  return {
    tsEventMs: asMs(timestamp),
    price,
    size: amount,
    ...((typeof id === "string" || typeof id === "number") && { tradeId: String(id) }),
    ...((side === "buy" || side === "sell") && { aggressor: side }),
  };
}

/** The same addresses on another host. */
function withHost(urls: unknown, host: string): unknown {
  if (typeof urls === "string") return urls.replace(/^https?:\/\/[^/]+/, host);
  if (!isRecord(urls)) return urls;
  return Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, withHost(url, host)]));
}
