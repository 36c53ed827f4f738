import {
  normalPdf,
  normalQuantile,
  studentPdf,
  studentQuantile,
} from "../../numeric/distributions.ts";
import { dot, type Matrix, times } from "../../numeric/matrix.ts";
import type { Measured } from "./spec.ts";

/** A book of which mean and covariance are all that counts. */
export interface MomentBook {
  readonly weights: ArrayLike<number>;
  readonly mean: ArrayLike<number>;
  /** positive semidefinite */
  readonly covariance: Matrix;
}

/** Of a distribution with variance 1: deviations from the mean to where the tail begins, and to its mean. */
export interface Tail {
  readonly quantile: number;
  readonly shortfall: number;
}

/** z and φ(z)/(1 − c). @param z in place of Φ⁻¹(c) */
export function normalTail(confidence: number, z = -normalQuantile(1 - confidence)): Tail {
  return { quantile: z, shortfall: normalPdf(z) / (1 - confidence) };
}

/**
 * Student's t scaled to variance 1 by √((ν − 2)/ν): t and f(t)/(1 − c)·(ν + t²)/(ν − 1) (McNeil, Frey & Embrechts 2015,
 * ex. 2.15).
 * @param nu above 2
 */
export function studentTail(confidence: number, nu: number): Tail {
  const t = -studentQuantile(1 - confidence, nu);
  const scale = Math.sqrt((nu - 2) / nu);
  const beyond = (studentPdf(t, nu) / (1 - confidence)) * ((nu + t * t) / (nu - 1));
  return { quantile: scale * t, shortfall: scale * beyond };
}

/** A book's own mean and deviation, with what its names have to do with them. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
  /** null: marginals are not wanted */
  readonly names: {
    readonly means: ArrayLike<number>;
    /** covariance of each name with the book */
    readonly along: Float64Array;
  } | null;
}

/** multiplier × σ − μ; its derivatives by the weights are multiplier × covᵢ/σ − μᵢ, which on the weights sum to the whole. */
export function spreadMeasure(
  { mean, deviation, names }: Spread,
  { quantile, shortfall }: Tail,
): Measured {
  const marginalOf = (multiplier: number, found: NonNullable<Spread["names"]>) =>
    found.along.map(
      (one, i) => (deviation === 0 ? 0 : (multiplier * one) / deviation) - (found.means[i] ?? 0),
    );
  return {
    var: quantile * deviation - mean,
    expectedShortfall: shortfall * deviation - mean,
    marginal: names && {
      var: marginalOf(quantile, names),
      shortfall: marginalOf(shortfall, names),
    },
    warnings: [],
    fitted: { mean, standardDeviation: deviation },
  };
}

/** A hedge's variance below this part of its legs' is rounding. */
const HEDGED = 1e-14;

export function ellipticalMeasure({ weights, mean, covariance }: MomentBook, tail: Tail): Measured {
  const along = times(covariance, weights);
  const variance = dot(along, weights);
  const deviation = variance > HEDGED * legsOf(weights, covariance) ** 2 ? Math.sqrt(variance) : 0;
  return spreadMeasure(
    { mean: dot(weights, mean), deviation, names: { means: mean, along } },
    tail,
  );
}

/** What the deviation would be if everything moved together. */
function legsOf(weights: ArrayLike<number>, { data, columns }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i += 1)
    sum += Math.abs(weights[i] ?? 0) * Math.sqrt(Math.max(0, data[i * columns + i] ?? 0));
  return sum;
}
