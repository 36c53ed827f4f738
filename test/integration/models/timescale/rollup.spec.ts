import type { Bar } from "../../../../domain/market/bar.ts";
import { lastKnown, latestBar, readBars, storeBars } from "../../../../models/timescale/bars.ts";
import { selectBars } from "../../../../models/timescale/bar-reader.ts";
import { withSession } from "../../../../models/timescale/session.ts";
import {
  applyRetention,
  retentionRules,
  setRetention,
  storageUse,
  type StorageUse,
} from "../../../../models/timescale/storage.ts";
import { withDatabase } from "../../../support/database.ts";

const KNOWN_MS = Date.UTC(2030, 0);
const FIRST_MS = Date.UTC(2024, 1, 27);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const database = withDatabase();

/** Every seventh minute, so that a day is small. */
function minutes(symbol: string, days: number, close = "10.5"): readonly Bar[] {
  return Array.from({ length: Math.floor((days * 1_440) / 7) }, (_, i) => ({
    symbol,
    timeframe: "1m",
    startMs: FIRST_MS + i * 7 * MINUTE_MS,
    open: "10",
    high: "11",
    low: "9",
    close,
    volume: String(i % 50),
    vwap: `10.${1 + (i % 9)}`,
    tradeCount: i % 30,
    source: "test",
  }));
}

function firstOf(symbol: string): Bar {
  const [bar] = minutes(symbol, 1);
  if (bar === undefined) throw new Error("expected a minute");
  return bar;
}

async function dueDays(symbol: string): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    "SELECT count(*)::int AS n FROM md.rollup_due JOIN md.symbol USING (symbol_id) WHERE symbol = $1",
    [symbol],
  );
  return rows[0]?.n ?? 0;
}

