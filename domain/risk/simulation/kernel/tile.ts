import { at, type Matrix } from "../../../numeric/matrix.ts";

/** Paths that are worked on together: their normals and their outcomes stay in the processor's nearest caches. */
export const TILE = 32;

/** Rows of the innermost loop. */
export const ROWS = 2;

/** x = L·z of a tile of paths, and y = w·x: each product rounded and each sum taken in the order of the columns. */
export interface TileKernel {
  /** independent draws, to be filled by the caller: of asset i and path p at i·TILE + p */
  readonly z: Float64Array;
  /** of asset i and path p at i·TILE + p */
  readonly x: Float64Array;
  readonly y: Float64Array;
  run(): void;
}

export const even = (count: number): number => count + (count % 2);

/** Two rows at a time, column by column, as far as the second of them goes; an odd last row is followed by zeros. */
export function pack(lower: Matrix): Float64Array {
  const size = even(lower.rows);
  const packed = new Float64Array((size * (size + 2)) / 2);
  let to = 0;
  for (let row = 0; row < size; row += ROWS)
    for (let k = 0; k < row + ROWS; k += 1)
      for (let i = row; i < row + ROWS; i += 1) {
        packed[to] = i < lower.rows && k < lower.rows ? at(lower, i, k) : 0;
        to += 1;
      }
  return packed;
}
