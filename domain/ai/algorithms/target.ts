import { isConstant } from "../../numeric/moments.ts";
import { type FitJob, FitRefused } from "../learning/algorithm.ts";

/**
 * The labels of the training rows.
 * @throws FitRefused `TOO_FEW_ROWS`, `NOT_FINITE`, `CONSTANT_TARGET`
 */
export function targetsOf({ sample, train }: FitJob, rowsMin: number): Float64Array {
  if (train.length < rowsMin)
    throw new FitRefused(
      "TOO_FEW_ROWS",
      `expected at least ${rowsMin} rows to learn from, found ${train.length}`,
    );
  const targets = Float64Array.from(train, (row) => sample.y[row] ?? Number.NaN);
  if (!targets.every((value) => Number.isFinite(value)))
    throw new FitRefused("NOT_FINITE", "a label to learn from is not a finite number");
  if (isConstant(targets))
    throw new FitRefused(
      "CONSTANT_TARGET",
      `all ${targets.length} labels are ${targets[0]}: there is nothing to learn`,
    );
  return targets;
}

/** @throws FitRefused `NOT_FINITE` naming the row and the column */
export function refuseMissing({ sample: { x }, train, valid }: FitJob): void {
  for (const rows of [train, valid])
    for (const row of rows)
      for (let column = 0; column < x.columns; column += 1)
        if (!Number.isFinite(x.data[row * x.columns + column]))
          throw new FitRefused(
            "NOT_FINITE",
            `column ${column} of row ${row} is not a finite number, and the algorithm needs all`,
          );
}
