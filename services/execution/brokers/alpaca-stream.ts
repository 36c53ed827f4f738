import type { Clock, Timer } from "../../../mixins/clock.ts";
import type { Logger } from "../../logging.ts";
import { type StreamMessage, parseExact, readStreamMessage } from "./alpaca-messages.ts";
import type { AlpacaAccess } from "./alpaca-settings.ts";

export type TradeUpdate = StreamMessage & { readonly kind: "update" };

export interface StreamListener {
  /** from now on nothing is missed; whatever happened before has to be asked for */
  onListening(): void;
  onUpdate(update: TradeUpdate): void;
}

const LISTEN = JSON.stringify({ action: "listen", data: { streams: ["trade_updates"] } });
/** Until the stream listens; the broker gives up on silent clients after 10 s. */
const CONNECT_MS = 10_000;
/**
 * A line that was cut without a word looks like one on which nothing happens, and a browser's WebSocket has no ping to send.
 * A repeated `listen` is acknowledged by the documentation, so it serves as one.
 */
const HEARTBEAT_MS = 15_000;
const BACKOFF_MIN_MS = 250;
const BACKOFF_MAX_MS = 30_000;
/** Keys do not become right by trying often. */
const REFUSED_LOSSES = 10;

/** Holds a line to the broker's `trade_updates`, and takes a new one whenever it is lost. */
export class AlpacaStream {
  readonly #config: AlpacaAccess;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listener: StreamListener;
  #socket: WebSocket | null = null;
  #timer: Timer | null = null;
  #isStopped = true;
  /** lines lost since the last one that listened */
  #losses = 0;
  #isListening = false;
  /** since the keys were good last */
  #isRefused = false;
  /** since the last heartbeat */
  #hasAnswered = false;

  constructor(config: AlpacaAccess, clock: Clock, log: Logger, listener: StreamListener) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
    this.#listener = listener;
  }

  start(): void {
    this.#isStopped = false;
    this.#connect();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#socket?.close();
    this.#socket = null;
  }

  #connect(): void {
    const url = new URL("/stream", this.#config.baseUrl);
    url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#isListening = false;
    this.#after(CONNECT_MS, () => this.#lose(socket, "it did not come to listen"));
    const { keyId: key, secretKey: secret } = this.#config;
    socket.addEventListener("open", () =>
      socket.send(JSON.stringify({ action: "auth", key, secret })),
    );
    socket.addEventListener("message", ({ data }) => this.#take(socket, data));
    socket.addEventListener("error", () => this.#lose(socket, "it failed"));
    socket.addEventListener("close", ({ code }) => this.#lose(socket, `it was closed (${code})`));
  }

  /** Text and binary frames hold the same JSON: the account's stream sends binary ones. */
  #take(socket: WebSocket, data: unknown): void {
    if (socket !== this.#socket) return;
    try {
      const source = data instanceof ArrayBuffer ? new TextDecoder().decode(data) : String(data);
      this.#heed(socket, readStreamMessage(parseExact(source)));
    } catch (err) {
      this.#log.warn({ err }, "a message of Alpaca's stream could not be read");
      this.#lose(socket, "it cannot be understood");
    }
  }

  #heed(socket: WebSocket, message: StreamMessage): void {
    switch (message.kind) {
      case "authorization":
        if (message.isAuthorized) {
          this.#isRefused = false;
          socket.send(LISTEN);
        } else this.#refused(socket);
        return;
      case "listening":
        this.#listening(socket, message.streams);
        return;
      case "update":
        this.#listener.onUpdate(message);
        return;
      case "error":
        this.#lose(socket, message.message);
        return;
      case "other":
    }
  }

  #listening(socket: WebSocket, streams: readonly string[]): void {
    if (!streams.includes("trade_updates")) {
      this.#lose(socket, "it does not offer trade_updates");
      return;
    }
    this.#hasAnswered = true;
    if (this.#isListening) return;
    this.#isListening = true;
    this.#losses = 0;
    this.#beat(socket);
    this.#listener.onListening();
  }

  #beat(socket: WebSocket): void {
    this.#after(HEARTBEAT_MS, () => {
      if (!this.#hasAnswered) {
        this.#lose(socket, "it has fallen silent");
        return;
      }
      this.#hasAnswered = false;
      socket.send(LISTEN);
      this.#beat(socket);
    });
  }

  #refused(socket: WebSocket): void {
    // Once, however often they are tried.
    if (!this.#isRefused)
      this.#log.error(
        { venue: this.#config.venue },
        "Alpaca refuses our keys: orders there are not followed",
      );
    this.#isRefused = true;
    this.#losses = REFUSED_LOSSES;
    this.#lose(socket, "the keys are refused");
  }

  #lose(socket: WebSocket, why: string): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    socket.close();
    if (this.#isStopped) return;
    const inMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(this.#losses, 10));
    this.#losses += 1;
    this.#log.warn({ why, retryInMs: inMs }, "Alpaca's stream is lost");
    this.#after(inMs, () => this.#connect());
  }

  /** One thing is waited for at a time. */
  #after(ms: number, then: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(ms, then);
  }
}
