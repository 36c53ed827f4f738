import type { Recipe } from "../../../domain/risk/simulation/recipe.ts";
import type { SimulatedTail } from "../../../domain/risk/simulation/summary.ts";
import type { Compute } from "../../../mixins/compute/compute.ts";
import { unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import { simulate } from "../simulate.ts";

type Params = ActionMap["risk.valueAtRisk"]["params"];

const SIMULATIONS = 10_000;
const NU = 5;
/** Draws that one answer waits for; more is a job of POST /api/risk/simulate. */
const WORK_MAX = 50_000_000;

export interface Simulated {
  readonly tail: SimulatedTail;
  readonly paths: number;
}

/**
 * VaR and expected shortfall of a book by simulation, in the node's threads.
 * @throws RestError 422 where what there is cannot be drawn from
 */
export async function simulateBook(
  { compute }: { readonly compute: Compute },
  book: {
    readonly weights: readonly number[];
    readonly data: Recipe["data"];
    readonly rows: number;
  },
  params: Params,
  seed: number,
): Promise<Simulated> {
  const { parameters = {}, simulations = SIMULATIONS, confidence, horizonDays } = params;
  const length = parameters.blockLength ?? Math.max(1, Math.round(book.rows ** (1 / 3)));
  const name = parameters.distribution ?? "normal";
  const steps = name === "bootstrap" ? horizonDays : 1;
  if (simulations * book.weights.length * steps > WORK_MAX)
    throw unprocessable([
      {
        path: "simulations",
        code: "OUT_OF_RANGE",
        message: `times assets and days may be ${WORK_MAX} at most: POST /api/risk/simulate takes more`,
      },
    ]);
  const recipe: Recipe = {
    exposures: book.weights,
    wealth: null,
    data: book.data,
    distribution: {
      name,
      nu: parameters.nu ?? NU,
      marginals: "empirical",
      blocks: { kind: "moving", length },
    },
    drift: "sample",
    horizonDays,
    steps: horizonDays,
    paths: simulations,
    seed,
    sampling: "random",
    isMatched: false,
    confidences: [confidence],
    hasComponents: book.weights.length > 1,
  };
  try {
    const { tails, paths } = await simulate({ compute }, recipe);
    const [tail] = tails;
    if (tail === undefined) throw new Error("expected the tail of one confidence");
    return { tail, paths };
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && error.name === "RangeError"))
      throw unprocessable([{ path: "method", code: "INVALID_VALUE", message: error.message }]);
    throw error;
  }
}
