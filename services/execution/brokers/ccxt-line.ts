/**
 * One line to an account's own stream at an exchange, through ccxt's streaming classes (https://docs.ccxt.com, "ccxt.pro").
 *
 * Their `watch…` methods give what came since they were asked last, and nothing of what comes while nobody asks: so they are
 * called to keep the subscriptions, and what is new is read from their caches after each message. What they start and never
 * end (timers, sockets, promises that nobody awaits) is taken in hand here.
 */
import { Agent } from "node:http";
import { ccxtStreamClass } from "../../../mixins/ccxt-library.ts";
import type { Clock, Timer } from "../../../mixins/clock.ts";
import { type CcxtExchange, type CcxtSetup, configOf, setUp } from "./ccxt-exchange.ts";
import { type CcxtNews, NewsReader } from "./ccxt-news.ts";

/** A line on which nothing is said for so long is asked whether it is there, and given up after as long again. */
const HEARTBEAT_MS = 15_000;
const METHODS = ["watchOrders", "watchMyTrades"] as const;

/** Words by which Binance ends a stream of which the line stays up: ccxt does not heed them. */
const ENDINGS: ReadonlySet<unknown> = new Set(["listenKeyExpired", "eventStreamTerminated"]);

/** The line goes somewhere else than to the exchange. */
export class StrangeAddress extends Error {
  constructor(host: string) {
    super(`its stream is at ${host}, which is not among the exchange's addresses`);
    this.name = "StrangeAddress";
  }
}

export interface CcxtLineListener {
  /** It is up, or has said its first word: what happened before has to be asked for. */
  onOpen(): void;
  onNews(news: CcxtNews): void;
}

/** As much of ccxt's client of a WebSocket as is touched. */
interface SocketClient {
  readonly url: string;
  connection?: { ping?: () => void; terminate?: () => void };
  connect(delayMs?: number): Promise<unknown>;
  future(hash: string): Promise<unknown>;
  send(message: unknown): Promise<unknown>;
  onPing(): void;
  onPong(): void;
  isOpen(): boolean;
  clearConnectionTimeout(): void;
  clearPingInterval(): void;
  reset(error: Error): void;
}

interface StreamingExchange extends CcxtExchange {
  httpAgent?: unknown;
  readonly hostname?: unknown;
  readonly orders?: unknown;
  readonly myTrades?: unknown;
  log: (...words: readonly unknown[]) => void;
  client: (url: string) => SocketClient;
  delay: (ms: number, method: unknown, ...args: readonly unknown[]) => void;
  spawn(method: unknown, ...args: readonly unknown[]): Promise<unknown>;
  handleMessage: (client: SocketClient, message: unknown) => void;
  onConnected: (client: SocketClient) => void;
  setMarketsFromExchange(source: CcxtExchange): unknown;
  watchOrders(): Promise<unknown>;
  watchMyTrades(): Promise<unknown>;
}

