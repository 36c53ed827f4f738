import { quantile } from "../../numeric/quantile.ts";
import { RandomStream } from "../../numeric/random.ts";
import { binCounts, type DriftReference, type FeatureReference } from "./reference.ts";

/** Of a feature, the newest values of each symbol, oldest first; NaN: missing. */
export type DriftWindow = { readonly [feature: string]: readonly Float64Array[] };

export interface FeatureDrift {
  readonly feature: string;
  /** population stability index: Σ(p − q)·ln(p/q) over the bins, missing values being one */
  readonly psi: number;
  /** the psi that 95 of 100 windows of this length had in training */
  readonly limit: number;
  /** the share of such windows that had as much or more */
  readonly pValue: number;
  readonly isDrifting: boolean;
  /** of the window's values */
  readonly missing: number;
}

const STREAM = 0xd21f7;
const DRAWS_MAX = 400;
const DRAWS_MIN = 100;
const WORK = 5_000_000;
const LEVEL = 0.05;

/**
 * How unlike the training data the newest values are. A slow feature stays in few bins for long, so that the usual limits (0.1, 0.25) mean
 * nothing for a short window: what counts is how often a window of this length, taken whole from the training rows, was as far off.
 * @returns a feature that both know each, in the order of the reference; none of an empty window
 */
export function featureDrift(
  reference: DriftReference,
  window: DriftWindow,
  seed: number,
): readonly FeatureDrift[] {
  return Object.entries(reference).flatMap(([feature, known], index) => {
    const series = (window[feature] ?? []).filter(({ length }) => length > 0);
    return series.length === 0 || known.paths.length === 0
      ? []
      : [driftOf(feature, known, series, RandomStream.of(seed, STREAM + index))];
  });
}

function driftOf(
  feature: string,
  reference: FeatureReference,
  series: readonly Float64Array[],
  random: RandomStream,
): FeatureDrift {
  const counts = new Float64Array(reference.edges.length + 2);
  for (const values of series) add(counts, binCounts(reference.edges, values));
  const psi = stability(reference.shares, counts);
  const lengths = series.map(({ length }) => length);
  const usual = psiInTraining(reference, lengths, random);
  const reached = usual.reduce((sum, value) => sum + (value >= psi ? 1 : 0), 0);
  const pValue = (1 + reached) / (usual.length + 1);
  const rows = lengths.reduce((sum, length) => sum + length, 0);
  return {
    feature,
    psi,
    limit: quantile(usual, 1 - LEVEL),
    pValue,
    isDrifting: pValue < LEVEL,
    missing: (counts.at(-1) ?? 0) / rows,
  };
}

/** Of windows as long as those given, each from a symbol and a place at random; the path's end is followed by its begin. */
function psiInTraining(
  { paths, shares }: FeatureReference,
  lengths: readonly number[],
  random: RandomStream,
): readonly number[] {
  const steps = lengths.reduce((sum, length) => sum + length, 0);
  const draws = Math.max(DRAWS_MIN, Math.min(DRAWS_MAX, Math.floor(WORK / steps)));
  const digits = paths.map((path) => Uint8Array.from(path, (digit) => Number.parseInt(digit, 36)));
  return Array.from({ length: draws }, () => {
    const counts = new Float64Array(shares.length);
    for (const length of lengths) addWindow(counts, digits, length, random);
    return stability(shares, counts);
  });
}

function addWindow(
  counts: Float64Array,
  paths: readonly Uint8Array[],
  length: number,
  random: RandomStream,
): void {
  const path = paths[random.below(paths.length)];
  if (path === undefined || path.length === 0) return;
  const start = random.below(path.length);
  for (let k = 0; k < length; k += 1) {
    const bin = path[(start + k) % path.length] ?? 0;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
}

/** Half a row more in each bin, so that an empty one does not count infinitely. */
function stability(shares: readonly number[], counts: Float64Array): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const half = 0.5 / (total + 0.5 * shares.length);
  return shares.reduce((sum, share, bin) => {
    const p = ((counts[bin] ?? 0) + 0.5) / (total + 0.5 * shares.length);
    const q = (share + half) / (1 + half * shares.length);
    return sum + (p - q) * Math.log(p / q);
  }, 0);
}

function add(target: Float64Array, counts: Float64Array): void {
  counts.forEach((count, bin) => {
    target[bin] = (target[bin] ?? 0) + count;
  });
}
