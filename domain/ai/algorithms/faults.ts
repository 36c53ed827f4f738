import { FitRefused } from "../learning/algorithm.ts";
import type { ParameterFault, Parameters } from "../learning/parameters.ts";
import { parametersOf } from "./fitted.ts";

/** Of a list that needs an element. */
export function faultsOfEmpty(parameters: Parameters, name: string): readonly ParameterFault[] {
  return parametersOf(parameters).list(name).length > 0
    ? []
    : [{ path: `parameters.${name}`, message: "must have at least one element" }];
}

/** @throws FitRefused `PARAMETERS` with the first of them */
export function refuseFaults([first]: readonly ParameterFault[]): void {
  if (first !== undefined) throw new FitRefused("PARAMETERS", `${first.path} ${first.message}`);
}
