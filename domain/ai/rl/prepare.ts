import { standardDeviation } from "../../numeric/moments.ts";
import { FitRefused } from "../learning/algorithm.ts";
import type { Sample } from "../learning/sample.ts";
import { type Scaler, scalerOf } from "../model/scaler.ts";
import {
  rowsWithin,
  scaledRow,
  seriesWithin,
  type TimeRange,
  type TradingSeries,
} from "./env/market.ts";

/** Everything of the training range that an agent needs to see the world as it did when it learnt. */
export interface Outlook {
  readonly features: readonly string[];
  readonly scaler: Scaler;
  /** deviation of log returns */
  readonly unit: number;
  /** of each feature the furthest from its mean that it was, in deviations */
  readonly reach: readonly number[];
}

const TRAIN_MIN = 100;

/**
 * How the training range looks: means and deviations of it alone.
 * @throws FitRefused where there is too little of it, or it does not vary
 */
export function outlookOf(sample: Sample, features: readonly string[], train: TimeRange): Outlook {
  const rows = rowsWithin(sample, train).filter((row) => isWhole(sample, row));
  if (rows.length < TRAIN_MIN)
    throw new FitRefused(
      "INSUFFICIENT_DATA",
      `trainRange: at least ${TRAIN_MIN} bars with all features are needed, and there are ${rows.length}`,
    );
  const scaler = scalerOf(sample.x, rows);
  const flat = features.find((_, column) => scaler.factor[column] === 0);
  if (flat !== undefined)
    throw new FitRefused("VALIDATION_FAILED", `features: ${flat} does not vary over trainRange`);
  const unit = standardDeviation(Float64Array.from(rows, (row) => sample.logReturn[row] ?? 0));
  if (!(unit > 0))
    throw new FitRefused("INSUFFICIENT_DATA", "trainRange: the price does not move over it");
  return { features, scaler, unit, reach: reachOf(sample, rows, scaler) };
}

function isWhole({ x, logReturn }: Sample, row: number): boolean {
  if (!Number.isFinite(logReturn[row])) return false;
  for (let i = row * x.columns; i < (row + 1) * x.columns; i += 1)
    if (!Number.isFinite(x.data[i])) return false;
  return true;
}

function reachOf({ x }: Sample, rows: Int32Array, scaler: Scaler): readonly number[] {
  const reach = Array.from({ length: x.columns }, () => 0);
  for (const row of rows)
    for (const [i, value] of scaledRow(x, row, scaler).entries())
      reach[i] = Math.max(reach[i] ?? 0, Math.abs(value));
  return reach;
}

/**
 * The bars of a range, as the agent sees them.
 * @param name of the range, for what is said when there is too little of it
 * @throws FitRefused
 */
export function marketsWithin(
  sample: Sample,
  range: TimeRange,
  { scaler, unit }: Outlook,
  name: string,
  barsMin: number,
): readonly TradingSeries[] {
  const markets = seriesWithin(sample, range, scaler, unit);
  const bars = markets.reduce((sum, { rows }) => sum + rows, 0);
  if (bars < barsMin)
    throw new FitRefused(
      "INSUFFICIENT_DATA",
      `${name}: at least ${barsMin} bars with all features, one after the other, are needed, and there are ${bars}`,
    );
  return markets;
}

/** A feature half as far again from its training mean as it ever was there is at 1. */
const BEYOND = 1.5;

/** How unlike the training range a row is: beyond 1 an agent does not act upon it. @param features scaled */
export function noveltyOf(features: ArrayLike<number>, { reach }: Pick<Outlook, "reach">): number {
  let most = 0;
  for (const [i, limit] of reach.entries())
    most = Math.max(most, Math.abs(features[i] ?? 0) / (BEYOND * limit));
  return most;
}
