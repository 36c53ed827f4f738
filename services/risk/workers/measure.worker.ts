import { semiCholesky } from "../../../domain/numeric/cholesky.ts";
import { eigenSymmetric } from "../../../domain/numeric/eigen.ts";
import type { Matrix } from "../../../domain/numeric/matrix.ts";
import { mean } from "../../../domain/numeric/moments.ts";
import { pairwiseCovariance } from "../../../domain/risk/covariance/estimate.ts";
import type { ScenarioBook } from "../../../domain/risk/measures/book.ts";
import type { MomentBook } from "../../../domain/risk/measures/elliptical.ts";
import {
  measureMomentParts,
  type MeasuredParts,
  measureParts,
} from "../../../domain/risk/measures/parts.ts";
import type { Unmeasurable, VarSpec } from "../../../domain/risk/measures/spec.ts";

/* Measures that take longer than the event loop may be held; small ones are called as they are. */

export interface MeasureTask {
  readonly book: ScenarioBook;
  readonly spec: VarSpec;
  /** whether what each name adds is wanted */
  readonly isSplit: boolean;
}

export function measureInThread({
  book,
  spec,
  isSplit,
}: MeasureTask): MeasuredParts | Unmeasurable {
  return measureParts(book, spec, isSplit);
}

export interface MomentsTask {
  readonly moments: MomentBook;
  readonly spec: VarSpec;
}

/** What is said to be a covariance and is none. */
export interface NoCovariance {
  readonly smallestEigenvalue: number;
}

export function measureMomentsInThread({
  moments,
  spec,
}: MomentsTask): MeasuredParts | Unmeasurable | NoCovariance {
  const smallestEigenvalue = indefiniteness(moments.covariance);
  return smallestEigenvalue === null ? measureMomentParts(moments, spec) : { smallestEigenvalue };
}

export interface PairsTask {
  /** NaN: missing */
  readonly columns: readonly Float64Array[];
  readonly weights: ArrayLike<number>;
  readonly spec: VarSpec;
}

/** Two names, by their index, that have fewer than 2 returns in common. */
export interface NoPairs {
  readonly lacking: readonly [number, number];
}

export function measurePairsInThread({
  columns,
  weights,
  spec,
}: PairsTask): MeasuredParts | Unmeasurable | NoCovariance | NoPairs {
  const found = pairwiseCovariance(columns);
  if ("lacking" in found) return found;
  const means = columns.map((column) => mean(column.filter((value) => !Number.isNaN(value))));
  const moments = { weights, mean: means, covariance: found.covariance };
  return measureMomentsInThread({ moments, spec });
}

/** The smallest eigenvalue of what is not positive semidefinite; null where it is, but for rounding. */
function indefiniteness(covariance: Matrix): number | null {
  if (semiCholesky(covariance) !== null) return null;
  const { values } = eigenSymmetric(covariance);
  const smallest = values.at(-1) ?? Number.NaN;
  return smallest >= -1e-10 * Math.max(values[0] ?? 0, 0) ? null : smallest;
}
