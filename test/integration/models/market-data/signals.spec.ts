import type { Signal } from "../../../../domain/portfolio/messages.ts";
import { insertSignal, listSignals, type SignalKey } from "../../../../models/signals.ts";
import { withDatabase } from "../../../support/database.ts";

const signal: Signal = {
  signalId: "6ba7b810-9dad-51d1-80b4-00c04fd430c8",
  strategyId: "cross-1",
  symbol: "SPY",
  side: "buy",
  strength: 0.1 + 0.2,
  confidence: 1,
  reason: "sma_10 crossed above sma_30",
  source: "crossover",
  asOfMs: Date.UTC(2020, 3, 17, 20, 0, 0, 123),
};

describe("signals", () => {
  const database = withDatabase();

  it("are new once, and the same signal again changes nothing", async () => {
    expect(await insertSignal(database.pool, signal)).toBe(true);
    expect(await insertSignal(database.pool, signal)).toBe(false);
    const { data } = await listSignals(database.pool, { limit: 10, order: "asc" });
    expect(data).toEqual([signal]);
  });

  it("are new to one of many writers only", async () => {
    const raced = { ...signal, signalId: "00000000-0000-5000-8000-000000000001", symbol: "RACE" };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => insertSignal(database.pool, raced)),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  it("with an id that another signal has are refused, and the field is named", async () => {
    const other = insertSignal(database.pool, { ...signal, side: "sell" });
    await expect(other).rejects.toMatchObject({
      code: "IDEMPOTENCY_KEY_REUSED",
      kind: "invalid",
      data: { signalId: signal.signalId, field: "side" },
    });
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
      for (const one of stored.toReversed()) await insertSignal(database.pool, one);
      const seen: Signal[] = [];
      let after: SignalKey | null = null;
      do {
        const page = await listSignals(database.pool, {
          symbol,
          limit: 3,
          order,
          ...(after && { after }),
        });
        seen.push(...page.data);
        after = page.next;
      } while (after);
      expect(seen).toEqual(order === "asc" ? stored : stored.toReversed());
    },
  );

  it("are listed since an instant, that instant included", async () => {
    const query = { symbol: "SPY", limit: 10, order: "desc" } as const;
    const since = await listSignals(database.pool, { ...query, sinceMs: signal.asOfMs });
    expect(since.data).toEqual([signal]);
    const after = await listSignals(database.pool, { ...query, sinceMs: signal.asOfMs + 1 });
    expect(after.data).toEqual([]);
  });
});
