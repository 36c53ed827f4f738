import type { Matrix } from "../../../domain/numeric/matrix.ts";
import { toRows } from "../../../domain/numeric/matrix.ts";
import { deviationsOf } from "../../../domain/numeric/symmetric.ts";
import { covarianceMatrix } from "../../../domain/risk/covariance/sample.ts";
import {
  type ShiftAsked,
  shiftCorrelation,
  type Shifted,
} from "../../../domain/risk/stress/correlation-shift.ts";
import { type ReverseShock, smallestLinearShock } from "../../../domain/risk/stress/reverse.ts";

/* What threads do of stress tests: whatever grows with the cube of the number of positions. */

export interface ShiftTask {
  /** daily returns, one column an asset */
  readonly columns: readonly Float64Array[];
  readonly shift: ShiftAsked;
}

export interface ShiftedHistory extends Omit<Shifted, "covariance" | "correlation"> {
  readonly covariance: readonly (readonly number[])[];
}

export function shiftHistory({ columns, shift }: ShiftTask): ShiftedHistory {
  const { covariance, minEigenvalue, averageBefore, averageAfter, isRepaired } = shiftCorrelation(
    covarianceMatrix(columns),
    shift,
  );
  const rows = toRows(covariance);
  return { covariance: rows, minEigenvalue, averageBefore, averageAfter, isRepaired };
}

export interface ReverseTask {
  readonly columns: readonly Float64Array[];
  readonly exposures: Float64Array;
  readonly horizonDays: number;
  readonly loss: number;
}

export interface ReverseOfHistory {
  /** null: no shock loses so much */
  readonly shock: ReverseShock | null;
  /** over the horizon, one an asset */
  readonly deviations: Float64Array;
}

export function reverseOfHistory(task: ReverseTask): ReverseOfHistory {
  const daily = covarianceMatrix(task.columns);
  const covariance: Matrix = {
    ...daily,
    data: daily.data.map((value) => value * task.horizonDays),
  };
  const shock = smallestLinearShock(task.exposures, covariance, task.loss);
  return { shock, deviations: deviationsOf(covariance) };
}
