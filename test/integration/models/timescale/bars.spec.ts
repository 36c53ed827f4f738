import type { Bar } from "../../../../domain/market/bar.ts";
import {
  barsAfter,
  hasBars,
  lastKnown,
  latestBar,
  readBarColumns,
  readBars,
  storeBars,
} from "../../../../models/timescale/bars.ts";
import { dropBarsBefore } from "../../../../models/timescale/partitions.ts";
import { createPool } from "../../../../models/postgres/pool.ts";
import { withDatabase } from "../../../support/database.ts";

const KNOWN_MS = Date.UTC(2030, 0);
const MINUTE_MS = 60_000;

function bar(symbol: string, startMs: number, close = "10.5"): Bar {
  return {
    symbol,
    timeframe: "1m",
    startMs,
    open: "10",
    high: "11",
    low: "9",
    close,
    volume: "100",
    source: "test",
  };
}

function minutes(symbol: string, firstMs: number, length: number): Bar[] {
  return Array.from({ length }, (_, i) => bar(symbol, firstMs + i * MINUTE_MS));
}

const database = withDatabase();

async function rows<Row extends object>(sql: string): Promise<Row[]> {
  return (await database.pool.query<Row>(sql)).rows;
}

async function partitions(): Promise<string[]> {
  const found = await rows<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'md.bar'::regclass`,
  );
  return found.map(({ name }) => name);
}

describe("what is stored of a symbol", () => {
  it("is nothing for a symbol that nobody stored", async () => {
    const { pool } = database;
    expect(await hasBars(pool, "NOBODY")).toBe(false);
    expect(await lastKnown(pool, "NOBODY")).toEqual([]);
    expect(await latestBar(pool, "NOBODY", "1m")).toBeNull();
    expect((await readBarColumns(pool, { symbol: "NOBODY", timeframe: "1m" })).open).toHaveLength(
      0,
    );
  });

  it("is known by its first and last bar per timeframe, finest first", async () => {
    const { pool } = database;
    const daily: Bar = { ...bar("KNOWN", Date.UTC(2001, 0, 2)), timeframe: "1d" };
    await storeBars(pool, [daily, ...minutes("KNOWN", Date.UTC(2020, 0, 2), 3)], KNOWN_MS);
    expect(await hasBars(pool, "KNOWN")).toBe(true);
    expect(await lastKnown(pool, "KNOWN")).toEqual([
      {
        timeframe: "1m",
        firstMs: Date.UTC(2020, 0, 2),
        lastMs: Date.UTC(2020, 0, 2, 0, 2),
        knownAtMs: KNOWN_MS,
      },
      {
        timeframe: "1d",
        firstMs: Date.UTC(2001, 0, 2),
        lastMs: Date.UTC(2001, 0, 2),
        knownAtMs: KNOWN_MS,
      },
    ]);
  });

  it("goes on after an instant, and ends with the latest bar", async () => {
    const { pool } = database;
    const stored = minutes("AFTER", Date.UTC(2020, 1, 28, 23, 58), 5);
    await storeBars(pool, stored, KNOWN_MS);
    expect(await barsAfter(pool, "AFTER", "1m", stored[1]?.startMs ?? 0, 2)).toEqual(
      stored.slice(2, 4),
    );
    expect(await latestBar(pool, "AFTER", "1m")).toEqual(stored[4]);
  });

  it("is read on a connection that the caller holds, and left open", async () => {
    const client = await database.pool.connect();
    await client.query("BEGIN");
    expect(await hasBars(client, "AFTER")).toBe(true);
    expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await client.query("ROLLBACK");
    client.release();
  });

  it("comes in one read though years of nothing lie between its bars", async () => {
    const { pool } = database;
    const stored = [1971, 1999, 2000, 2026].map((year) => bar("SPARSE", Date.UTC(year, 5, 1)));
    await storeBars(pool, stored, KNOWN_MS);
    const query = { symbol: "SPARSE", timeframe: "1m", limit: 4 } as const;
    expect(await readBars(pool, { ...query, order: "asc" })).toEqual(stored);
    expect(await readBars(pool, { ...query, order: "desc" })).toEqual(stored.toReversed());
  });
});

describe("text from outside", () => {
  it("is stored and found as it is, whatever it says", async () => {
    const { pool } = database;
    const symbol = String.raw`'; DROP TABLE md.bar; -- \N`;
    const source = "tab\t, line\n, \\N, 'quote'";
    const stored = minutes(symbol, Date.UTC(2020, 0), 1_200).map((one) =>
      Object.assign(one, { source }),
    );
    await storeBars(pool, stored, KNOWN_MS);
    expect(await latestBar(pool, symbol, "1m")).toEqual(stored.at(-1));
    expect((await readBarColumns(pool, { symbol, timeframe: "1m" })).open).toHaveLength(1_200);
  });
});

