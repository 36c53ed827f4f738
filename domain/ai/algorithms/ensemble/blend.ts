import { variance } from "../../../numeric/moments.ts";
import { type FitJob, FitRefused, type Objective } from "../../learning/algorithm.ts";
import { areLabelsAlike } from "../../learning/labels-alike.ts";
import { foldsOf } from "../../validation/splits.ts";
import { logOddsOf, probabilityOf } from "../log-odds.ts";

/** What one member says of rows, or is to say. */
export type Column = Float64Array;

export function toSpace(objective: Objective, column: Column): Column {
  return objective === "squared" ? column : column.map(logOddsOf);
}

export function fromSpace(objective: Objective, value: number): number {
  return objective === "squared" ? value : probabilityOf(value);
}

/** What members said of rows that they had not learnt from, in their common space. */
export interface HeldOut {
  readonly columns: readonly Column[];
  readonly truth: Column;
  readonly weights: Column;
}

/**
 * Rows that a member says nothing of are left out, and of classes the folds that leave one only to learn from.
 * @param predict fits member `index` on `train` and says what it predicts of `test`
 * @throws FitRefused `TOO_FEW_ROWS`
 */
export function outOfFold(
  job: FitJob,
  members: number,
  folds: number,
  predict: (index: number, train: Int32Array, test: Int32Array) => Column,
): HeldOut {
  const { closeMs, labelEndMs, y } = job.sample;
  // A stopping part of a later time cannot reach into a fold, whatever the horizon: folds are purged among themselves.
  const timing = { rows: job.train, closeMs, labelEndMs, horizon: 1 };
  const scheme = { scheme: "purgedKFold", folds, embargo: 0 } as const;
  const rows: { readonly said: readonly number[]; readonly row: number }[] = [];
  for (const { train, test } of foldsOf(scheme, timing, job.seed)) {
    if (job.objective === "binary" && areLabelsAlike(y, train)) continue;
    const columns = Array.from({ length: members }, (_, i) =>
      toSpace(job.objective, predict(i, train, test)),
    );
    for (const [at, row] of test.entries()) {
      const said = columns.map((column) => column[at] ?? Number.NaN);
      if (said.every((value) => Number.isFinite(value))) rows.push({ said, row });
    }
  }
  if (rows.length < 2 * members)
    throw new FitRefused("TOO_FEW_ROWS", `all members speak of ${rows.length} rows only`);
  return {
    columns: Array.from({ length: members }, (_, i) =>
      Float64Array.from(rows, ({ said }) => said[i] ?? 0),
    ),
    truth: Float64Array.from(rows, ({ row }) => y[row] ?? Number.NaN),
    weights: Float64Array.from(rows, ({ row }) => job.weights?.[row] ?? 1),
  };
}

const STEPS = 2_000;
const RATE_MIN = 1e-6;

/**
 * Weights on the simplex with the least loss, by exponentiated gradients (Kivinen & Warmuth 1997): a step that does not
 * gain is halved. The loss is convex, so where it comes to rest it is least.
 */
export function blend(objective: Objective, held: HeldOut): readonly number[] {
  const scale = objective === "squared" ? variance(held.truth, 0) : 1;
  let weights: readonly number[] = held.columns.map(() => 1 / held.columns.length);
  let here = lossOf(objective, held, weights);
  for (let step = 0, rate = 1; step < STEPS && rate > RATE_MIN; step += 1) {
    const next = moved(weights, here.gradient, rate / scale);
    const there = lossOf(objective, held, next);
    if (there.loss >= here.loss) rate /= 2;
    else {
      rate *= 1.2;
      weights = next;
      here = there;
    }
  }
  return weights;
}

function moved(
  weights: readonly number[],
  gradient: readonly number[],
  rate: number,
): readonly number[] {
  const least = Math.min(...gradient);
  const grown = weights.map((w, i) => w * Math.exp(-rate * ((gradient[i] ?? 0) - least)));
  const total = grown.reduce((sum, w) => sum + w, 0);
  return grown.map((w) => w / total);
}

interface Loss {
  readonly loss: number;
  /** by the weights */
  readonly gradient: readonly number[];
}

function lossOf(
  objective: Objective,
  { columns, truth, weights: shares }: HeldOut,
  weights: readonly number[],
): Loss {
  const gradient = columns.map(() => 0);
  let [loss, total] = [0, 0];
  for (let row = 0; row < truth.length; row += 1) {
    const said = columns.reduce(
      (sum, column, i) => sum + (weights[i] ?? 0) * (column[row] ?? 0),
      0,
    );
    const [share, y] = [shares[row] ?? 1, truth[row] ?? 0];
    loss += share * pointLoss(objective, said, y);
    total += share;
    const slope = share * (fromSpace(objective, said) - y);
    for (const [i, column] of columns.entries())
      gradient[i] = (gradient[i] ?? 0) + slope * (column[row] ?? 0);
  }
  return { loss: loss / total, gradient: gradient.map((sum) => sum / total) };
}

/** Log-loss of log-odds, or half the square. */
function pointLoss(objective: Objective, said: number, y: number): number {
  if (objective === "squared") return 0.5 * (said - y) ** 2;
  return Math.max(0, said) + Math.log(1 + Math.exp(-Math.abs(said))) - y * said;
}
