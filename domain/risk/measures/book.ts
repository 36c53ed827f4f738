import { mean } from "../../numeric/moments.ts";

/** Returns of names by scenario, and how much of each is held. */
export interface ScenarioBook {
  /** one a name, oldest first, all of one length, finite */
  readonly columns: readonly ArrayLike<number>[];
  readonly weights: ArrayLike<number>;
}

/** The same with what the book made of each scenario. */
export interface ObservedBook extends ScenarioBook {
  readonly returns: Float64Array;
}

/** What is left of a hedge beside its legs, for each of them, is rounding. */
const ROUNDING = 4 * Number.EPSILON;

export function observe(book: ScenarioBook): ObservedBook {
  return { ...book, returns: bookReturns(book) };
}

/** Σ weight·return, scenario by scenario; where the legs of a hedge leave no more than rounding, nothing. */
function bookReturns({ columns, weights }: ScenarioBook): Float64Array {
  const sums = new Float64Array(columns[0]?.length ?? 0);
  const gross = new Float64Array(sums.length);
  for (const [i, column] of columns.entries()) {
    const weight = weights[i] ?? 0;
    if (weight === 0) continue;
    for (let t = 0; t < sums.length; t += 1) {
      const part = weight * (column[t] ?? 0);
      sums[t] = (sums[t] ?? 0) + part;
      gross[t] = (gross[t] ?? 0) + Math.abs(part);
    }
  }
  return settled(sums, gross, columns.length);
}

/** The book's returns without one name, the others as they are; in a book of one name nothing is left. */
export function returnsWithout({ columns, weights, returns }: ObservedBook, name: number) {
  const weight = weights[name] ?? 0;
  const column = columns[name] ?? [];
  const gross = new Float64Array(returns.length);
  const rest = returns.map((value, t) => {
    const part = weight * (column[t] ?? 0);
    gross[t] = Math.abs(value) + Math.abs(part);
    return value - part;
  });
  return settled(rest, gross, columns.length + 1);
}

function settled(sums: Float64Array, gross: Float64Array, legs: number): Float64Array {
  if (legs < 2) return sums;
  for (let t = 0; t < sums.length; t += 1)
    if (Math.abs(sums[t] ?? 0) <= ROUNDING * legs * (gross[t] ?? 0)) sums[t] = 0;
  return sums;
}

/** Smaller than this no return is told from none: its fourth power would leave float64. */
const NOTHING = 1e-60;

/** Whether values differ by no more than rounding. */
export function isFlat(values: ArrayLike<number>): boolean {
  let [low, high] = [Infinity, -Infinity];
  for (let t = 0; t < values.length; t += 1) {
    low = Math.min(low, values[t] ?? 0);
    high = Math.max(high, values[t] ?? 0);
  }
  return high - low <= Math.max(NOTHING, ROUNDING * Math.max(high, -low));
}

export function meansOf(columns: readonly ArrayLike<number>[]): Float64Array {
  return Float64Array.from(columns, (column) => mean(column));
}

/** Σ(x − x̄)·move over the scenarios: of each name with what the book moved by. */
export function alongMoves(
  columns: readonly ArrayLike<number>[],
  moves: ArrayLike<number>,
): Float64Array {
  return Float64Array.from(columns, (column) => {
    const centre = mean(column);
    let sum = 0;
    for (let t = 0; t < moves.length; t += 1) sum += (moves[t] ?? 0) * ((column[t] ?? 0) - centre);
    return sum;
  });
}

/**
 * Derivatives by the weights, which on the weights sum to the whole: what those that were found of scenarios lack of it is
 * spread by how the names move with the book, cov(name, book)/var(book).
 * @param book whose returns vary
 */
export function completed(
  found: Float64Array,
  { columns, weights, returns }: ObservedBook,
  whole: number,
): Float64Array {
  const lack = whole - found.reduce((sum, one, i) => sum + one * (weights[i] ?? 0), 0);
  const centre = mean(returns);
  const moves = returns.map((value) => value - centre);
  const along = alongMoves(columns, moves);
  const all = along.reduce((sum, one, i) => sum + one * (weights[i] ?? 0), 0);
  return all > 0 ? found.map((one, i) => one + (lack * (along[i] ?? 0)) / all) : found;
}