describe("what is not a bar", () => {
  const wrong: [string, Partial<Bar>][] = [
    ["NaN", { close: "NaN" }],
    ["an infinite price", { high: "Infinity" }],
    ["low above high", { low: "12" }],
    ["a negative volume", { volume: "-1" }],
    ["no number", { open: "ten" }],
  ];

  it.each(wrong)("is refused: %s", async (_, change) => {
    const batch = [bar("REFUSED", Date.UTC(2020, 0)), { ...bar("REFUSED", 0), ...change }];
    await expect(storeBars(database.pool, batch, KNOWN_MS)).rejects.toThrow(/check|invalid input/u);
    expect(await hasBars(database.pool, "REFUSED")).toBe(false);
  });

  it("leaves no open transaction behind when a COPY fails", async () => {
    const batch = minutes("REFUSED", Date.UTC(2020, 0), 1_500);
    await expect(
      storeBars(database.pool, [...batch, { ...bar("REFUSED", 0), low: "12" }], KNOWN_MS),
    ).rejects.toThrow("check");
    expect(await hasBars(database.pool, "REFUSED")).toBe(false);
    const open = await rows(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'",
    );
    expect(open).toEqual([]);
  });
});

describe("partitions", () => {
  it("are made for the months of a batch, and for the month after", async () => {
    await storeBars(database.pool, [bar("PART", Date.UTC(2015, 10, 30))], KNOWN_MS);
    expect(await partitions()).toEqual(expect.arrayContaining(["bar_201511", "bar_201512"]));
    expect(await partitions()).not.toContain("bar_201510");
  });

  it("are not made for absurd dates: the net takes these", async () => {
    const before = (await partitions()).length;
    const odd = [bar("ODD", Date.UTC(1960, 0)), bar("ODD", Date.UTC(2200, 0))];
    await storeBars(database.pool, odd, KNOWN_MS);
    expect((await partitions()).length).toBe(before);
    expect(
      await readBars(database.pool, { symbol: "ODD", timeframe: "1m", limit: 9, order: "asc" }),
    ).toEqual(odd);
    await dropBarsBefore(database.pool, Date.UTC(1965, 0));
    expect(await latestBar(database.pool, "ODD", "1m")).toEqual(odd[1]);
    expect(await lastKnown(database.pool, "ODD")).toMatchObject([{ firstMs: odd[1]?.startMs }]);
  });

  it("take over what the net caught before they were made", async () => {
    await rows("INSERT INTO md.symbol (symbol) VALUES ('NET')");
    await rows(
      `INSERT INTO md.bar SELECT symbol_id, '1m', '2010-03-31 23:59Z', 10, 11, 9, 10.5, 100, NULL, NULL, 'test', now()
       FROM md.symbol WHERE symbol = 'NET'`,
    );
    const place =
      "SELECT tableoid::regclass::text AS place FROM md.bar WHERE ts = '2010-03-31 23:59Z'";
    expect(await rows(place)).toEqual([{ place: "md.bar_default" }]);
    const report = await storeBars(
      database.pool,
      [bar("NET", Date.UTC(2010, 2, 31, 23, 59))],
      KNOWN_MS,
    );
    expect(report).toEqual({ inserted: 0, revised: 0, duplicates: 1 });
    expect(await rows(place)).toEqual([{ place: "md.bar_201003" }]);
  });

  it("that cannot be made, because a reader holds the net, stop no ingest", async () => {
    const { pool } = database;
    const client = await pool.connect();
    await client.query("BEGIN");
    await client.query("SELECT count(*) FROM md.bar_default");
    const stored = bar("BUSY", Date.UTC(2011, 0));
    expect(await storeBars(pool, [stored], KNOWN_MS)).toMatchObject({ inserted: 1 });
    await client.query("COMMIT");
    client.release();
    expect(await partitions()).not.toContain("bar_201101");
    expect(await storeBars(pool, [stored], KNOWN_MS)).toMatchObject({ duplicates: 1 });
    expect(await partitions()).toContain("bar_201101");
    expect(await latestBar(pool, "BUSY", "1m")).toEqual(stored);
  });
});

