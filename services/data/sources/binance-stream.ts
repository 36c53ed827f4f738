import type { BookChange, BookImage, RawLevel } from "../../../domain/market/book/synced-book.ts";
import { isRecord } from "../../../domain/market/field-reader.ts";
import type { LiveStream, StreamKind, StreamSink, StreamSubscription } from "./source.ts";
import { StreamBook } from "./stream-book.ts";
import { hand, readBar, readQuote, readTrade, type StreamRow } from "./stream-rows.ts";
import { type Dialect, type Line, type StreamTools, VendorStream } from "./vendor-stream.ts";

export interface BinanceStreamOptions {
  readonly sourceId: string;
  readonly market: "spot" | "usdm";
  /** e.g. `wss://stream.binance.com:9443` or `wss://fstream.binance.com` */
  readonly streamUrl: string;
  /** e.g. `https://api.binance.com` or `https://fapi.binance.com` */
  readonly restUrl: string;
  /** our symbol to Binance's, e.g. `BTCUSDT` */
  readonly toVendor: (symbol: string) => string;
  /** The body of an answer. @throws when it is none */
  readonly fetchText: (url: string, signal: AbortSignal) => Promise<string>;
  readonly tools: StreamTools;
}

/** 5 messages a second are taken, pongs among them (developers.binance.com, "WebSocket Streams"). */
const SAY_EVERY_MS = 300;
const STREAMS_PER_SAY = 100;
/** One of an exchange that never closes; the venue itself pings every 20 s. */
const QUIET_MS = 120_000;
const IMAGE_LIMIT = 1_000;

const STREAM_OF: Readonly<Record<StreamKind, string>> = {
  // The ids are those of history, so that what both bring counts once.
  trades: "trade",
  quotes: "bookTicker",
  bars: "kline_1m",
  books: "depth@100ms",
};

/** Listens to Binance's combined streams (spot, and USDⓈ-M futures). */
export function binanceStream(
  options: BinanceStreamOptions,
): (subscription: StreamSubscription, sink: StreamSink) => LiveStream {
  return (subscription, sink) =>
    new VendorStream(options.tools, sink, () => new BinanceDialect(options, subscription, sink));
}

class BinanceDialect implements Dialect {
  readonly url: string;
  readonly sayEveryMs = SAY_EVERY_MS;
  readonly quietMs = QUIET_MS;
  readonly #options: BinanceStreamOptions;
  readonly #sink: StreamSink;
  readonly #subscription: StreamSubscription;
  /** by the vendor's symbol */
  readonly #symbols: ReadonlyMap<string, string>;
  readonly #books = new Map<string, StreamBook>();
  readonly #awaited = new Set<number>();

