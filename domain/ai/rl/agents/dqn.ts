import { RandomStream } from "../../../numeric/random.ts";
import { FitCancelled, type FitRun } from "../../learning/algorithm.ts";
import type { Parameters } from "../../learning/parameters.ts";
import type { Environment } from "../env/environment.ts";
import { adamStep } from "../../nets/adam.ts";
import { Network, Pass } from "../../nets/network.ts";
import {
  type AgentKind,
  arrayOf,
  type Checkpoint,
  type Learner,
  numberOf,
  numberParameter,
  sizesParameter,
} from "./learner.ts";
import { DQN_PARAMETERS } from "./dqn-parameters.ts";
import { NetworkPolicy } from "./network-policy.ts";
import { Replay } from "./replay.ts";
import type { Standing } from "./rollout.ts";
import { argMax } from "./softmax.ts";
import {
  networkOf,
  networkPart,
  savedNetwork,
  savedTrained,
  type Trained,
  trainedOf,
  untrained,
} from "./trained.ts";

const NAME = "dqn";
const CHUNK = 1_000;
const NORM_MAX = 10;

/** Deep Q-learning (Mnih et al. 2015), the next action chosen by the one network and valued by the other (van Hasselt et al. 2016). */
export const dqn: AgentKind = {
  name: NAME,
  parameters: DQN_PARAMETERS,
  chunkSteps: () => CHUNK,
  start: (environment, parameters, seed) => {
    const { width, actions } = environment;
    const sizes = [width, ...sizesParameter(parameters, "hidden"), actions];
    const network = Network.initial(sizes, RandomStream.of(seed, 0), 0.1);
    return new Dqn(environment, parameters, {
      seed,
      steps: 0,
      online: untrained(network),
      target: new Network(sizes, network.weights.slice()),
      replay: replayOf(environment, parameters),
      standing: { observation: new Float64Array(width), isBegun: false },
    });
  },
  resume: (environment, parameters, checkpoint) =>
    new Dqn(environment, parameters, stateOf(environment, parameters, checkpoint)),
  actingPart: (checkpoint) => networkPart(checkpoint, "online"),
  policy: (checkpoint) => new NetworkPolicy(networkOf(checkpoint, "online")),
};

interface DqnState {
  readonly seed: number;
  readonly steps: number;
  readonly online: Trained;
  readonly target: Network;
  readonly replay: Replay;
  readonly standing: Standing;
}

class Dqn implements Learner {
  readonly #environment: Environment;
  readonly #parameters: Parameters;
  readonly #state: DqnState;
  readonly #pass: Pass;
  readonly #after: Pass;
  readonly #judge: Pass;
  readonly #one: Pass;
  readonly #gradient: Float64Array;
  #steps: number;

  constructor(environment: Environment, parameters: Parameters, state: DqnState) {
    const batch = numberParameter(parameters, "batch");
    const { network } = state.online;
    this.#environment = environment;
    this.#parameters = parameters;
    this.#state = state;
    this.#steps = state.steps;
    this.#pass = new Pass(network, batch);
    this.#after = new Pass(network, batch);
    this.#judge = new Pass(state.target, batch);
    this.#one = new Pass(network, 1);
    this.#gradient = new Float64Array(network.weights.length);
  }

  get steps(): number {
    return this.#steps;
  }

