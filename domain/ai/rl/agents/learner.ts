import type { FitRun } from "../../learning/algorithm.ts";
import type { Parameters, ParameterSchema } from "../../learning/parameters.ts";
import type { Environment } from "../env/environment.ts";

/** What a learner is, in full: gone on with from here, it becomes what it would have become. */
export interface Checkpoint {
  /** a name of the book of agents */
  readonly algorithm: string;
  readonly numbers: { readonly [name: string]: number };
  readonly arrays: { readonly [name: string]: Float64Array };
}

/** What an agent does. */
export interface Policy {
  /** numbers of an observation */
  readonly width: number;
  readonly actions: number;
  /** @param observation of `width` finite numbers */
  choose(observation: Float64Array): Choice;
}

/** The best action, and what the agent holds of each: how likely it is taken (PPO), or what it is worth (the others). */
export interface Choice {
  readonly action: number;
  readonly probabilities: Float64Array | null;
  readonly values: Float64Array | null;
}

/** An agent that learns in its environment. */
export interface Learner {
  /** of the environment, so far */
  readonly steps: number;
  /**
   * Goes on, a whole chunk of steps after the other, until there are at least `until` of them. Only between chunks does it stop or is it saved.
   * @throws FitCancelled
   */
  learn(until: number, run: FitRun): void;
  save(): Checkpoint;
}

/** A way to learn. The same seed gives the same bits; everything beside it is in the parameters. */
export interface AgentKind {
  readonly name: string;
  readonly parameters: ParameterSchema;
  /** steps of the environment that are learnt from together: learners stand at multiples of it */
  chunkSteps(parameters: Parameters): number;
  /** @throws FitRefused where the observation does not suit it */
  start(environment: Environment, parameters: Parameters, seed: number): Learner;
  /** @param checkpoint of a learner with these parameters and such an environment; @throws RangeError when it is not */
  resume(environment: Environment, parameters: Parameters, checkpoint: Checkpoint): Learner;
  /** The part of a checkpoint that acting takes. */
  actingPart(checkpoint: Checkpoint): Checkpoint;
  /** @param checkpoint whole, or the acting part; @throws RangeError when it is neither */
  policy(checkpoint: Checkpoint): Policy;
}

/** @throws RangeError when the checkpoint has no such number */
export function numberOf({ numbers }: Checkpoint, name: string): number {
  const value = numbers[name];
  if (value === undefined) throw new RangeError(`expected a checkpoint with ${name}`);
  return value;
}

/** @throws RangeError when the checkpoint has no such array, or one of another length */
export function arrayOf({ arrays }: Checkpoint, name: string, length?: number): Float64Array {
  const values = arrays[name];
  if (values === undefined) throw new RangeError(`expected a checkpoint with ${name}`);
  if (length !== undefined && values.length !== length)
    throw new RangeError(`expected ${length} numbers of ${name}, found ${values.length}`);
  return values;
}

/** Parameters were checked against their schema: one of another type is a mistake of ours. */
export function numberParameter(parameters: Parameters, name: string): number {
  const value = parameters[name];
  if (typeof value !== "number") throw new TypeError(`expected a number of ${name}`);
  return value;
}

export function sizesParameter(parameters: Parameters, name: string): readonly number[] {
  const value = parameters[name];
  if (!Array.isArray(value)) throw new TypeError(`expected numbers of ${name}`);
  return value.map(Number);
}
