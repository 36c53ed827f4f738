import { FitRefused } from "../learning/algorithm.ts";
import { areLabelsAlike } from "../learning/labels-alike.ts";
import type { ModelKind } from "../model/definition.ts";
import type { Fold } from "../validation/splits.ts";

/** The folds that a model is scored by, and how many there were besides. */
export interface LearnableFolds {
  readonly folds: readonly Fold[];
  readonly skipped: number;
}

/**
 * A classifier learns nothing from rows of one class, so that a fold without the other one is left out: early blocks of a rare event have
 * none. Test blocks of one class stay: to choose what is scored by what happened would flatter. Too little of the validation would be left
 * where more than half of its folds are gone, or where what remains to be tested holds one class only.
 * @param y labels of all rows
 * @throws FitRefused `CONSTANT_TARGET`
 */
export function learnableFolds(
  kind: ModelKind,
  y: Float64Array,
  folds: readonly Fold[],
): LearnableFolds {
  if (kind !== "classifier") return { folds, skipped: 0 };
  const kept = folds.filter(({ train }) => !areLabelsAlike(y, train));
  const skipped = folds.length - kept.length;
  if (kept.length < skipped)
    throw new FitRefused(
      "CONSTANT_TARGET",
      `in ${skipped} of ${folds.length} folds all rows to learn from have one label: at least half of the folds need both`,
    );
  const tested = Int32Array.from(kept.flatMap(({ test }) => [...test]));
  if (areLabelsAlike(y, tested))
    throw new FitRefused(
      "CONSTANT_TARGET",
      `all ${tested.length} labels of the test blocks are ${y[tested[0] ?? 0]}: nothing is told apart`,
    );
  return { folds: kept, skipped };
}
