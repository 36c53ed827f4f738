import { RandomStream } from "../../../numeric/random.ts";
import { FitCancelled, type FitRun } from "../../learning/algorithm.ts";
import type { Parameters } from "../../learning/parameters.ts";
import type { Environment } from "../env/environment.ts";
import { Network, Pass } from "../../nets/network.ts";
import {
  type AgentKind,
  arrayOf,
  type Checkpoint,
  type Learner,
  numberOf,
  numberParameter,
  type Policy,
  sizesParameter,
} from "./learner.ts";
import { type PpoTerms, updatePpo } from "./ppo-update.ts";
import { appraise, collect, Rollout, type Standing } from "./rollout.ts";
import { argMax, softmax } from "./softmax.ts";
import {
  networkOf,
  networkPart,
  savedTrained,
  type Trained,
  trainedOf,
  untrained,
} from "./trained.ts";

const NAME = "ppo";
/** At first every action is about as likely as the others. */
const OUTPUT_SCALE = 0.01;

/** Proximal policy optimisation: a network that says how likely each action is, and one that says what an observation is worth. */
export const ppo: AgentKind = {
  name: NAME,
  parameters: {
    hidden: {
      type: "integers",
      min: 1,
      max: 256,
      lengthMax: 4,
      default: [32, 32],
      about: "units of the hidden layers, of each of both networks",
    },
    learningRate: {
      type: "number",
      min: 1e-6,
      max: 0.1,
      default: 5e-4,
      about: "of the policy; the value network's is three times as high",
    },
    gamma: { type: "number", min: 0, max: 0.9999, default: 0.97, about: "discount a step" },
    lambda: { type: "number", min: 0, max: 1, default: 0.9, about: "of the advantages (GAE)" },
    clip: { type: "number", min: 0.01, max: 1, default: 0.2, about: "how far a policy may move" },
    entropy: { type: "number", min: 0, max: 1, default: 0.005, about: "reward for chance" },
    rolloutSteps: { type: "integer", min: 16, max: 16_384, default: 2_048, about: "steps a chunk" },
    epochs: { type: "integer", min: 1, max: 50, default: 6, about: "times a chunk is learnt from" },
    batch: { type: "integer", min: 8, max: 4_096, default: 128, about: "steps a gradient" },
  },
  chunkSteps: (parameters) => numberParameter(parameters, "rolloutSteps"),
  start: (environment, parameters, seed) => {
    const hidden = sizesParameter(parameters, "hidden");
    const random = RandomStream.of(seed, 0);
    const made = (outputs: number, scale: number): Trained =>
      untrained(Network.initial([environment.width, ...hidden, outputs], random, scale));
    const policy = made(environment.actions, OUTPUT_SCALE);
    const value = made(1, 1);
    const standing = { observation: new Float64Array(environment.width), isBegun: false };
    return new Ppo(environment, parameters, { seed, steps: 0, chunks: 0, policy, value, standing });
  },
  resume: (environment, parameters, checkpoint) =>
    new Ppo(environment, parameters, stateOf(environment, checkpoint)),
  actingPart: (checkpoint) => networkPart(checkpoint, "policy"),
  policy: (checkpoint) => new PpoPolicy(networkOf(checkpoint, "policy")),
};

interface PpoState {
  readonly seed: number;
  readonly steps: number;
  readonly chunks: number;
  readonly policy: Trained;
  readonly value: Trained;
  readonly standing: Standing;
}

class Ppo implements Learner {
  readonly #environment: Environment;
  readonly #gamma: number;
  readonly #lambda: number;
  readonly #terms: PpoTerms;
  readonly #rollout: Rollout;
  readonly #state: PpoState;
  #steps: number;
  #chunks: number;

  constructor(environment: Environment, parameters: Parameters, state: PpoState) {
    const number = (name: string): number => numberParameter(parameters, name);
    this.#environment = environment;
    this.#state = state;
    this.#steps = state.steps;
    this.#chunks = state.chunks;
    this.#gamma = number("gamma");
    this.#lambda = number("lambda");
    this.#rollout = new Rollout(number("rolloutSteps"), environment.width);
    this.#terms = {
      clip: number("clip"),
      entropy: number("entropy"),
      learningRate: number("learningRate"),
      epochs: number("epochs"),
      batch: number("batch"),
    };
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
    const { seed, policy, value, standing } = this.#state;
    return {
      algorithm: NAME,
      numbers: {
        seed,
        steps: this.#steps,
        chunks: this.#chunks,
        isBegun: Number(standing.isBegun),
      },
      arrays: {
        ...savedTrained("policy", policy),
        ...savedTrained("value", value),
        observation: standing.observation.slice(),
        environment: this.#environment.save(),
      },
    };
  }

  /** A chunk has a stream of random numbers of its own, so that nothing of it need be kept. */
  #chunk(run: FitRun): void {
    const check = (): void => {
      if (run.isCancelled) throw new FitCancelled();
    };
    const { seed, policy, value, standing } = this.#state;
    const random = RandomStream.of(seed, this.#chunks + 1);
    check();
    collect(this.#rollout, this.#environment, policy.network, standing, random);
    appraise(this.#rollout, value.network, standing.observation, this.#gamma, this.#lambda);
    updatePpo(this.#rollout, policy, value, this.#terms, random, check);
    this.#steps += this.#rollout.steps;
    this.#chunks += 1;
  }
}

class PpoPolicy implements Policy {
  readonly width: number;
  readonly actions: number;
  readonly #pass: Pass;

  constructor(network: Network) {
    this.width = network.sizes[0] ?? 0;
    this.actions = network.sizes.at(-1) ?? 0;
    this.#pass = new Pass(network, 1);
  }

  choose(observation: Float64Array) {
    this.#pass.input.set(observation);
    this.#pass.forward(1);
    const probabilities = new Float64Array(this.actions);
    softmax(this.#pass.output, 0, this.actions, probabilities);
    return { action: argMax(probabilities, 0, this.actions), probabilities, values: null };
  }
}

function stateOf(environment: Environment, checkpoint: Checkpoint): PpoState {
  environment.restore(arrayOf(checkpoint, "environment"));
  return {
    seed: numberOf(checkpoint, "seed"),
    steps: numberOf(checkpoint, "steps"),
    chunks: numberOf(checkpoint, "chunks"),
    policy: trainedOf(checkpoint, "policy"),
    value: trainedOf(checkpoint, "value"),
    standing: {
      observation: arrayOf(checkpoint, "observation", environment.width).slice(),
      isBegun: numberOf(checkpoint, "isBegun") === 1,
    },
  };
}
