import { openCcxtExchange } from "../../../../services/execution/brokers/ccxt-exchange.ts";
import type { CcxtSetup } from "../../../../services/execution/brokers/ccxt-exchange.ts";
import { CcxtLine, hasCcxtStream } from "../../../../services/execution/brokers/ccxt-line.ts";
import type { CcxtNews } from "../../../../services/execution/brokers/ccxt-news.ts";
import { BinanceServer } from "../../../support/binance-server.ts";
import { systemClock } from "../../../../mixins/clock.ts";
import { silentExchange } from "../../../unit/services/execution/brokers/ccxt-words.ts";
import { FastClock } from "../../../support/fast-clock.ts";

const KEYS = { apiKey: "test-api-key", secret: "test-secret-key" };

class Listener {
  readonly news: CcxtNews[] = [];
  opened = 0;
  #waiting: (() => void)[] = [];

  onOpen(): void {
    this.opened += 1;
    this.#wake();
  }

  onNews(news: CcxtNews): void {
    this.news.push(news);
    this.#wake();
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

describe("a line to an account's stream", () => {
  let server: BinanceServer;
  const rejections: unknown[] = [];
  const onRejection = (why: unknown): void => void rejections.push(why);

  beforeAll(async () => {
    server = await BinanceServer.start();
    process.on("unhandledRejection", onRejection);
  });

  beforeEach(() => {
    server.stream.isStalled = false;
    server.stream.isRefused = false;
    server.stream.isShut = false;
  });

  afterAll(async () => {
    await server.close();
    process.off("unhandledRejection", onRejection);
  });

  const setup = (): CcxtSetup => ({
    exchange: "binance",
    credentials: KEYS,
    isSandbox: false,
    marketType: "spot",
    host: server.url,
    rateLimit: 1,
    receiveMs: 5_000,
    fetch: async (url, init) => {
      const answer = await fetch(url, init);
      const body = await answer.text();
      const { status, statusText } = answer;
      return { status, statusText, headers: {}, text: () => Promise.resolve(body) };
    },
  });

  async function open(times = 1, where: CcxtSetup = setup()) {
    const source = openCcxtExchange(where);
    await source.loadMarkets();
    const listener = new Listener();
    const stop = new AbortController();
    const line = new CcxtLine(where, source, new FastClock(Date.now(), times), listener);
    return { listener, stop, line };
  }

  const submit = () =>
    server.book.submit({
      symbol: "ACMEUSD",
      side: "BUY",
      type: "LIMIT",
      timeInForce: "GTC",
      quantity: "1",
      price: "90",
      newClientOrderId: `line-${server.book.orders.length}`,
    });

  it("tells orders and executions in exact decimals, each once, and all of a burst", async () => {
    const { listener, stop, line } = await open();
    const ended = line.run(stop.signal);
    await listener.until(() => server.stream.listening === 1 && listener.opened === 2);
    submit();
    const order = server.book.orders.at(-1);
    if (order === undefined) throw new Error("expected an order");
    for (const quantity of ["0.001", "0.002", "0.003"]) server.book.fill(order, "90.01", quantity);
    const told = () => listener.news.flatMap(({ trades }) => trades);
    await listener.until(() => told().length === 3);
    const trades = told();
    expect(trades.map(({ amount, price }) => [amount, price])).toEqual([
      ["0.001", "90.01"],
      ["0.002", "90.01"],
      ["0.003", "90.01"],
    ]);
    expect(trades.map(({ orderId }) => orderId)).toEqual(trades.map(() => String(order.orderId)));
    await listener.until(
      () => listener.news.flatMap(({ orders }) => orders).at(-1)?.filled === "0.006",
    );
    stop.abort(new Error("enough"));
    expect(await ended).toEqual(new Error("enough"));
  });

  it("is given up when it answers no ping any more", async () => {
    const { listener, stop, line } = await open(100);
    const ended = line.run(stop.signal);
    await listener.until(() => listener.opened === 2);
    server.stream.isStalled = true;
    expect(await ended).toEqual(new Error("it has fallen silent"));
  });

  it("stays when nothing happens on it but pings", async () => {
    const { listener, stop, line } = await open(200);
    const ended = line.run(stop.signal);
    await listener.until(() => listener.opened === 2);
    const { pings } = server.stream;
    await listener.until(() => {
      if (server.stream.pings < pings + 3) setImmediate(() => listener.onOpen());
      return server.stream.pings >= pings + 3;
    });
    stop.abort(new Error("enough"));
    expect(await ended).toEqual(new Error("enough"));
  });

  it("ends with the exchange's refusal of the keys", async () => {
    server.stream.isRefused = true;
    const { stop, line } = await open();
    expect(String(await line.run(stop.signal))).toMatch(/^AuthenticationError.*-2015/);
  });

  it("ends when it cannot be had", async () => {
    server.stream.isShut = true;
    const { stop, line } = await open();
    expect(await line.run(stop.signal)).toBeInstanceOf(Error);
  });

  it("is gone at once when it is closed, whatever it was doing", async () => {
    for (const turns of [0, 1, 5, 20]) {
      const { stop, line } = await open();
      const ended = line.run(stop.signal);
      for (let turn = 0; turn < turns; turn++) await new Promise((next) => setImmediate(next));
      stop.abort(new Error("enough"));
      expect(await ended).toEqual(new Error("enough"));
    }
    await server.stream.quiet();
    expect(server.stream.listening).toBe(0);
    expect(rejections).toEqual([]);
  });

  it("goes to no other address than the exchange's own, whatever it is told", async () => {
    const other = await BinanceServer.start();
    const endpoint = `${other.url.replace("http", "ws")}/ws-api/v3`;
    const data = { token: "token", instanceServers: [{ endpoint, pingInterval: 18_000 }] };
    const { exchange } = silentExchange("kucoin", {});
    const where: CcxtSetup = {
      ...setup(),
      exchange: "kucoin",
      credentials: { ...KEYS, password: "word" },
      fetch: () =>
        Promise.resolve({
          status: 200,
          statusText: "OK",
          headers: {},
          text: () => Promise.resolve(JSON.stringify({ code: "200000", data })),
        }),
    };
    const line = new CcxtLine(where, exchange, systemClock, new Listener());
    const why = await line.run(new AbortController().signal);
    expect(String(why)).toContain("not among the exchange's addresses");
    expect(other.stream.connections).toEqual([]);
    await other.close();
  });
});

describe("the exchanges of ccxt", () => {
  it("have a stream of an account's orders, or are known to have none", () => {
    for (const id of ["binance", "okx", "bybit", "kraken", "coinbase", "gate"])
      expect(hasCcxtStream(id)).toBe(true);
    expect(hasCcxtStream("bitflyer")).toBe(false);
  });
});
