import { type Matrix, matrixOf } from "../../numeric/matrix.ts";
import { normalQuantile } from "../../numeric/distributions.ts";
import { mean } from "../../numeric/moments.ts";
import { covarianceMatrix } from "../covariance/sample.ts";
import type { SimulationInput } from "./input.ts";
import { bootstrapLaw, copulaLaw, ellipticalLaw, gbmLaw, type Law, type Moments } from "./law.ts";

export const DISTRIBUTIONS = [
  "normal",
  "studentT",
  "gaussianCopula",
  "studentTCopula",
  "bootstrap",
  "gbm",
] as const;
export type DistributionName = (typeof DISTRIBUTIONS)[number];

export interface Distribution {
  readonly name: DistributionName;
  /** degrees of freedom of Student's t */
  readonly nu: number;
  /** of copulas: the assets' own distributions */
  readonly marginals: "empirical" | "normal";
  readonly blocks: { readonly kind: "moving" | "stationary"; readonly length: number };
}

/** A simulation as it is asked for, as plain data: what it is made from, and how. */
export interface Recipe extends Omit<SimulationInput, "law" | "exposures"> {
  readonly exposures: readonly number[];
  readonly data:
    | { readonly kind: "history"; readonly columns: readonly (readonly number[])[] }
    | {
        readonly kind: "moments";
        readonly mean: readonly number[];
        readonly covariance: readonly (readonly number[])[];
      };
  readonly distribution: Distribution;
  /** whether returns are expected to be as they were, or to be nothing */
  readonly drift: "sample" | "zero";
  readonly horizonDays: number;
  /** of `gbm`, to the horizon; the others go by days, or there at once */
  readonly steps: number;
}

/** @throws RangeError saying what does not fit, as a covariance that none can be */
export function inputOf({ exposures, data, distribution, ...recipe }: Recipe): SimulationInput {
  const { horizonDays, steps, drift, ...rest } = recipe;
  const law = lawOf({ data, distribution, horizonDays, steps, drift });
  return { ...rest, exposures: Float64Array.from(exposures), law };
}

type Terms = Pick<Recipe, "data" | "distribution" | "drift" | "horizonDays" | "steps">;

function lawOf({ data, distribution, drift, horizonDays, steps }: Terms): Law {
  switch (distribution.name) {
    case "normal":
      return ellipticalLaw(momentsOf(data, drift), horizonDays);
    case "studentT":
      return ellipticalLaw(momentsOf(data, drift), horizonDays, distribution.nu);
    case "gbm":
      return gbmLaw(momentsOf(data, drift), horizonDays, steps);
    case "bootstrap":
      return bootstrapLaw(historyOf(data, drift), horizonDays, distribution.blocks);
    case "gaussianCopula":
    case "studentTCopula": {
      const columns = historyOf(data, drift);
      const nu = distribution.name === "gaussianCopula" ? null : distribution.nu;
      const { marginals } = distribution;
      return copulaLaw(columns, scoreCorrelation(columns), horizonDays, { nu, marginals });
    }
  }
}

function momentsOf(data: Recipe["data"], drift: Recipe["drift"]): Moments {
  if (data.kind === "history") {
    const columns = data.columns.map((column) => Float64Array.from(column));
    const means = columns.map((column) => (drift === "zero" ? 0 : mean(column)));
    return { mean: means, covariance: covarianceMatrix(columns) };
  }
  const covariance = matrixOf(data.covariance);
  requireSymmetric(covariance);
  return { mean: data.mean, covariance };
}

/** @throws RangeError where there is none, or too little to have a spread */
function historyOf(data: Recipe["data"], drift: Recipe["drift"]): readonly Float64Array[] {
  if (data.kind === "moments")
    throw new RangeError("copulas and bootstraps need returns to draw from, not a covariance");
  return data.columns.map((column) => {
    if (column.length < 2)
      throw new RangeError(`expected at least 2 observations, found ${column.length}`);
    const centre = drift === "zero" ? mean(column) : 0;
    return Float64Array.from(column, (value) => value - centre);
  });
}

/**
 * The correlation of normal scores: of ranks, as a copula is of nothing else, and always positive semidefinite (van der
 * Waerden's; Iman & Conover 1982). Ties share their mean rank; an asset that never moves goes with no other.
 */
export function scoreCorrelation(columns: readonly Float64Array[]): Matrix {
  const scores = columns.map(scoresOf);
  const covariance = covarianceMatrix(scores);
  const size = columns.length;
  const deviation = (i: number): number => Math.sqrt(covariance.data[i * size + i] ?? 0);
  return matrixOf(
    columns.map((_, i) =>
      columns.map((__, j) => {
        if (i === j) return 1;
        const scale = deviation(i) * deviation(j);
        return scale > 0 ? (covariance.data[i * size + j] ?? 0) / scale : 0;
      }),
    ),
  );
}

function scoresOf(column: Float64Array): Float64Array {
  const order = Array.from(column.keys()).toSorted((a, b) => (column[a] ?? 0) - (column[b] ?? 0));
  const scores = new Float64Array(column.length);
  for (let from = 0; from < order.length;) {
    const value = column[order[from] ?? 0];
    let to = from;
    while (to < order.length && column[order[to] ?? 0] === value) to += 1;
    const rank = (from + to + 1) / 2;
    for (let k = from; k < to; k += 1)
      scores[order[k] ?? 0] = normalQuantile(rank / (column.length + 1));
    from = to;
  }
  return scores;
}

function requireSymmetric({ rows, columns, data }: Matrix): void {
  if (rows !== columns)
    throw new RangeError(`expected a square covariance, found ${rows} × ${columns}`);
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < rows; i += 1)
    for (let j = 0; j < i; j += 1) {
      const difference = Math.abs((data[i * rows + j] ?? 0) - (data[j * rows + i] ?? 0));
      if (difference > 1e-8 * largest) throw new RangeError("expected a symmetric covariance");
    }
}
