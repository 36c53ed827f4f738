import { quantile } from "../../numeric/quantile.ts";
import type { Matrix } from "../../numeric/matrix.ts";
import {
  type Novelty,
  NOVELTY_ROWS_MAX,
  NoveltyGauge,
  noveltyOf,
  spread,
} from "../model/novelty.ts";
import { type Scaler, scaledRows, scalerOf } from "../model/scaler.ts";
import type { LabelledSample } from "../learning/sample.ts";
import type { Fold } from "../validation/splits.ts";

/** One row of a thousand may be called novel that is none. */
const SHARE = 0.999;
/** What is measured is bounded, whatever the size of the data. */
const FOLDS_MAX = 12;
const ROWS_MAX = 4_000;

/**
 * The training rows that others are held against, and the dissimilarity above which a row is novel: so much that of the rows that folds
 * were scored on, each held against what its fold had learnt from, one of a thousand has more.
 * @returns null where there are no features, or too few rows
 */
export function noveltyGuard(
  sample: LabelledSample,
  rows: Int32Array,
  folds: readonly Fold[],
): Novelty | null {
  const found = noveltyOfRows(sample, rows, scalerOf(sample.x, rows));
  if (found === null) return null;
  const chosen = spread(
    Int32Array.from(folds, (_fold, index) => index),
    FOLDS_MAX,
  );
  const values = Array.from(chosen).flatMap((index) => {
    const fold = folds[index];
    return fold === undefined ? [] : unlikeness(sample, fold, Math.ceil(ROWS_MAX / chosen.length));
  });
  const finite = values.filter(Number.isFinite);
  // Below 1 a row would be nearer to the training rows than they are to each other.
  const threshold = finite.length === 0 ? 1 : Math.max(1, quantile(finite, SHARE));
  return { ...found, threshold };
}

function unlikeness(sample: LabelledSample, { train, test }: Fold, count: number): number[] {
  const scaler = scalerOf(sample.x, train);
  const found = noveltyOfRows(sample, train, scaler);
  if (found === null) return [];
  const gauge = new NoveltyGauge(found);
  const scored = scaledPart(sample, spread(test, count), scaler);
  return Array.from({ length: scored.rows }, (_, row) => gauge.dissimilarity(scored, row));
}

function noveltyOfRows(
  sample: LabelledSample,
  rows: Int32Array,
  scaler: Scaler,
): Omit<Novelty, "threshold"> | null {
  const part = scaledPart(sample, spread(rows, NOVELTY_ROWS_MAX), scaler);
  return noveltyOf(
    part,
    Int32Array.from({ length: part.rows }, (_, row) => row),
  );
}

/** The given rows alone, scaled: a sample may be very large. */
function scaledPart({ x }: LabelledSample, rows: Int32Array, scaler: Scaler): Matrix {
  const { columns } = x;
  const data = new Float64Array(rows.length * columns);
  rows.forEach((row, i) =>
    data.set(x.data.subarray(row * columns, (row + 1) * columns), i * columns),
  );
  return scaledRows({ rows: rows.length, columns, data }, scaler, 0, rows.length);
}
