import { fillHistogram, type Histogram } from "./histogram.ts";
import { COLUMNS_A_WORD, type Packed, packedRows } from "./packed.ts";
import type { Split } from "./split.ts";

/** The rows that a tree, or a branch of it, grows on: those of a node lie together, in ascending order. */
export class Ground {
  readonly packed: Packed;
  /** the rows of `packed`, node by node */
  readonly rows: Int32Array;
  /** gradient and hessian, row by row of `packed` */
  readonly #pairs: Float64Array;
  readonly #moved: Int32Array;
  readonly #gathered: Float64Array;

  constructor(packed: Packed, pairs: Float64Array) {
    this.packed = packed;
    this.rows = new Int32Array(packed.rows);
    for (let row = 0; row < packed.rows; row += 1) this.rows[row] = row;
    this.#pairs = pairs;
    this.#moved = new Int32Array(packed.rows);
    this.#gathered = new Float64Array(pairs.length);
  }

  /**
   * The rows of one node alone. Its words lie side by side then, where a branch far up would find one of them in each line of the
   * cache.
   */
  apart(from: number, to: number): Ground {
    const rows = this.rows.slice(from, to);
    return new Ground(packedRows(this.packed, rows), this.#gather(from, to).slice());
  }

  /** Takes over the order of the rows that one node's own ground has come to. */
  join(from: number, { rows }: Ground): void {
    const before = this.rows.slice(from, from + rows.length);
    for (let i = 0; i < rows.length; i += 1) this.rows[from + i] = before[rows[i] ?? 0] ?? 0;
  }

  fill(histogram: Histogram, stride: number, from: number, to: number): void {
    const pairs = this.#gather(from, to);
    fillHistogram(histogram, this.packed, stride, this.rows, from, to, pairs);
  }

  #gather(from: number, to: number): Float64Array {
    const [rows, pairs, gathered] = [this.rows, this.#pairs, this.#gathered];
    for (let i = from, k = 0; i < to; i += 1, k += 2) {
      const at = 2 * (rows[i] ?? 0);
      gathered[k] = pairs[at] ?? 0;
      gathered[k + 1] = pairs[at + 1] ?? 0;
    }
    return gathered.subarray(0, 2 * (to - from));
  }

  /**
   * Puts the rows of a node that go left before those that go right.
   * @param missing the bin of missing values
   * @returns where the right ones begin
   */
  part(from: number, to: number, split: Split, missing: number): number {
    const [rows, moved] = [this.rows, this.#moved];
    const goesLeft = new Uint8Array(256).fill(1, 0, split.bin + 1);
    goesLeft[missing] = split.isMissingLeft ? 1 : 0;
    const { rows: all, words } = this.packed;
    const start = Math.floor(split.column / COLUMNS_A_WORD) * all;
    const shift = 8 * (split.column % COLUMNS_A_WORD);
    let left = from;
    let right = 0;
    for (let i = from; i < to; i += 1) {
      const row = rows[i] ?? 0;
      const isLeft = goesLeft[((words[start + row] ?? 0) >>> shift) & 255] ?? 0;
      // Both are written, one is kept: a jump that cannot be foretold costs more.
      rows[left] = row;
      moved[right] = row;
      left += isLeft;
      right += 1 - isLeft;
    }
    rows.set(moved.subarray(0, right), left);
    return left;
  }
}
