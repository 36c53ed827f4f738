import { at, type Matrix, matrixOf } from "../../../domain/numeric/matrix.ts";
import { type MeasuredParts, measureParts } from "../../../domain/risk/measures/parts.ts";
import type { MomentBook } from "../../../domain/risk/measures/elliptical.ts";
import type { Unmeasurable, VarSpec } from "../../../domain/risk/measures/spec.ts";
import type { Compute, ComputeTask } from "../../../mixins/compute/compute.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { Subject } from "../inputs/subject.ts";
import {
  measureMomentsInThread,
  measurePairsInThread,
  type MeasureTask,
  type NoCovariance,
} from "../workers/measure.worker.ts";

const MODULE = new URL("../workers/measure.worker.ts", import.meta.url);
const IN_THREAD: ComputeTask<MeasureTask, MeasuredParts | Unmeasurable> = {
  module: MODULE,
  name: "measureInThread",
};

type TaskOf<F extends (input: never) => unknown> = ComputeTask<Parameters<F>[0], ReturnType<F>>;
const MOMENTS: TaskOf<typeof measureMomentsInThread> = {
  module: MODULE,
  name: "measureMomentsInThread",
};
const PAIRS: TaskOf<typeof measurePairsInThread> = { module: MODULE, name: "measurePairsInThread" };

/** Names from which on a decomposition of their covariance takes longer than the event loop may be held. */
const MANY = 60;

/** Numbers of a history, each gone through some times a name, from which on the work is left to a thread: some 10 ms. */
const LARGE = 25_000;

/**
 * Measures a book by its returns, in a thread where a model is fitted or there is much to go through.
 * @throws RestError 422 where what there is does not suffice
 */
export async function measureSubject(
  node: { readonly compute: Compute },
  subject: Subject,
  spec: VarSpec,
): Promise<MeasuredParts> {
  const weights = subject.weights ?? [1];
  if (hasGaps(subject)) return measurePairwise(node, subject, weights, spec);
  const book = { columns: subject.columns, weights };
  const isSplit = subject.weights !== null;
  const numbers = subject.columns.length * subject.sampleSize;
  return answered(
    isFitted(spec) || numbers > LARGE
      ? await node.compute.run(IN_THREAD, { book, spec, isSplit })
      : measureParts(book, spec, isSplit),
  );
}

/** Only what a covariance is enough for can be measured of pairs. */
async function measurePairwise(
  { compute }: { readonly compute: Compute },
  { names, columns, sampleSize }: Subject,
  weights: ArrayLike<number>,
  spec: VarSpec,
): Promise<MeasuredParts> {
  const task = { columns, weights, spec };
  const found =
    columns.length > MANY || columns.length ** 2 * sampleSize > LARGE * MANY
      ? await compute.run(PAIRS, task)
      : measurePairsInThread(task);
  if (!("lacking" in found)) return answered(found);
  const [a, b] = found.lacking.map((i) => names[i]);
  throw insufficientData(`${a} and ${b} have fewer than 2 returns in common`);
}

/** @throws RestError 422 naming the smallest eigenvalue of what is no covariance */
export async function measureCovariance(
  { compute }: { readonly compute: Compute },
  moments: MomentBook,
  spec: VarSpec,
): Promise<MeasuredParts> {
  const task = { moments, spec };
  return answered(
    moments.covariance.rows > MANY
      ? await compute.run(MOMENTS, task)
      : measureMomentsInThread(task),
  );
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

function answered(found: MeasuredParts | Unmeasurable | NoCovariance): MeasuredParts {
  if ("smallestEigenvalue" in found) {
    const message = `must be positive semidefinite, its smallest eigenvalue is ${Number(found.smallestEigenvalue.toPrecision(6))}: POST /api/risk/covariance repairs it`;
    throw unprocessable([{ path: "covariance", code: "INVALID_VALUE", message }]);
  }
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
