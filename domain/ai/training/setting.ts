import { type AlgorithmBook, FitRefused } from "../learning/algorithm.ts";
import { readParameters } from "../learning/read-parameters.ts";
import type { FitSetting } from "./fit-rows.ts";
import type { TrainingInput } from "./terms.ts";

/** @throws FitRefused `UNKNOWN_ALGORITHM`, `UNFIT_ALGORITHM`, `PARAMETERS` */
export function settingOf({ terms, sample }: TrainingInput, book: AlgorithmBook): FitSetting {
  const { definition } = terms;
  const algorithm = book.get(definition.algorithm);
  if (algorithm === undefined)
    throw new FitRefused("UNKNOWN_ALGORITHM", `there is no algorithm ${definition.algorithm}`);
  if (!algorithm.kinds.includes(definition.kind))
    throw new FitRefused("UNFIT_ALGORITHM", `${algorithm.name} cannot be a ${definition.kind}`);
  const read = readParameters(algorithm.parameters, definition.parameters);
  if (read.isValid) return { algorithm, parameters: read.parameters, terms, sample };
  const faults = read.faults.map(({ path, message }) => `${path}: ${message}`);
  throw new FitRefused("PARAMETERS", faults.join("; "));
}
