import { RandomStream } from "../../../numeric/random.ts";
import { FitCancelled, FitRefused, type FitRun } from "../../learning/algorithm.ts";
import type { Parameters } from "../../learning/parameters.ts";
import type { Environment } from "../env/environment.ts";
import { Bins } from "./bins.ts";
import {
  type AgentKind,
  arrayOf,
  type Checkpoint,
  type Learner,
  numberOf,
  numberParameter,
  type Policy,
} from "./learner.ts";
import type { Standing } from "./rollout.ts";
import { argMax } from "./softmax.ts";

const NAME = "qlearning";
const CHUNK = 1_000;
/** Numbers of a table: 8 bytes each, twice. */
const CELLS_MAX = 250_000;

/** Q-learning (Watkins 1989) on a table: what each action is worth in each cell of a grid over the observations. */
export const qLearning: AgentKind = {
  name: NAME,
  parameters: {
    bins: { type: "integer", min: 2, max: 101, default: 21, about: "cells a number observed" },
    reach: {
      type: "number",
      min: 0.1,
      max: 20,
      default: 2.5,
      about: "the inner cells lie within this distance of 0; features come in deviations",
    },
    gamma: { type: "number", min: 0, max: 0.9999, default: 0.97, about: "discount a step" },
    rateMin: { type: "number", min: 1e-6, max: 1, default: 0.002, about: "of learning, at last" },
    rateFall: {
      type: "number",
      min: 0,
      max: 10,
      default: 0.01,
      about: "after n visits of a cell it is learnt from at the rate 1/(1 + rateFall·n)",
    },
    exploration: { type: "number", min: 0, max: 1, default: 0.2, about: "chance of any action" },
  },
  chunkSteps: () => CHUNK,
  start: (environment, parameters, seed) => {
    const bins = binsOf(environment, parameters);
    if (bins.cells * environment.actions > CELLS_MAX)
      throw new FitRefused(
        "VALIDATION_FAILED",
        `parameters.bins: a table of ${bins.cells} cells is too large: take fewer features or bins`,
      );
    const size = bins.cells * environment.actions;
    return new QLearning(environment, parameters, {
      seed,
      steps: 0,
      bins,
      values: new Float64Array(size),
      visits: new Float64Array(size),
      standing: { observation: new Float64Array(environment.width), isBegun: false },
    });
  },
  resume: (environment, parameters, checkpoint) =>
    new QLearning(environment, parameters, stateOf(environment, parameters, checkpoint)),
  actingPart: ({ algorithm, numbers: { width, actions }, arrays: { values, edges, counts } }) => ({
    algorithm,
    numbers: { ...(width !== undefined && { width }), ...(actions !== undefined && { actions }) },
    arrays: { ...(values && { values }), ...(edges && { edges }), ...(counts && { counts }) },
  }),
  policy: (checkpoint) => new TablePolicy(checkpoint),
};

interface QState {
  readonly seed: number;
  readonly steps: number;
  readonly bins: Bins;
  /** of action a in cell c at c·actions + a */
  readonly values: Float64Array;
  readonly visits: Float64Array;
  readonly standing: Standing;
}

class QLearning implements Learner {
  readonly #environment: Environment;
  readonly #gamma: number;
  readonly #rateMin: number;
  readonly #rateFall: number;
  readonly #exploration: number;
  readonly #state: QState;
  #steps: number;

  constructor(environment: Environment, parameters: Parameters, state: QState) {
    this.#environment = environment;
    this.#gamma = numberParameter(parameters, "gamma");
    this.#rateMin = numberParameter(parameters, "rateMin");
    this.#rateFall = numberParameter(parameters, "rateFall");
    this.#exploration = numberParameter(parameters, "exploration");
    this.#state = state;
    this.#steps = state.steps;
  }

  get steps(): number {
    return this.#steps;
  }

