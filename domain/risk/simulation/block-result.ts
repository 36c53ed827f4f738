import type { WorstRows } from "./worst-paths.ts";

/** What became of the paths of one block. */
export interface BlockResult {
  /** profit or loss at the horizon, path by path, in the unit of the exposures */
  readonly outcomes: Float64Array;
  /** null: assets are not told apart */
  readonly worst: WorstRows | null;
  /** the largest of each path, of its peak; null: not asked for, or there is only the horizon */
  readonly drawdowns: Float64Array | null;
  /** the book's value at the k-th shown step of path p, at k·paths + p */
  readonly values: Float64Array | null;
}

/** What a result is made of, to be handed from thread to thread without a copy. */
export function buffersOf({ outcomes, worst, drawdowns, values }: BlockResult): ArrayBuffer[] {
  return [outcomes, worst?.outcomes, worst?.rows, drawdowns, values].flatMap((array) =>
    array?.buffer instanceof ArrayBuffer ? [array.buffer] : [],
  );
}
