import { pairwiseCovariance } from "../../../domain/risk/covariance/estimate.ts";
import { mean } from "../../../domain/numeric/moments.ts";
import { at, type Matrix, matrixOf } from "../../../domain/numeric/matrix.ts";
import { semiCholesky } from "../../../domain/numeric/cholesky.ts";
import { eigenSymmetric } from "../../../domain/numeric/eigen.ts";
import {
  measureMomentParts,
  type MeasuredParts,
  measureParts,
} from "../../../domain/risk/measures/parts.ts";
import type { Unmeasurable, VarSpec } from "../../../domain/risk/measures/spec.ts";
import type { Compute, ComputeTask } from "../../../mixins/compute/compute.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { Subject } from "../inputs/subject.ts";
import type { MeasureTask } from "../workers/measure.worker.ts";

const IN_THREAD: ComputeTask<MeasureTask, MeasuredParts | Unmeasurable> = {
  module: new URL("../workers/measure.worker.ts", import.meta.url),
  name: "measureInThread",
};

/** Numbers of a history, each gone through some times a name, from which on the work is left to a thread: some 10 ms. */
const LARGE = 25_000;

/**
 * Measures a book by its returns, in a thread where a model is fitted or there is much to go through.
 * @throws RestError 422 where what there is does not suffice
 */
export async function measureSubject(
  { compute }: { readonly compute: Compute },
  subject: Subject,
  spec: VarSpec,
): Promise<MeasuredParts> {
  const weights = subject.weights ?? [1];
  if (hasGaps(subject)) return measurePairwise(subject, weights, spec);
  const book = { columns: subject.columns, weights };
  const isSplit = subject.weights !== null;
  const numbers = subject.columns.length * subject.sampleSize;
  return answered(
    isFitted(spec) || numbers > LARGE
      ? await compute.run(IN_THREAD, { book, spec, isSplit })
      : measureParts(book, spec, isSplit),
  );
}

/** Only what a covariance is enough for can be measured of pairs. */
function measurePairwise(
  { names, columns }: Subject,
  weights: ArrayLike<number>,
  spec: VarSpec,
): MeasuredParts {
  const found = pairwiseCovariance(columns);
  if ("lacking" in found) {
    const [a, b] = found.lacking.map((i) => names[i]);
    throw insufficientData(`${a} and ${b} have fewer than 2 returns in common`);
  }
  const means = columns.map((column) => mean(column.filter((value) => !Number.isNaN(value))));
  return measureCovariance({ weights, mean: means, covariance: found.covariance }, spec);
}

interface Moments {
  readonly weights: ArrayLike<number>;
  readonly mean: ArrayLike<number>;
  readonly covariance: Matrix;
}

/** @throws RestError 422 naming the smallest eigenvalue of what is no covariance */
export function measureCovariance(moments: Moments, spec: VarSpec): MeasuredParts {
  requireCovariance(moments.covariance);
  return answered(measureMomentParts(moments, spec));
}

export function covarianceOf(rows: readonly (readonly number[])[]): Matrix {
  const covariance = matrixOf(rows);
  for (let i = 0; i < covariance.rows; i += 1)
    for (let j = 0; j < i; j += 1) {
      const [a, b] = [at(covariance, i, j), at(covariance, j, i)];
      if (Math.abs(a - b) > 1e-9 * Math.max(Math.abs(a), Math.abs(b), 1e-300))
        throw unprocessable([
          {
            path: `covariance[${i}][${j}]`,
            code: "INVALID_VALUE",
            message: `must be ${b}, as on the other side of the diagonal`,
          },
        ]);
    }
  return covariance;
}

function requireCovariance(covariance: Matrix): void {
  if (semiCholesky(covariance) !== null) return;
  const { values } = eigenSymmetric(covariance);
  const smallest = values.at(-1) ?? Number.NaN;
  // What the decomposition gave up on may be semidefinite but for rounding.
  if (smallest >= -1e-10 * Math.max(values[0] ?? 0, 0)) return;
  const message = `must be positive semidefinite, its smallest eigenvalue is ${Number(smallest.toPrecision(6))}: POST /api/risk/covariance repairs it`;
  throw unprocessable([{ path: "covariance", code: "INVALID_VALUE", message }]);
}

function isFitted({ method, parameters }: VarSpec): boolean {
  switch (method) {
    case "garch":
    case "evt":
      return true;
    case "filteredHistorical":
      return parameters.filter !== "ewma";
    case "studentT":
      return parameters.nu === undefined;
    case "historical":
    case "normal":
    case "cornishFisher":
    case "ewma":
      return false;
  }
}

function hasGaps({ columns }: Subject): boolean {
  return columns.some((column) => column.some(Number.isNaN));
}

function answered(found: MeasuredParts | Unmeasurable): MeasuredParts {
  if (!("code" in found)) {
    const { whole } = found;
    if (Number.isFinite(whole.var) && Number.isFinite(whole.expectedShortfall)) return found;
    throw unprocessable([
      {
        path: "returns",
        code: "OUT_OF_RANGE",
        message: "or weights are too large for their products to be summed",
      },
    ]);
  }
  switch (found.code) {
    case "TOO_FEW_RETURNS":
      throw insufficientData(`${found.needed} returns are needed, and there are ${found.found}`);
    case "TAIL_TOO_SHORT":
    case "NO_SHORTFALL":
      throw insufficientData(found.message);
    case "NEEDS_RETURNS":
      throw unprocessable([
        {
          path: "method",
          code: "INVALID_VALUE",
          message: "needs returns, whole rows of them: a covariance or pairs will not do",
        },
      ]);
    case "NEEDS_NU":
      throw unprocessable([
        {
          path: "parameters.nu",
          code: "REQUIRED",
          message: "is required where there are no returns to fit it to",
        },
      ]);
  }
}
