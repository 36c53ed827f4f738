import { WebSocket } from "ws";
import type { Clock, Timer } from "../../../mixins/clock.ts";
import type { LiveStream, StreamSink, StreamState } from "./source.ts";

/** What a vendor's stream needs of the node. */
export interface StreamTools {
  readonly clock: Clock;
  /** in [0, 1) */
  readonly random: () => number;
  readonly warn: (fields: object, message: string) => void;
}

/** One connection, as its dialect sees it. */
export interface Line {
  /** Sends JSON, no faster than the vendor allows. */
  say(message: unknown): void;
  /** From now on nothing is missed. */
  live(): void;
  /** Gives the connection up for another one. `isRefused`: the vendor will not have us until somebody changes something. */
  lose(why: string, isRefused?: boolean): void;
}

/** How a vendor is spoken to over one connection; made anew for each. */
export interface Dialect {
  readonly url: string;
  /** between two messages that we send, ms */
  readonly sayEveryMs: number;
  /** without any data for so long the subscription is taken for dead, though the line is not; null: it may be night */
  readonly quietMs: number | null;
  opened(line: Line): void;
  /** @throws when the message is not in the vendor's format; the line is given up then */
  heard(text: string, line: Line): void;
  /** The connection is gone: whatever was begun for it ends. */
  ended?(): void;
}

const CONNECT_MS = 10_000;
const HEARTBEAT_MS = 15_000;
const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 30_000;
/** Keys and subscriptions do not become right by trying often. */
const REFUSED_PAUSE_MS = 60_000;
/** A line that held for so long has shown that the vendor is well. */
const STEADY_MS = 60_000;
/** A vendor's clock may be off by so much: a gap is taken to be longer by it on both ends. */
const MARGIN_MS = 5_000;
/** A message of more bytes is an attack or a mistake. */
const MESSAGE_BYTES_MAX = 16 * 1_024 * 1_024;

/** Holds a line to a vendor until it is closed: a line that is lost, silent or not understood is replaced after a pause. */
export class VendorStream implements LiveStream {
  readonly #tools: StreamTools;
  readonly #sink: StreamSink;
  readonly #newDialect: () => Dialect;
  #state: StreamState = "connecting";
  #connection: Connection | null = null;
  #retry: Timer | null = null;
  #losses = 0;
  #liveSinceMs = 0;
  /** since when something may have been missed, epoch ms; null: nothing was */
  #missedSinceMs: number | null = null;
  #lossReason = "";

  constructor(tools: StreamTools, sink: StreamSink, newDialect: () => Dialect) {
    this.#tools = tools;
    this.#sink = sink;
    this.#newDialect = newDialect;
    this.#connect();
  }

  get state(): StreamState {
    return this.#state;
  }

  async close(): Promise<void> {
    this.#retry?.cancel();
    this.#connection?.end();
    this.#connection = null;
    this.#become("closed");
  }

  #connect(): void {
    this.#become("connecting");
    this.#connection = new Connection(this.#tools, this.#newDialect(), {
      onLive: () => this.#live(),
      onLost: (why, isRefused, heardMs) => this.#lost(why, isRefused, heardMs),
    });
  }

  #live(): void {
    const { clock } = this.#tools;
    this.#liveSinceMs = clock.monotonicMs();
    this.#become("live");
    if (this.#missedSinceMs === null) return;
    const startMs = this.#missedSinceMs - MARGIN_MS;
    this.#missedSinceMs = null;
    this.#sink.gap({ startMs, endMs: clock.now() + MARGIN_MS, reason: this.#lossReason });
  }

  #lost(why: string, isRefused: boolean, heardMs: number): void {
    const { clock, random, warn } = this.#tools;
    this.#connection = null;
    if (this.#state === "live") {
      this.#missedSinceMs ??= heardMs;
      this.#lossReason = why;
      if (clock.monotonicMs() - this.#liveSinceMs >= STEADY_MS) this.#losses = 0;
    }
    const fullMs = isRefused
      ? REFUSED_PAUSE_MS
      : Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(this.#losses, 10));
    // Half of it by chance: many streams that were cut at once do not come back at once.
    const retryInMs = Math.round(fullMs * (0.5 + random() / 2));
    this.#losses += 1;
    warn({ why, retryInMs }, "a stream of market data is lost");
    this.#retry = clock.setTimer(retryInMs, () => this.#connect());
    this.#become(isRefused ? "refused" : "waiting");
  }

  #become(state: StreamState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#sink.state(state);
  }
}

