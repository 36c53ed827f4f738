import type { SpecialBar } from "../../../../domain/market/bars/special-bar.ts";
import type { TradeTick } from "../../../../domain/market/quote.ts";
import { readSpecialBars, storeSpecialBars } from "../../../../models/timescale/special-bars.ts";
import { readTrades, storeTrades } from "../../../../models/timescale/trades.ts";
import type { StoredTrade, TradeQuery } from "../../../../models/timescale/trades.ts";
import { dropTradesBefore } from "../../../../models/timescale/partitions.ts";
import { withDatabase } from "../../../support/database.ts";

const KNOWN_MS = Date.UTC(2030, 0);
const T0 = Date.UTC(2026, 0, 31, 23, 59, 59, 990);

const database = withDatabase();

function trade(symbol: string, at: number, changes: Partial<TradeTick> = {}): TradeTick {
  return { symbol, price: "10.5", size: "2", tsEventMs: T0 + at, source: "venue", ...changes };
}

function told(trades: readonly StoredTrade[]): readonly TradeTick[] {
  return trades.map((one) => {
    const { place, ...rest } = one;
    expect(place.tsEventMs).toBe(one.tsEventMs);
    return rest;
  });
}

async function everything(query: Omit<TradeQuery, "limit">, limit: number) {
  const found: StoredTrade[] = [];
  for (;;) {
    const last = found.at(-1);
    const after = last === undefined ? {} : { after: last.place };
    const page = await readTrades(database.pool, { ...query, ...after, limit });
    found.push(...page);
    if (page.length < limit) return found;
  }
}

describe("trades", () => {
  it("come back to the microsecond, in their order, across the end of a month", async () => {
    const { pool } = database;
    const trades = Array.from({ length: 250 }, (_, i) =>
      trade("ORDER", Math.floor(i / 10), {
        tsEventMicros: Math.floor((i % 10) / 2) * 111,
        price: `${100 + (i % 7)}.25`,
        tradeId: `id-${1_000 - i}`,
        aggressor: i % 2 === 0 ? "buy" : "sell",
      }),
    );
    expect(await storeTrades(pool, trades, KNOWN_MS)).toEqual({ inserted: 250, duplicates: 0 });
    const query = { symbol: "ORDER", order: "asc" } as const;
    expect(told(await readTrades(pool, { ...query, limit: 1_000 }))).toEqual(trades);
    expect(told(await everything(query, 7))).toEqual(trades);
    const back = await everything({ ...query, order: "desc" }, 7);
    expect(told(back)).toEqual(trades.toReversed());
    const inside = { ...query, startMs: T0 + 5, endMs: T0 + 7, limit: 100 };
    expect(told(await readTrades(pool, inside))).toEqual(trades.slice(50, 70));
  });

  it.each([10, 500])(
    "with an id are stored once, whatever else is said of them (%i)",
    async (n) => {
      const { pool } = database;
      const symbol = `ONCE${n}`;
      const trades = Array.from({ length: n }, (_, i) => trade(symbol, i % 5, { tradeId: `${i}` }));
      const again = trades.map((one) => ({ ...one, price: "11" }));
      expect(await storeTrades(pool, trades, KNOWN_MS)).toEqual({ inserted: n, duplicates: 0 });
      expect(await storeTrades(pool, again, KNOWN_MS)).toEqual({ inserted: 0, duplicates: n });
      const [first] = await readTrades(pool, { symbol, limit: 1, order: "asc" });
      expect(first?.price).toBe("10.5");
    },
  );

  it("without an id are told apart by price, size and which of the equal ones they are", async () => {
    const { pool } = database;
    const trades = [
      trade("EQUAL", 0),
      trade("EQUAL", 0),
      trade("EQUAL", 0, { price: "10.50", size: "3" }),
      trade("EQUAL", 0, { source: "elsewhere" }),
    ];
    expect(await storeTrades(pool, trades, KNOWN_MS)).toMatchObject({ inserted: 4 });
    expect(await storeTrades(pool, trades, KNOWN_MS)).toMatchObject({ duplicates: 4 });
    const rewritten = trades.map((one) => ({ ...one, price: "10.500" }));
    expect(await storeTrades(pool, rewritten, KNOWN_MS)).toMatchObject({ duplicates: 4 });
  });

  it("of eight writers at once are stored once", async () => {
    const trades = Array.from({ length: 400 }, (_, i) => trade("RACE", i, { tradeId: `${i}` }));
    const reports = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        storeTrades(database.pool, i % 2 === 0 ? trades : trades.toReversed(), KNOWN_MS),
      ),
    );
    expect(reports.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(400);
  });

  it("are gone before a cutoff, and whole months with their partitions", async () => {
    const { pool } = database;
    const days = [0, 20, 40, 60].map((day) =>
      trade("OLD", -day * 86_400_000, { tradeId: `${day}` }),
    );
    await storeTrades(pool, days, KNOWN_MS);
    expect(await dropTradesBefore(pool, T0 - 30 * 86_400_000)).toBe(2);
    const left = await readTrades(pool, { symbol: "OLD", limit: 9, order: "asc" });
    expect(left.map(({ tradeId }) => tradeId)).toEqual(["20", "0"]);
    const { rows } = await pool.query("SELECT to_regclass('md.trade_202512') AS part");
    expect(rows).toEqual([{ part: null }]);
    expect(await storeTrades(pool, days, KNOWN_MS)).toEqual({ inserted: 2, duplicates: 2 });
  });

  it("that are none leave nothing behind", async () => {
    const { pool } = database;
    const batch = Array.from({ length: 200 }, (_, i) => trade("BAD", i));
    await expect(
      storeTrades(pool, [...batch, trade("BAD", 0, { size: "-1" })], KNOWN_MS),
    ).rejects.toThrow("check");
    expect(await readTrades(pool, { symbol: "BAD", limit: 9, order: "asc" })).toEqual([]);
  });
});

