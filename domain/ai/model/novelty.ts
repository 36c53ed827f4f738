import type { Matrix } from "../../numeric/matrix.ts";

/**
 * What rows are held against to tell whether they are like the training data: some of its rows, scaled, and how far apart those are.
 * After the dissimilarity index of Meyer & Pebesma (Methods in Ecology and Evolution 12 (2021) 1620).
 */
export interface Novelty {
  readonly columns: number;
  /** rows × columns scaled values, to three decimals; null: missing */
  readonly rows: readonly (number | null)[];
  /** mean distance of those rows to their nearest others */
  readonly average: number;
  /** a row's dissimilarity (its mean distance to the nearest rows, over `average`) above which it is novel */
  readonly threshold: number;
}

const NEAREST = 5;
/** Bounds what a prediction costs (about 20 µs) and what an artefact weighs. */
export const NOVELTY_ROWS_MAX = 500;
const VALUES_MAX = 50_000;
/** Rows whose distance to the others makes up the average. */
const AVERAGED_MAX = 200;
/** How many of a row's columns a message names. */
const NAMED = 3;

/** @param x scaled @param rows to choose from, evenly; null: there are no columns, or too few rows to be near to */
export function noveltyOf(x: Matrix, rows: Int32Array): Omit<Novelty, "threshold"> | null {
  if (x.columns === 0) return null;
  const wanted = Math.min(NOVELTY_ROWS_MAX, Math.max(50, Math.floor(VALUES_MAX / x.columns)));
  // A row with few values is near to all that have those: it would vouch for whatever the others are.
  const complete = rows.filter((row) => valuesIn(x, row) === x.columns);
  const known = complete.length > NEAREST ? complete : rows.filter((row) => valuesIn(x, row) > 0);
  const chosen = spread(known, wanted);
  if (chosen.length <= NEAREST) return null;
  const points = gathered(x, chosen);
  const places = Int32Array.from(chosen, (_row, place) => place);
  const looked = spread(places, AVERAGED_MAX);
  let sum = 0;
  const isWhole = !hasGap(points, 0, points.length);
  for (const place of looked) sum += meanNearest({ points, isWhole }, x, points, place, place);
  const average = sum / looked.length;
  if (!(average > 0)) return null;
  return {
    columns: x.columns,
    rows: Array.from(points, (value) => (Number.isNaN(value) ? null : value)),
    average,
  };
}

/** At most `count` of the rows, evenly spread over them. */
export function spread(rows: Int32Array, count: number): Int32Array {
  if (rows.length <= count) return rows;
  return Int32Array.from(
    { length: count },
    (_, k) => rows[Math.floor((k * rows.length) / count)] ?? 0,
  );
}

/** Tells the dissimilarity of rows. */
export class NoveltyGauge {
  readonly #points: Float64Array;
  readonly #isWhole: boolean;
  readonly #columns: number;
  readonly #average: number;

  constructor({ rows, columns, average }: Omit<Novelty, "threshold">) {
    this.#points = Float64Array.from(rows, (value) => value ?? Number.NaN);
    this.#isWhole = !hasGap(this.#points, 0, this.#points.length);
    this.#columns = columns;
    this.#average = average;
  }

  /** @param x scaled; Infinity of a row without any value */
  dissimilarity(x: Matrix, row: number): number {
    const isWhole = this.#isWhole && !hasGap(x.data, row * x.columns, (row + 1) * x.columns);
    const cloud = { points: this.#points, isWhole };
    return meanNearest(cloud, x, x.data, row, -1) / this.#average;
  }

  /** The columns that lie farthest from the middle of the training rows beside them, farthest first. */
  farthest({ data }: Matrix, row: number): readonly number[] {
    const columns = this.#columns;
    const gaps = Array.from({ length: columns }, (_, column) => {
      const value = data[row * columns + column] ?? Number.NaN;
      return Number.isNaN(value) ? 0 : this.#gap(column, value);
    });
    return gaps
      .map((gap, column) => ({ gap, column }))
      .filter(({ gap }) => gap > 0)
      .toSorted((a, b) => b.gap - a.gap)
      .slice(0, NAMED)
      .map(({ column }) => column);
  }

  /** To the nearest value that the column has. */
  #gap(column: number, value: number): number {
    let nearest = Infinity;
    for (let at = column; at < this.#points.length; at += this.#columns) {
      const gap = Math.abs(value - (this.#points[at] ?? Number.NaN));
      if (gap < nearest) nearest = gap;
    }
    return nearest === Infinity ? 0 : nearest;
  }
}

function gathered({ data, columns }: Matrix, rows: Int32Array): Float64Array {
  const points = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => {
    for (let column = 0; column < columns; column += 1)
      points[i * columns + column] =
        Math.round((data[row * columns + column] ?? Number.NaN) * 1_000) / 1_000;
  });
  return points;
}

function valuesIn({ data, columns }: Matrix, row: number): number {
  let count = 0;
  for (let column = 0; column < columns; column += 1)
    if (!Number.isNaN(data[row * columns + column] ?? Number.NaN)) count += 1;
  return count;
}

function hasGap(data: Float64Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (Number.isNaN(data[at] ?? 0)) return true;
  return false;
}

interface Cloud {
  readonly points: Float64Array;
  /** neither the points nor the row that is held against them lack a value: most often so, and twice as fast */
  readonly isWhole: boolean;
}

/** The mean root mean square distance over common columns from a row of `data` to its nearest points, the point `except` left out. */
function meanNearest(
  { points, isWhole }: Cloud,
  { columns }: Matrix,
  data: Float64Array,
  row: number,
  except: number,
): number {
  const square = isWhole ? meanSquare : commonMeanSquare;
  const nearest = new Float64Array(NEAREST).fill(Infinity);
  for (let k = 0, at = 0; at < points.length; k += 1, at += columns) {
    if (k === except) continue;
    const found = square(points, at, data, row * columns, columns);
    if (found < (nearest[NEAREST - 1] ?? 0)) insert(nearest, found);
  }
  let sum = 0;
  for (const value of nearest) sum += Math.sqrt(value);
  return sum / NEAREST;
}

function meanSquare(
  a: Float64Array,
  at: number,
  b: Float64Array,
  from: number,
  columns: number,
): number {
  let sum = 0;
  for (let column = 0; column < columns; column += 1) {
    const gap = (a[at + column] ?? 0) - (b[from + column] ?? 0);
    sum += gap * gap;
  }
  return sum / columns;
}

/** Of the gaps over columns that both have; Infinity where there are none. */
function commonMeanSquare(
  a: Float64Array,
  at: number,
  b: Float64Array,
  from: number,
  columns: number,
): number {
  let [sum, count] = [0, 0];
  for (let column = 0; column < columns; column += 1) {
    const gap = (a[at + column] ?? 0) - (b[from + column] ?? 0);
    if (Number.isNaN(gap)) continue;
    sum += gap * gap;
    count += 1;
  }
  return count === 0 ? Infinity : sum / count;
}

/** Into ascending values, the last of which drops out. */
function insert(ascending: Float64Array, value: number): void {
  let at = ascending.length - 1;
  for (; at > 0 && (ascending[at - 1] ?? 0) > value; at -= 1)
    ascending[at] = ascending[at - 1] ?? 0;
  ascending[at] = value;
}
