import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Bar } from "../../../../domain/market/bar.ts";
import type { MarketSource, SourceRow } from "../../../../services/data/feeds/feed.ts";
import { minuteCsvSource } from "../../../../services/data/feeds/minute-csv.ts";
import { sp500Source } from "../../../../services/data/feeds/sp500.ts";
import { tickCsvSource } from "../../../../services/data/feeds/tick-csv.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const folder = mkdtempSync(join(tmpdir(), "feeds-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(text) : text);
  return path;
}

async function read(source: MarketSource, after = 0): Promise<SourceRow[]> {
  const rows: SourceRow[] = [];
  for await (const row of source.rows(after, () => NOW)) rows.push(row);
  return rows;
}

const barsIn = (rows: readonly SourceRow[]): Bar[] =>
  rows.flatMap((row) => ("event" in row && row.event.kind === "bar" ? [row.event.bar] : []));

const shown = (rows: readonly SourceRow[]) =>
  rows.map((row) => [row.row, "event" in row ? row.event.kind : row.refused.reason]);

const minutes = (text: string) =>
  minuteCsvSource({ path: file("m.csv", text), symbol: "X", source: "test" });

const readMinutes = (path: string) => read(minuteCsvSource({ path, symbol: "X", source: "test" }));

const isOnTick = (price: string) => /^\d+(?:\.\d\d?)?$/.test(price);

const isSound = ({ open, high, low, close }: Bar) =>
  [open, high, low, close].every(isOnTick) &&
  Math.max(Number(open), Number(close)) <= Number(high) &&
  Math.min(Number(open), Number(close)) >= Number(low);

describe("the packaged S&P 500", () => {
  it("has 5,105 daily bars and refuses none", async () => {
    const rows = await read(sp500Source());
    const bars = barsIn(rows);
    expect(bars).toHaveLength(5_105);
    expect(rows).toHaveLength(5_105);
    // The first line of the file: 1469.250000,1478.000000,1438.359985,1455.219971
    expect(bars[0]).toEqual({
      symbol: "SPX",
      timeframe: "1d",
      startMs: Date.parse("2000-01-03T00:00:00Z"),
      open: "1469.25",
      high: "1478",
      low: "1438.36",
      close: "1455.22",
      volume: "931800000",
      source: "vega-sp500",
    });
    expect(bars.at(-1)).toMatchObject({ startMs: Date.parse("2020-04-17"), close: "2874.56" });
  });

  it("is on the tick, rises in time, and keeps open and close within the range", async () => {
    const bars = barsIn(await read(sp500Source()));
    const isLater = (bar: Bar, index: number) => bar.startMs > (bars[index - 1]?.startMs ?? 0);
    expect(bars.filter((bar) => !isSound(bar))).toEqual([]);
    expect(bars.every(isLater)).toBe(true);
  });

  it("rounds halves to the even tick", async () => {
    const path = file(
      "halves.csv",
      "date,open,high,low,close,adjclose,volume\n2000-01-03,1.005,1.015,1.005,1.015,0,1\n",
    );
    const [bar] = barsIn(await read(sp500Source(path)));
    expect(bar).toMatchObject({ open: "1", high: "1.02", low: "1", close: "1.02" });
  });
});

