import { pathsRun } from "../../../domain/risk/simulation/input.ts";
import type { Distribution, Recipe } from "../../../domain/risk/simulation/recipe.ts";
import { SOBOL_DIMENSIONS_MAX } from "../../../domain/numeric/sobol.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { subjectOf } from "../inputs/subject.ts";

export type SimulateParams = ActionMap["risk-simulations.simulate"]["params"];

/** A simulation ready to be run, as plain data: what its job keeps. */
export interface SimulationPlan {
  readonly recipe: Recipe;
  readonly names: readonly string[];
  readonly currency: string | null;
  readonly isMoney: boolean;
  readonly sampleSize: number;
  readonly source: string;
  readonly asOfMs: number;
}

/** Draws: simulations × assets × steps. */
const WORK_MAX = 2_000_000_000;
/** Numbers of a history that is simulated from. */
const HISTORY_MAX = 250_000;

/**
 * Reads what the simulation is of.
 * @param seed used when none is asked for
 * @throws RestError 404, 422 naming what is missing or too large
 */
export async function planOf(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<SimulateParams>,
  seed: number,
): Promise<SimulationPlan> {
  const { params } = ctx;
  const base =
    params.covariance === undefined
      ? await fromHistory(node, access, ctx)
      : fromCovariance(params, params.covariance, node.clock.now());
  const { weights, data, rows, bookValue, ...described } = base;
  const value = params.value ?? bookValue ?? 1;
  const isMoney = params.value !== undefined || bookValue !== null;
  const distribution = distributionOf(params, rows);
  const recipe: Recipe = {
    exposures: weights.map((weight) => weight * value),
    wealth: value,
    data,
    distribution,
    drift: params.drift,
    horizonDays: params.horizonDays,
    steps:
      params.distribution === "gbm" ? (params.steps ?? params.horizonDays) : params.horizonDays,
    paths: params.simulations,
    seed: params.seed ?? seed,
    sampling: params.sampling,
    isMatched: params.momentMatching,
    confidences: params.confidence,
    hasComponents: params.components,
  };
  requireSize(recipe);
  return { recipe, isMoney, sampleSize: rows, ...described };
}

interface Base extends Pick<SimulationPlan, "names" | "currency" | "source" | "asOfMs"> {
  readonly weights: readonly number[];
  readonly data: Recipe["data"];
  readonly rows: number;
  readonly bookValue: number | null;
}

async function fromHistory(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<SimulateParams>,
): Promise<Base> {
  const subject = await subjectOf(node, access, ctx, ctx.params);
  const { names, columns, book, sampleSize, source } = subject;
  if (sampleSize < 2)
    throw insufficientData(`at least 2 returns are needed, and there are ${sampleSize}`);
  if (columns.length * sampleSize > HISTORY_MAX)
    throw tooLarge("lookback", `a history of more than ${HISTORY_MAX} returns`);
  return {
    names,
    weights: Array.from(subject.weights ?? names.map(() => 1)),
    data: { kind: "history", columns: columns.map((column) => Array.from(column)) },
    rows: sampleSize,
    bookValue: book?.value ?? null,
    currency: book?.currency ?? null,
    source,
    asOfMs: subject.timesMs?.at(-1) ?? book?.asOfMs ?? node.clock.now(),
  };
}

function fromCovariance(
  { weights, mean, names }: SimulateParams,
  covariance: readonly (readonly number[])[],
  nowMs: number,
): Base {
  return {
    names: names ?? covariance.map((_, i) => String(i + 1)),
    weights: weights ?? covariance.map(() => 1 / covariance.length),
    data: { kind: "moments", mean: mean ?? covariance.map(() => 0), covariance },
    rows: 0,
    bookValue: null,
    currency: null,
    source: "covariance as given",
    asOfMs: nowMs,
  };
}

function distributionOf(
  { distribution: name, parameters = {} }: SimulateParams,
  rows: number,
): Distribution {
  const { nu = 5, marginals = "empirical", blocks = "stationary" } = parameters;
  const length = parameters.blockLength ?? Math.max(1, Math.round(Math.cbrt(rows)));
  return { name, nu, marginals, blocks: { kind: blocks, length } };
}

/** How many steps a path has. */
export function stepsOf({ distribution: { name }, steps, horizonDays }: Recipe): number {
  if (name === "normal" || name === "studentT") return 1;
  return name === "gbm" ? steps : horizonDays;
}

export function workOf(recipe: Recipe): number {
  const { paths, sampling, exposures } = recipe;
  return pathsRun(paths, sampling) * exposures.length * stepsOf(recipe);
}

function requireSize(recipe: Recipe): void {
  if (workOf(recipe) > WORK_MAX)
    throw tooLarge("simulations", `more than ${WORK_MAX} draws (simulations × assets × steps)`);
  const dimensions = recipe.exposures.length * stepsOf(recipe);
  if (recipe.sampling === "sobol" && dimensions >= SOBOL_DIMENSIONS_MAX)
    throw tooLarge("sampling", `${SOBOL_DIMENSIONS_MAX} or more dimensions (assets × steps)`);
}

function tooLarge(path: string, what: string) {
  return unprocessable([{ path, code: "OUT_OF_RANGE", message: `must not ask for ${what}` }]);
}