/** What minutes alone say: all days due, so that no rollup is looked at. */
async function direct(symbol: string, timeframe: "1h" | "1d"): Promise<readonly Bar[]> {
  const client = await database.pool.connect();
  try {
    await client.query("BEGIN");
    await client.query(
      `INSERT INTO md.rollup_due SELECT DISTINCT symbol_id, timeframe, md.utc_day(ts)
       FROM md.bar JOIN md.symbol USING (symbol_id) WHERE symbol = $1 ON CONFLICT DO NOTHING`,
      [symbol],
    );
    return await withSession(client, (session) =>
      selectBars(session, { symbol, timeframe, limit: 10_000, order: "asc" }),
    );
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}

function read(symbol: string, timeframe: "1h" | "1d"): Promise<readonly Bar[]> {
  return readBars(database.pool, { symbol, timeframe, limit: 10_000, order: "asc" });
}

describe("a rollup", () => {
  it("is made by the first who asks, but for the newest day", async () => {
    await storeBars(database.pool, minutes("ASKED", 5), KNOWN_MS);
    expect(await dueDays("ASKED")).toBe(5);
    const first = await read("ASKED", "1d");
    expect(await dueDays("ASKED")).toBe(1);
    expect(first).toHaveLength(5);
    expect(await read("ASKED", "1d")).toEqual(first);
    expect(first).toEqual(await direct("ASKED", "1d"));
  });

  it("is as if it were not there, after a revision, a straggler and a late source", async () => {
    const { pool } = database;
    const all = minutes("NEWS", 4);
    await storeBars(
      pool,
      all.filter((_, i) => i % 3 !== 0),
      KNOWN_MS,
    );
    await read("NEWS", "1h");
    await storeBars(
      pool,
      all.filter((_, i) => i % 3 === 0),
      KNOWN_MS,
    );
    const revised = all.slice(100, 103).map((bar) => ({ ...bar, high: "12", source: "late" }));
    expect(await storeBars(pool, revised, KNOWN_MS)).toMatchObject({ revised: 3 });
    for (const timeframe of ["1h", "1d"] as const) {
      const expected = await direct("NEWS", timeframe);
      expect(await read("NEWS", timeframe)).toEqual(expected);
      expect(await read("NEWS", timeframe)).toEqual(expected);
    }
  });

  it("loses nothing of writers that write while it is made", async () => {
    const { pool } = database;
    const days = 12;
    const work = Array.from({ length: 24 }, (_, i) =>
      i % 2 === 0
        ? storeBars(pool, minutes("BUSY", days, `10.${i + 10}`), KNOWN_MS + i)
        : read("BUSY", i % 4 === 1 ? "1h" : "1d"),
    );
    await Promise.all(work);
    await read("BUSY", "1h");
    for (const timeframe of ["1h", "1d"] as const) {
      expect(await read("BUSY", timeframe)).toEqual(await direct("BUSY", timeframe));
    }
    expect(await dueDays("BUSY")).toBe(1);
  });

  it("is not made on a connection that the caller holds", async () => {
    await storeBars(database.pool, minutes("HELD", 3), KNOWN_MS);
    const client = await database.pool.connect();
    await client.query("BEGIN READ ONLY");
    const query = { symbol: "HELD", timeframe: "1d", limit: 9, order: "asc" } as const;
    const bars = await readBars(client, query);
    await client.query("COMMIT");
    client.release();
    expect(bars).toEqual(await read("HELD", "1d"));
  });
});

describe("bars beyond the end of their series", () => {
  it("that somebody put there past the store are found out, and none is lost", async () => {
    const { pool } = database;
    const bars = minutes("PAST", 2);
    await storeBars(pool, bars.slice(0, 120), KNOWN_MS);
    await pool.query(
      `INSERT INTO md.bar SELECT symbol_id, timeframe, ts + interval '2 hours', open, high, low, close, volume,
         vwap, trade_count, source, known_at, revision
       FROM md.bar JOIN md.symbol USING (symbol_id) WHERE symbol = 'PAST' AND ts >= $1 ORDER BY ts DESC LIMIT 9`,
      [new Date(bars[100]?.startMs ?? 0)],
    );
    const report = await storeBars(pool, bars, KNOWN_MS);
    expect(report.inserted + report.revised + report.duplicates).toBe(bars.length);
    const query = { symbol: "PAST", timeframe: "1m", limit: 10_000, order: "asc" } as const;
    const stored = await readBars(pool, query);
    expect(stored.filter(({ startMs }) => bars.some((bar) => bar.startMs === startMs))).toEqual(
      bars,
    );
  });

  it("of many series in one batch are each counted", async () => {
    const { pool } = database;
    const batch = ["A", "B", "C"].flatMap((name) => minutes(`MANY${name}`, 1));
    expect(await storeBars(pool, batch, KNOWN_MS)).toMatchObject({ inserted: batch.length });
    const more = ["A", "B", "C"].flatMap((name) => minutes(`MANY${name}`, 2));
    expect(await storeBars(pool, more, KNOWN_MS)).toEqual({
      inserted: more.length - batch.length,
      revised: 0,
      duplicates: batch.length,
    });
    const use = await storageUse(pool, { limit: 1_000 });
    const rows = use.filter(({ symbol }) => symbol.startsWith("MANY")).map((one) => one.rows);
    expect(rows).toEqual([411, 411, 411]);
  });
});

describe("retention", () => {
  it("keeps trades for thirty days and all else for ever, unless it is told otherwise", async () => {
    const rules = await retentionRules(database.pool);
    expect(rules).toHaveLength(11);
    expect(rules.filter(({ days }) => days !== null)).toEqual([
      { kind: "trades", timeframe: null, days: 30 },
    ]);
  });

  it("deletes whole days of the timeframes that have a rule, and never the newest bar", async () => {
    const { pool } = database;
    const bars = minutes("KEEP", 6);
    const daily: Bar = { ...firstOf("KEEP"), timeframe: "1d" };
    await storeBars(pool, [...bars, daily], KNOWN_MS);
    await storeBars(pool, minutes("DEAD", 1), KNOWN_MS);
    await read("KEEP", "1d");
    await setRetention(pool, [{ kind: "bars", timeframe: "1m", days: 2 }]);
    const nowMs = FIRST_MS + 5 * DAY_MS + 1;
    const applied = await applyRetention(pool, nowMs);
    expect(applied.find(({ kind }) => kind === "bars")?.deleted).toBeGreaterThan(600);
    const cutoffMs = FIRST_MS + 3 * DAY_MS;
    const known = await lastKnown(pool, "KEEP");
    expect(known[0]?.firstMs).toBeGreaterThanOrEqual(cutoffMs);
    expect(known[0]?.firstMs).toBeLessThan(cutoffMs + 7 * MINUTE_MS);
    expect(known[1]).toMatchObject({ timeframe: "1d", firstMs: FIRST_MS });
    expect(await latestBar(pool, "DEAD", "1m")).toEqual(minutes("DEAD", 1).at(-1));
    expect(await read("KEEP", "1h")).toEqual(await direct("KEEP", "1h"));
    const again = await applyRetention(pool, nowMs);
    expect(again.every(({ deleted }) => deleted === 0)).toBe(true);
    const use = (await storageUse(pool, { limit: 1_000 })).filter(
      ({ symbol }) => symbol === "DEAD",
    );
    expect(use).toMatchObject([{ kind: "bars", timeframe: "1m", rows: 1 }]);
  });

  it("says what is stored in pages that join to the whole", async () => {
    const { pool } = database;
    const all = await storageUse(pool, { limit: 1_000 });
    const found: StorageUse[] = [];
    for (;;) {
      const last = found.at(-1);
      const after = last && {
        symbol: last.symbol,
        kind: last.kind,
        timeframe: last.timeframe ?? "",
      };
      const page = await storageUse(pool, { limit: 2, ...(after && { after }) });
      found.push(...page);
      if (page.length < 2) break;
    }
    expect(found).toEqual(all);
    expect(all.filter(({ bytes, rows }) => bytes <= 0 || rows <= 0)).toEqual([]);
  });
});
