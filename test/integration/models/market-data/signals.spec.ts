import {
  findSignal,
  listSignals,
  newestCloseMs,
  type RecordedSignal,
  recordSignal,
  type SignalKey,
} from "../../../../models/signals.ts";
import { storeBars } from "../../../../models/timescale/bars.ts";
import { withDatabase } from "../../../support/database.ts";

const signal: RecordedSignal = {
  signalId: "6ba7b810-9dad-51d1-80b4-00c04fd430c8",
  strategyId: "cross-1",
  symbol: "SPY",
  side: "buy",
  strength: 0.1 + 0.2,
  confidence: null,
  reason: "sma_10 crossed above sma_30",
  source: "crossover",
  asOfMs: Date.UTC(2020, 3, 17, 20, 0, 0, 123),
  tenantId: "tenant-1",
  origin: "strategy",
  timeframe: "1d",
  goal: "long",
  weight: 1,
  horizon: 2,
  expiresAtMs: Date.UTC(2020, 3, 20),
  confidenceBasis: null,
  sampleSize: 7,
  modelId: null,
  modelVersion: null,
};
const tenantId = "tenant-1";

describe("signals", () => {
  const database = withDatabase();

  it("are new once, and what was recorded first stays", async () => {
    const { pool } = database;
    const stored = { ...signal, status: "active" };
    expect(await recordSignal(pool, signal)).toEqual({ stored, isNew: true });
    const again = await recordSignal(pool, { ...signal, side: "sell" });
    expect(again).toEqual({ stored, isNew: false });
    const { data } = await listSignals(pool, { tenantId, limit: 10, order: "asc" });
    expect(data).toEqual([stored]);
    expect(await findSignal(pool, "00000000-0000-5000-8000-00000000000f")).toBeNull();
  });

  it("are new to one of many writers only", async () => {
    const raced = { ...signal, signalId: "00000000-0000-5000-8000-000000000001", symbol: "RACE" };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => recordSignal(database.pool, raced)),
    );
    expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
  });

  it("are seen by their tenant alone, and nobody's by nobody", async () => {
    const { pool } = database;
    const orphan = "00000000-0000-5000-8000-000000000002";
    await recordSignal(pool, { ...signal, signalId: orphan, symbol: "LOST", tenantId: null });
    const query = { limit: 10, order: "asc" } as const;
    const other = await listSignals(pool, { ...query, tenantId: "tenant-2" });
    expect(other.data).toEqual([]);
    const own = await listSignals(pool, { ...query, tenantId, symbol: "LOST" });
    expect(own.data).toEqual([]);
  });

  it.each(["asc", "desc"] as const)(
    "of one symbol are listed by time, %s, page by page",
    async (order) => {
      const symbol = `PAGES-${order}`;
      const stored = Array.from({ length: 7 }, (_, i) => ({
        ...signal,
        symbol,
        signalId: `${order === "asc" ? "a" : "d"}0000000-0000-5000-8000-00000000000${i}`,
        // pairs of equal time, so that the id decides
        asOfMs: signal.asOfMs + Math.floor(i / 2),
      }));
      for (const one of stored.toReversed()) await recordSignal(database.pool, one);
      const seen: string[] = [];
      let after: SignalKey | null = null;
      do {
        const page = await listSignals(database.pool, { tenantId, symbol, limit: 3, order, after });
        seen.push(...page.data.map(({ signalId }) => signalId));
        after = page.next;
      } while (after);
      const ids = stored.map(({ signalId }) => signalId);
      expect(seen).toEqual(order === "asc" ? ids : ids.toReversed());
    },
  );

  it("are listed from an instant on, that instant included, and before another", async () => {
    const { asOfMs } = signal;
    const query = { tenantId, symbol: "SPY", limit: 10, order: "desc" } as const;
    const count = async (range: object): Promise<number> =>
      (await listSignals(database.pool, { ...query, ...range })).data.length;
    expect(await count({ sinceMs: asOfMs })).toBe(1);
    expect(await count({ sinceMs: asOfMs + 1 })).toBe(0);
    expect(await count({ untilMs: asOfMs })).toBe(0);
    expect(await count({ untilMs: asOfMs + 1, side: "buy", strategyId: "cross-1" })).toBe(1);
    expect(await count({ side: "sell" })).toBe(0);
    expect(await count({ modelId: "net" })).toBe(0);
  });

  it("expire once a bar of their symbol has closed at the end of their horizon", async () => {
    const { pool } = database;
    const statusOf = async () => (await findSignal(pool, signal.signalId))?.status;
    const bar = { open: "1", high: "1", low: "1", close: "1", volume: "1", source: "test" };
    const day = (startMs: number) =>
      storeBars(pool, [{ ...bar, symbol: "SPY", timeframe: "1d", startMs }], startMs + 1);
    expect(await newestCloseMs(pool, "SPY")).toBeNull();
    await day(Date.UTC(2020, 3, 18));
    expect(await statusOf()).toBe("active");
    await day(Date.UTC(2020, 3, 19));
    expect(await newestCloseMs(pool, "SPY")).toBe(Date.UTC(2020, 3, 20));
    expect(await statusOf()).toBe("expired");
    const query = { tenantId, symbol: "SPY", limit: 10, order: "asc" } as const;
    expect((await listSignals(pool, { ...query, status: "expired" })).data).toHaveLength(1);
    expect((await listSignals(pool, { ...query, status: "active" })).data).toEqual([]);
  });
});
