import { PLAIN_EXECUTION } from "../../../../domain/ai/signals/execution.ts";
import {
  getFeedPosition,
  saveFeedPosition,
  setFeedStatus,
} from "../../../../models/feed-positions.ts";
import {
  listRunningStrategies,
  type StrategyRow,
  upsertStrategy,
} from "../../../../models/strategies.ts";
import { withDatabase } from "../../../support/database.ts";

const database = withDatabase();

const strategy: StrategyRow = {
  strategyId: "cross-1",
  portfolioId: "pf-1",
  tenantId: "tenant-1",
  name: "Cross",
  symbols: ["SPY"],
  timeframe: "1d",
  kind: "crossover",
  parameters: { fast: "sma_10", slow: "sma_30", sides: ["buy", "sell"] },
  sizing: { method: "fixedFraction", fraction: "0.5" },
  allowShort: false,
  maxPosition: "12.5",
  execution: PLAIN_EXECUTION,
  maxOpenPositions: null,
  cooldownBars: null,
  maxDailyLoss: null,
  status: "running",
};

describe("strategies", () => {
  it("act while they run, and may be defined anew", async () => {
    const { pool } = database;
    await upsertStrategy(pool, strategy);
    expect(await listRunningStrategies(pool)).toMatchObject([strategy]);
    const changed = { ...strategy, parameters: { fast: 5 } };
    await upsertStrategy(pool, changed);
    expect(await listRunningStrategies(pool)).toMatchObject([changed]);
    await upsertStrategy(pool, { ...changed, status: "stopped" });
    expect(await listRunningStrategies(pool)).toEqual([]);
  });

  it("are found by symbol and timeframe", async () => {
    const { pool } = database;
    await upsertStrategy(pool, strategy);
    await upsertStrategy(pool, {
      ...strategy,
      strategyId: "cross-2",
      symbols: ["QQQ", "IWM"],
      timeframe: "1h",
    });
    const ids = async (filter: Parameters<typeof listRunningStrategies>[1]) =>
      (await listRunningStrategies(pool, filter)).map(({ strategyId }) => strategyId);
    expect(await ids({})).toEqual(["cross-1", "cross-2"]);
    expect(await ids({ symbol: "QQQ" })).toEqual(["cross-2"]);
    expect(await ids({ symbol: "QQQ", timeframe: "1d" })).toEqual([]);
    expect(await ids({ timeframe: "1d" })).toEqual(["cross-1"]);
  });
});

describe("the position of a feed", () => {
  it("is null before the feed ran", async () => {
    expect(await getFeedPosition(database.pool, "replay")).toBeNull();
    expect(await setFeedStatus(database.pool, "replay", "paused")).toBe(false);
  });

  it("is what was saved last, with the time of the database's clock", async () => {
    const { pool } = database;
    await saveFeedPosition(pool, "replay", { file: "sp500-2000.csv", row: 17 });
    const first = await getFeedPosition(pool, "replay");
    expect(first).toMatchObject({
      feedId: "replay",
      position: { file: "sp500-2000.csv", row: 17 },
      status: "running",
    });
    await saveFeedPosition(pool, "replay", { file: "sp500-2000.csv", row: 18 });
    const second = await getFeedPosition(pool, "replay");
    expect(second?.position).toEqual({ file: "sp500-2000.csv", row: 18 });
    expect(Number.isInteger(second?.updatedAtMs)).toBe(true);
    expect(second?.updatedAtMs).toBeGreaterThanOrEqual(first?.updatedAtMs ?? Infinity);
  });

  it("does not set a paused feed going when it is saved once more", async () => {
    const { pool } = database;
    expect(await setFeedStatus(pool, "replay", "paused")).toBe(true);
    await saveFeedPosition(pool, "replay", { row: 19 });
    expect(await getFeedPosition(pool, "replay")).toMatchObject({
      position: { row: 19 },
      status: "paused",
    });
    await setFeedStatus(pool, "replay", "finished");
    expect(await getFeedPosition(pool, "replay")).toMatchObject({ status: "finished" });
  });
});
