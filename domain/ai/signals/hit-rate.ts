import type { Verdict } from "./verdict.ts";

/** Fewer signals of the past say nothing about the next. */
export const HITS_MIN = 20;

export interface HitRate {
  /** how often the price had moved the signal's way `horizon` bars later; null where fewer than 20 signals are over */
  readonly rate: number | null;
  /** signals like it whose horizon is over */
  readonly sampleSize: number;
}

/**
 * What became of the signals like this one (of the same side and goal) that the rule would have given before.
 * @param rows    of the closes; the last one is the signal's own
 * @param judgeAt what the rule says at a row from 1 on
 * @param change  by how much the price, or the spread, moved between two rows
 */
export function hitRate(
  like: Pick<Verdict, "side" | "goal">,
  { rows, horizon }: { readonly rows: number; readonly horizon: number },
  judgeAt: (row: number) => Pick<Verdict, "side" | "goal">,
  change: (from: number, to: number) => number,
): HitRate {
  let [hits, sampleSize] = [0, 0];
  for (let row = 1; row + horizon < rows; row += 1) {
    const { side, goal } = judgeAt(row);
    if (side !== like.side || goal !== like.goal) continue;
    const moved = change(row, row + horizon);
    if (!Number.isFinite(moved)) continue;
    sampleSize += 1;
    if (side === "buy" ? moved > 0 : moved < 0) hits += 1;
  }
  return { rate: sampleSize < HITS_MIN ? null : hits / sampleSize, sampleSize };
}
