import type { Sample } from "../../learning/sample.ts";
import type { Scaler } from "../../model/scaler.ts";

/** Bars of one symbol that follow one another, each with all its features: what can be traded through. */
export interface TradingSeries {
  /** as in the sample */
  readonly symbol: number;
  readonly rows: number;
  /** scaled, rows × columns */
  readonly features: Float64Array;
  readonly closeMs: Float64Array;
  /** simple return from each row's close to the next; one fewer than rows */
  readonly forward: Float64Array;
  /** of log returns, as known at the row's close */
  readonly deviation: Float64Array;
  /** of the log price against its last 20 closes; NaN before there are as many */
  readonly zScore: Float64Array;
}

/** Epoch ms: bars that opened at `startMs` or later and closed at `endMs` or before. */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}

/** How fast older returns count less (RiskMetrics 1996); before there are so many, all alike. */
const DECAY = 0.94;
const EVEN = 20;
const Z_BARS = 20;
/** A market that stood still is taken to move by this part of its usual deviation. */
const DEVIATION_FLOOR = 0.05;

/** Rows of the sample within a range. */
export function rowsWithin({ closeMs }: Sample, { startMs, endMs }: TimeRange): Int32Array {
  const rows: number[] = [];
  for (const [row, close] of closeMs.entries())
    if (close > startMs && close <= endMs) rows.push(row);
  return Int32Array.from(rows);
}

/**
 * The runs of rows within a range in which every row has all its features and a return before it.
 * @param unit deviation of log returns over the training range
 */
export function seriesWithin(
  sample: Sample,
  range: TimeRange,
  scaler: Scaler,
  unit: number,
): readonly TradingSeries[] {
  const deviation = deviationsOf(sample, unit);
  const zScore = zScoresOf(sample);
  const found: TradingSeries[] = [];
  let run: number[] = [];
  const flush = (): void => {
    if (run.length > 1) found.push(seriesOf(sample, run, scaler, deviation, zScore));
    run = [];
  };
  for (const row of rowsWithin(sample, range)) {
    const last = run.at(-1);
    const isNext = last === row - 1 && sample.symbol[last] === sample.symbol[row];
    if (last !== undefined && !isNext) flush();
    if (isComplete(sample, row)) run.push(row);
    else flush();
  }
  flush();
  return found;
}

function isComplete({ x, logReturn }: Sample, row: number): boolean {
  const features = x.data.subarray(row * x.columns, (row + 1) * x.columns);
  return Number.isFinite(logReturn[row]) && features.every((value) => Number.isFinite(value));
}

function seriesOf(
  { x, symbol, closeMs, logReturn }: Sample,
  run: readonly number[],
  scaler: Scaler,
  deviation: Float64Array,
  zScore: Float64Array,
): TradingSeries {
  const from = run[0] ?? 0;
  const to = from + run.length;
  return {
    symbol: symbol[from] ?? 0,
    rows: run.length,
    features: Float64Array.from(run.flatMap((row) => Array.from(scaledRow(x, row, scaler)))),
    closeMs: closeMs.slice(from, to),
    forward: logReturn.slice(from + 1, to).map((value) => Math.exp(value) - 1),
    deviation: deviation.slice(from, to),
    zScore: zScore.slice(from, to),
  };
}

/** The features of a row in deviations of the training range. */
export function scaledRow(x: Sample["x"], row: number, { mean, factor }: Scaler): Float64Array {
  return x.data
    .slice(row * x.columns, (row + 1) * x.columns)
    .map((value, column) => (value - (mean[column] ?? 0)) * (factor[column] ?? 0));
}

function deviationsOf({ symbol, logReturn }: Sample, unit: number): Float64Array {
  const floor = DEVIATION_FLOOR * unit;
  let [count, variance] = [0, 0];
  return logReturn.map((value, row) => {
    if (row === 0 || symbol[row] !== symbol[row - 1]) [count, variance] = [0, 0];
    if (Number.isFinite(value)) {
      count += 1;
      const weight = count <= EVEN ? 1 / count : 1 - DECAY;
      variance += weight * (value * value - variance);
    }
    return count === 0 ? Number.NaN : Math.max(floor, Math.sqrt(variance));
  });
}

function zScoresOf({ symbol, logReturn }: Sample): Float64Array {
  let prices: number[] = [];
  return logReturn.map((value, row) => {
    if (row === 0 || symbol[row] !== symbol[row - 1]) prices = [];
    prices.push((prices.at(-1) ?? 0) + (Number.isFinite(value) ? value : 0));
    if (prices.length > Z_BARS) prices.shift();
    return prices.length < Z_BARS ? Number.NaN : standing(prices);
  });
}

/** The last of them against all, in their deviations; 0 where they do not differ. */
function standing(prices: readonly number[]): number {
  const mean = prices.reduce((sum, price) => sum + price, 0) / prices.length;
  const squares = prices.reduce((sum, price) => sum + (price - mean) * (price - mean), 0);
  const deviation = Math.sqrt(squares / prices.length);
  return deviation > 1e-12 ? ((prices.at(-1) ?? 0) - mean) / deviation : 0;
}
