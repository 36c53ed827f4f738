import { COLUMNS_A_WORD, type Packed } from "./packed.ts";

/** Σ of gradients and of hessians by column and bin. */
export interface Histogram {
  /** of bin b of the i-th column: Σ gradients at 2·(i·stride + b), Σ hessians behind it */
  readonly sums: Float64Array;
  /** rows, at i·stride + b; empty where nobody asks for them */
  readonly counts: Int32Array;
}

export function emptyHistogram(columns: number, stride: number, isCounting: boolean): Histogram {
  const padded = Math.ceil(columns / COLUMNS_A_WORD) * COLUMNS_A_WORD;
  return {
    sums: new Float64Array(2 * padded * stride),
    counts: new Int32Array(isCounting ? padded * stride : 0),
  };
}

/**
 * Sums the rows of a node.
 * @param rows  of `packed`: those from `from` to before `to`
 * @param pairs gradient and hessian of each of these rows, in their order, from 0
 */
export function fillHistogram(
  { sums, counts }: Histogram,
  packed: Packed,
  stride: number,
  rows: Int32Array,
  from: number,
  to: number,
  pairs: Float64Array,
): void {
  sums.fill(0);
  counts.fill(0);
  const size = COLUMNS_A_WORD * stride;
  for (let start = 0, first = 0; start < packed.words.length; start += packed.rows, first += size) {
    const words = packed.words.subarray(start, start + packed.rows);
    addPairs(sums.subarray(2 * first, 2 * (first + size)), stride, words, rows, from, to, pairs);
    if (counts.length > 0)
      addCounts(counts.subarray(first, first + size), stride, words, rows, from, to);
  }
}

function addPairs(
  sums: Float64Array,
  stride: number,
  words: Int32Array,
  rows: Int32Array,
  from: number,
  to: number,
  pairs: Float64Array,
): void {
  const second = 2 * stride;
  const third = 4 * stride;
  const fourth = 6 * stride;
  for (let i = from, k = 0; i < to; i += 1, k += 2) {
    const word = words[rows[i] ?? 0] ?? 0;
    const gradient = pairs[k] ?? 0;
    const hessian = pairs[k + 1] ?? 0;
    const a = (word & 255) << 1;
    const b = second + ((word >>> 7) & 510);
    const c = third + ((word >>> 15) & 510);
    const d = fourth + ((word >>> 23) & 510);
    sums[a] = (sums[a] ?? 0) + gradient;
    sums[a + 1] = (sums[a + 1] ?? 0) + hessian;
    sums[b] = (sums[b] ?? 0) + gradient;
    sums[b + 1] = (sums[b + 1] ?? 0) + hessian;
    sums[c] = (sums[c] ?? 0) + gradient;
    sums[c + 1] = (sums[c + 1] ?? 0) + hessian;
    sums[d] = (sums[d] ?? 0) + gradient;
    sums[d + 1] = (sums[d + 1] ?? 0) + hessian;
  }
}

function addCounts(
  counts: Int32Array,
  stride: number,
  words: Int32Array,
  rows: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i += 1) {
    const word = words[rows[i] ?? 0] ?? 0;
    for (let column = 0; column < COLUMNS_A_WORD; column += 1) {
      const at = column * stride + ((word >>> (8 * column)) & 255);
      counts[at] = (counts[at] ?? 0) + 1;
    }
  }
}

/** What is left of a node when one of its children is taken away: the other child. */
export function subtract(from: Histogram, child: Histogram): void {
  for (let i = 0; i < from.sums.length; i += 1)
    from.sums[i] = (from.sums[i] ?? 0) - (child.sums[i] ?? 0);
  for (let i = 0; i < from.counts.length; i += 1)
    from.counts[i] = (from.counts[i] ?? 0) - (child.counts[i] ?? 0);
}
