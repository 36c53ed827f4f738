import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { binanceStream } from "../../../../services/data/sources/binance-stream.ts";
import type { LiveStream, StreamKind } from "../../../../services/data/sources/source.ts";
import { BinanceStreams, fetchText } from "../../../support/binance-streams.ts";
import { FastClock } from "../../../support/fast-clock.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { StreamRecorder } from "../../../support/stream-recorder.ts";
import { describeWith, sharedFile } from "../../../unit/services/data/shared-data.ts";

const RECORDING = "orderbook/binance_spot_ethusdt_20240808_ws.jsonl.gz";
const START_MS = Date.UTC(2024, 7, 8, 23, 54);
const KINDS: readonly StreamKind[] = ["trades", "quotes", "bars", "books"];

let server: BinanceStreams;
let clock: FastClock;
let recorder: StreamRecorder;
let stream: LiveStream | null = null;
const warnings: string[] = [];

beforeEach(async () => {
  server = await BinanceStreams.start();
  clock = new FastClock(START_MS, 50);
  recorder = new StreamRecorder();
  warnings.length = 0;
});
afterEach(async () => {
  await stream?.close();
  await server.server.stop();
});

async function open(kinds: readonly StreamKind[] = KINDS, symbols = ["ETH-USDT"]): Promise<void> {
  begin(kinds, symbols);
  await live();
}

function begin(kinds: readonly StreamKind[], symbols: readonly string[]): void {
  const { wsUrl, httpUrl } = server.server;
  stream = binanceStream({
    sourceId: "binance",
    market: "spot",
    streamUrl: wsUrl,
    restUrl: httpUrl,
    toVendor: (symbol) => symbol.replace("-", ""),
    fetchText,
    tools: {
      clock,
      random: () => 0,
      warn: (fields, message) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
    },
  })({ symbols, kinds }, recorder);
}

async function live(connections = 1): Promise<void> {
  await eventually("a live stream", () =>
    stream?.state === "live" && server.server.connections >= connections ? true : null,
  );
}

function depth(U: number, u: number, b: readonly (readonly string[])[] = []): object {
  const data = { e: "depthUpdate", E: START_MS, s: "ETHUSDT", U, u, b, a: [] };
  return { stream: "ethusdt@depth@100ms", data };
}

function trade(t: number): object {
  const data = {
    e: "trade",
    E: 1,
    s: "ETHUSDT",
    t,
    p: "2683.80000000",
    q: "0.1",
    T: START_MS,
    m: true,
  };
  return { stream: "ethusdt@trade", data };
}

const IMAGE = JSON.stringify({
  lastUpdateId: 10,
  bids: [["99.00", "1"]],
  asks: [["101.00", "2"]],
});

test("it subscribes to each symbol's streams and is live once Binance has said so", async () => {
  await open();
  expect(server.server.messages).toEqual([
    {
      method: "SUBSCRIBE",
      params: ["ethusdt@trade", "ethusdt@bookTicker", "ethusdt@kline_1m", "ethusdt@depth@100ms"],
      id: 1,
    },
  ]);
  expect(recorder.states).toEqual(["live"]);
});

test("more streams than one message may name are asked for in several, none faster than 5 a second", async () => {
  const symbols = Array.from({ length: 60 }, (_, n) => `S${n}-USDT`);
  const startMs = clock.monotonicMs();
  await open(KINDS, symbols);
  expect(server.server.messages).toHaveLength(3);
  expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(500);
});

test("a trade, a quote and a closed minute come in our words; a minute that still runs does not come", async () => {
  await open();
  server.server.send(trade(7));
  const ticker = { u: 1, s: "ETHUSDT", b: "99.50", B: "1.0", a: "99.60", A: "2.00" };
  server.server.send({ stream: "ethusdt@bookTicker", data: ticker });
  const k = { t: START_MS - 60_000, o: "1.0", h: "2", l: "1", c: "2", v: "3", n: 4 };
  const kline = (x: boolean) => ({
    stream: "k",
    data: { e: "kline", s: "ETHUSDT", k: { ...k, x } },
  });
  server.server.send(kline(false));
  server.server.send(kline(true));
  await eventually("three events", () => (recorder.told.length === 3 ? true : null));
  expect(recorder.told).toEqual([
    {
      kind: "trade",
      trade: {
        symbol: "ETH-USDT",
        price: "2683.8",
        size: "0.1",
        tsEventMs: START_MS,
        source: "binance",
        tradeId: "7",
        aggressor: "sell",
      },
    },
    { kind: "quote", quote: expect.objectContaining({ bid: "99.5", bidSize: "1", ask: "99.6" }) },
    { kind: "bar", bar: expect.objectContaining({ open: "1", close: "2", tradeCount: 4 }) },
  ]);
});

test("a bad row is refused by itself", async () => {
  await open();
  server.server.send({
    stream: "x",
    data: { e: "trade", s: "ETHUSDT", t: 1, p: "NaN", q: "1", T: 1 },
  });
  server.server.send(trade(8));
  await eventually("the next trade", () => (recorder.told.length === 1 ? true : null));
  expect(recorder.refusals).toEqual([expect.objectContaining({ reason: "NOT_A_DECIMAL" })]);
  expect(server.server.connections).toBe(1);
});

