import { Agent } from "node:http";
import { FollowedBook } from "../../../domain/market/book/followed-book.ts";
import type { RawLevel } from "../../../domain/market/book/synced-book.ts";
import { isRecord } from "../../../domain/market/field-reader.ts";
import { dec, text } from "../../../domain/shared/decimal.ts";
import { ccxtStreamClass } from "../../../mixins/ccxt-library.ts";
import { parseLossless } from "../../../mixins/lossless-json.ts";
import type {
  LiveStream,
  StreamKind,
  StreamSink,
  StreamState,
  StreamSubscription,
} from "./source.ts";
import { hand, readQuote, readTrade, type StreamRow } from "./stream-rows.ts";
import type { StreamTools } from "./vendor-stream.ts";

/** The part of ccxt's unified streaming API that is used (https://docs.ccxt.com, "ccxt.pro"). */
interface StreamingExchange {
  readonly has: Readonly<Record<string, unknown>>;
  urls: { api?: unknown };
  /** for addresses without TLS, which ccxt takes for a proxy's */
  httpAgent?: unknown;
  number: unknown;
  parseJson: (source: string) => unknown;
  isJsonEncodedObject(source: unknown): boolean;
  watchTrades(symbol: string): Promise<unknown>;
  watchOrderBook(symbol: string): Promise<unknown>;
  watchTicker(symbol: string): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface CcxtStreamOptions {
  readonly sourceId: string;
  /** of ccxt, e.g. `kraken` */
  readonly exchangeId: string;
  /** our symbol to ccxt's unified one, e.g. `BTC/USD` */
  readonly toVendor: (symbol: string) => string;
  /** ccxt's names of them, for exchanges that show their books to customers only */
  readonly credentials?: Readonly<Record<string, string>>;
  /** takes the place of scheme, host and port in every address, by scheme; null: the exchange's own */
  readonly hosts: { readonly http: string; readonly ws: string } | null;
  readonly tools: StreamTools;
}

const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 30_000;
/** Classes of ccxt's errors that another attempt soon would only repeat. */
const REFUSAL = /^(?:AuthenticationError|PermissionDenied|BadSymbol|NotSupported):/;
const REFUSED_PAUSE_MS = 60_000;
const MARGIN_MS = 5_000;
/** An exchange that trades around the clock says something within so long, or the line is taken for dead. */
const QUIET_MS = 120_000;
const METHOD = {
  trades: "watchTrades",
  quotes: "watchTicker",
  books: "watchOrderBook",
} as const;
type Watched = keyof typeof METHOD;

/**
 * Listens to an exchange through ccxt's streaming classes, which subscribe, follow sequences of books and speak each
 * exchange's protocol. Bars are not taken from them: ccxt tells a bar while it still changes, and trades build the same.
 * @throws RangeError when ccxt has no stream of this exchange
 */
export function ccxtStream(
  options: CcxtStreamOptions,
): (subscription: StreamSubscription, sink: StreamSink) => LiveStream {
  const newExchange = opener(options);
  return (subscription, sink) => new CcxtStream(options, newExchange, subscription, sink);
}

class CcxtStream implements LiveStream {
  readonly #options: CcxtStreamOptions;
  readonly #newExchange: NewExchange;
  readonly #subscription: StreamSubscription;
  readonly #sink: StreamSink;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #state: StreamState = "connecting";
  #failures = 0;
  /** epoch ms; null: nothing was heard yet */
  #heardMs: number | null = null;
  #missedSinceMs: number | null = null;

  constructor(
    options: CcxtStreamOptions,
    newExchange: NewExchange,
    subscription: StreamSubscription,
    sink: StreamSink,
  ) {
    this.#options = options;
    this.#newExchange = newExchange;
    this.#subscription = subscription;
    this.#sink = sink;
    this.#running = this.#run();
  }

  get state(): StreamState {
    return this.#state;
  }

  async close(): Promise<void> {
    this.#stopping.abort(new Error("closed"));
    await this.#running;
    this.#become("closed");
  }

