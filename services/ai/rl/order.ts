import { AGENTS } from "../../../domain/ai/rl/agents/index.ts";
import type { AgentTerms } from "../../../domain/ai/rl/terms.ts";
import { readParameters } from "../../../domain/ai/learning/read-parameters.ts";
import type { DataDefinition } from "../../../domain/ai/model/definition.ts";
import type { JobRecord } from "../../../domain/shared/job.ts";
import { uuidv5 } from "../../../mixins/actor/ids.ts";
import type { Adjustment } from "../../../domain/market/adjust/factors.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import type { FieldError } from "../../../mixins/rest/readers.ts";
import { unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { EnvironmentAsked } from "../../../mixins/rest/routes/rl.ts";
import { getInstrument } from "../../../models/instruments.ts";
import type { NodeContext } from "../../context.ts";
import { canonicalFeatures } from "../datasets/matrices.ts";

export type TrainParams = ActionMap["rl.train"]["params"];

/** Everything that an agent follows from, but for the data: plain JSON. */
export interface AgentOrder {
  readonly name: string;
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  readonly features: readonly string[];
  readonly adjust: Adjustment;
  readonly initialCash: number;
  readonly terms: AgentTerms;
  readonly seeds: readonly number[];
}

/** What a job is asked to do. */
export type TrainOrder =
  | { readonly kind: "new"; readonly order: AgentOrder; readonly steps: number }
  | { readonly kind: "more"; readonly agentId: string; readonly steps: number };

/** Kind of the jobs. */
export const TRAIN = "rl.train";

const NAMESPACE = "b6d0f2c4-5b1e-4a52-9a70-3f2f6d2f9c11";

/** Which agent a job trains: that of a new one follows from the job, so that a job that runs again makes the same one. */
export function agentIdOf({ jobId, params }: Pick<JobRecord, "jobId" | "params">): string {
  // sound: what `submit` was given
  const asked = params as unknown as TrainOrder;
  return asked.kind === "more" ? asked.agentId : uuidv5(NAMESPACE, jobId);
}

export const STEPS = 50_000;
const SEEDS = 5;
/** Steps of all seeds of one training: hours of one thread. */
const STEPS_MAX = 20_000_000;

/**
 * The order of a new agent, its defaults filled in.
 * @throws RestError 422 with every field that is wrong; Refusal of a feature
 */
export async function orderOf(
  node: NodeContext,
  tenantId: string,
  asked: TrainParams,
): Promise<AgentOrder> {
  const { name = "", symbols = [], timeframe = "1d", features = [], adjust = "none" } = asked;
  const { algorithm = "ppo", seed = 1, seeds = SEEDS, steps = STEPS } = asked;
  const parameters = readParameters(AGENTS[algorithm].parameters, asked.parameters ?? {});
  const errors = [
    ...twice("symbols", symbols),
    ...twice("features", features),
    ...(await unknownSymbols(node, symbols)),
    ...(parameters.isValid ? [] : parameters.faults.map(({ path, message }) => at(path, message))),
    ...tooLong(steps * seeds),
  ];
  if (errors.length > 0 || !parameters.isValid) throw unprocessable(errors);
  const { trainRange, testRange, environment } = asked;
  const { initialCash, ...trading } = environmentOf(environment);
  return {
    name,
    symbols,
    timeframe,
    features: await canonicalFeatures(node, tenantId, features),
    adjust,
    initialCash,
    seeds: Array.from({ length: seeds }, (_, i) => (seed + i) % 2 ** 32),
    terms: {
      algorithm,
      parameters: parameters.parameters,
      trading,
      train: { startMs: trainRange?.start ?? 0, endMs: trainRange?.end ?? 0 },
      test: { startMs: testRange?.start ?? 0, endMs: testRange?.end ?? 0 },
    },
  };
}

/** @throws RestError 422 */
export function requireAffordable(steps: number): void {
  const errors = tooLong(steps);
  if (errors.length > 0) throw unprocessable(errors);
}

function tooLong(steps: number): readonly FieldError[] {
  const message = `must not ask for more than ${STEPS_MAX} steps of all seeds together`;
  return steps > STEPS_MAX ? [{ path: "steps", code: "OUT_OF_RANGE", message }] : [];
}

function environmentOf(asked: EnvironmentAsked | undefined) {
  const {
    initialCash = 100_000,
    positions = "longShort",
    feeBps = 1,
    slippageBps = 1,
    reward = "logReturn",
    episodeBars = 252,
    drawdownStop = null,
    unrealised = false,
  } = asked ?? {};
  const costs = { feeBps, slippageBps };
  return { initialCash, positions, ...costs, reward, episodeBars, drawdownStop, unrealised };
}

function twice(path: string, names: readonly string[]): readonly FieldError[] {
  return new Set(names).size === names.length ? [] : [at(path, "must name each once")];
}

async function unknownSymbols(
  { pool }: Pick<NodeContext, "pool">,
  symbols: readonly string[],
): Promise<readonly FieldError[]> {
  const errors: FieldError[] = [];
  for (const [i, symbol] of symbols.entries())
    if ((await getInstrument(pool, symbol)) === null)
      errors.push(at(`symbols[${i}]`, `there is no symbol ${symbol}`));
  return errors;
}

function at(path: string, message: string): FieldError {
  return { path, code: "INVALID_VALUE", message };
}

/** What the data set of an agent is asked for with: rows of features, and the return of the bar after each. */
export function definitionOf({ symbols, timeframe, features, adjust }: AgentOrder): DataDefinition {
  return { symbols, timeframe, features, adjust, target: { kind: "return", horizon: 1 } };
}