  learn(until: number, run: FitRun): void {
    const before = this.#steps;
    while (this.#steps < until) {
      if (run.isCancelled) throw new FitCancelled();
      this.#chunk();
      run.report(Math.min(1, (this.#steps - before) / (until - before)));
    }
  }

  save(): Checkpoint {
    const { seed, bins, values, visits, standing } = this.#state;
    const { width, actions } = this.#environment;
    return {
      algorithm: NAME,
      numbers: { seed, width, actions, steps: this.#steps, isBegun: Number(standing.isBegun) },
      arrays: {
        ...bins.save(),
        values: values.slice(),
        visits: visits.slice(),
        observation: standing.observation.slice(),
        environment: this.#environment.save(),
      },
    };
  }

  #chunk(): void {
    const { seed, standing, bins } = this.#state;
    const random = RandomStream.of(seed, 1 + this.#steps / CHUNK);
    const { observation } = standing;
    if (!standing.isBegun) this.#environment.reset(random, observation);
    standing.isBegun = true;
    let cell = bins.cellOf(observation);
    for (let k = 0; k < CHUNK; k += 1) {
      const action = this.#choose(cell, random);
      const outcome = this.#environment.step(action, random, observation);
      const next = bins.cellOf(observation);
      this.#learn(cell, action, outcome.reward + (outcome.isTerminal ? 0 : this.#worth(next)));
      const isOver = outcome.isTerminal || outcome.isTruncated;
      if (isOver) this.#environment.reset(random, observation);
      cell = isOver ? bins.cellOf(observation) : next;
    }
    this.#steps += CHUNK;
  }

  #choose(cell: number, random: RandomStream): number {
    const { actions } = this.#environment;
    if (random.uniform() < this.#exploration) return random.below(actions);
    return argMax(this.#state.values, cell * actions, actions);
  }

  /** Discounted, of the best action there. */
  #worth(cell: number): number {
    const { actions } = this.#environment;
    const { values } = this.#state;
    return this.#gamma * (values[cell * actions + argMax(values, cell * actions, actions)] ?? 0);
  }

  #learn(cell: number, action: number, worth: number): void {
    const { values, visits } = this.#state;
    const at = cell * this.#environment.actions + action;
    const count = visits[at] ?? 0;
    const rate = Math.max(this.#rateMin, 1 / (1 + this.#rateFall * count));
    visits[at] = count + 1;
    values[at] = (values[at] ?? 0) + rate * (worth - (values[at] ?? 0));
  }
}

class TablePolicy implements Policy {
  readonly width: number;
  readonly actions: number;
  readonly #bins: Bins;
  readonly #values: Float64Array;

  constructor(checkpoint: Checkpoint) {
    this.width = numberOf(checkpoint, "width");
    this.actions = numberOf(checkpoint, "actions");
    this.#bins = Bins.restored(checkpoint);
    this.#values = arrayOf(checkpoint, "values", this.#bins.cells * this.actions);
  }

  choose(observation: Float64Array) {
    const at = this.#bins.cellOf(observation) * this.actions;
    const values = this.#values.slice(at, at + this.actions);
    return { action: argMax(values, 0, this.actions), probabilities: null, values };
  }
}

function binsOf(environment: Environment, parameters: Parameters): Bins {
  return Bins.over(
    environment.levels,
    numberParameter(parameters, "bins"),
    numberParameter(parameters, "reach"),
  );
}

function stateOf(environment: Environment, parameters: Parameters, checkpoint: Checkpoint): QState {
  environment.restore(arrayOf(checkpoint, "environment"));
  const bins = binsOf(environment, parameters);
  const size = bins.cells * environment.actions;
  return {
    seed: numberOf(checkpoint, "seed"),
    steps: numberOf(checkpoint, "steps"),
    bins,
    values: arrayOf(checkpoint, "values", size).slice(),
    visits: arrayOf(checkpoint, "visits", size).slice(),
    standing: {
      observation: arrayOf(checkpoint, "observation", environment.width).slice(),
      isBegun: numberOf(checkpoint, "isBegun") === 1,
    },
  };
}