  /** Exchange objects of their own for each connection: what it has cached of a line that was lost must not be taken for news. */
  async #run(): Promise<void> {
    const { clock, random, warn } = this.#options.tools;
    while (!this.#stopping.signal.aborted) {
      const exchanges = { ticks: this.#newExchange(String), books: this.#newExchange(Number) };
      const line = new AbortController();
      const ended = AbortSignal.any([line.signal, this.#stopping.signal]);
      const watches = this.#watches(exchanges, ended);
      const why = await Promise.race([...watches, this.#quiet(ended), aborted(ended)]);
      line.abort();
      await Promise.allSettled([exchanges.ticks.close(), exchanges.books.close()]);
      if (this.#stopping.signal.aborted) return;
      if (this.#state === "live") this.#missedSinceMs ??= this.#heardMs;
      const isRefused = REFUSAL.test(why);
      const fullMs = isRefused
        ? REFUSED_PAUSE_MS
        : Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(this.#failures, 10));
      this.#failures += 1;
      warn({ why, source: this.#options.sourceId }, "a stream of market data is lost");
      this.#become(isRefused ? "refused" : "waiting");
      await clock
        .sleep(fullMs * (0.5 + random() / 2), this.#stopping.signal)
        .catch(() => undefined);
    }
  }

  #watches({ ticks, books }: Exchanges, ended: AbortSignal): readonly Promise<string>[] {
    const { symbols, kinds } = this.#subscription;
    return symbols.flatMap((symbol) =>
      kinds
        .filter(isWatched)
        .map((kind) => this.#watch(kind === "books" ? books : ticks, symbol, kind, ended)),
    );
  }

  /** @returns why it ended */
  async #watch(
    exchange: StreamingExchange,
    symbol: string,
    kind: Watched,
    ended: AbortSignal,
  ): Promise<string> {
    const name = this.#options.toVendor(symbol);
    try {
      for (;;) {
        const answer = await exchange[METHOD[kind]](name);
        if (ended.aborted) return "closed";
        this.#heard();
        this.#take(symbol, kind, answer);
      }
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message.slice(0, 200)}` : "unknown";
    }
  }

  async #quiet(ended: AbortSignal): Promise<string> {
    const { clock } = this.#options.tools;
    let fromMs = clock.now();
    while (!ended.aborted) {
      await clock.sleep(QUIET_MS, ended).catch(() => undefined);
      if ((this.#heardMs ?? 0) < fromMs) return "it brings no data any more";
      fromMs = clock.now();
    }
    return "closed";
  }

  #heard(): void {
    const nowMs = this.#options.tools.clock.now();
    this.#heardMs = nowMs;
    if (this.#state === "live") return;
    this.#failures = 0;
    this.#become("live");
    if (this.#missedSinceMs === null) return;
    const startMs = this.#missedSinceMs - MARGIN_MS;
    this.#missedSinceMs = null;
    this.#sink.gap({ startMs, endMs: nowMs + MARGIN_MS, reason: "the line was lost" });
  }

  #become(state: StreamState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#sink.state(state);
  }

  #take(symbol: string, kind: Watched, answer: unknown): void {
    switch (kind) {
      case "trades":
        return hand(
          this.#sink,
          listOf(answer).map((row) => this.#trade(symbol, row)),
        );
      case "quotes":
        return hand(this.#sink, [this.#quote(symbol, answer)]);
      case "books":
        return this.#book(symbol, answer);
    }
  }

  #trade(symbol: string, row: unknown): StreamRow {
    const { id, timestamp, price, amount, side } = isRecord(row) ? row : {};
    const { sourceId: source, tools } = this.#options;
    return readTrade(
      { symbol, source, price, size: amount, tsEventMs: timestamp },
      {
        ...((typeof id === "string" || typeof id === "number") && { tradeId: String(id) }),
        ...((side === "buy" || side === "sell") && { aggressor: side }),
      },
      tools.clock.now(),
    );
  }

  #quote(symbol: string, row: unknown): StreamRow {
    const { bid, bidVolume, ask, askVolume, timestamp } = isRecord(row) ? row : {};
    const nowMs = this.#options.tools.clock.now();
    const sides = { bid, bidSize: bidVolume, ask, askSize: askVolume };
    return readQuote({ symbol, ...sides, tsEventMs: timestamp ?? nowMs }, nowMs);
  }

  /** Each comes whole. One that is crossed or cannot be read is refused by the rules of every other book. */
  #book(symbol: string, row: unknown): void {
    const { bids, asks, timestamp, nonce } = isRecord(row) ? row : {};
    const { sourceId: source, tools } = this.#options;
    const nowMs = tools.clock.now();
    const tsEventMs = typeof timestamp === "number" ? timestamp : nowMs;
    const image = { lastId: 0, bids: levelsOf(bids), asks: levelsOf(asks), tsEventMs, limit: null };
    const book = new FollowedBook("consecutive");
    const outcome = book.start(image);
    const top = book.shown.top(TOP);
    if (outcome.is === "lost" || top === null) {
      const loss = outcome.is === "lost" ? outcome.loss : "no book";
      this.#sink.refused({
        symbol,
        reason: "ROW_MALFORMED",
        detail: `a book of ${symbol}: ${loss}`,
      });
      return;
    }
    const sequence = typeof nonce === "number" ? { sequence: String(nonce) } : {};
    const told = { symbol, ...top, tsEventMs, tsInitMs: nowMs, ...sequence, source };
    this.#sink.events([{ kind: "book", book: told }]);
  }
}

const TOP = 100;

function isWatched(kind: StreamKind): kind is Watched {
  return kind !== "bars";
}

function listOf(answer: unknown): readonly unknown[] {
  return Array.isArray(answer) ? answer : [];
}

/** ccxt hands sides over that go on changing: they are copied, prices and sizes as the texts that they were. */
function levelsOf(side: unknown): readonly RawLevel[] {
  return listOf(side).map((level) => {
    const [price, size] = listOf(level);
    return [plain(price), plain(size)];
  });
}

function plain(value: unknown): unknown {
  return typeof value === "number" && Number.isFinite(value) ? text(dec(value)) : value;
}

function aborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve("closed"), { once: true });
  });
}

/**
 * Two objects, because ccxt's books need numbers (a size of "0" would stay), and trades are to be as they were written.
 * Levels of books are exact as far as doubles are: to 15 digits.
 */
interface Exchanges {
  readonly ticks: StreamingExchange;
  readonly books: StreamingExchange;
}

type NewExchange = (number: typeof String | typeof Number) => StreamingExchange;

function opener({ exchangeId, hosts, credentials }: CcxtStreamOptions): NewExchange {
  // sound: every streaming class of ccxt has the unified API
  const Exchange = ccxtStreamClass(exchangeId) as new (config: object) => StreamingExchange;
  return (number) => {
    const exchange = new Exchange({
      ...credentials,
      enableRateLimit: true,
      options: { defaultType: "spot", fetchCurrencies: false, fetchMarkets: { types: ["spot"] } },
    });
    if (hosts !== null) {
      exchange.urls.api = withHosts(exchange.urls.api, hosts);
      if (hosts.ws.startsWith("ws:")) exchange.httpAgent = new Agent();
    }
    exchange.number = number;
    exchange.parseJson = (source) =>
      exchange.isJsonEncodedObject(source) ? parseLossless(source) : undefined;
    return exchange;
  };
}

/** The same addresses on another host. */
function withHosts(urls: unknown, hosts: { readonly http: string; readonly ws: string }): unknown {
  if (typeof urls === "string")
    return urls.replace(/^wss?:\/\/[^/]+/, hosts.ws).replace(/^https?:\/\/[^/]+/, hosts.http);
  if (!isRecord(urls)) return urls;
  return Object.fromEntries(
    Object.entries(urls).map(([name, url]) => [name, withHosts(url, hosts)]),
  );
}
