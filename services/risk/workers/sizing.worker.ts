import { matrixOf } from "../../../domain/numeric/matrix.ts";
import { riskParity } from "../../../domain/risk/construction/risk-parity.ts";

/* What takes longer than the event loop may be held; small questions are answered as they are. */

export interface ParityAsked {
  readonly covariance: readonly (readonly number[])[];
  readonly budgets: readonly number[] | undefined;
}

export function parityInThread({ covariance, budgets }: ParityAsked): Float64Array | null {
  return riskParity(matrixOf(covariance), budgets);
}
