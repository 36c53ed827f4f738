import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import type { Bar, Timeframe } from "../../../../domain/market/bar.ts";
import type { Json } from "../../../../domain/shared/json.ts";
import { timeReader } from "../../../../services/data/files/date-format.ts";
import { filesHistory } from "../../../../services/data/files/files-history.ts";
import { readLayout } from "../../../../services/data/files/layout.ts";
import { fileBelow, linesOf } from "../../../../services/data/files/open-file.ts";
import { SourceError } from "../../../../services/data/sources/source.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const ASK = { now: () => NOW_MS, signal: new AbortController().signal };

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "qa-layouts-"));
});
afterAll(() => rm(root, { recursive: true }));

async function put(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

/** An archive of one file or more (PKWARE's APPNOTE.TXT §4.3), to the byte. */
function zip(files: Readonly<Record<string, string>>, claimedBytes?: number): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const data = deflateRawSync(content);
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(8, 4);
    about.writeUInt32LE(crc32(content), 10);
    about.writeUInt32LE(data.length, 14);
    about.writeUInt32LE(claimedBytes ?? Buffer.byteLength(content), 18);
    about.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), about, Buffer.from(name), data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([
        Buffer.from("PK\u0001\u0002"),
        Buffer.from([20, 0]),
        about,
        tail,
        Buffer.from(name),
      ]),
    );
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, Buffer.from("PK\u0005\u0006"), end]);
}

async function barsOf(
  symbol: string,
  timeframe: Timeframe,
  layouts: readonly Json[] | null = null,
): Promise<readonly Bar[]> {
  const source = filesHistory({ root, layouts: () => layouts, symbolAt: (name) => name });
  const query = { symbol, timeframe, startMs: 0, endMs: NOW_MS };
  const bars: Bar[] = [];
  for await (const page of source.bars(query, ASK)) {
    bars.push(...page.accepted);
    expect(page.refused).toEqual([]);
  }
  return bars;
}

const shown = (bars: readonly Bar[]) =>
  bars.map(({ startMs, open: o, high, low, close, volume }) =>
    [new Date(startMs).toISOString(), o, high, low, close, volume].join(" "),
  );

async function lines(path: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const batch of linesOf(join(root, path))) found.push(...batch);
  return found;
}

describe("files of bars", () => {
  it("are CSV with any names of columns, quoted or not, gzipped or not", async () => {
    const csv = 'Datetime,"Open",High,Low,Close,Volume\n2024-01-02,1.10,"2",1,1.5,100\n';
    await put("PLAIN-1d.csv", csv);
    await put("ZIPPED-1d.csv.gz", gzipSync(csv));
    await put("PACKED-1d.csv.zip", zip({ "anything.csv": csv }));
    const expected = ["2024-01-02T00:00:00.000Z 1.1 2 1 1.5 100"];
    for (const symbol of ["PLAIN", "ZIPPED", "PACKED"])
      expect(shown(await barsOf(symbol, "1d"))).toEqual(expected);
  });

  it("have their times by the clock of a place", async () => {
    const columns = { timestamp: "when" };
    const layout = {
      format: "csv",
      path: "ny/{symbol}.csv",
      columns,
      timeZone: "America/New_York",
      dateFormat: "yyyyMMdd HH:mm",
    };
    const rows = "20240110 09:30,1,1,1,1,5\n20240710 09:30,1,1,1,1,5\n";
    await put("ny/CLOCK.csv", `when,open,high,low,close,volume\n${rows}`);
    expect(shown(await barsOf("CLOCK", "1m", [layout]))).toEqual([
      "2024-01-10T14:30:00.000Z 1 1 1 1 5",
      "2024-07-10T13:30:00.000Z 1 1 1 1 5",
    ]);
  });

  it("are LEAN's: days, hours and minutes of equities in 1/10000 by the clock of New York", async () => {
    const daily = "20131007 00:00,1000000,1010000,990000,1005050,5\n";
    await put("equity/usa/daily/ibm.zip", zip({ "ibm.csv": daily }));
    const hour = "20131007 09:00,1000000,1010000,990000,1005050,5\n";
    await put("equity/usa/hour/ibm.zip", zip({ "ibm.csv": hour }));
    const minute = "34200000,1000000,1010000,990000,1005050,5\n";
    const name = "20131007_ibm_minute_trade.csv";
    await put("equity/usa/minute/ibm/20131007_trade.zip", zip({ [name]: minute }));
    expect(shown(await barsOf("IBM", "1d"))).toEqual([
      "2013-10-07T00:00:00.000Z 100 101 99 100.505 5",
    ]);
    expect(shown(await barsOf("IBM", "1h"))).toEqual([
      "2013-10-07T13:00:00.000Z 100 101 99 100.505 5",
    ]);
    const source = filesHistory({ root, layouts: () => null, symbolAt: (symbol) => symbol });
    const day = { startMs: Date.UTC(2013, 9, 7), endMs: Date.UTC(2013, 9, 8) };
    for await (const page of source.bars({ symbol: "IBM", timeframe: "1m", ...day }, ASK))
      expect(shown(page.accepted)).toEqual(["2013-10-07T13:30:00.000Z 100 101 99 100.505 5"]);
  });

  it("are LEAN's ticks, without those that are marked suspicious", async () => {
    const ticks = "34200123,1000000,7,P,0,0\n34200500,990000,1,P,0,1\n";
    await put("equity/usa/tick/ibm/20131007_trade.zip", zip({ "ticks.csv": ticks }));
    const source = filesHistory({ root, layouts: () => null, symbolAt: (symbol) => symbol });
    const range = { startMs: Date.UTC(2013, 9, 7), endMs: Date.UTC(2013, 9, 8) };
    for await (const page of source.trades({ symbol: "IBM", ...range }, ASK)) {
      expect(page.accepted.map(({ price, size, tsEventMs }) => [price, size, tsEventMs])).toEqual([
        ["100", "7", Date.parse("2013-10-07T13:30:00.123Z")],
      ]);
      expect(page.refused).toHaveLength(1);
    }
  });

  it("that are not there are a symbol that is not known", async () => {
    await expect(barsOf("NOWHERE", "1d")).rejects.toMatchObject({ fault: "SOURCE_SYMBOL_UNKNOWN" });
  });

  it("without the columns that are needed are malformed", async () => {
    await put("COLUMNS-1d.csv", "date,open,close\n2024-01-02,1,1\n");
    await expect(barsOf("COLUMNS", "1d")).rejects.toThrow(SourceError);
  });
});

