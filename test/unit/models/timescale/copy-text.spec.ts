import * as fc from "fast-check";
import type { Bar } from "../../../../domain/market/bar.ts";
import { COPY_COLUMNS, copyText } from "../../../../models/timescale/copy-text.ts";

const bar: Bar = {
  symbol: "SPY",
  timeframe: "1m",
  startMs: Date.UTC(2020, 1, 29, 14, 30),
  open: "100.5",
  high: "101",
  low: "99.25",
  close: "100",
  volume: "1200",
  source: "replay",
};

const textOf = (...bars: Bar[]) => [...copyText(bars, () => 7)].join("");

/** PostgreSQL 15 documentation, COPY, "Text Format": the escapes that the writer uses, undone. */
function unescape(field: string): string {
  return field.replaceAll(
    /\\(.)/gu,
    (_, character: string) => ({ t: "\t", n: "\n", r: "\r" })[character] ?? character,
  );
}

describe("bars as COPY text", () => {
  it("writes the columns in their order, with NULL for what a bar does not say", () => {
    const row = "7\t1m\t2020-02-29T14:30:00.000Z\t100.5\t101\t99.25\t100\t1200\t\\N\t\\N\treplay\n";
    expect(textOf(bar)).toBe(row);
    expect(row.split("\t")).toHaveLength(COPY_COLUMNS.split(", ").length);
  });

  it("writes vwap and trade count where they are known", () => {
    expect(textOf({ ...bar, vwap: "100.1", tradeCount: 0 })).toContain("\t100.1\t0\treplay\n");
  });

  it("keeps any text of a source within its field", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (source) => {
        const line = textOf({ ...bar, source });
        expect(line.endsWith("\n")).toBe(true);
        const fields = line.slice(0, -1).split("\t");
        expect(fields).toHaveLength(11);
        expect(line.slice(0, -1)).not.toMatch(/[\n\r]/u);
        expect(unescape(fields[10] ?? "")).toBe(source);
      }),
    );
  });

  it(String.raw`does not take the text \N for NULL, nor \. for the end of the data`, () => {
    expect(textOf({ ...bar, source: String.raw`\N` })).toContain("\t\\\\N\n");
    expect(textOf({ ...bar, source: String.raw`\.` })).toContain("\t\\\\.\n");
  });

  it("cuts long batches into chunks that join to the same rows", () => {
    const bars = Array.from({ length: 1_234 }, (_, i) => ({
      ...bar,
      startMs: bar.startMs + i * 60_000,
    }));
    const chunks = [...copyText(bars, () => 7)];
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks.join("")).toBe(bars.map((one) => textOf(one)).join(""));
  });
});
