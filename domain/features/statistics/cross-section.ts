import { averageRanks } from "./ranks.ts";

/** Where one of several values stands among them; null for one that is missing. */
export interface Standing {
  readonly value: number | null;
  /** from 1, the lowest; equal values share the mean of the ranks that they take */
  readonly rank: number | null;
  /** in sample deviations (n − 1) from the mean; null too when the values do not vary */
  readonly zscore: number | null;
  /** the share of the values below it, itself and equal ones counted half: (rank − ½) / n, in (0, 1) */
  readonly percentile: number | null;
}

/** The standing of each value among those that are there. */
export function standings(values: readonly (number | null)[]): readonly Standing[] {
  const present = values.filter((value) => value !== null);
  const ranks = averageRanks(present);
  const zscores = zscoresOf(present);
  let next = 0;
  return values.map((value) => {
    if (value === null) return { value, rank: null, zscore: null, percentile: null };
    const at = next++;
    const rank = ranks[at] ?? Number.NaN;
    const percentile = (rank - 0.5) / present.length;
    return { value, rank, zscore: zscores[at] ?? null, percentile };
  });
}

function zscoresOf(values: readonly number[]): readonly (number | null)[] {
  const count = values.length;
  if (values.every((value) => value === values[0])) return values.map(() => null);
  const mean = values.reduce((total, value) => total + value, 0) / count;
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (count - 1));
  return values.map((value) => (value - mean) / deviation);
}
