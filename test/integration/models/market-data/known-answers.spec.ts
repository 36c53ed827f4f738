import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Bar } from "../../../../domain/market/bar.ts";
import { readBarColumns, readBars, storeBars } from "../../../../models/timescale/bars.ts";
import { withDatabase } from "../../../support/database.ts";

const ROOT = join(import.meta.dirname, "../../../..");
const VEGA = join(ROOT, "node_modules/vega-datasets/data");
const SHARED = join(process.env["SHARED_DATA"] ?? join(ROOT, "../shared/data"), "market");

const KNOWN_MS = Date.UTC(2026, 0);
const DAY_MS = 86_400_000;

const database = withDatabase();

/** The packaged S&P 500, dates taken as UTC midnights. */
const index: readonly Bar[] = tableOf(readFileSync(join(VEGA, "sp500-2000.csv"), "utf8")).map(
  ([date = "", open = "", high = "", low = "", close = "", , volume = ""]) => ({
    symbol: "^GSPC",
    timeframe: "1d",
    startMs: Date.parse(`${date}T00:00:00Z`),
    open: canonical(open),
    high: canonical(high),
    low: canonical(low),
    close: canonical(close),
    volume,
    source: "vega-datasets",
  }),
);

function tableOf(csv: string): string[][] {
  return csv
    .trim()
    .split(/\r?\n/u)
    .slice(1)
    .map((line) => line.split(","));
}

function canonical(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/u, "") : decimal;
}

/** Groups in the order of the bars, by whatever names the group; sums in BigInt. */
function aggregate(bars: readonly Bar[], startOf: (atMs: number) => number) {
  return [...Map.groupBy(bars, (bar) => startOf(bar.startMs))].map(([startMs, group]) => ({
    startMs,
    open: group[0]?.open,
    high: group.reduce((max, { high }) => (Number(high) > Number(max) ? high : max), "-1"),
    low: group.reduce((min, { low }) => (Number(low) < Number(min) ? low : min), "1e99"),
    close: group.at(-1)?.close,
    volume: sum(group.map(({ volume }) => volume)),
  }));
}

/** Digits after the point, more than any volume in the files has. */
const PLACES = 20;

function sum(decimals: readonly string[]): string {
  const units = decimals.reduce((total, decimal) => {
    const [whole = "", fraction = ""] = decimal.split(".");
    return total + BigInt(whole + fraction.padEnd(PLACES, "0"));
  }, 0n);
  const digits = String(units).padStart(PLACES + 1, "0");
  return canonical(`${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`);
}

function pricesOf(bars: readonly Bar[]) {
  return bars.map(({ startMs, open, high, low, close, volume }) => ({
    startMs,
    open,
    high,
    low,
    close,
    volume,
  }));
}

function monthOf(atMs: number): number {
  const at = new Date(atMs);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth());
}

