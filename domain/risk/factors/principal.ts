import { eigenSymmetric } from "../../numeric/eigen.ts";
import { at, diagonal } from "../../numeric/matrix.ts";
import { mean } from "../../numeric/moments.ts";
import { covarianceMatrix } from "../covariance/sample.ts";

export interface PrincipalComponents {
  /** variances of the components, descending; what rounding made negative is 0 */
  readonly variances: readonly number[];
  /** of the total variance, of each component */
  readonly explained: readonly number[];
  /** of each kept component the weights of the names, of length 1, the largest positive */
  readonly loadings: readonly (readonly number[])[];
  /** of each kept component its value a period: the centred returns on the loadings */
  readonly scores: readonly Float64Array[];
}

export type Keep = { readonly count: number } | { readonly explained: number };

/**
 * Principal components of returns by their sample covariance.
 * @param columns one a name, without gaps, at least 2 observations
 * @param keep so many, or as few as explain a part of the variance
 * @returns null where nothing varies
 */
export function principalComponents(
  columns: readonly ArrayLike<number>[],
  keep: Keep,
): PrincipalComponents | null {
  const covariance = covarianceMatrix(columns);
  const total = diagonal(covariance).reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return null;
  const { values, vectors } = eigenSymmetric(covariance);
  const variances = Array.from(values, (value) => Math.max(0, value));
  const explained = variances.map((value) => value / total);
  const count = Math.min(columns.length, countOf(explained, keep));
  const loadings = Array.from({ length: count }, (_, k) =>
    Array.from({ length: columns.length }, (__, i) => at(vectors, i, k)),
  );
  return { variances, explained, loadings, scores: loadings.map((one) => scoresOf(columns, one)) };
}

function countOf(explained: readonly number[], keep: Keep): number {
  if ("count" in keep) return keep.count;
  let sum = 0;
  const last = explained.findIndex((part) => {
    sum += part;
    // A hair below, so that all components explain all.
    return sum >= keep.explained - 1e-12;
  });
  return last < 0 ? explained.length : last + 1;
}

function scoresOf(
  columns: readonly ArrayLike<number>[],
  loadings: readonly number[],
): Float64Array {
  const scores = new Float64Array(columns[0]?.length ?? 0);
  for (const [i, column] of columns.entries()) {
    const centre = mean(column);
    for (let t = 0; t < scores.length; t += 1)
      scores[t] = (scores[t] ?? 0) + (loadings[i] ?? 0) * ((column[t] ?? 0) - centre);
  }
  return scores;
}
