import { bookOf, SINGLE_ALGORITHMS } from "../../../domain/ai/algorithms/index.ts";
import type { AlgorithmBook } from "../../../domain/ai/learning/algorithm.ts";
import { brainNetwork } from "./brain/dense.ts";
import { brainGru, brainLstm } from "./brain/recurrent.ts";

/** Everything that a model can be fitted with here, and ensembles of it. */
export const ALGORITHMS: AlgorithmBook = bookOf([
  ...SINGLE_ALGORITHMS,
  brainNetwork,
  brainLstm,
  brainGru,
]);
