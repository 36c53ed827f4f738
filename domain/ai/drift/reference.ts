import { quantileOfSorted } from "../../numeric/quantile.ts";
import type { Matrix } from "../../numeric/matrix.ts";
import { spread } from "../model/novelty.ts";

/** What a feature was like while a model learnt. */
export type FeatureReference = {
  /** ascending bounds of its bins: the deciles of the training rows, each once */
  readonly edges: readonly number[];
  /** of the training rows in each bin, and last of those without a value */
  readonly shares: readonly number[];
  /** of some symbols: the bin of each bar, oldest first, as one digit to base 36 */
  readonly paths: readonly string[];
};

export type DriftReference = { readonly [feature: string]: FeatureReference };

const DECILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;
/** Rows whose deciles are taken: their error is then half a hundredth of the rows. */
const SORTED_MAX = 20_000;
/** Digits that all paths together have at most. */
const DIGITS_MAX = 1_000_000;
const PATHS_MAX = 20;
const PATH_MIN = 250;

/** @param rows that were learnt from, ascending; @param symbol of each row of x */
export function driftReference(
  x: Matrix,
  rows: Int32Array,
  symbol: Int32Array,
  features: readonly string[],
): DriftReference {
  const series = chosenSeries(rows, symbol, features.length);
  return Object.fromEntries(
    features.map((feature, column) => [feature, referenceOf(x, column, rows, series)] as const),
  );
}

/** The newest rows of some symbols. */
function chosenSeries(
  rows: Int32Array,
  symbol: Int32Array,
  features: number,
): readonly Int32Array[] {
  const symbols = Int32Array.from(new Set(Array.from(rows, (row) => symbol[row] ?? 0)));
  const chosen = spread(symbols, PATHS_MAX);
  const digits = Math.floor(DIGITS_MAX / Math.max(1, features * chosen.length));
  const length = Math.max(PATH_MIN, digits);
  return Array.from(chosen, (one) => rows.filter((row) => symbol[row] === one).slice(-length));
}

function referenceOf(
  { data, columns }: Matrix,
  column: number,
  rows: Int32Array,
  series: readonly Int32Array[],
): FeatureReference {
  const valueOf = (row: number): number => data[row * columns + column] ?? Number.NaN;
  const looked = spread(rows, SORTED_MAX);
  const known = Float64Array.from(looked, valueOf).filter((value) => !Number.isNaN(value));
  const ascending = known.toSorted();
  const edges = ascending.length === 0 ? [] : decilesOf(ascending);
  const counts = binCounts(edges, Float64Array.from(rows, valueOf));
  return {
    edges,
    shares: Array.from(counts, (count) => count / rows.length),
    paths: series.map((own) =>
      Array.from(own, (row) => binOf(edges, valueOf(row)).toString(36)).join(""),
    ),
  };
}

function decilesOf(ascending: Float64Array): readonly number[] {
  return [...new Set(DECILES.map((p) => quantileOfSorted(ascending, p)))];
}

/** The number of edges that are below the value; one beyond the last bin where there is none. */
export function binOf(edges: readonly number[], value: number): number {
  if (Number.isNaN(value)) return edges.length + 1;
  let bin = 0;
  while (bin < edges.length && value > (edges[bin] ?? Infinity)) bin += 1;
  return bin;
}

export function binCounts(edges: readonly number[], values: Float64Array): Float64Array {
  const counts = new Float64Array(edges.length + 2);
  for (const value of values) {
    const bin = binOf(edges, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
