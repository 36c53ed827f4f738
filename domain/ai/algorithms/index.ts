import type { Algorithm, AlgorithmBook } from "../learning/algorithm.ts";
import { boosting } from "./boosting/boosting.ts";
import { ensembleOf } from "./ensemble/ensemble.ts";
import { ewma, persistence } from "./ewma.ts";
import { garch } from "./garch.ts";
import { har } from "./har.ts";
import { logistic } from "./linear/logistic.ts";
import { ridge } from "./linear/ridge.ts";
import { mlp } from "./mlp/mlp.ts";

/** What needs nothing but this language, but for ensembles. */
export const SINGLE_ALGORITHMS: readonly Algorithm[] = [
  boosting,
  ridge,
  logistic,
  har,
  garch,
  ewma,
  persistence,
  mlp,
];

/** What needs nothing but this language. */
export const PURE_ALGORITHMS: AlgorithmBook = bookOf(SINGLE_ALGORITHMS);

/** With an ensemble of any of them. */
export function bookOf(algorithms: readonly Algorithm[]): AlgorithmBook {
  const book = new Map(algorithms.map((algorithm) => [algorithm.name, algorithm]));
  const ensemble = ensembleOf(new Map(book));
  return book.set(ensemble.name, ensemble);
}