/** Whether ccxt has a stream of an account's orders or executions there. */
export function hasCcxtStream(exchange: string): boolean {
  try {
    const { has } = newStreaming(exchange, {});
    return METHODS.some((name) => has[name] === true);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function newStreaming(exchange: string, config: object): StreamingExchange {
  // sound: every streaming class of ccxt extends the exchange's own, and has the unified API
  const Exchange = ccxtStreamClass(exchange) as new (config: object) => StreamingExchange;
  return new Exchange(config);
}

/** An exchange object of its own: what another has cached of a line that was lost must not be taken for news. */
export class CcxtLine {
  readonly #exchange: StreamingExchange;
  readonly #clock: Clock;
  readonly #listener: CcxtLineListener;
  readonly #reader = new NewsReader();
  readonly #clients = new Set<SocketClient>();
  readonly #timers = new Set<Timer>();
  readonly #hosts: ReadonlySet<string>;
  readonly #lost = Promise.withResolvers<unknown>();
  #isClosed = false;
  #hasSpoken = false;
  /** since the last heartbeat */
  #isHeard = true;

  /** @param source an exchange whose markets are loaded */
  constructor(setup: CcxtSetup, source: CcxtExchange, clock: Clock, listener: CcxtLineListener) {
    this.#clock = clock;
    this.#listener = listener;
    this.#exchange = newStreaming(setup.exchange, configOf(setup));
    setUp(this.#exchange, setup);
    this.#exchange.setMarketsFromExchange(source);
    this.#exchange.options["timeDifference"] = source.options["timeDifference"] ?? 0;
    this.#hosts = hostsOf(this.#exchange);
    // ccxt takes an address without TLS for a proxy's.
    if (setup.host?.startsWith("http:") === true) this.#exchange.httpAgent = new Agent();
    this.#takeInHand(this.#exchange);
  }

  /** @returns why it has ended; nothing of it is left then */
  async run(until: AbortSignal): Promise<unknown> {
    const onAbort = (): void => this.lose(until.reason);
    until.addEventListener("abort", onAbort, { once: true });
    if (until.aborted) onAbort();
    else for (const name of METHODS) if (this.#exchange.has[name] === true) void this.#watch(name);
    this.#beat();
    const why = await this.#lost.promise;
    until.removeEventListener("abort", onAbort);
    this.#close();
    return why;
  }

  lose(why: unknown): void {
    this.#lost.resolve(why);
  }

  async #watch(name: (typeof METHODS)[number]): Promise<void> {
    try {
      while (!this.#isClosed) {
        await this.#exchange[name]();
        this.#tell();
      }
    } catch (error) {
      this.lose(error);
    }
  }

  #takeInHand(exchange: StreamingExchange): void {
    const client = exchange.client.bind(exchange);
    const handleMessage = exchange.handleMessage.bind(exchange);
    exchange.log = () => undefined;
    exchange.client = (url) => {
      if (this.#isClosed) throw new Error("the line is closed");
      const found = client(url);
      if (!this.#clients.has(found)) this.#tame(found);
      return found;
    };
    exchange.onConnected = () => this.#opened();
    exchange.handleMessage = (from, message) => {
      this.#heard(message);
      handleMessage(from, message);
      this.#tell();
    };
    // A key is renewed every 20 minutes, after the line has gone too.
    exchange.delay = (ms, method, ...args) => {
      if (!this.#isClosed) this.#after(ms, () => void exchange.spawn(method, ...args));
    };
  }

  #tame(client: SocketClient): void {
    this.#clients.add(client);
    const connect = client.connect.bind(client);
    const future = client.future.bind(client);
    const send = client.send.bind(client);
    const onPing = client.onPing.bind(client);
    const onPong = client.onPong.bind(client);
    client.connect = (delayMs) => {
      const { host } = new URL(client.url);
      if (!this.#hosts.has(host)) throw new StrangeAddress(host);
      return connect(delayMs);
    };
    // What ccxt awaits nowhere would end this process when it fails.
    client.future = (hash) => quietly(future(hash));
    client.send = (message) => quietly(send(message));
    client.onPing = () => {
      this.#isHeard = true;
      onPing();
    };
    client.onPong = () => {
      this.#isHeard = true;
      onPong();
    };
  }

  #opened(): void {
    this.#isHeard = true;
    this.#listener.onOpen();
  }

  #heard(message: unknown): void {
    this.#isHeard = true;
    const ending = endingOf(message);
    if (ending !== null) this.lose(new Error(`the exchange has ended it: ${ending}`));
    if (this.#hasSpoken) return;
    // Where a subscription is acknowledged, what happened before that was not told.
    this.#hasSpoken = true;
    this.#listener.onOpen();
  }

  #tell(): void {
    if (this.#isClosed) return;
    const { orders, myTrades } = this.#exchange;
    try {
      const news = this.#reader.read(orders, myTrades);
      if (news !== null) this.#listener.onNews(news);
    } catch (error) {
      this.lose(error);
    }
  }

  #beat(): void {
    this.#after(HEARTBEAT_MS, () => {
      if (!this.#isHeard) {
        this.lose(new Error("it has fallen silent"));
        return;
      }
      this.#isHeard = false;
      for (const client of this.#clients)
        if (client.connection !== undefined && client.isOpen()) client.connection.ping?.();
      this.#beat();
    });
  }

  #after(ms: number, then: () => void): void {
    const timer = this.#clock.setTimer(ms, () => {
      this.#timers.delete(timer);
      then();
    });
    this.#timers.add(timer);
  }

  /** At once: whoever does not answer is not waited for. */
  #close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
    const closed = new Error("the line is closed");
    for (const client of this.#clients) {
      client.clearConnectionTimeout();
      client.clearPingInterval();
      client.connection?.terminate?.();
      client.reset(closed);
    }
  }
}

function quietly(promise: Promise<unknown>): Promise<unknown> {
  promise.catch(() => undefined);
  return promise;
}

/** A spot stream's events come in an envelope. */
function endingOf(message: unknown): string | null {
  for (const at of [message, field(message, "event"), field(message, "data")]) {
    const kind = field(at, "e");
    if (ENDINGS.has(kind)) return String(kind);
  }
  return null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** Where the exchange may be spoken to: its keys are for nobody else. */
function hostsOf({ urls, hostname }: StreamingExchange): ReadonlySet<string> {
  const hosts = new Set<string>();
  const add = (value: unknown): void => {
    if (typeof value === "object" && value !== null) Object.values(value).forEach(add);
    if (typeof value !== "string") return;
    const url = URL.parse(value.replaceAll("{hostname}", String(hostname)));
    if (url !== null) hosts.add(url.host);
  };
  add(urls.api);
  return hosts;
}
