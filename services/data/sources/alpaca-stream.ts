import { isRecord } from "../../../domain/market/field-reader.ts";
import { barStartMs } from "../../../domain/market/timeframe.ts";
import { parseLossless } from "../../../mixins/lossless-json.ts";
import type { LiveStream, StreamSink, StreamSubscription } from "./source.ts";
import { hand, readBar, readInstant, readQuote, readTrade, type StreamRow } from "./stream-rows.ts";
import { type Dialect, type Line, type StreamTools, VendorStream } from "./vendor-stream.ts";

export interface AlpacaStreamOptions {
  readonly sourceId: string;
  /** e.g. `wss://stream.data.alpaca.markets` */
  readonly streamUrl: string;
  readonly feed: string;
  readonly keyId: string;
  readonly secretKey: string;
  readonly toVendor: (symbol: string) => string;
  readonly tools: StreamTools;
}

/** Errors that another attempt soon would only repeat (docs.alpaca.markets, "WebSocket Stream", errors). */
const REFUSALS: ReadonlySet<unknown> = new Set([
  402, // the keys are not taken
  405, // more symbols than the plan has
  406, // another connection of the same account is open
  409, // the plan does not have this feed
  410, // the feed does not have this channel
]);

type Row = Readonly<Record<string, unknown>>;

/** Listens to Alpaca's market data stream, version 2, of one feed (`iex`, `sip`). */
export function alpacaStream(
  options: AlpacaStreamOptions,
): (subscription: StreamSubscription, sink: StreamSink) => LiveStream {
  return (subscription, sink) =>
    new VendorStream(options.tools, sink, () => new AlpacaDialect(options, subscription, sink));
}

class AlpacaDialect implements Dialect {
  readonly url: string;
  readonly sayEveryMs = 100;
  // At night and on holidays there is nothing to be told.
  readonly quietMs = null;
  readonly #options: AlpacaStreamOptions;
  readonly #sink: StreamSink;
  readonly #symbols: ReadonlyMap<string, string>;
  readonly #wish: Readonly<Record<string, readonly string[]>>;

  constructor(options: AlpacaStreamOptions, subscription: StreamSubscription, sink: StreamSink) {
    this.url = `${options.streamUrl}/v2/${options.feed}`;
    this.#options = options;
    this.#sink = sink;
    this.#symbols = new Map(
      subscription.symbols.map((symbol) => [options.toVendor(symbol), symbol]),
    );
    const names = [...this.#symbols.keys()];
    const { kinds } = subscription;
    this.#wish = {
      ...(kinds.includes("trades") && { trades: names }),
      ...(kinds.includes("quotes") && { quotes: names }),
      // Bars that trades which came late have changed are told again.
      ...(kinds.includes("bars") && { bars: names, updatedBars: names }),
    };
  }

  // The server speaks first.
  opened(): void {
    return undefined;
  }

  heard(text: string, line: Line): void {
    // Numbers with more digits than a double holds stay as they were written.
    const messages = parseLossless(text);
    if (!Array.isArray(messages)) throw new Error("expected a list of messages");
    hand(
      this.#sink,
      messages.flatMap((message) => this.#take(message, line) ?? []),
    );
  }

  #take(message: unknown, line: Line): StreamRow | null {
    if (!isRecord(message)) throw new Error("expected a message");
    switch (message["T"]) {
      case "success":
        return this.#greeted(message["msg"], line);
      case "subscription":
        return this.#subscribed(message, line);
      case "error":
        return lost(message, line);
      case "t":
        return this.#trade(message);
      case "q":
        return this.#quote(message);
      case "b":
      case "u":
        return this.#bar(message);
      case "c":
      case "x":
        return this.#corrected(message);
      default:
        // Statuses, price bands and bars of days that are not over.
        return null;
    }
  }

  #greeted(msg: unknown, line: Line): null {
    const { keyId: key, secretKey: secret } = this.#options;
    if (msg === "connected") line.say({ action: "auth", key, secret });
    if (msg === "authenticated") line.say({ action: "subscribe", ...this.#wish });
    return null;
  }

  /** The server tells all that it holds now: less than we asked for is a refusal. */
  #subscribed(message: Row, line: Line): null {
    const isGranted = Object.entries(this.#wish).every(([channel, names]) => {
      const granted: unknown = message[channel];
      return Array.isArray(granted) && names.every((name) => granted.includes(name));
    });
    if (isGranted) line.live();
    else line.lose("Alpaca does not grant the whole subscription", true);
    return null;
  }

  #trade({ S, i, p, s, t }: Row): StreamRow {
    const at = readInstant(t);
    return readTrade(
      { ...this.#head(S), price: p, size: s, tsEventMs: at?.ms },
      { tradeId: String(i), ...(at?.micros !== undefined && { tsEventMicros: at.micros }) },
      this.#nowMs,
    );
  }

  #quote({ S, bp, bs, ap, as, t }: Row): StreamRow {
    const at = readInstant(t);
    const sides = { bid: bp, bidSize: bs, ask: ap, askSize: as };
    return readQuote({ ...this.#head(S), ...sides, tsEventMs: at?.ms }, this.#nowMs, at?.micros);
  }

  #bar({ S, o, h, l, c, v, t, n, vw }: Row): StreamRow {
    const prices = { open: o, high: h, low: l, close: c, volume: v, vwap: vw, tradeCount: n };
    const startMs = readInstant(t)?.ms;
    return readBar({ ...this.#head(S), timeframe: "1m", startMs, ...prices }, this.#nowMs);
  }

  /** A trade that was corrected or canceled leaves its minute as the vendor's history now has it. */
  #corrected({ S, t }: Row): null {
    const at = readInstant(t);
    if (at === null) throw new Error(`expected an instant, found ${String(t)}`);
    const startMs = barStartMs("1m", at.ms);
    const { symbol } = this.#head(S);
    const gap = { startMs, endMs: startMs + 60_000, reason: "a trade was corrected" };
    this.#sink.gap({ ...gap, symbols: [symbol] });
    return null;
  }

  #head(name: unknown): { readonly symbol: string; readonly source: string } {
    const symbol = this.#symbols.get(String(name));
    if (symbol === undefined) throw new Error(`expected a symbol of ours, found ${String(name)}`);
    return { symbol, source: this.#options.sourceId };
  }

  get #nowMs(): number {
    return this.#options.tools.clock.now();
  }
}

function lost({ code, msg }: Row, line: Line): null {
  line.lose(`Alpaca says ${String(code)} ${String(msg)}`, REFUSALS.has(code));
  return null;
}