describe("a bad row", () => {
  it("is handed over with its number and reason, and the rows after it are read", async () => {
    const source = minutes(
      [
        "time_utc,open,high,low,close,volume",
        "2020-01-02T00:00:00Z,1,2,0.5,1.5,10",
        "2020-01-02T00:01:00Z,1,0.4,0.5,0.45,10",
        "2020-01-02T00:02:00Z,1,2,0.5",
        "2020-01-02T00:03:00Z,,2,0.5,1.5,10",
        'later,1,2,0.5,"1,5",10',
        "",
        "2020-01-02T00:05:30Z,1,2,0.5,1.5,10",
        "2030-01-02T00:06:00Z,1,2,0.5,1.5,10",
        "2020-01-02T00:07:00Z,1,2,0.5,1.5,-3",
        "2020-01-02T00:08:00Z,1,2,0.5,1.5,3",
      ].join("\r\n"),
    );
    expect(shown(await read(source))).toEqual([
      [1, "bar"],
      [2, "HIGH_BELOW_LOW"],
      [3, "ROW_MALFORMED"],
      [4, "NOT_A_DECIMAL"],
      [5, "ROW_MALFORMED"],
      [6, "ROW_MALFORMED"],
      [7, "TIME_NOT_ALIGNED"],
      [8, "TIME_IN_FUTURE"],
      [9, "VOLUME_NEGATIVE"],
      [10, "bar"],
    ]);
  });

  it("counts as a position: reading after row 9 gives row 10", async () => {
    const header = "time_utc,open,high,low,close,volume";
    const good = "2020-01-02T00:00:00Z,1,2,0.5,1.5,10";
    const source = minutes([header, ...Array.from({ length: 9 }, () => "bad"), good].join("\n"));
    expect(shown(await read(source, 9))).toEqual([[10, "bar"]]);
    expect(await read(source, 10)).toEqual([]);
  });

  it("among ticks names suspicious prints, crossed quotes and empty ones", async () => {
    const quotes = tickCsvSource({
      path: file(
        "q.csv",
        [
          "time_ny,bid,bid_size,ask,ask_size,exchange,quote_condition,suspicious",
          "2013-10-08T09:30:00.640,180.01,200,0,0,P,1,0",
          "2013-10-08T09:30:00.641,180.01,200,180,100,P,1,0",
          "2013-10-08T09:30:00.642,0,0,0,0,P,1,0",
          "2013-10-08T09:30:00.643,180.01,200,180.02,100,P,1,1",
        ].join("\n"),
      ),
      symbol: "IBM",
      source: "test",
    });
    const rows = await read(quotes);
    expect(shown(rows)).toEqual([
      [1, "quote"],
      [2, "QUOTE_CROSSED"],
      [3, "QUOTE_EMPTY"],
      [4, "MARKED_SUSPICIOUS"],
    ]);
    expect(rows[0]).toMatchObject({
      event: {
        quote: { bid: "180.01", ask: null, tsEventMs: Date.parse("2013-10-08T13:30:00.640Z") },
      },
    });
  });
});

describe("a file", () => {
  it("may be gzipped", async () => {
    const path = file(
      "t.csv.gz",
      "time_ny,price,size,exchange,sale_condition,suspicious\n2013-01-08T09:30:00.000,180.0100,200,P,0,0\n",
    );
    const [row] = await read(tickCsvSource({ path, symbol: "IBM", source: "tape" }));
    expect(row).toEqual({
      row: 1,
      event: {
        kind: "trade",
        trade: {
          symbol: "IBM",
          price: "180.01",
          size: "200",
          tsEventMs: Date.parse("2013-01-08T14:30:00Z"),
          source: "tape",
        },
      },
    });
  });

  it("with other columns is an error that shows them", async () => {
    const path = file("other.csv", "a,b,c\n1,2,3\n");
    const source = { path, symbol: "X", source: "test" };
    await expect(read(minuteCsvSource(source))).rejects.toThrow("columns a,b,c are not understood");
    await expect(read(tickCsvSource(source))).rejects.toThrow("columns a,b,c");
    await expect(read(sp500Source(path))).rejects.toThrow("columns a,b,c");
  });

  it("that is absent, broken or without line ends is an error", async () => {
    await expect(readMinutes(join(folder, "absent.csv"))).rejects.toThrow("ENOENT");
    const broken = join(folder, "broken.csv.gz");
    writeFileSync(broken, "this is not gzip");
    await expect(readMinutes(broken)).rejects.toThrow("incorrect header check");
    await expect(readMinutes(file("endless.csv", "x".repeat(200_000)))).rejects.toThrow(
      "a line without an end",
    );
  });
});