interface ConnectionEvents {
  readonly onLive: () => void;
  readonly onLost: (why: string, isRefused: boolean, heardMs: number) => void;
}

class Connection implements Line {
  readonly #clock: Clock;
  readonly #dialect: Dialect;
  readonly #events: ConnectionEvents;
  readonly #socket: WebSocket;
  readonly #toSay: unknown[] = [];
  #sayTimer: Timer | null = null;
  #watch: Timer;
  #isOver = false;
  /** epoch ms */
  #heardMs: number;
  /** by the monotonic clock */
  #dataMs: number;
  #isAlive = true;

  constructor({ clock }: StreamTools, dialect: Dialect, events: ConnectionEvents) {
    this.#clock = clock;
    this.#dialect = dialect;
    this.#events = events;
    this.#heardMs = clock.now();
    this.#dataMs = clock.monotonicMs();
    this.#watch = clock.setTimer(CONNECT_MS, () => this.lose("it did not come to listen"));
    this.#socket = new WebSocket(dialect.url, {
      maxPayload: MESSAGE_BYTES_MAX,
      followRedirects: false,
    });
    this.#listen();
  }

  say(message: unknown): void {
    this.#toSay.push(message);
    if (this.#sayTimer === null) this.#sayNext();
  }

  live(): void {
    if (this.#isOver) return;
    this.#watch.cancel();
    this.#beat();
    this.#events.onLive();
  }

  lose(why: string, isRefused = false): void {
    if (this.#isOver) return;
    this.end();
    this.#events.onLost(why, isRefused, this.#heardMs);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch.cancel();
    this.#sayTimer?.cancel();
    this.#dialect.ended?.();
    this.#socket.terminate();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on("open", () => this.#attempt(() => this.#dialect.opened(this)));
    // sound: binaryType is left at "nodebuffer", in which each message is one Buffer
    socket.on("message", (data) => this.#hear((data as Buffer).toString("utf8")));
    const isAlive = (): void => void (this.#isAlive = true);
    socket.on("ping", isAlive);
    socket.on("pong", isAlive);
    socket.on("error", (error) => this.lose(`it failed: ${error.message}`));
    socket.on("close", (code) => this.lose(`it was closed (${code})`));
  }

  #hear(text: string): void {
    if (this.#isOver) return;
    this.#isAlive = true;
    this.#heardMs = this.#clock.now();
    this.#dataMs = this.#clock.monotonicMs();
    this.#attempt(() => this.#dialect.heard(text, this));
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.lose(`it cannot be understood: ${error instanceof Error ? error.message : "unknown"}`);
    }
  }

  #sayNext(): void {
    const message = this.#toSay.shift();
    if (message === undefined || this.#isOver) {
      this.#sayTimer = null;
      return;
    }
    this.#socket.send(JSON.stringify(message));
    this.#sayTimer = this.#clock.setTimer(this.#dialect.sayEveryMs, () => this.#sayNext());
  }

  /** A line that was cut without a word looks like one on which nothing happens: it is asked, and cut when it says nothing. */
  #beat(): void {
    this.#watch = this.#clock.setTimer(HEARTBEAT_MS, () => {
      const { quietMs } = this.#dialect;
      if (!this.#isAlive) return this.lose("it has fallen silent");
      if (quietMs !== null && this.#clock.monotonicMs() - this.#dataMs > quietMs)
        return this.lose("it brings no data any more");
      this.#isAlive = false;
      this.#socket.ping();
      this.#beat();
    });
  }
}
