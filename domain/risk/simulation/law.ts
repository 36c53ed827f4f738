import { cholesky, semiCholesky } from "../../numeric/cholesky.ts";
import { at, diagonal, dot, type Matrix, times, transpose, zeros } from "../../numeric/matrix.ts";
import { mean, standardDeviation } from "../../numeric/moments.ts";
import { sorted } from "../../numeric/quantile.ts";

/** How the returns of assets come about. Each is plain data, so that it can be given to a thread. */
export type Law = EllipticalLaw | GbmLaw | CopulaLaw | BootstrapLaw;

/** Simple returns over the whole horizon, at once: mean + scale·L·z. */
export interface EllipticalLaw {
  readonly kind: "elliptical";
  readonly mean: Float64Array;
  /** L with L·Lᵀ the covariance of the horizon */
  readonly lower: Matrix;
  /** degrees of freedom of one χ² a path; null: normal */
  readonly nu: number | null;
}

/** Geometric Brownian motion, step by step: prices times exp(drift + L·z). */
export interface GbmLaw {
  readonly kind: "gbm";
  /** of the logarithm, a step: the mean less half of the variance */
  readonly drift: Float64Array;
  readonly lower: Matrix;
  readonly steps: number;
}

/** Simple returns of a day, each with a distribution of its own, joined by a copula; days are independent and compound. */
export interface CopulaLaw {
  readonly kind: "copula";
  /** of the correlation */
  readonly lower: Matrix;
  /** degrees of freedom of one χ² a path and day; null: the Gaussian copula */
  readonly nu: number | null;
  readonly marginals: readonly Marginal[];
  readonly steps: number;
}

export type Marginal =
  | { readonly kind: "normal"; readonly mean: number; readonly deviation: number }
  | { readonly kind: "empirical"; readonly ascending: Float64Array };

/** Days of history put together anew, a row of all assets at a time. */
export interface BootstrapLaw {
  readonly kind: "bootstrap";
  /** simple returns, one column an asset, all of one length */
  readonly columns: readonly Float64Array[];
  /** moving blocks (Künsch 1989), or stationary ones of geometric length with that mean (Politis & Romano 1994) */
  readonly blocks: { readonly kind: "moving" | "stationary"; readonly length: number };
  readonly steps: number;
}

export interface Moments {
  /** simple returns of a day */
  readonly mean: ArrayLike<number>;
  readonly covariance: Matrix;
}

/**
 * Normal, or Student's t with that covariance: the horizon's mean grows with days, its deviation with their root.
 * @param nu above 2, or the covariance would not be there
 * @throws RangeError when the covariance is not positive semidefinite
 */
export function ellipticalLaw(
  { mean: daily, covariance }: Moments,
  horizonDays: number,
  nu: number | null = null,
): EllipticalLaw {
  if (nu !== null && !(nu > 2))
    throw new RangeError(`expected more than 2 degrees of freedom, found ${nu}`);
  return {
    kind: "elliptical",
    mean: Float64Array.from(daily, (value) => value * horizonDays),
    lower: scaled(rootOf(covariance), Math.sqrt(horizonDays)),
    nu,
  };
}

/** The same for one book whose assets are not told apart: a linear book of elliptical returns is elliptical itself. */
export function oneFactor(law: EllipticalLaw, exposures: ArrayLike<number>): EllipticalLaw {
  const loadings = times(transpose(law.lower), exposures);
  return {
    kind: "elliptical",
    mean: Float64Array.of(dot(law.mean, exposures)),
    lower: { rows: 1, columns: 1, data: Float64Array.of(Math.sqrt(dot(loadings, loadings))) },
    nu: law.nu,
  };
}

/** @param steps to a horizon of days; the moments are those of a day */
export function gbmLaw(
  { mean: daily, covariance }: Moments,
  horizonDays: number,
  steps: number,
): GbmLaw {
  const days = horizonDays / steps;
  const variances = diagonal(covariance);
  return {
    kind: "gbm",
    drift: Float64Array.from(daily, (value, i) => (value - 0.5 * (variances[i] ?? 0)) * days),
    lower: scaled(rootOf(covariance), Math.sqrt(days)),
    steps,
  };
}

/** @param columns simple returns of days, one column an asset, whose distributions and correlations are taken over */
export function copulaLaw(
  columns: readonly Float64Array[],
  correlation: Matrix,
  steps: number,
  terms: { readonly nu: number | null; readonly marginals: "empirical" | "normal" },
): CopulaLaw {
  const marginals = columns.map((column): Marginal =>
    terms.marginals === "empirical"
      ? { kind: "empirical", ascending: sorted(column) }
      : { kind: "normal", mean: mean(column), deviation: standardDeviation(column) },
  );
  return { kind: "copula", lower: rootOf(correlation), nu: terms.nu, marginals, steps };
}

/** @throws RangeError when a block is longer than the history */
export function bootstrapLaw(
  columns: readonly Float64Array[],
  steps: number,
  blocks: BootstrapLaw["blocks"],
): BootstrapLaw {
  const rows = columns[0]?.length ?? 0;
  if (rows === 0) throw new RangeError("expected a history to draw from, found none");
  if (columns.some(({ length }) => length !== rows))
    throw new RangeError("expected histories of one length");
  if (blocks.length > rows)
    throw new RangeError(`expected blocks no longer than the ${rows} rows, found ${blocks.length}`);
  return { kind: "bootstrap", columns, blocks, steps };
}

/** @returns how many assets a law is about */
export function assetsOf(law: Law): number {
  return law.kind === "bootstrap" ? law.columns.length : law.lower.rows;
}

function rootOf(covariance: Matrix): Matrix {
  const root = cholesky(covariance) ?? semiCholesky(covariance);
  if (root === null || root.data.some((value) => !Number.isFinite(value)))
    throw new RangeError("expected a finite, positive semidefinite covariance");
  return root;
}

function scaled(matrix: Matrix, factor: number): Matrix {
  const result = zeros(matrix.rows, matrix.columns);
  for (let i = 0; i < matrix.rows; i += 1)
    for (let j = 0; j < matrix.columns; j += 1)
      result.data[i * matrix.columns + j] = factor * at(matrix, i, j);
  return result;
}