describe("what files must not do", () => {
  it.each(["../outside.csv", "/etc/passwd", "a/../../outside.csv", "link/secret.csv", "a\0b"])(
    "%j is not below the directory",
    async (path) => {
      const outside = await mkdtemp(join(tmpdir(), "qa-outside-"));
      await writeFile(join(outside, "secret.csv"), "secret");
      await symlink(outside, join(root, "link")).catch(() => undefined);
      expect(await fileBelow(root, path)).toBeNull();
      await rm(outside, { recursive: true });
    },
  );

  it.each([
    ["several files", "one file", zip({ "a.csv": "1", "b.csv": "2" })],
    ["a name that climbs out", "relative path", zip({ "../../evil.csv": "1" })],
    ["nothing", "one file", zip({})],
    ["a thousand times its size", "thousand times", zip({ x: "0".repeat(50_000_000) })],
    ["more than it says", "too many bytes", zip({ "lie.csv": "0".repeat(5_000) }, 10)],
    ["half of itself", "End of central", zip({ x: "0,1\n".repeat(100) }).subarray(0, 60)],
  ])("an archive with %s is refused", async (_what, words, archive) => {
    await put("archive.zip", archive);
    await expect(lines("archive.zip")).rejects.toThrow(words);
  });

  it("a line without an end is refused", async () => {
    await put("endless.csv", "x".repeat(200_000));
    await expect(lines("endless.csv")).rejects.toThrow("a line without an end");
  });
});

describe("layouts", () => {
  it.each([
    [{ format: "xml", path: "a" }, "format"],
    [{ format: "csv" }, "path"],
    [{ format: "csv", path: "../a.csv" }, "path"],
    [{ format: "csv", path: "a", timeZone: "Mars/Base" }, "timeZone"],
    [{ format: "csv", path: "a", dateFormat: "HH:mm" }, "dateFormat"],
    [{ format: "csv", path: "a", columns: { colour: "red" } }, "columns.colour"],
    [{ format: "lean", market: "../.." }, "market"],
    [{ format: "lean", colour: "red" }, "colour"],
  ])("%j is refused, naming %s", (layout, field) => {
    const found = readLayout(layout, "layouts[0]");
    expect(Array.isArray(found) && found.map(({ path }) => path)).toContain(`layouts[0].${field}`);
  });
});

describe("times of files", () => {
  it.each([
    ["epochS", "1704189600", "2024-01-02T10:00:00.000Z"],
    ["epochMs", "1704189600123", "2024-01-02T10:00:00.123Z"],
    ["MM/dd/yyyy HH:mm:ss", "1/2/2024 10:00:00", "2024-01-02T10:00:00.000Z"],
    ["dd.MM.yyyy", "02.01.2024", "2024-01-02T00:00:00.000Z"],
    ["iso", "2024-01-02T10:00:00.5Z", "2024-01-02T10:00:00.500Z"],
    ["iso", "2024-01-02 10:00", "2024-01-02T10:00:00.000Z"],
  ])("in %s, %s is %s", (format, text, expected) => {
    const time = timeReader(format, "UTC")(text);
    expect("ms" in time && new Date(time.ms).toISOString()).toBe(expected);
  });

  it.each([
    ["yyyyMMdd", "20240230"],
    ["epochS", "tomorrow"],
    ["dd.MM.yyyy", "2024-01-02"],
  ])("in %s, %s is no time", (format, text) => {
    expect(timeReader(format, "UTC")(text)).toMatchObject({
      refused: { reason: "TIME_UNREADABLE" },
    });
  });
});
