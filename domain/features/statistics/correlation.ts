import { kendall } from "./kendall.ts";
import { pearson } from "./pearson.ts";
import { averageRanks } from "./ranks.ts";

export const CORRELATION_METHODS = ["pearson", "spearman", "kendall"] as const;
export type CorrelationMethod = (typeof CORRELATION_METHODS)[number];

/** What of two series is compared: their values as they are, or the changes from one common time to the next. */
export const CHANGES = ["none", "returns", "logreturns"] as const;
export type Change = (typeof CHANGES)[number];

/** Values by time, ascending; a time without a value is left out. */
export interface TimedValues {
  /** epoch ms */
  readonly timesMs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

export interface Correlation {
  /** in [−1, 1]; null when one of the series does not vary */
  readonly value: number | null;
  /** pairs that were compared */
  readonly count: number;
}

/**
 * The correlation of two series over the times that both have. Changes are taken between neighbouring common times, so that
 * both span the same interval, whatever either series has in between.
 */
export function correlate(
  a: TimedValues,
  b: TimedValues,
  method: CorrelationMethod,
  change: Change,
): Correlation {
  const [x, y] = commonValues(a, b).map((values) => changesOf(values, change));
  const count = x?.length ?? 0;
  if (x === undefined || y === undefined) return { value: null, count };
  return { value: coefficient(x, y, method), count };
}

/** @returns in [−1, 1]; null when either side does not vary */
export function coefficient(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  method: CorrelationMethod,
): number | null {
  switch (method) {
    case "pearson":
      return pearson(x, y);
    case "spearman":
      // With ties too: Pearson's correlation of the average ranks is its definition.
      return pearson(averageRanks(x), averageRanks(y));
    case "kendall":
      return kendall(x, y);
  }
}

function commonValues(
  a: TimedValues,
  b: TimedValues,
): readonly [readonly number[], readonly number[]] {
  const x: number[] = [];
  const y: number[] = [];
  for (let i = 0, j = 0; i < a.timesMs.length && j < b.timesMs.length;) {
    const ahead = (a.timesMs[i] ?? 0) - (b.timesMs[j] ?? 0);
    if (ahead === 0) {
      x.push(a.values[i] ?? Number.NaN);
      y.push(b.values[j] ?? Number.NaN);
    }
    if (ahead <= 0) i += 1;
    if (ahead >= 0) j += 1;
  }
  return [x, y];
}

/**
 * Simple or logarithmic changes, one fewer than values.
 * @throws RangeError when a value that is divided by, or whose logarithm is taken, is not positive
 */
function changesOf(values: readonly number[], change: Change): readonly number[] {
  if (change === "none") return values;
  return values.slice(1).map((value, i) => {
    const before = values[i] ?? Number.NaN;
    if (before <= 0 || value <= 0) {
      throw new RangeError(`expected positive prices, found ${before} and ${value}`);
    }
    return change === "returns" ? value / before - 1 : Math.log(value / before);
  });
}
