import type { Binned } from "./binned.ts";

/** Columns in one word: a row's bins of four columns are read at once, and its gradient once for the four. */
export const COLUMNS_A_WORD = 4;

/** The bins that one tree is grown on. */
export interface Packed {
  readonly rows: number;
  /** the columns of `Binned` that there are, ascending */
  readonly columns: Int32Array;
  /** columns 4k to 4k + 3 of row i at k·rows + i, the first in the lowest byte */
  readonly words: Int32Array;
}

/** @param rows of `binned`, ascending; null: all before `learnt` */
export function packed(
  binned: Binned,
  columns: Int32Array,
  rows: Int32Array | null,
  learnt: number,
): Packed {
  const count = rows?.length ?? learnt;
  const words = new Int32Array(Math.ceil(columns.length / COLUMNS_A_WORD) * count);
  columns.forEach((column, i) => {
    const from = Math.floor(i / COLUMNS_A_WORD) * count;
    const shift = 8 * (i % COLUMNS_A_WORD);
    const bins = binned.bins.subarray(column * binned.rows, (column + 1) * binned.rows);
    for (let row = 0; row < count; row += 1) {
      const bin = bins[rows === null ? row : (rows[row] ?? 0)] ?? 0;
      words[from + row] = (words[from + row] ?? 0) | (bin << shift);
    }
  });
  return { rows: count, columns, words };
}

/** Some rows of it alone, in their order. */
export function packedRows({ rows: all, columns, words }: Packed, rows: Int32Array): Packed {
  const count = rows.length;
  const some = new Int32Array((words.length / all) * count);
  for (let from = 0, to = 0; from < words.length; from += all, to += count)
    for (let i = 0; i < count; i += 1) some[to + i] = words[from + (rows[i] ?? 0)] ?? 0;
  return { rows: count, columns, words: some };
}
