import type { Factors } from "./factors.ts";

/** Bars as float64 columns of one length, oldest first. */
export interface PriceColumns {
  /** epoch ms */
  readonly startMs: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/**
 * The columns in the units that trade after the last of the factors, as `adjustBars` does it, in float64: each value is a
 * product rounded twice. The columns that are given stay as they are; without factors they are given back.
 */
export function adjustColumns(columns: PriceColumns, factors: Factors): PriceColumns {
  const first = columns.startMs[0];
  const last = factors.at(-1);
  if (first === undefined || last === undefined || first >= last.beforeMs) return columns;
  const adjusted: PriceColumns = {
    startMs: columns.startMs,
    open: columns.open.slice(),
    high: columns.high.slice(),
    low: columns.low.slice(),
    close: columns.close.slice(),
    volume: columns.volume.slice(),
  };
  let row = 0;
  for (const { beforeMs, price, volume } of factors) {
    const end = rowAt(columns.startMs, beforeMs);
    for (const name of ["open", "high", "low", "close"] as const) {
      multiply(adjusted[name].subarray(row, end), Number(price));
    }
    multiply(adjusted.volume.subarray(row, end), Number(volume));
    row = end;
  }
  return adjusted;
}

function multiply(values: Float64Array, factor: number): void {
  for (const [index, value] of values.entries()) values[index] = value * factor;
}

/** The first row that opens at or after an instant. */
function rowAt(startMs: Float64Array, atMs: number): number {
  let [low, high] = [0, startMs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((startMs[middle] ?? Infinity) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