  constructor(options: BinanceStreamOptions, subscription: StreamSubscription, sink: StreamSink) {
    this.url = `${options.streamUrl}/stream`;
    this.#options = options;
    this.#subscription = subscription;
    this.#sink = sink;
    this.#symbols = new Map(
      subscription.symbols.map((symbol) => [options.toVendor(symbol).toUpperCase(), symbol]),
    );
  }

  opened(line: Line): void {
    const streams = [...this.#symbols.keys()].flatMap((symbol) =>
      this.#subscription.kinds.map((kind) => `${symbol.toLowerCase()}@${this.#streamOf(kind)}`),
    );
    for (let from = 0; from < streams.length; from += STREAMS_PER_SAY) {
      const id = from / STREAMS_PER_SAY + 1;
      this.#awaited.add(id);
      const params = streams.slice(from, from + STREAMS_PER_SAY);
      line.say({ method: "SUBSCRIBE", params, id });
    }
  }

  heard(text: string, line: Line): void {
    const message: unknown = JSON.parse(text);
    if (!isRecord(message)) throw new Error("expected an object");
    if ("data" in message && isRecord(message["data"])) this.#take(message["data"]);
    else if ("error" in message || "code" in message)
      line.lose(`Binance refuses the subscription: ${text.slice(0, 200)}`, true);
    else if ("id" in message && message["result"] === null) this.#answered(message["id"], line);
    else throw new Error(`expected a stream's event, found ${text.slice(0, 100)}`);
  }

  ended(): void {
    for (const book of this.#books.values()) book.end();
  }

  /** Of futures only aggregate trades are documented. */
  #streamOf(kind: StreamKind): string {
    const isAggregate = kind === "trades" && this.#options.market === "usdm";
    return isAggregate ? "aggTrade" : STREAM_OF[kind];
  }

  #answered(id: unknown, line: Line): void {
    if (typeof id === "number" && this.#awaited.delete(id) && this.#awaited.size === 0) line.live();
  }

  #take(data: Readonly<Record<string, unknown>>): void {
    const symbol = this.#symbols.get(String(data["s"]));
    if (symbol === undefined)
      throw new Error(`expected a symbol of ours, found ${String(data["s"])}`);
    // The best bid and ask of the spot market come without a type.
    switch (data["e"] ?? "bookTicker") {
      case "trade":
      case "aggTrade":
        return this.#hand(this.#trade(symbol, data));
      case "bookTicker":
        return this.#hand(this.#quote(symbol, data));
      case "kline":
        return this.#hand(this.#bar(symbol, data["k"]));
      case "depthUpdate":
        return this.#bookOf(symbol).take(readChange(data));
    }
  }

  #hand(row: StreamRow | null): void {
    if (row !== null) hand(this.#sink, [row]);
  }

  #trade(symbol: string, data: Readonly<Record<string, unknown>>): StreamRow | null {
    // Of futures: what the insurance fund or a deleveraging did is no trade of the market.
    if (data["X"] !== undefined && data["X"] !== "MARKET") return null;
    const id = data["e"] === "aggTrade" ? data["a"] : data["t"];
    const { sourceId: source, tools } = this.#options;
    return readTrade(
      { symbol, source, price: data["p"], size: data["q"], tsEventMs: data["T"] },
      // m: the buyer was the maker
      { tradeId: String(id), aggressor: data["m"] === true ? "sell" : "buy" },
      tools.clock.now(),
    );
  }

  #quote(symbol: string, data: Readonly<Record<string, unknown>>): StreamRow {
    const nowMs = this.#options.tools.clock.now();
    const { b: bid, B: bidSize, a: ask, A: askSize, T: atMs } = data;
    // The spot market does not say when.
    return readQuote({ symbol, bid, bidSize, ask, askSize, tsEventMs: atMs ?? nowMs }, nowMs);
  }

  #bar(symbol: string, k: unknown): StreamRow | null {
    if (!isRecord(k)) throw new Error("expected a kline");
    if (k["x"] !== true) return null;
    const { o: open, h: high, l: low, c: close, v: volume, n: tradeCount, t: startMs } = k;
    const source = this.#options.sourceId;
    return readBar(
      { symbol, timeframe: "1m", source, startMs, open, high, low, close, volume, tradeCount },
      this.#options.tools.clock.now(),
    );
  }

  #bookOf(symbol: string): StreamBook {
    const known = this.#books.get(symbol);
    if (known !== undefined) return known;
    const { market, sourceId: source, tools } = this.#options;
    const book = new StreamBook({
      symbol,
      source,
      rule: market === "spot" ? "binance-spot" : "binance-futures",
      tools,
      fetchImage: (signal) => this.#fetchImage(symbol, signal),
      onBook: (snapshot) => this.#sink.events([{ kind: "book", book: snapshot }]),
    });
    this.#books.set(symbol, book);
    return book;
  }

  async #fetchImage(symbol: string, signal: AbortSignal): Promise<BookImage> {
    const { market, restUrl, toVendor, fetchText, tools } = this.#options;
    const path = market === "spot" ? "/api/v3/depth" : "/fapi/v1/depth";
    const query = `symbol=${encodeURIComponent(toVendor(symbol))}&limit=${String(IMAGE_LIMIT)}`;
    const image: unknown = JSON.parse(await fetchText(`${restUrl}${path}?${query}`, signal));
    if (!isRecord(image)) throw new Error("expected a book, found no object");
    return {
      lastId: updateId(image["lastUpdateId"]),
      bids: levels(image["bids"]),
      asks: levels(image["asks"]),
      tsEventMs: typeof image["T"] === "number" ? image["T"] : tools.clock.now(),
      limit: IMAGE_LIMIT,
    };
  }
}

function readChange(data: Readonly<Record<string, unknown>>): BookChange {
  return {
    firstId: updateId(data["U"]),
    lastId: updateId(data["u"]),
    previousId: data["pu"] === undefined ? null : updateId(data["pu"]),
    bids: levels(data["b"]),
    asks: levels(data["a"]),
    tsEventMs: updateId(data["T"] ?? data["E"]),
  };
}

function updateId(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new Error(`expected an integer, found ${String(value)}`);
}

function levels(value: unknown): readonly RawLevel[] {
  if (Array.isArray(value) && value.every((level) => Array.isArray(level) && level.length >= 2))
    return value;
  throw new Error("expected levels of a book");
}
