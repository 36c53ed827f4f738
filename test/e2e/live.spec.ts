import type { TradeTick } from "../../domain/market/quote.ts";
import { systemClock } from "../../mixins/clock.ts";
import { getBook, listMarketTrades } from "../../mixins/rest/routes/bars.ts";
import { listDataSources, putDataSource } from "../../mixins/rest/routes/data-sources.ts";
import { getBars, getQuote } from "../../mixins/rest/routes/market-data.ts";
import { ingestBars } from "../../mixins/rest/routes/market-store.ts";
import { getQuality } from "../../mixins/rest/routes/quality.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { BinanceStreams } from "../support/binance-streams.ts";
import { EventStream } from "../support/http-stream.ts";
import { eventually } from "../support/node-eventually.ts";
import { startTestNode } from "../support/node.ts";
import type { TestNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const SYMBOL = "BTC-USDT";
const MINUTE_MS = 60_000;
const BINANCE = { sourceId: "binance", isEnabled: true, priority: 20 };
const ALL = ["trades", "quotes", "books"];

describe("a source that is set to stream over HTTP", () => {
  let vendor: BinanceStreams;
  let node: TestNode;
  let listener: EventStream;
  /** of this market, in the order in which they were made */
  const made: TradeTick[] = [];
  let offsetMs = 0;

  beforeAll(async () => {
    // The wall clock of the node: a minute ends when the test says so.
    jest.spyOn(systemClock, "now").mockImplementation(() => Date.now() + offsetMs);
    vendor = await BinanceStreams.start();
    vendor.image = JSON.stringify({ lastUpdateId: 10, bids: [["99", "1"]], asks: [["101", "2"]] });
    const { httpUrl, wsUrl } = vendor.server;
    node = await startTestNode({
      env: {
        BINANCE_DATA_URL: httpUrl,
        BINANCE_STREAM_URL: wsUrl,
        // Nobody is there.
        BINANCE_FUTURES_STREAM_URL: "ws://127.0.0.1:1",
        LIVE_FEEDS: "binance-futures:BTC-PERP:trades",
      },
    });
    await list(SYMBOL, "crypto");
    await list("ACME", "equity");
    listener = await EventStream.open(node.admin, [
      `ticks:${SYMBOL}`,
      `quotes:${SYMBOL}`,
      `books:${SYMBOL}`,
      `bars:${SYMBOL}:1m`,
    ]);
  });

  afterAll(async () => {
    await listener.close();
    await node.stop();
    await node.database.drop();
    await vendor.server.stop();
    jest.restoreAllMocks();
  });

  const list = (symbol: string, assetClass: "crypto" | "equity") =>
    node.admin.call(putSymbol, {
      symbol,
      name: symbol,
      assetClass,
      venue: "PAPER",
      currency: "USD",
      tickSize: "0.01",
      lotSize: "0.001",
      multiplier: "1",
      shortable: false,
      calendar: "24x7",
    });

  const sourceOf = async (sourceId: string) => {
    const { data } = await node.admin.call(listDataSources);
    const source = data.find((one) => one.sourceId === sourceId);
    if (source === undefined) throw new Error(`no source ${sourceId}`);
    return source;
  };

  const becomes = (state: string) =>
    eventually(`a stream that is ${state}`, async () => {
      const { stream } = await sourceOf("binance");
      return stream?.state === state ? stream : null;
    });

  /** The vendor's market has a trade; whoever listens there hears of it. */
  function trade(price: string, size = "0.5"): void {
    const id = made.length + 1;
    const tsEventMs = systemClock.now();
    const known = { symbol: SYMBOL, price, size, tsEventMs, source: "binance" };
    made.push({ ...known, tradeId: String(id), aggressor: "buy" });
    vendor.past = made;
    say("trade", { e: "trade", s: "BTCUSDT", t: id, p: price, q: size, T: tsEventMs, m: false });
  }

  function say(stream: string, data: object): void {
    vendor.server.send({ stream: `btcusdt@${stream}`, data });
  }

  const heard = (channel: string, fields: object) =>
    listener.next(`${channel} of ${SYMBOL}`, ({ event, data }) => {
      const is = event.startsWith(`${channel}:${SYMBOL}`);
      return is && JSON.stringify(data).includes(JSON.stringify(fields).slice(1, -1));
    });

  test("offers every stream that it has, and takes no symbol or kind that it has not", async () => {
    const offered = async (id: string) => (await sourceOf(id)).coverage.streams;
    expect(await offered("binance")).toEqual(["trades", "quotes", "bars", "books"]);
    expect(await offered("alpaca")).toEqual(["trades", "quotes", "bars"]);
    expect(await offered("stooq")).toEqual([]);
    const wrong = { ...BINANCE, liveSymbols: [SYMBOL, "ACME", "NOBODY"], liveKinds: ALL };
    const paths = ["liveSymbols[1]", "liveSymbols[2]"];
    expectProblem(await node.admin.ask(putDataSource, wrong), "VALIDATION_FAILED", paths);
    const stooq = { ...BINANCE, sourceId: "stooq", liveSymbols: ["ACME"], liveKinds: ["trades"] };
    const refused = await node.admin.ask(putDataSource, stooq);
    expectProblem(refused, "VALIDATION_FAILED", ["liveSymbols[0]", "liveKinds[0]"]);
    const alpaca = { ...BINANCE, sourceId: "alpaca", liveSymbols: ["ACME"] };
    expectProblem(await node.admin.ask(putDataSource, alpaca), "CONFLICT");
    expect((await sourceOf("binance")).stream).toBeNull();
  });

  test("is played at once, to whoever asks and whoever listens, while another cannot be reached", async () => {
    const set = { ...BINANCE, liveSymbols: [SYMBOL], liveKinds: ALL };
    const view = await node.admin.call(putDataSource, set);
    expect(view).toMatchObject({ liveSymbols: [SYMBOL], liveKinds: ALL });
    await becomes("live");
    // A gap that ends in this minute is over soon.
    offsetMs = 50_000 - (Date.now() % MINUTE_MS);
    trade("100");
    trade("102");
    say("bookTicker", { u: 1, s: "BTCUSDT", b: "99.5", B: "1", a: "100.5", A: "2" });
    const now = systemClock.now();
    say("depth", { e: "depthUpdate", s: "BTCUSDT", E: now, U: 11, u: 11, b: [["98", "4"]], a: [] });
    await heard("ticks", { price: "102", size: "0.5" });
    await heard("quotes", { bid: "99.5", ask: "100.5" });
    await heard("books", { price: "98", size: "4" });
    const quote = await node.admin.call(getQuote, { symbol: SYMBOL });
    expect(quote).toMatchObject({ bid: "99.5", ask: "100.5", last: "102", stale: false });
    const book = await node.admin.call(getBook, { symbol: SYMBOL });
    expect(book.bids.map(({ price }) => price)).toEqual(["99", "98"]);
    const { stream: other } = await sourceOf("binance-futures");
    expect(other).toMatchObject({ symbols: ["BTC-PERP"] });
    expect(other?.state).not.toBe("live");
    expect(other?.lastError).toContain("lost");
  });

  test("fills in what it missed in mid-minute once the minute is over, and knows its repeats", async () => {
    vendor.server.cut();
    // Nobody hears of it.
    trade("97", "2");
    await eventually("a line again", () => (vendor.server.connections >= 2 ? true : null));
    await becomes("live");
    const [, second] = made;
    const { tradeId: t, price: p, size: q, tsEventMs: T } = second ?? made[0] ?? {};
    say("trade", { e: "trade", s: "BTCUSDT", t: Number(t), p, q, T, m: false });
    trade("101", "1");
    say("trade", {
      e: "trade",
      s: "BTCUSDT",
      t: 99,
      p: "-",
      q: "1",
      T: systemClock.now(),
      m: false,
    });
    await heard("bars", { open: "100" });
    await eventually(
      "a repaired gap",
      async () => {
        const { stream } = await sourceOf("binance");
        const { data } = await node.admin.call(listMarketTrades, { symbol: SYMBOL });
        return stream?.gapsOpen === 0 && data.length === made.length ? true : null;
      },
      90_000,
    );
    const { data: bars } = await node.admin.call(getBars, { symbol: SYMBOL, timeframe: "1m" });
    expect(bars).toMatchObject([
      { open: "100", high: "102", low: "97", close: "101", volume: "4" },
    ]);
    const asked = {
      symbol: SYMBOL,
      timeframe: "1m",
      end: new Date(systemClock.now()).toISOString(),
    };
    const quality = await eventually("a count of what was refused", async () => {
      const report = await node.admin.call(getQuality, asked);
      return report.rejected.length > 0 ? report : null;
    });
    expect(quality).toMatchObject({ gapCount: 0, duplicates: 1 });
    expect(quality.rejected).toMatchObject([
      { source: "binance", reason: "NOT_A_DECIMAL", count: 1 },
    ]);
  }, 600_000);

  test("ends at once when nothing of it is wanted any more", async () => {
    await node.admin.call(putDataSource, { ...BINANCE, liveSymbols: [] });
    await eventually("no stream", async () => {
      const { stream } = await sourceOf("binance");
      return stream === null ? true : null;
    });
    const futures = { sourceId: "binance-futures", isEnabled: false, priority: 21 };
    expect((await node.admin.call(putDataSource, futures)).stream).toBeNull();
  });

  test("an upload's repeats and refusals are counted too", async () => {
    const row = { timestamp: "2024-01-02T00:00:00Z", open: "1", high: "1", low: "1", close: "1" };
    const good = { ...row, volume: "1" };
    const upload = { symbol: "ACME", timeframe: "1d", source: "upload" };
    await node.admin.call(ingestBars, { ...upload, data: [good] });
    await node.admin.call(ingestBars, { ...upload, data: [good, { ...good, low: "2" }] });
    const report = await node.admin.call(getQuality, { symbol: "ACME", timeframe: "1d" });
    expect(report.duplicates).toBe(1);
    expect(report.rejected).toMatchObject([
      { source: "upload", reason: "HIGH_BELOW_LOW", count: 1 },
    ]);
  });

  test("has logged no error in all of that", () => {
    expect(node.errors).toEqual([]);
  });
});
