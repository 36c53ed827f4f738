import type { RandomStream } from "../../../numeric/random.ts";

/** Which rows and columns a tree sees. */
export interface Bag {
  /** ascending; null: all that are learnt from */
  readonly rows: Int32Array | null;
  /** ascending */
  readonly columns: Int32Array;
}

/** Each row with the given probability, and that share of the columns, rounded, at least one. */
export function drawBag(
  random: RandomStream,
  learnt: number,
  columns: number,
  subsample: number,
  columnSample: number,
): Bag {
  const rows = subsample < 1 ? drawRows(random, learnt, subsample) : null;
  const kept = Math.max(1, Math.round(columns * columnSample));
  return { rows, columns: drawColumns(random, columns, kept) };
}

function drawRows(random: RandomStream, learnt: number, share: number): Int32Array {
  const drawn = new Int32Array(learnt);
  let count = 0;
  for (let row = 0; row < learnt; row += 1) if (random.uniform() < share) drawn[count++] = row;
  // One row at least: a tree of none has no value.
  return count > 0 ? drawn.slice(0, count) : Int32Array.of(random.below(learnt));
}

function drawColumns(random: RandomStream, columns: number, kept: number): Int32Array {
  const all = Int32Array.from({ length: columns }, (_, column) => column);
  if (kept === columns) return all;
  for (let i = 0; i < kept; i += 1) {
    const other = i + random.below(columns - i);
    const column = all[i] ?? 0;
    all[i] = all[other] ?? 0;
    all[other] = column;
  }
  return all.slice(0, kept).toSorted();
}
