import { ccxtStream } from "../../../../services/data/sources/ccxt-stream.ts";
import type { LiveStream, StreamKind } from "../../../../services/data/sources/source.ts";
import { FastClock } from "../../../support/fast-clock.ts";
import { MarketSocketServer } from "../../../support/market-socket-server.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { StreamRecorder } from "../../../support/stream-recorder.ts";

/** As Coinbase Exchange documents it: the products over REST, matches and level2 over its WebSocket feed. */
const PRODUCTS = JSON.stringify([
  {
    id: "BTC-USD",
    base_currency: "BTC",
    quote_currency: "USD",
    quote_increment: "0.01",
    base_increment: "0.00000001",
    display_name: "BTC/USD",
    status: "online",
    trading_disabled: false,
  },
]);
const TIME = "2024-01-02T14:59:59.123456Z";

let server: MarketSocketServer;
let recorder: StreamRecorder;
let clock: FastClock;
let stream: LiveStream;

beforeEach(async () => {
  recorder = new StreamRecorder();
  clock = new FastClock(Date.UTC(2024, 0, 2, 15), 20);
  server = await MarketSocketServer.start({
    onRequest: (_req, res) =>
      res.writeHead(200, { "content-type": "application/json" }).end(PRODUCTS),
  });
});
afterEach(async () => {
  await stream.close();
  await server.stop();
});

const KEYS = { apiKey: "key", secret: "c2VjcmV0", password: "word" };

async function open(kinds: readonly StreamKind[]): Promise<void> {
  begin(kinds, KEYS);
  await subscribed(1);
}

function begin(kinds: readonly StreamKind[], credentials: Readonly<Record<string, string>>): void {
  stream = ccxtStream({
    sourceId: "ccxt:coinbaseexchange",
    exchangeId: "coinbaseexchange",
    toVendor: () => "BTC/USD",
    hosts: { http: server.httpUrl, ws: server.wsUrl },
    tools: { clock, random: () => 0, warn: () => undefined },
    credentials,
  })({ symbols: ["BTC-USD"], kinds }, recorder);
}

async function subscribed(times: number): Promise<void> {
  await eventually("a subscription", () => (server.messages.length >= times ? true : null));
}

function match(id: number): object {
  const words = { product_id: "BTC-USD", price: "42000.123456789012345", size: "0.5" };
  return { type: "match", trade_id: id, side: "sell", sequence: id, time: TIME, ...words };
}

test("trades come digit for digit, under the exchange's ids", async () => {
  await open(["trades"]);
  server.send(match(7));
  await eventually("a trade", () => (recorder.told.length === 1 ? true : null));
  expect(recorder.told[0]).toEqual({
    kind: "trade",
    trade: {
      symbol: "BTC-USD",
      price: "42000.123456789012345",
      size: "0.5",
      tsEventMs: Date.UTC(2024, 0, 2, 14, 59, 59, 123),
      source: "ccxt:coinbaseexchange",
      tradeId: "7",
      aggressor: "sell",
    },
  });
  expect(recorder.states).toEqual(["live"]);
});

test("a book is told whole after each of its changes", async () => {
  await open(["books"]);
  const sides = {
    bids: [
      ["100.5", "1"],
      ["100", "2"],
    ],
    asks: [["101", "3"]],
  };
  server.send({ type: "snapshot", product_id: "BTC-USD", ...sides });
  await eventually("a book", () => (recorder.told.length === 1 ? true : null));
  const changes = [["buy", "100.5", "0.00000000"]];
  server.send({ type: "l2update", product_id: "BTC-USD", time: TIME, changes });
  await eventually("the next", () => (recorder.told.length === 2 ? true : null));
  expect(recorder.of("book")[1]?.book).toMatchObject({
    bids: [{ price: "100", size: "2" }],
    asks: [{ price: "101", size: "3" }],
    tsEventMs: Date.UTC(2024, 0, 2, 14, 59, 59, 123),
  });
});

test("a crossed book is refused", async () => {
  await open(["books"]);
  server.send({
    type: "snapshot",
    product_id: "BTC-USD",
    bids: [["102", "1"]],
    asks: [["101", "3"]],
  });
  await eventually("a refusal", () => (recorder.refusals.length === 1 ? true : null));
  expect(recorder.refusals[0]?.detail).toContain("BOOK_CROSSED");
});

test("a line that is cut is taken up again, subscribed again, and its gap told", async () => {
  await open(["trades"]);
  server.send(match(1));
  await eventually("a trade", () => (recorder.told.length === 1 ? true : null));
  server.cut();
  await subscribed(2);
  server.send(match(2));
  await eventually("the next", () => (recorder.told.length === 2 ? true : null));
  expect(recorder.of("trade").map(({ trade }) => trade.tradeId)).toEqual(["1", "2"]);
  expect(recorder.gaps).toHaveLength(1);
});

test("books for customers only are refused without keys", async () => {
  begin(["books"], {});
  await eventually("a refusal", () => (recorder.states.includes("refused") ? true : null));
  expect(server.messages).toEqual([]);
});

test("an exchange that ccxt has no stream of is refused by name", () => {
  stream = { state: "closed", close: async () => undefined };
  const options = { sourceId: "x", toVendor: String, hosts: null };
  const tools = { clock, random: () => 0, warn: () => undefined };
  expect(() => ccxtStream({ ...options, exchangeId: "../../x", tools })).toThrow(RangeError);
});