describe("the packaged S&P 500, 2000 to 2020", () => {
  beforeAll(async () => {
    await storeBars(database.pool, index, KNOWN_MS);
  });

  it("is stored once", async () => {
    expect(index).toHaveLength(5_105);
    expect(await storeBars(database.pool, index, KNOWN_MS + 1)).toEqual({
      inserted: 0,
      revised: 0,
      duplicates: 5_105,
    });
  });

  it("comes back as it was given", async () => {
    const query = { symbol: "^GSPC", timeframe: "1d", limit: 6_000, order: "asc" } as const;
    expect(await readBars(database.pool, query)).toEqual(index);
  });

  it("has the weeks that the calendar gives it, Monday to Sunday", async () => {
    const weeks = await readBars(database.pool, {
      symbol: "^GSPC",
      timeframe: "1w",
      limit: 2_000,
      order: "asc",
    });
    const expected = aggregate(
      index,
      (atMs) => atMs - ((new Date(atMs).getUTCDay() + 6) % 7) * DAY_MS,
    );
    expect(pricesOf(weeks)).toEqual(expected);
    // The week of 11 September 2001, when the exchanges stayed closed from Tuesday on: Monday's bar alone.
    const september = weeks.find(({ startMs }) => startMs === Date.UTC(2001, 8, 10));
    expect(september).toMatchObject({ open: "1085.780029", close: "1092.540039" });
  });

  it("has the months that the calendar gives it", async () => {
    const months = await readBars(database.pool, {
      symbol: "^GSPC",
      timeframe: "1mo",
      limit: 1_000,
      order: "desc",
    });
    expect(pricesOf(months.toReversed())).toEqual(aggregate(index, monthOf));
  });

  // vega-datasets' sp500.csv: the index at the end of each month to the cent, 2000-01 to 2010-03, from another source.
  it("closes each month where the published monthly series says", async () => {
    const published = tableOf(readFileSync(join(VEGA, "sp500.csv"), "utf8")).map(
      ([date = "", price = ""]) => ({
        startMs: Date.parse(`${date} UTC`),
        close: Number(price).toFixed(2),
      }),
    );
    const months = await readBars(database.pool, {
      symbol: "^GSPC",
      timeframe: "1mo",
      endMs: Date.UTC(2010, 1),
      limit: 1_000,
      order: "asc",
    });
    expect(months).toHaveLength(121);
    expect(
      months.map(({ startMs, close }) => ({ startMs, close: Number(close).toFixed(2) })),
    ).toEqual(published.filter(({ startMs }) => startMs < Date.UTC(2010, 1)));
  });

  it("comes as columns with the same numbers, stored and aggregated", async () => {
    const days = await readBarColumns(database.pool, { symbol: "^GSPC", timeframe: "1d" });
    expect([...days.startMs]).toEqual(index.map(({ startMs }) => startMs));
    expect([...days.close]).toEqual(index.map(({ close }) => Number(close)));
    const months = await readBarColumns(database.pool, {
      symbol: "^GSPC",
      timeframe: "1mo",
      startMs: Date.UTC(2008, 0),
      endMs: Date.UTC(2009, 0),
    });
    expect([...months.low]).toEqual(
      aggregate(index, monthOf)
        .filter(({ startMs }) => new Date(startMs).getUTCFullYear() === 2008)
        .map(({ low }) => Number(low)),
    );
  });
});

const MINUTE_FILE = join(SHARED, "minute/BTC-PERP_1m_20211231_20220201.csv.gz");
const hasMinutes = existsSync(MINUTE_FILE);
if (!hasMinutes) console.warn(`SKIPPED: real minute bars, because ${MINUTE_FILE} is absent`);

/** Times are UTC, without a gap, says the file's description. */
function minutesOf(csv: string): readonly Bar[] {
  return tableOf(csv).map(([at = "", open = "", high = "", low = "", close = "", volume = ""]) => ({
    symbol: "BTC-PERP",
    timeframe: "1m",
    startMs: Date.parse(`${at.slice(0, 19).replace(" ", "T")}Z`),
    open: canonical(open),
    high: canonical(high),
    low: canonical(low),
    close: canonical(close),
    volume: canonical(volume),
    source: "file",
  }));
}

(hasMinutes ? describe : describe.skip)("45,031 real minutes of BTC-PERP", () => {
  let given: readonly Bar[] = [];

  beforeAll(async () => {
    given = minutesOf(gunzipSync(readFileSync(MINUTE_FILE)).toString());
    await storeBars(database.pool, given, KNOWN_MS);
  });

  it.each([
    ["5m", 5],
    ["1h", 60],
    ["4h", 240],
    ["1d", 1_440],
  ] as const)("aggregate to %s to the last digit", async (timeframe, length) => {
    const read = await readBars(database.pool, {
      symbol: "BTC-PERP",
      timeframe,
      limit: 20_000,
      order: "asc",
    });
    const lengthMs = length * 60_000;
    expect(pricesOf(read)).toEqual(
      aggregate(given, (atMs) => Math.floor(atMs / lengthMs) * lengthMs),
    );
  });

  it("come as columns, a number each", async () => {
    const columns = await readBarColumns(database.pool, { symbol: "BTC-PERP", timeframe: "1m" });
    expect(columns.close).toHaveLength(45_031);
    expect([...columns.volume]).toEqual(given.map(({ volume }) => Number(volume)));
  });
});
