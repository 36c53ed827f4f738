import { ascending } from "../../features/statistics/ranks.ts";

/** A curve that never falls: through the points (x, y), straight between them and level outside. */
export interface Isotonic {
  /** ascending */
  readonly x: readonly number[];
  /** as many */
  readonly y: readonly number[];
}

interface Pool {
  /** the smallest and largest x of the pooled rows */
  readonly low: number;
  readonly high: number;
  readonly sum: number;
  readonly weight: number;
}

/**
 * The rising values nearest to the labels by least squares: neighbours that fall are pooled (Ayer et al. 1955; Barlow et al. 1972).
 * Pools of nothing but one class are taken 1/(n + 2) from 0 and 1, since none is sure.
 * @param x of the model, in any order
 * @param y labels, as many
 */
export function fitIsotonic(x: Float64Array, y: Float64Array): Isotonic {
  const edge = 1 / (x.length + 2);
  const points = pooled(tied(x, y)).flatMap(({ low, high, sum, weight }) => {
    const value = Math.min(1 - edge, Math.max(edge, sum / weight));
    return low === high
      ? [{ x: low, y: value }]
      : [
          { x: low, y: value },
          { x: high, y: value },
        ];
  });
  return { x: points.map((point) => point.x), y: points.map((point) => point.y) };
}

export function applyIsotonic({ x, y }: Isotonic, value: number): number {
  let [low, high] = [0, x.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((x[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  const [above, below] = [Math.min(low, x.length - 1), Math.max(low - 1, 0)];
  const [x0 = 0, x1 = 0] = [x[below], x[above]];
  const [y0 = Number.NaN, y1 = Number.NaN] = [y[below], y[above]];
  if (value >= x1) return y1;
  return value <= x0 ? y0 : y0 + ((value - x0) / (x1 - x0)) * (y1 - y0);
}

/** One pool for each x that there is, ascending. */
function tied(x: Float64Array, y: Float64Array): readonly Pool[] {
  const pools: Pool[] = [];
  for (const row of ascending(x)) {
    const [at, label] = [x[row] ?? 0, y[row] ?? 0];
    const last = pools.at(-1);
    if (last?.low === at)
      pools[pools.length - 1] = { ...last, sum: last.sum + label, weight: last.weight + 1 };
    else pools.push({ low: at, high: at, sum: label, weight: 1 });
  }
  return pools;
}

function pooled(pools: readonly Pool[]): readonly Pool[] {
  const stack: Pool[] = [];
  for (const next of pools) {
    let pool = next;
    for (let top = stack.at(-1); top !== undefined && isAbove(top, pool); top = stack.at(-1)) {
      pool = join(top, pool);
      stack.pop();
    }
    stack.push(pool);
  }
  return stack;
}

function isAbove(a: Pool, b: Pool): boolean {
  return a.sum * b.weight >= b.sum * a.weight;
}

function join(a: Pool, b: Pool): Pool {
  return { low: a.low, high: b.high, sum: a.sum + b.sum, weight: a.weight + b.weight };
}
