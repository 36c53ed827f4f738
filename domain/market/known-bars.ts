import type { PriceColumns } from "./adjust/adjust-columns.ts";
import type { Timeframe } from "./bar.ts";
import { barStartMs } from "./timeframe.ts";

/** Prices and volume of a bar, float64. */
export interface BarValues {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** A version of a stored bar, of the series' timeframe or a finer one. */
export interface KnownVersion extends BarValues {
  /** opening time, epoch ms */
  readonly startMs: number;
  readonly revision: number;
  readonly knownAtMs: number;
}

/** From a row on, a bar before it has other values. */
export interface BarChange extends BarValues {
  /** the first row that closed when it was known, or later */
  readonly row: number;
  /** which bar, by its row */
  readonly bar: number;
}

/** The bars of a series, each as it was believed when it closed, and what was learnt of them later. */
export interface KnownBars {
  readonly bars: PriceColumns;
  /** epoch ms */
  readonly closeMs: Float64Array;
  /** by row, then in the order in which they became known */
  readonly changes: readonly BarChange[];
}

/**
 * What was believed at each close. The first version of a bar counts as known at its close, whenever it was stored: history that is
 * imported was known to the market. Later versions count from when they became known here.
 * @param columns the bars as they are believed in the end
 * @param versions of the bars of which any was revised: all of them, oldest first by bar
 */
export function knownBars(
  columns: PriceColumns,
  closeMs: Float64Array,
  timeframe: Timeframe,
  versions: readonly KnownVersion[],
): KnownBars {
  if (versions.length === 0) return { bars: columns, closeMs, changes: [] };
  const bars = copyColumns(columns);
  const changes: (BarChange & { readonly knownAtMs: number })[] = [];
  const groups = Map.groupBy(versions, ({ startMs }) => barStartMs(timeframe, startMs));
  for (const [startMs, group] of groups) {
    const bar = lowerBound(columns.startMs, startMs);
    if (columns.startMs[bar] !== startMs || group.length === 1) continue;
    const parts = new Map<number, KnownVersion>();
    const isFirst = (version: KnownVersion) =>
      version.knownAtMs <= (closeMs[bar] ?? Infinity) || !parts.has(version.startMs);
    const later: KnownVersion[] = [];
    for (const version of group)
      if (isFirst(version)) parts.set(version.startMs, version);
      else later.push(version);
    putBar(bars, bar, folded(parts));
    for (const version of later.toSorted((a, b) => a.knownAtMs - b.knownAtMs)) {
      parts.set(version.startMs, version);
      const row = lowerBound(closeMs, version.knownAtMs);
      if (row >= closeMs.length) continue;
      changes.push({ ...folded(parts), row, bar, knownAtMs: version.knownAtMs });
    }
  }
  changes.sort((a, b) => a.row - b.row || a.knownAtMs - b.knownAtMs || a.bar - b.bar);
  return { bars, closeMs, changes };
}

/** Puts other values into a bar of columns that the caller has made for it. */
export function putBar(columns: PriceColumns, bar: number, values: BarValues): void {
  columns.open[bar] = values.open;
  columns.high[bar] = values.high;
  columns.low[bar] = values.low;
  columns.close[bar] = values.close;
  columns.volume[bar] = values.volume;
}

export function copyColumns({ startMs, open, high, low, close, volume }: PriceColumns) {
  return {
    startMs,
    open: open.slice(),
    high: high.slice(),
    low: low.slice(),
    close: close.slice(),
    volume: volume.slice(),
  };
}

/** The index of the first value that is not below; the length when all are. @param values ascending */
export function lowerBound(values: ArrayLike<number>, value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function folded(parts: ReadonlyMap<number, KnownVersion>): BarValues {
  const inOrder = [...parts.values()].toSorted((a, b) => a.startMs - b.startMs);
  const [first] = inOrder;
  const last = inOrder.at(-1);
  let [high, low, volume] = [-Infinity, Infinity, 0];
  for (const part of inOrder) {
    high = Math.max(high, part.high);
    low = Math.min(low, part.low);
    volume += part.volume;
  }
  return { open: first?.open ?? Number.NaN, high, low, close: last?.close ?? Number.NaN, volume };
}