test.each([
  ["cut in the middle of a message", () => server.server.cutInMessage()],
  ["cut", () => server.server.cut()],
  ["garbage", () => server.server.sendText("}{ not JSON")],
  [
    "of an unknown format",
    () => server.server.send({ stream: "x", data: { e: "depthUpdate", s: "ETHUSDT" } }),
  ],
  [
    "of a symbol nobody asked for",
    () => server.server.send({ stream: "x", data: { e: "trade", s: "DOGE" } }),
  ],
])("a line that is %s is replaced, and what may be missed is told", async (_name, fault) => {
  await open();
  server.server.send(trade(1));
  await eventually("a trade", () => (recorder.told.length > 0 ? true : null));
  clock.nowMs += 1_000;
  const { connections } = server.server;
  fault();
  await live(connections + 1);
  await eventually("a gap", () => (recorder.gaps.length > 0 ? true : null));
  expect(recorder.gaps).toHaveLength(1);
  expect(recorder.gaps[0]?.startMs).toBeLessThanOrEqual(START_MS);
  expect(recorder.gaps[0]?.endMs).toBeGreaterThanOrEqual(START_MS + 1_000);
  expect(recorder.states.slice(-3)).toEqual(["waiting", "connecting", "live"]);
});

test("a line that has fallen silent, pings unanswered, is cut", async () => {
  await open();
  server.server.isAlive = false;
  await live(2);
  expect(warnings.join()).toContain("it has fallen silent");
});

test("a line that answers pings but brings no data any more is cut", async () => {
  await open();
  await live(2);
  expect(warnings.join()).toContain("it brings no data any more");
});

test("pauses grow while the vendor is away, and the stream comes back with it", async () => {
  await open();
  server.server.isShut = true;
  server.server.cut();
  await eventually("attempts", () => (server.server.connections > 4 ? true : null));
  const pauses = warnings.map((line) => Number(/"retryInMs":(\d+)/.exec(line)?.[1]));
  expect(pauses.slice(0, 4)).toEqual([125, 250, 500, 1_000]);
  server.server.isShut = false;
  await live();
  expect(recorder.gaps).toHaveLength(1);
});

test("a subscription that is refused is tried again rarely", async () => {
  server.isRefusing = true;
  begin(KINDS, ["ETH-USDT"]);
  await eventually("a refusal", () => (recorder.states.includes("refused") ? true : null));
  expect(warnings.join()).toContain("unknown stream");
  expect(warnings.join()).toContain('"retryInMs":30000');
  server.isRefusing = false;
  await live(2);
});

describe("books", () => {
  test("changes are kept until the image is there; a gap fetches another", async () => {
    await open(["books"]);
    server.server.send(depth(8, 12, [["99.00", "3"]]));
    await eventually("a question", () => (server.images > 0 ? true : null));
    server.image = IMAGE;
    await eventually("a book", () => (recorder.of("book").length > 0 ? true : null));
    expect(recorder.of("book").at(-1)?.book).toMatchObject({
      symbol: "ETH-USDT",
      bids: [{ price: "99", size: "3" }],
      asks: [{ price: "101", size: "2" }],
      sequence: "12",
    });
    server.image = IMAGE.replace("10", "20");
    server.server.send(depth(15, 16));
    server.server.send(depth(17, 21, [["98", "1"]]));
    await eventually("the next book", () =>
      recorder.of("book").at(-1)?.book.sequence === "21" ? true : null,
    );
    expect(recorder.of("book").at(-1)?.book.bids).toHaveLength(2);
    expect(warnings.join()).toContain("BOOK_GAP");
  });
});

describeWith([RECORDING], "a recording of Binance, played by a server of this machine", () => {
  test("every trade and quote arrives, and the book ends at the exchange's own best bid and ask", async () => {
    const lines = gunzipSync(readFileSync(sharedFile(RECORDING)))
      .toString("utf8")
      .split("\n");
    const frames = lines.filter(Boolean).map((line) => line.slice(line.indexOf(" ") + 1));
    await open(["trades", "quotes", "books"]);
    const image = frames.find((frame) => frame.startsWith('{"lastUpdateId"'));
    server.image = image ?? null;
    clock.nowMs = Date.UTC(2024, 7, 9);
    const before = frames.findIndex((frame) => frame === image);
    for (const frame of frames.slice(0, before)) server.server.sendText(frame);
    await eventually("the image", () => (server.images > 0 ? true : null));
    for (const frame of frames.slice(before + 1)) server.server.sendText(frame);
    const count = (text: string): number => frames.filter((frame) => frame.includes(text)).length;
    await eventually("all trades", () =>
      recorder.of("trade").length === count('"e":"trade"') ? true : null,
    );
    expect(recorder.of("quote")).toHaveLength(count("@bookTicker"));
    const book = recorder.of("book").at(-1)?.book;
    const quote = recorder.of("quote").at(-1)?.quote;
    expect(book?.bids.length).toBe(100);
    expect([book?.bids[0]?.price, book?.asks[0]?.price]).toEqual([quote?.bid, quote?.ask]);
    expect(recorder.gaps).toEqual([]);
    expect(recorder.refusals).toEqual([]);
  });
});
