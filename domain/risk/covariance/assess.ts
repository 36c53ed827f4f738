import type { Matrix } from "../../numeric/matrix.ts";
import { mean } from "../../numeric/moments.ts";
import { deviationsOf } from "../../numeric/symmetric.ts";
import { type Diagnosis, diagnose, diagnoseCorrelation } from "./diagnose.ts";
import {
  completeRows,
  estimateCovariance,
  type Estimator,
  pairwiseCovariance,
} from "./estimate.ts";

/** What is done where a series lacks an observation: refuse, use those that all have, or for each pair those that both have. */
export const MISSING = ["refuse", "complete", "pairwise"] as const;
export type MissingRule = (typeof MISSING)[number];

/** What a covariance is made of. Data only, so that it can go to another thread. */
export type CovarianceAsked = { readonly isRepaired: boolean } & (
  | {
      readonly kind: "series";
      /** one a name, oldest first; NaN: missing */
      readonly columns: readonly Float64Array[];
      readonly estimator: Estimator;
      readonly lambda: number;
      readonly missing: MissingRule;
    }
  | { readonly kind: "covariance"; readonly matrix: Matrix }
  | {
      readonly kind: "correlation";
      readonly matrix: Matrix;
      /** absent: 1 */
      readonly deviations: Float64Array | null;
    }
);

export interface Assessment extends Diagnosis {
  readonly deviations: Float64Array;
  /** null of estimators that do not shrink, and of matrices that were given */
  readonly shrinkage: number | null;
  /** of the pair that has the fewest; null of matrices that were given */
  readonly sampleSize: number | null;
  /** of each name over what was used of it; null of matrices that were given */
  readonly means: Float64Array | null;
}

export type Unassessable =
  | { readonly problem: "missing"; readonly index: number; readonly at: number }
  | { readonly problem: "tooFew"; readonly found: number }
  | { readonly problem: "pairTooFew"; readonly pair: readonly [number, number] };

/** A covariance, what it is fit for, and the nearest fit one where that is asked for. */
export function assessCovariance(asked: CovarianceAsked): Assessment | Unassessable {
  const nothing = { shrinkage: null, sampleSize: null, means: null };
  switch (asked.kind) {
    case "covariance":
      return completed(diagnose(asked.matrix, asked.isRepaired), nothing);
    case "correlation": {
      const deviations = asked.deviations ?? new Float64Array(asked.matrix.rows).fill(1);
      return completed(diagnoseCorrelation(asked.matrix, deviations, asked.isRepaired), nothing);
    }
    case "series":
      return ofSeries(asked);
  }
}

type Rest = Pick<Assessment, "shrinkage" | "sampleSize" | "means">;

function completed(diagnosis: Diagnosis, rest: Rest): Assessment {
  return { ...diagnosis, deviations: deviationsOf(diagnosis.covariance), ...rest };
}

function ofSeries(
  asked: Extract<CovarianceAsked, { readonly kind: "series" }>,
): Assessment | Unassessable {
  const { estimator, lambda, missing, isRepaired } = asked;
  if (missing === "refuse") {
    const gap = firstGap(asked.columns);
    if (gap !== null) return { problem: "missing", ...gap };
  }
  if (missing === "pairwise") return ofPairs(asked.columns, isRepaired);
  const columns = completeRows(asked.columns);
  const sampleSize = columns[0]?.length ?? 0;
  if (sampleSize < 2) return { problem: "tooFew", found: sampleSize };
  const { covariance, shrinkage } = estimateCovariance(columns, estimator, lambda);
  const means = meansOf(columns);
  return completed(diagnose(covariance, isRepaired), { shrinkage, sampleSize, means });
}

function ofPairs(columns: readonly Float64Array[], isRepaired: boolean): Assessment | Unassessable {
  const found = pairwiseCovariance(columns);
  if ("lacking" in found) return { problem: "pairTooFew", pair: found.lacking };
  const { covariance, sampleSize } = found;
  return completed(diagnose(covariance, isRepaired), {
    shrinkage: null,
    sampleSize,
    means: meansOf(columns.map((column) => column.filter((value) => !Number.isNaN(value)))),
  });
}

function meansOf(columns: readonly Float64Array[]): Float64Array {
  return Float64Array.from(columns, (column) => mean(column));
}

function firstGap(columns: readonly Float64Array[]): { index: number; at: number } | null {
  for (const [index, column] of columns.entries()) {
    const gap = column.findIndex((value) => Number.isNaN(value));
    if (gap >= 0) return { index, at: gap };
  }
  return null;
}
