import { areLabelsAlike } from "../learning/labels-alike.ts";
import type { LabelledSample } from "../learning/sample.ts";
import { momentsOf } from "../validation/splits.ts";

/** What is learnt from, and what early stopping looks at. */
export interface StopSplit {
  readonly train: Int32Array;
  readonly valid: Int32Array;
}

/** Fewer rows say nothing of when to stop, and are better learnt from. */
const VALID_MIN = 20;

/**
 * The newest share of the bars is held back, and every row before it whose label reaches into it left out. Nothing is held back where that
 * would leave one label only to learn from.
 */
export function stopSplit(
  { closeMs, labelEndMs, y }: LabelledSample,
  rows: Int32Array,
  share: number,
): StopSplit {
  const moments = momentsOf({ rows, closeMs });
  const since = moments[Math.ceil(moments.length * (1 - share))];
  if (!(share > 0) || since === undefined) return { train: rows, valid: new Int32Array(0) };
  const valid = rows.filter((row) => (closeMs[row] ?? 0) >= since);
  const train = rows.filter((row) => (labelEndMs[row] ?? Infinity) < since);
  return valid.length < VALID_MIN || train.length < VALID_MIN || areLabelsAlike(y, train)
    ? { train: rows, valid: new Int32Array(0) }
    : { train, valid };
}