  learn(until: number, run: FitRun): void {
    const before = this.#steps;
    while (this.#steps < until) {
      this.#chunk(run);
      run.report(Math.min(1, (this.#steps - before) / (until - before)));
    }
  }

  save(): Checkpoint {
    const { seed, online, target, replay, standing } = this.#state;
    const { numbers, arrays } = replay.save();
    return {
      algorithm: NAME,
      numbers: { ...numbers, seed, steps: this.#steps, isBegun: Number(standing.isBegun) },
      arrays: {
        ...arrays,
        ...savedTrained("online", online),
        ...savedNetwork("target", target),
        observation: standing.observation.slice(),
        environment: this.#environment.save(),
      },
    };
  }

  #chunk(run: FitRun): void {
    const random = RandomStream.of(this.#state.seed, 1 + this.#steps / CHUNK);
    const { standing, replay } = this.#state;
    const warmUp = Math.max(this.#number("warmUp"), this.#number("batch"));
    const trainEvery = this.#number("trainEvery");
    if (!standing.isBegun) this.#environment.reset(random, standing.observation);
    standing.isBegun = true;
    for (let k = 0; k < CHUNK; k += 1) {
      if (run.isCancelled) throw new FitCancelled();
      this.#act(random);
      this.#steps += 1;
      if (replay.size >= warmUp && this.#steps % trainEvery === 0) this.#learnBatch(random);
    }
  }

  #act(random: RandomStream): void {
    const { standing, replay } = this.#state;
    const { observation } = standing;
    const before = observation.slice();
    const action = this.#choose(observation, random);
    const outcome = this.#environment.step(action, random, observation);
    replay.add(before, action, outcome.reward, outcome.isTerminal, observation);
    if (outcome.isTerminal || outcome.isTruncated) this.#environment.reset(random, observation);
  }

  #choose(observation: Float64Array, random: RandomStream): number {
    const { actions } = this.#environment;
    const start = this.#number("explorationStart");
    const part = Math.min(1, this.#steps / this.#number("explorationSteps"));
    const chance = start + part * (this.#number("explorationEnd") - start);
    if (random.uniform() < chance) return random.below(actions);
    this.#one.input.set(observation);
    this.#one.forward(1);
    return argMax(this.#one.output, 0, actions);
  }

  #learnBatch(random: RandomStream): void {
    const { online, target, replay } = this.#state;
    const batch = this.#number("batch");
    const { width } = this.#environment;
    const rows = Array.from({ length: batch }, () => replay.draw(random));
    for (const [k, row] of rows.entries()) {
      this.#pass.input.set(row.subarray(0, width), k * width);
      this.#after.input.set(row.subarray(width + 3), k * width);
    }
    this.#judge.input.set(this.#after.input);
    for (const pass of [this.#pass, this.#after, this.#judge]) pass.forward(batch);
    this.#setDeltas(rows);
    this.#gradient.fill(0);
    this.#pass.backward(batch, this.#gradient);
    const { network, optimiser } = online;
    const rate = this.#number("learningRate");
    adamStep(optimiser, network.weights, this.#gradient, rate, NORM_MAX);
    follow(target.weights, network.weights, this.#number("targetRate"));
  }

  /** Huber's loss: a step that was off by much pulls no more than one that was off by 1. */
  #setDeltas(rows: readonly Float64Array[]): void {
    const { width, actions } = this.#environment;
    const gamma = this.#number("gamma");
    const { output, delta } = this.#pass;
    delta.fill(0);
    for (const [k, row] of rows.entries()) {
      const next = argMax(this.#after.output, k * actions, actions);
      const worth = row[width + 2] === 1 ? 0 : (this.#judge.output[k * actions + next] ?? 0);
      const at = k * actions + (row[width] ?? 0);
      const off = (output[at] ?? 0) - (row[width + 1] ?? 0) - gamma * worth;
      delta[at] = Math.max(-1, Math.min(1, off)) / rows.length;
    }
  }

  #number(name: string): number {
    return numberParameter(this.#parameters, name);
  }
}

function follow(slow: Float64Array, fast: Float64Array, rate: number): void {
  for (let i = 0; i < slow.length; i += 1)
    slow[i] = (slow[i] ?? 0) + rate * ((fast[i] ?? 0) - (slow[i] ?? 0));
}

function replayOf(environment: Environment, parameters: Parameters): Replay {
  return new Replay(numberParameter(parameters, "replay"), environment.width);
}

function stateOf(
  environment: Environment,
  parameters: Parameters,
  checkpoint: Checkpoint,
): DqnState {
  environment.restore(arrayOf(checkpoint, "environment"));
  const replay = replayOf(environment, parameters);
  replay.restore(checkpoint);
  return {
    seed: numberOf(checkpoint, "seed"),
    steps: numberOf(checkpoint, "steps"),
    online: trainedOf(checkpoint, "online"),
    target: networkOf(checkpoint, "target"),
    replay,
    standing: {
      observation: arrayOf(checkpoint, "observation", environment.width).slice(),
      isBegun: numberOf(checkpoint, "isBegun") === 1,
    },
  };
}
