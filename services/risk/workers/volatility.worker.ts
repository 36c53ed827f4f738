import { fitGarch, type GarchFit } from "../../../domain/risk/volatility/garch.ts";

/** @returns null where the returns do not vary */
export function fitInThread(returns: Float64Array): GarchFit | null {
  return fitGarch(returns);
}
