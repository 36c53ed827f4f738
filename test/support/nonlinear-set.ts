import type { LabelledSample } from "../../domain/ai/learning/sample.ts";
import { RandomStream } from "../../domain/numeric/random.ts";

/** Rows of standard normals and labels that hang together with the first eight of them in ways that no line follows. */
export interface NonlinearSet {
  readonly sample: LabelledSample;
  /** of each label being 1, as it was drawn: nothing predicts better */
  readonly probability: Float64Array;
}

/** @param columns at least 8; the others are noise */
export function nonlinearSet(rows: number, columns: number, seed: number): NonlinearSet {
  const data = RandomStream.of(seed, 0).fillNormals(new Float64Array(rows * columns));
  const drawn = RandomStream.of(seed, 1);
  const probability = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1)
    probability[row] = 1 / (1 + Math.exp(-logOddsOf(data.subarray(row * columns))));
  return {
    sample: {
      x: { rows, columns, data },
      symbol: new Int32Array(rows),
      closeMs: Float64Array.from({ length: rows }, (_, row) => row),
      logReturn: new Float64Array(rows),
      variance: new Float64Array(rows),
      y: probability.map((p) => (drawn.uniform() < p ? 1 : 0)),
      labelEndMs: Float64Array.from({ length: rows }, (_, row) => row + 1),
      forwardReturn: new Float64Array(rows),
    },
    probability,
  };
}

function logOddsOf(x: Float64Array): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = x;
  return 1.2 * a * b + (c > 0 ? 1.5 * d : -d) + 0.8 * (e * e - 1) + f + (g > 0.5 ? 1 : 0) * h;
}

/** The mean log-loss of the rows from `from` to before `to`. @param guess a probability a row, the first that of `from` */
export function logLossOf(
  y: ArrayLike<number>,
  guess: ArrayLike<number>,
  from: number,
  to: number,
): number {
  let sum = 0;
  for (let row = from; row < to; row += 1) {
    const p = guess[row - from] ?? Number.NaN;
    sum -= y[row] === 1 ? Math.log(p) : Math.log(1 - p);
  }
  return sum / (to - from);
}