describe("special bars", () => {
  const bars: readonly SpecialBar[] = Array.from({ length: 1_200 }, (_, sequence) => ({
    symbol: "TICKS",
    kind: "tick",
    size: "100",
    startMs: T0 + sequence,
    ...(sequence % 2 === 1 && { startMicros: 7 }),
    endMs: T0 + sequence,
    endMicros: 999,
    sequence,
    open: "10",
    high: "11",
    low: "9.5",
    close: "10.25",
    volume: "1000",
    vwap: "10.1",
    tradeCount: 100,
    source: "venue",
  }));
  const query = { symbol: "TICKS", kind: "tick", size: "100.0", order: "asc" } as const;

  it("come back as they were given, in pages and ranges", async () => {
    const { pool } = database;
    expect(await storeSpecialBars(pool, bars, KNOWN_MS)).toMatchObject({ inserted: 1_200 });
    const all = await readSpecialBars(pool, { ...query, limit: 5_000 });
    expect(all).toEqual(bars.map((bar) => ({ ...bar, size: "100.0" })));
    const page = { ...query, size: "100", limit: 3, after: 10 };
    expect(await readSpecialBars(pool, page)).toEqual(bars.slice(11, 14));
    expect(await readSpecialBars(pool, { ...page, order: "desc" })).toEqual(
      bars.slice(7, 10).toReversed(),
    );
    const range = { startMs: T0 + 5, endMs: T0 + 8, limit: 99 };
    expect(await readSpecialBars(pool, { ...query, size: "100", ...range })).toEqual(
      bars.slice(5, 8),
    );
    expect(await readSpecialBars(pool, { ...query, size: "99", limit: 9 })).toEqual([]);
  });

  it("change nothing when they are stored again, and replace what differs", async () => {
    const { pool } = database;
    const changed = bars.slice(0, 5).map((bar) => ({ ...bar, close: "10.3" }));
    expect(await storeSpecialBars(pool, bars, KNOWN_MS)).toMatchObject({ duplicates: 1_200 });
    expect(await storeSpecialBars(pool, changed, KNOWN_MS)).toMatchObject({ revised: 5 });
    expect(await readSpecialBars(pool, { ...query, size: "100", limit: 5 })).toEqual(changed);
  });
});
