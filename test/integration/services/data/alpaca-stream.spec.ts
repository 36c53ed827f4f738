import { alpacaStream } from "../../../../services/data/sources/alpaca-stream.ts";
import type { LiveStream, StreamKind } from "../../../../services/data/sources/source.ts";
import { FastClock } from "../../../support/fast-clock.ts";
import { MarketSocketServer } from "../../../support/market-socket-server.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { StreamRecorder } from "../../../support/stream-recorder.ts";

const START_MS = Date.UTC(2024, 0, 2, 15);
const KINDS: readonly StreamKind[] = ["trades", "quotes", "bars"];

let server: MarketSocketServer;
let recorder: StreamRecorder;
let stream: LiveStream;
/** answers to `auth` and `subscribe`; null: what the real one says */
let answers: { auth: object | null; subscribe: object | null };
const warnings: string[] = [];

beforeEach(async () => {
  answers = { auth: null, subscribe: null };
  warnings.length = 0;
  recorder = new StreamRecorder();
  server = await MarketSocketServer.start({
    onConnect: (socket) => socket.send('[{"T":"success","msg":"connected"}]'),
    onMessage: (socket, message) => {
      // sound: what Alpaca documents
      const { action, ...wish } = message as { readonly action: string };
      const answer =
        action === "auth"
          ? (answers.auth ?? { T: "success", msg: "authenticated" })
          : (answers.subscribe ?? { T: "subscription", ...wish });
      socket.send(JSON.stringify([answer]));
    },
  });
});
afterEach(async () => {
  await stream.close();
  await server.stop();
});

function begin(): void {
  stream = alpacaStream({
    sourceId: "alpaca",
    streamUrl: server.wsUrl,
    feed: "iex",
    keyId: "key",
    secretKey: "secret",
    toVendor: (symbol) => symbol,
    tools: {
      clock: new FastClock(START_MS, 50),
      random: () => 0,
      warn: (fields, message) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
    },
  })({ symbols: ["AAPL"], kinds: KINDS }, recorder);
}

async function live(connections = 1): Promise<void> {
  await eventually("a live stream", () =>
    stream.state === "live" && server.connections >= connections ? true : null,
  );
}

test("it signs in, subscribes, and is live once all of it is granted", async () => {
  begin();
  await live();
  expect(server.messages).toEqual([
    { action: "auth", key: "key", secret: "secret" },
    {
      action: "subscribe",
      trades: ["AAPL"],
      quotes: ["AAPL"],
      bars: ["AAPL"],
      updatedBars: ["AAPL"],
    },
  ]);
});

test("trades, quotes and bars come exact to the microsecond; days that are not over do not come", async () => {
  begin();
  await live();
  const t = "2024-01-02T14:59:59.123456789Z";
  server.send([
    { T: "t", S: "AAPL", i: 52983525029461, x: "V", p: 185.01, s: 7, t, c: ["@"], z: "C" },
    { T: "q", S: "AAPL", bx: "V", bp: 185, bs: 2, ax: "V", ap: 185.02, as: 3, t, c: ["R"], z: "C" },
    {
      T: "b",
      S: "AAPL",
      o: 1.1,
      h: 1.2,
      l: 1,
      c: 1.15,
      v: 10,
      n: 3,
      vw: 1.1,
      t: "2024-01-02T14:58:00Z",
    },
    {
      T: "u",
      S: "AAPL",
      o: 1.1,
      h: 1.3,
      l: 1,
      c: 1.15,
      v: 11,
      n: 4,
      vw: 1.1,
      t: "2024-01-02T14:58:00Z",
    },
    { T: "d", S: "AAPL", o: 1, h: 2, l: 1, c: 2, v: 10, t: "2024-01-02T05:00:00Z" },
    { T: "s", S: "AAPL", sc: "H", t },
  ]);
  await eventually("four events", () => (recorder.told.length === 4 ? true : null));
  const atMs = Date.UTC(2024, 0, 2, 14, 59, 59, 123);
  expect(recorder.told[0]).toEqual({
    kind: "trade",
    trade: {
      symbol: "AAPL",
      price: "185.01",
      size: "7",
      tsEventMs: atMs,
      tsEventMicros: 456,
      source: "alpaca",
      tradeId: "52983525029461",
    },
  });
  expect(recorder.told[1]).toMatchObject({
    quote: { bid: "185", bidSize: "2", ask: "185.02", tsEventMs: atMs, tsEventMicros: 456 },
  });
  expect(recorder.told[2]).toMatchObject({ bar: { timeframe: "1m", high: "1.2", vwap: "1.1" } });
  expect(recorder.told[3]).toMatchObject({ bar: { high: "1.3", volume: "11", tradeCount: 4 } });
});

