import { matrixOf } from "../../../domain/numeric/matrix.ts";
import { mean } from "../../../domain/numeric/moments.ts";
import type { Recipe } from "../../../domain/risk/simulation/recipe.ts";
import type { SimulatedTail, SimulationResult } from "../../../domain/risk/simulation/summary.ts";
import type { ShiftAsked } from "../../../domain/risk/stress/correlation-shift.ts";
import { type BookResult, type Stressed, totalOf } from "../../../domain/risk/stress/total.ts";
import type { ComputeTask } from "../../../mixins/compute/compute.ts";
import { RestError, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ScenarioDefinition } from "../../../mixins/rest/routes/risk-stress.ts";
import type { StressScenarioResult } from "../../../mixins/rest/routes/risk-stress-views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import { simulate } from "../simulate.ts";
import type { ShiftedHistory, ShiftTask } from "../workers/stress.worker.ts";
import type { StressBook } from "./book.ts";
import { type Covered, coveredByHistory } from "./covered.ts";

export interface Simulated {
  readonly result: BookResult;
  readonly simulation: SimulationResult;
  readonly tail: SimulatedTail;
  readonly seed: number;
  readonly sampleSize: number;
  readonly source: string;
  readonly method: string;
  readonly correlation: StressScenarioResult["correlation"];
}

const DEFAULTS = { simulations: 10_000, horizonDays: 1, confidence: 0.99, seed: 1, nu: 5 };
const BLOCK_DAYS = 10;
/** Draws that may be made while somebody waits for the answer. */
const WORK_MAX = 50_000_000;

/**
 * The loss at the confidence, and what each position has of it: the mean of what it does where the book loses about so much.
 * @param path of the scenario in the request, for what is wrong with it
 */
export async function simulated(
  node: NodeContext,
  ctx: RequestContext,
  book: StressBook,
  asked: ScenarioDefinition,
  path: string,
): Promise<Simulated> {
  const covered = await coveredByHistory(ctx, book, asked);
  const shift = shiftOf(asked, covered, path);
  const shifted = shift === null ? null : await shiftedHistory(node, covered, shift);
  const recipe = recipeOf(covered, asked, shifted);
  const isByDays = asked.distribution === "bootstrap";
  const days = isByDays ? recipe.horizonDays : 1;
  if (recipe.paths * covered.positions.length * days > WORK_MAX)
    throw new RestError("RANGE_TOO_LARGE", `${path} asks for more than ${WORK_MAX} draws`);
  const simulation = await soundly(() => simulate(node, recipe), path);
  const [tail] = simulation.tails;
  if (tail === undefined) throw new Error("expected the tail of one confidence");
  return {
    result: totalOf([...simulatedPositions(covered, tail), ...covered.notCovered], book.cash),
    simulation,
    tail,
    seed: recipe.seed,
    sampleSize: covered.history.sampleSize,
    source: covered.history.source,
    method: `${recipe.distribution.name} returns over ${recipe.horizonDays} days, of a linear book`,
    correlation: shift === null || shifted === null ? null : correlationView(shift, shifted),
  };
}

function simulatedPositions(covered: Covered, tail: SimulatedTail): readonly Stressed[] {
  const losses = tail.components?.valueAtRisk ?? new Float64Array(covered.positions.length);
  return covered.positions.map(({ symbol, value }, i) => {
    const change = -(losses[i] ?? 0);
    const price = value === 0 ? 0 : change / value;
    return {
      symbol,
      value,
      outcome: {
        isCovered: true,
        basis: "simulation",
        rule: `its part of the loss at confidence ${tail.confidence}`,
        moves: { price, rates: 0, volatility: 0, fx: 0 },
        change,
      },
    };
  });
}

function recipeOf(
  { positions, history }: Covered,
  asked: ScenarioDefinition,
  shifted: ShiftedHistory | null,
): Recipe {
  const { simulations, horizonDays, confidence, seed, nu } = { ...DEFAULTS, ...defined(asked) };
  const columns = history.columns.map((column) => Array.from(column));
  const drift = asked.drift ?? "zero";
  const length = Math.min(asked.blockLength ?? BLOCK_DAYS, history.sampleSize);
  return {
    exposures: positions.map(({ value }) => value),
    wealth: null,
    paths: simulations,
    seed,
    sampling: "random",
    isMatched: false,
    confidences: [confidence],
    hasComponents: true,
    data:
      shifted === null
        ? { kind: "history", columns }
        : {
            kind: "moments",
            mean: history.columns.map((column) => (drift === "zero" ? 0 : mean(column))),
            covariance: shifted.covariance,
          },
    distribution: {
      name: asked.distribution ?? "normal",
      nu,
      marginals: "empirical",
      blocks: { kind: "stationary", length },
    },
    drift,
    horizonDays,
    steps: horizonDays,
  };
}

/** What is there of the numbers that have a default. */
function defined(asked: ScenarioDefinition): Partial<typeof DEFAULTS> {
  const { simulations, horizonDays, confidence, seed, nu } = asked;
  return {
    ...(simulations !== undefined && { simulations }),
    ...(horizonDays !== undefined && { horizonDays }),
    ...(confidence !== undefined && { confidence }),
    ...(seed !== undefined && { seed }),
    ...(nu !== undefined && { nu }),
  };
}

function shiftOf(
  { correlationShift: asked }: ScenarioDefinition,
  { positions, notCovered }: Covered,
  path: string,
): ShiftAsked | null {
  if (asked === undefined) return null;
  if (typeof asked === "number")
    return { towards: asked < 0 ? "minusOne" : "one", amount: Math.abs(asked), target: null };
  const { towards, amount, matrix } = asked;
  if (matrix === undefined) return { towards, amount, target: null };
  const size = positions.length;
  if (matrix.length === size) return { towards, amount, target: matrixOf(matrix) };
  const without =
    notCovered.length === 0 ? "" : `, without ${notCovered.map(({ symbol }) => symbol).join(", ")}`;
  const message = `must have a row for each of ${size} positions with stored returns${without}`;
  throw unprocessable([
    { path: `${path}.correlationShift.matrix`, code: "INVALID_VALUE", message },
  ]);
}

const SHIFT: ComputeTask<ShiftTask, ShiftedHistory> = {
  module: new URL("../workers/stress.worker.ts", import.meta.url),
  name: "shiftHistory",
};

function shiftedHistory(
  { compute }: NodeContext,
  { history }: Covered,
  shift: ShiftAsked,
): Promise<ShiftedHistory> {
  const columns = history.columns.map((column) => Float64Array.from(column));
  return compute.run(SHIFT, { columns, shift });
}

function correlationView(
  { towards, amount }: ShiftAsked,
  { minEigenvalue, averageBefore, averageAfter, isRepaired: repaired }: ShiftedHistory,
): StressScenarioResult["correlation"] {
  const method = "(1 − amount)·C + amount·target, both positive semidefinite";
  return { towards, amount, minEigenvalue, averageBefore, averageAfter, method, repaired };
}

/** What does not fit of a recipe is the caller's to mend. */
async function soundly<T>(run: () => Promise<T>, path: string): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Error && error.name === "RangeError")
      throw unprocessable([{ path, code: "INVALID_VALUE", message: error.message }]);
    throw error;
  }
}
