import { mean } from "../../numeric/moments.ts";
import { type Matrix, zeros } from "../../numeric/matrix.ts";

/**
 * The sample covariance of series without gaps, Σ(x − x̄)(y − ȳ)/(n − 1).
 * @param columns one a name, all of one length of at least 2
 * @throws RangeError for fewer observations
 */
export function covarianceMatrix(columns: readonly ArrayLike<number>[]): Matrix {
  const count = columns[0]?.length ?? 0;
  if (count < 2) throw new RangeError(`expected at least 2 observations, found ${count}`);
  const centred = columns.map((column) => {
    const centre = mean(column);
    return Float64Array.from(column, (value) => value - centre);
  });
  const matrix = zeros(columns.length, columns.length);
  for (const [i, x] of centred.entries())
    for (let j = 0; j <= i; j += 1) {
      const y = centred[j] ?? x;
      let sum = 0;
      for (let k = 0; k < count; k += 1) sum += (x[k] ?? 0) * (y[k] ?? 0);
      matrix.data[i * columns.length + j] = sum / (count - 1);
      matrix.data[j * columns.length + i] = sum / (count - 1);
    }
  return matrix;
}
