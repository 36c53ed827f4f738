import type { Matrix } from "../../../numeric/matrix.ts";
import { pairedKernel } from "./paired-kernel.ts";
import { even, pack, ROWS, TILE, type TileKernel } from "./tile.ts";

/** On WebAssembly's pairs of doubles where the processor has them; the same bits without. */
export function tileKernel(lower: Matrix, weights: ArrayLike<number>): TileKernel {
  return pairedKernel(lower, weights) ?? plainKernel(lower, weights);
}

/** In the language itself: what the other is held against. */
export function plainKernel(lower: Matrix, weights: ArrayLike<number>): TileKernel {
  const packed = pack(lower);
  const size = even(lower.rows);
  const z = new Float64Array(size * TILE);
  const x = new Float64Array(size * TILE);
  const y = new Float64Array(TILE);
  const run = (): void => {
    y.fill(0);
    for (let row = 0, start = 0; row < size; start += ROWS * (row + ROWS), row += ROWS)
      for (let p = 0; p < TILE; p += 1) {
        const [first, second] = rowPair(packed, start, row + ROWS, z, p);
        x[row * TILE + p] = first;
        x[(row + 1) * TILE + p] = second;
        const sum = (y[p] ?? 0) + (weights[row] ?? 0) * first;
        y[p] = sum + (weights[row + 1] ?? 0) * second;
      }
  };
  return { z, x, y, run };
}

function rowPair(
  packed: Float64Array,
  start: number,
  columns: number,
  z: Float64Array,
  p: number,
): readonly [number, number] {
  let [first, second] = [0, 0];
  for (let k = 0; k < columns; k += 1) {
    const value = z[k * TILE + p] ?? 0;
    first += value * (packed[start + ROWS * k] ?? 0);
    second += value * (packed[start + ROWS * k + 1] ?? 0);
  }
  return [first, second];
}
