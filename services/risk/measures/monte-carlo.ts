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
  /** VaR less that of the same paths without each; null where that would take too long */
  readonly incremental: readonly number[] | null;
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
    const count = book.weights.length;
    const isShort = simulations * count * steps * count <= WORK_MAX;
    const incremental = isShort && count > 1 ? await withoutEach({ compute }, recipe, tail) : null;
    return { tail, paths, incremental };
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && error.name === "RangeError"))
      throw unprocessable([{ path: "method", code: "INVALID_VALUE", message: error.message }]);
    throw error;
  }
}

/** The seed draws the same paths for everybody: what differs is the one that is left out. */
async function withoutEach(
  node: { readonly compute: Compute },
  recipe: Recipe,
  whole: SimulatedTail,
): Promise<readonly number[]> {
  const found: number[] = [];
  for (const [i, exposure] of recipe.exposures.entries()) {
    const exposures = recipe.exposures.map((one, j) => (j === i ? 0 : one));
    const isHeld = exposure !== 0 && exposures.some((one) => one !== 0);
    const rest = isHeld ? (await simulate(node, { ...recipe, exposures })).tails[0] : undefined;
    // Of a book of one position everything is its own.
    const without = rest?.valueAtRisk ?? (exposure === 0 ? whole.valueAtRisk : 0);
    found.push(whole.valueAtRisk - without);
  }
  return found;
}
