import type { Bar } from "../../domain/market/bar.ts";
import type { BookSnapshot } from "../../domain/market/book/snapshot.ts";
import type { TradeTick } from "../../domain/market/quote.ts";
import * as bars from "../../mixins/rest/routes/bars.ts";
import { getBars } from "../../mixins/rest/routes/market-data.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { storeBars } from "../../models/timescale/bars.ts";
import { storeTrades } from "../../models/timescale/trades.ts";
import { Market } from "../../services/data/market.ts";
import type { HttpClient } from "../support/http.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const T0 = Date.parse("2024-08-08T12:00:00Z");
const HOUR = "2024-08-08T13:00:00Z";

const ACME = {
  name: "Acme",
  assetClass: "equity",
  venue: "PAPER",
  currency: "USD",
  tickSize: "0.01",
  lotSize: 1,
  calendar: "XNYS",
};

const trade = (symbol: string, n: number): TradeTick => ({
  symbol,
  price: String(100 + (n % 5)),
  size: "2",
  tsEventMs: T0 + n * 10_000,
  tsEventMicros: 7,
  source: "tape",
  tradeId: `t${n}`,
});

describe("trades, books and bars of a market", () => {
  const node = withNode();
  let market: Market;
  let viewer: HttpClient;
  let admin: HttpClient;

  beforeAll(async () => {
    market = new Market(node().context);
    admin = node().admin;
    viewer = (await signUp(node(), { role: "viewer" })).client;
    for (const symbol of ["LIVE", "PAST", "BARS", "NONE"]) {
      await admin.call(putSymbol, { ...ACME, symbol });
    }
    const { pool } = node().context;
    await storeTrades(
      pool,
      Array.from({ length: 40 }, (_, n) => trade("PAST", n)),
      T0,
    );
    const minutes = Array.from({ length: 10 }, (_, n): Bar => ({
      symbol: "BARS",
      timeframe: "1m",
      startMs: T0 + n * 60_000,
      open: "10",
      high: "12",
      low: "9",
      close: "11",
      volume: "30",
      source: "vendor",
    }));
    await storeBars(pool, minutes, T0);
  });

  const live = (from: number, to: number) =>
    market.recordTrades(
      "LIVE",
      Array.from({ length: to - from }, (_, n) => trade("LIVE", from + n)),
      T0,
    );

  it("are built live as an administrator says, kept, and told with what they are built from", async () => {
    const special = [
      { kind: "volume", size: "10" },
      { kind: "tick", size: "3" },
    ];
    const watch = { symbol: "LIVE", timeframes: ["5m", "1m"], special, quotes: null };
    expect(await admin.call(bars.putBarWatch, watch)).toEqual({
      ...watch,
      timeframes: ["1m", "5m"],
    });
    await live(0, 14);
    const volume = { symbol: "LIVE", kind: "volume", size: 10 };
    const found = await viewer.call(bars.getSpecialBars, volume);
    expect(found).toMatchObject({ builtFrom: "trades", isStored: true, source: "tape" });
    expect(found.data.map((bar) => [bar.sequence, bar.volume, bar.tradeCount])).toEqual([
      [0, "10", 5],
      [1, "10", 5],
    ]);
    const { bar } = await viewer.call(bars.getPartialBar, { symbol: "LIVE", timeframe: "5m" });
    expect(bar).toMatchObject({
      timestamp: "2024-08-08T12:00:00.000Z",
      volume: "28",
      partial: true,
    });
    const hour = await viewer.call(bars.getPartialBar, { symbol: "LIVE", timeframe: "1h" });
    expect(hour.bar).toMatchObject({ volume: "28", tradeCount: 14 });
  });

  it("count a trade that comes again once", async () => {
    expect(await live(12, 15)).toMatchObject({ fates: ["repeated", "repeated", "new"] });
    const { data } = await viewer.call(bars.listMarketTrades, { symbol: "LIVE", limit: 1 });
    expect(data).toEqual([
      {
        tradeId: "t14",
        price: "104",
        size: "2",
        timestamp: "2024-08-08T12:02:20.000Z",
        micros: 7,
        aggressor: null,
        source: "tape",
      },
    ]);
  });

  it("page through all trades of a range, newest first unless asked otherwise", async () => {
    const all = await viewer.all(
      bars.listMarketTrades,
      { symbol: "PAST", start: T0, end: HOUR },
      7,
    );
    expect(all.map(({ tradeId }) => tradeId)).toEqual(
      Array.from({ length: 40 }, (_, n) => `t${39 - n}`),
    );
  });

  it.each(["asc", "desc"])(
    "are built on read, page by page, where nobody built them: %s",
    async (order) => {
      const query = { symbol: "PAST", kind: "volume", size: "8", start: T0, end: HOUR, order };
      const whole = await viewer.call(bars.getSpecialBars, query);
      expect(whole).toMatchObject({ builtFrom: "trades", isStored: false });
      expect(whole.data).toHaveLength(10);
      const paged = await viewer.all(bars.getSpecialBars, query, 3);
      expect(paged).toEqual(whole.data);
    },
  );

  it("are built from bars where there are no trades, and say so", async () => {
    const query = { symbol: "BARS", start: T0, end: HOUR };
    const found = await viewer.call(bars.getSpecialBars, { ...query, kind: "volume", size: "100" });
    expect(found).toMatchObject({ builtFrom: "bars", source: "vendor" });
    expect(found.data.map(({ volume }) => volume)).toEqual(["120", "120"]);
    const answer = await viewer.ask(bars.getSpecialBars, { ...query, kind: "tick", size: "5" });
    expectProblem(answer, "INSUFFICIENT_DATA");
  });

  it("show the newest book, to as many levels as are asked, and refuse an older one", async () => {
    const level = (price: number) => ({ price: String(price), size: "1" });
    const book = (tsEventMs: number, best: number): BookSnapshot => ({
      symbol: "LIVE",
      bids: [level(best), level(best - 1)],
      asks: [level(best + 1), level(best + 2)],
      tsEventMs,
      tsInitMs: Date.now(),
      sequence: String(tsEventMs),
      source: "tape",
    });
    expect(await market.recordBook(book(T0, 100))).toEqual({ outcome: "accepted" });
    expect(await market.recordBook(book(T0 - 1, 90))).toMatchObject({
      reason: "BOOK_OLDER_THAN_LAST",
    });
    expect(await market.recordBook(book(T0, 100))).toMatchObject({ reason: "BOOK_REPEATED" });
    expect(await viewer.call(bars.getBook, { symbol: "LIVE", levels: 1 })).toEqual({
      symbol: "LIVE",
      bids: [level(100)],
      asks: [level(101)],
      timestamp: "2024-08-08T12:00:00.000Z",
      sequence: String(T0),
      source: "tape",
      stale: false,
    });
  });

  it("that are not there are said to be missing, never made up", async () => {
    expectProblem(await viewer.ask(bars.getBook, { symbol: "NONE" }), "INSUFFICIENT_DATA");
    expectProblem(await viewer.ask(bars.getBook, { symbol: "NOPE" }), "NOT_FOUND");
    expect(await viewer.call(bars.getPartialBar, { symbol: "NONE" })).toMatchObject({ bar: null });
    const range = { symbol: "NONE", kind: "range", size: "1", start: T0 };
    expectProblem(await viewer.ask(bars.getSpecialBars, range), "INSUFFICIENT_DATA");
  });

  it.each([
    ["a fraction of a trade", { kind: "tick", size: "1.5", start: T0 }, "size"],
    ["no size", { kind: "volume", size: "0", start: T0 }, "size"],
    ["no beginning", { kind: "volume", size: "5" }, "start"],
    ["another kind", { kind: "heikinAshi", size: "5", start: T0 }, "kind"],
  ])("refuse %s and name the field", async (_, query, path) => {
    const answer = await viewer.ask(bars.getSpecialBars, { symbol: "PAST", ...query });
    expectProblem(answer, "VALIDATION_FAILED", [path]);
  });

  it("are not asked for backwards: an end before the start is no empty page", async () => {
    const range = { symbol: "BARS", timeframe: "1m", start: HOUR, end: T0 };
    expectProblem(await viewer.ask(getBars, range), "VALIDATION_FAILED", ["start"]);
    const instant = { symbol: "BARS", timeframe: "1m", start: T0, end: T0 };
    expect((await viewer.call(getBars, instant)).data).toEqual([]);
  });

  it("are not configured by who may only read, nor with a series named twice", async () => {
    const twice = [
      { kind: "tick", size: 5 },
      { kind: "tick", size: "5.0" },
    ];
    const watch = { symbol: "LIVE", special: twice };
    expectProblem(await viewer.ask(bars.putBarWatch, watch), "FORBIDDEN");
    const answer = await admin.ask(bars.putBarWatch, watch);
    expectProblem(answer, "VALIDATION_FAILED", ["special[1]"]);
  });
});
