import type { Bar } from "../../../../domain/market/bar.ts";
import type { TradeTick } from "../../../../domain/market/quote.ts";
import { listRevisions } from "../../../../models/bar-history.ts";
import { upsertInstrument } from "../../../../models/instruments.ts";
import { readBars } from "../../../../models/timescale/bars.ts";
import { Market } from "../../../../services/data/market.ts";
import { BinanceStreams } from "../../../support/binance-streams.ts";
import { withNode } from "../../../support/node.ts";

const SYMBOL = "ETH-USDT";
const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2024, 0, 2, 15);

describe("what a stream has missed", () => {
  let vendor: BinanceStreams;
  const env: { BINANCE_DATA_URL?: string } = {};

  beforeAll(async () => {
    vendor = await BinanceStreams.start();
    env.BINANCE_DATA_URL = vendor.server.httpUrl;
  });
  // Begun after the server, whose address it is told.
  const node = withNode({ env });
  afterAll(() => vendor.server.stop());

  beforeAll(() =>
    upsertInstrument(node().context.pool, {
      symbol: SYMBOL,
      name: "Ether",
      assetClass: "crypto",
      venue: "PAPER",
      currency: "USD",
      tickSize: "0.01",
      lotSize: "0.0001",
      multiplier: "1",
      shortable: false,
      calendar: "24x7",
    }),
  );

  const trade = (id: number, offsetMs: number, price: string): TradeTick => ({
    symbol: SYMBOL,
    price,
    size: "1",
    tsEventMs: START_MS + offsetMs,
    source: "binance",
    tradeId: String(id),
    aggressor: "buy",
  });

  const backfill = (kinds: readonly string[], startMs: number, endMs: number) =>
    node().context.broker.call("sources.backfill", {
      source: "binance",
      symbol: SYMBOL,
      kinds,
      startMs: START_MS + startMs,
      endMs: START_MS + endMs,
    });

  const minutes = () =>
    readBars(node().context.pool, { symbol: SYMBOL, timeframe: "1m", limit: 10, order: "asc" });

  const figures = ({ startMs, open, high, low, close, volume }: Bar) =>
    [(startMs - START_MS) / MINUTE_MS, open, high, low, close, volume].join(" ");

  it("of a minute that was stored in part is a revision of it, which its actor knows", async () => {
    const { context } = node();
    const market = new Market(context);
    const all = [trade(1, 1_000, "10"), trade(2, 30_000, "14"), trade(3, 59_000, "12")];
    vendor.past = [...all, trade(4, MINUTE_MS + 1, "13")];
    // Two of three were heard, and the next minute closed theirs.
    const heard = [trade(1, 1_000, "10"), trade(3, 59_000, "12"), trade(4, MINUTE_MS + 1, "13")];
    await market.recordTrades(SYMBOL, heard, START_MS + 61_000);
    expect((await minutes()).map(figures)).toEqual(["0 10 12 10 12 2"]);
    // The gap is seconds of the minute: it is filled in whole.
    await backfill(["bars"], 20_000, 40_000);
    expect((await minutes()).map(figures)).toEqual(["0 10 14 10 12 3"]);
    const { data } = await listRevisions(context.pool, {
      ticker: SYMBOL,
      timeframe: "1m",
      limit: 9,
    });
    expect(data).toHaveLength(1);
    const [stored] = await minutes();
    const told = await market.recordBar(stored ?? never(), START_MS + 200_000);
    expect(told.outcome).toBe("duplicate");
  });

  it("is asked for again when the vendor fails, and changes nothing the second time", async () => {
    vendor.pastFailures = 3;
    await expect(backfill(["bars", "trades"], 0, MINUTE_MS)).rejects.toThrow("503");
    vendor.pastFailures = 0;
    expect(await backfill(["bars", "trades"], 0, MINUTE_MS)).toEqual({ changed: 1 });
    expect(await backfill(["bars", "trades"], 0, MINUTE_MS)).toEqual({ changed: 0 });
    expect((await minutes()).map(figures)).toEqual(["0 10 14 10 12 3"]);
  });
});

function never(): never {
  throw new Error("a bar was stored");
}