test("prices with more digits than a double holds stay as they were written", async () => {
  begin();
  await live();
  const t = "2024-01-02T14:59:59Z";
  server.sendText(`[{"T":"t","S":"AAPL","i":1,"p":12345678.123456789,"s":0.1,"t":"${t}"}]`);
  await eventually("a trade", () => (recorder.told.length === 1 ? true : null));
  expect(recorder.told[0]).toMatchObject({ trade: { price: "12345678.123456789", size: "0.1" } });
});

test("a correction and a cancellation have the minute filled in again", async () => {
  begin();
  await live();
  server.send([{ T: "x", S: "AAPL", i: 1, p: 1, s: 1, a: "C", t: "2024-01-02T14:59:10.5Z" }]);
  await eventually("a gap", () => (recorder.gaps.length === 1 ? true : null));
  const startMs = Date.UTC(2024, 0, 2, 14, 59);
  expect(recorder.gaps[0]).toMatchObject({ startMs, endMs: startMs + 60_000, symbols: ["AAPL"] });
});

test.each([
  [402, "auth failed", "auth", "refused"],
  [409, "insufficient subscription", "auth", "refused"],
  [406, "connection limit exceeded", "auth", "refused"],
  [404, "auth timeout", "auth", "waiting"],
  [405, "symbol limit exceeded", "subscribe", "refused"],
  [410, "invalid subscribe action for this feed", "subscribe", "refused"],
  [407, "slow client", "subscribe", "waiting"],
  [500, "internal error", "subscribe", "waiting"],
] as const)(
  "error %i (%s) on %s leaves it %s, and it comes back",
  async (code, msg, step, state) => {
    answers[step] = { T: "error", code, msg };
    begin();
    await eventually("the error", () => (recorder.states.includes(state) ? true : null));
    expect(warnings[0]).toContain(msg);
    expect(warnings[0]).toContain(state === "refused" ? '"retryInMs":30000' : '"retryInMs":125');
    answers[step] = null;
    await live(2);
  },
);

test("less than was asked for is a refusal", async () => {
  answers.subscribe = { T: "subscription", trades: ["AAPL"], quotes: [], bars: ["AAPL"] };
  begin();
  await eventually("a refusal", () => (recorder.states.includes("refused") ? true : null));
  expect(recorder.states).not.toContain("live");
});

test("garbage has the line replaced; a bad row is refused by itself", async () => {
  begin();
  await live();
  server.send([{ T: "t", S: "AAPL", i: 1, p: -1, s: -5, t: "2024-01-02T14:59:59Z" }]);
  server.send([{ T: "t", S: "AAPL", i: 1, p: 1, s: 5, t: "yesterday" }]);
  await eventually("refusals", () => (recorder.refusals.length === 2 ? true : null));
  expect(recorder.refusals.map(({ reason }) => reason)).toEqual(["SIZE_NEGATIVE", "TIME_INVALID"]);
  const { connections } = server;
  server.sendText("[{");
  await live(connections + 1);
  expect(recorder.gaps).toHaveLength(1);
});
