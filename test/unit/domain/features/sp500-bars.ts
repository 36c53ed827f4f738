import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { BarFloats } from "../../../../domain/features/kernel.ts";

const library = createRequire(import.meta.url).resolve("vega-datasets");
const path = join(library, "../../data/sp500-2000.csv");

/** The packaged daily bars of the S&P 500, 2000-01-03 to 2020-04-17, prices rounded to 0.01. */
export const SP500: readonly Required<BarFloats>[] = readFileSync(path, "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line, index) => {
    const [date = "", ...cells] = line.split(",");
    const [open, high, low, close, , volume] = cells.map(Number);
    const price = (value = Number.NaN) => Number(value.toFixed(2));
    return {
      open: price(open),
      high: price(high),
      low: price(low),
      close: price(close),
      volume: volume ?? Number.NaN,
      startMs: Date.parse(date),
      // Another market that moves with this one, not at all steadily.
      benchmark: price(100 + index / 50 + 8 * Math.sin(index * index) + price(close) / 20),
    };
  });

export type Columns = { readonly [column in keyof BarFloats]-?: readonly number[] };

export function columnsOf(bars: readonly BarFloats[]): Columns {
  const column = (name: keyof BarFloats) => bars.map((bar) => bar[name] ?? Number.NaN);
  return {
    open: column("open"),
    high: column("high"),
    low: column("low"),
    close: column("close"),
    volume: column("volume"),
    startMs: column("startMs"),
    benchmark: column("benchmark"),
  };
}