describe("concurrent writers", () => {
  it("of new months make each partition once and lose no bar", async () => {
    // Pools of their own: each has to find out for itself which partitions there are.
    const pools = Array.from({ length: 6 }, () =>
      createPool(database.url, { max: 2, applicationName: "test", onError: () => undefined }),
    );
    const batches = pools.map((_, writer) =>
      Array.from({ length: 60 }, (__, month) =>
        bar(`W${writer}`, Date.UTC(1980, writer % 2 === 0 ? month : 59 - month, 1 + writer)),
      ),
    );
    const reports = await Promise.all(
      pools.map((pool, writer) => storeBars(pool, batches[writer] ?? [], KNOWN_MS)),
    );
    await Promise.all(pools.map((pool) => pool.end()));
    expect(reports.map(({ inserted }) => inserted)).toEqual(pools.map(() => 60));
    const outside = await rows(
      "SELECT FROM md.bar_default WHERE ts >= '1980-01-01Z' AND ts < '1985-01-01Z'",
    );
    expect(outside).toEqual([]);
  });

  it("of one bar insert it once, and keep every version but the last as a revision", async () => {
    const { pool } = database;
    const at = Date.UTC(2020, 6, 1);
    const reports = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        storeBars(pool, [bar("RACE", at, `10.${(i % 20) + 10}`)], KNOWN_MS),
      ),
    );
    const sum = (field: "inserted" | "revised" | "duplicates") =>
      reports.reduce((total, report) => total + report[field], 0);
    expect(sum("inserted")).toBe(1);
    expect(sum("inserted") + sum("revised") + sum("duplicates")).toBe(40);
    const kept = await rows<{ revision: number }>(
      `SELECT revision FROM md.bar_revision JOIN md.symbol USING (symbol_id)
       WHERE symbol = 'RACE' ORDER BY revision`,
    );
    expect(kept.map(({ revision }) => revision)).toEqual(
      Array.from({ length: sum("revised") }, (_, i) => i),
    );
  });

  it("of the same bars in opposite orders do not stop each other", async () => {
    const { pool } = database;
    const up = [
      ...minutes("DEAD", Date.UTC(2020, 7), 400),
      ...minutes("LOCK", Date.UTC(2020, 7), 400),
    ];
    const down = up.map((one) => bar(one.symbol, one.startMs, "10.75")).toReversed();
    const reports = await Promise.all(
      Array.from({ length: 8 }, (_, i) => storeBars(pool, i % 2 === 0 ? up : down, KNOWN_MS)),
    );
    expect(reports.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(800);
  });

  it("of the same large batch, one through COPY after the other, count each bar once", async () => {
    const batch = minutes("LARGE", Date.UTC(2020, 8), 3_000);
    const reports = await Promise.all(
      [1, 2, 3].map(() => storeBars(database.pool, batch, KNOWN_MS)),
    );
    expect(reports.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(3_000);
    expect(reports.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(6_000);
  });
});
