import { at, type Matrix, zeros } from "../../numeric/matrix.ts";
import { outcomeOf } from "./outcome.ts";
import type { StressPosition } from "./position.ts";
import { type Quadratic, type ReverseShock, smallestCurvedShock } from "./reverse.ts";
import { namedShocks } from "./shocks.ts";

/** Part of a factor's deviation that slopes and bends are measured over. */
const STEP = 0.1;
const DOUBLINGS_MAX = 10;

/** What shocks to factors lose of a book; positive. What they do not cover loses nothing. */
export function factorLoss(
  positions: readonly StressPosition[],
  base: string,
  names: readonly string[],
  shocks: ArrayLike<number>,
): number {
  const given = names.map((name, i) => [name, shocks[i] ?? 0] as const);
  const { shocks: named } = namedShocks(given, positions, base);
  return positions.reduce((sum, position) => {
    const outcome = outcomeOf(position, named, base);
    return outcome.isCovered ? sum - outcome.change : sum;
  }, 0);
}

/**
 * The smallest shock to factors that loses so much: that of the book as it slopes and bends, drawn out or in along its
 * direction until the book itself, with all that compounds, loses just that.
 * @param covariance of the factors, as shocks are given
 * @returns where none is found, the most that one was found to lose
 */
export function smallestFactorShock(
  positions: readonly StressPosition[],
  base: string,
  names: readonly string[],
  covariance: Matrix,
  loss: number,
): ReverseShock | { readonly mostLoss: number } {
  const lossOf = (shocks: ArrayLike<number>) => factorLoss(positions, base, names, shocks);
  const found = smallestCurvedShock(quadraticOf(lossOf, covariance), covariance, loss);
  if ("mostLoss" in found) return found;
  const { shocks, distance } = found;
  const along = (t: number) => lossOf(shocks.map((shock) => t * shock));
  let [low, high] = [0, 1];
  for (let k = 0; k < DOUBLINGS_MAX && along(high) < loss; k += 1) [low, high] = [high, high * 2];
  if (!(along(high) >= loss)) return { mostLoss: Math.max(along(1), along(high)) };
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (along(middle) >= loss) high = middle;
    else low = middle;
  }
  return { shocks: shocks.map((shock) => high * shock), distance: high * distance };
}

/** Central differences, which of a parabola are exact. */
function quadraticOf(lossOf: (shocks: ArrayLike<number>) => number, covariance: Matrix): Quadratic {
  const { rows: size } = covariance;
  const steps = Float64Array.from(
    { length: size },
    (_, i) => STEP * Math.sqrt(at(covariance, i, i)),
  );
  const profit = (...moved: readonly (readonly [i: number, sign: number])[]) => {
    const shocks = new Float64Array(size);
    for (const [i, sign] of moved) shocks[i] = (shocks[i] ?? 0) + sign * (steps[i] ?? 0);
    return -lossOf(shocks);
  };
  const gradient = steps.map((step, i) =>
    step === 0 ? 0 : (profit([i, 1]) - profit([i, -1])) / (2 * step),
  );
  const hessian = zeros(size, size);
  for (let i = 0; i < size; i += 1)
    for (let j = 0; j <= i; j += 1) {
      const area = (steps[i] ?? 0) * (steps[j] ?? 0);
      const bend =
        i === j
          ? profit([i, 1]) + profit([i, -1]) - 2 * profit()
          : (profit([i, 1], [j, 1]) -
              profit([i, 1], [j, -1]) -
              profit([i, -1], [j, 1]) +
              profit([i, -1], [j, -1])) /
            4;
      hessian.data[i * size + j] = area === 0 ? 0 : bend / area;
      hessian.data[j * size + i] = hessian.data[i * size + j] ?? 0;
    }
  return { gradient, hessian };
}
