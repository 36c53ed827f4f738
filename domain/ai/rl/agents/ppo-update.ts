import type { RandomStream } from "../../../numeric/random.ts";
import { shuffle } from "../../../numeric/shuffle.ts";
import { adamStep } from "../../nets/adam.ts";
import { Pass } from "../../nets/network.ts";
import type { Rollout } from "./rollout.ts";
import { softmax } from "./softmax.ts";
import type { Trained } from "./trained.ts";

export interface PpoTerms {
  readonly clip: number;
  readonly entropy: number;
  readonly learningRate: number;
  readonly epochs: number;
  readonly batch: number;
}

const NORM_MAX = 0.5;
/** The value network may learn faster than the policy: it follows it. */
const VALUE_RATE = 3;

/**
 * Proximal policy optimisation with a clipped objective (Schulman et al. 2017), advantages brought to mean 0 and deviation 1 in each batch.
 * @param check called before each batch; throws when nobody wants the result any more
 */
export function updatePpo(
  rollout: Rollout,
  policy: Trained,
  value: Trained,
  terms: PpoTerms,
  random: RandomStream,
  check: () => void,
): void {
  const { steps } = rollout;
  const order = Int32Array.from({ length: steps }, (_, i) => i);
  const learners = [new PolicyBatch(policy, terms), new ValueBatch(value, terms)];
  for (let epoch = 0; epoch < terms.epochs; epoch += 1) {
    shuffle(order, random);
    for (let from = 0; from < steps; from += terms.batch) {
      check();
      const rows = order.subarray(from, Math.min(steps, from + terms.batch));
      for (const learner of learners) learner.learn(rollout, rows);
    }
  }
}

abstract class Batch {
  protected readonly pass: Pass;
  readonly #trained: Trained;
  readonly #gradient: Float64Array;
  readonly #rate: number;
  readonly #width: number;

  constructor(trained: Trained, batch: number, rate: number) {
    this.#trained = trained;
    this.#rate = rate;
    this.#width = trained.network.sizes[0] ?? 0;
    this.pass = new Pass(trained.network, batch);
    this.#gradient = new Float64Array(trained.network.weights.length);
  }

  learn(rollout: Rollout, rows: Int32Array): void {
    const { network, optimiser } = this.#trained;
    this.#gather(rollout, rows);
    this.pass.forward(rows.length);
    this.setDeltas(rollout, rows);
    this.#gradient.fill(0);
    this.pass.backward(rows.length, this.#gradient);
    adamStep(optimiser, network.weights, this.#gradient, this.#rate, NORM_MAX);
  }

  /** The gradient of the loss by the output of the pass. */
  protected abstract setDeltas(rollout: Rollout, rows: Int32Array): void;

  #gather({ observations }: Rollout, rows: Int32Array): void {
    const width = this.#width;
    const { input } = this.pass;
    for (const [k, row] of rows.entries())
      for (let i = 0; i < width; i += 1) input[k * width + i] = observations[row * width + i] ?? 0;
  }
}

class PolicyBatch extends Batch {
  readonly #terms: PpoTerms;
  readonly #probabilities: Float64Array;

  constructor(trained: Trained, terms: PpoTerms) {
    super(trained, terms.batch, terms.learningRate);
    this.#terms = terms;
    this.#probabilities = new Float64Array(trained.network.sizes.at(-1) ?? 0);
  }

  protected override setDeltas(rollout: Rollout, rows: Int32Array): void {
    const { mean, deviation } = momentsOf(rollout.advantages, rows);
    for (const [k, row] of rows.entries()) {
      const advantage = ((rollout.advantages[row] ?? 0) - mean) / (deviation + 1e-8);
      this.#setRow(k, rows.length, rollout, row, advantage);
    }
  }

  #setRow(k: number, count: number, rollout: Rollout, row: number, advantage: number): void {
    const { clip, entropy } = this.#terms;
    const probabilities = this.#probabilities;
    const actions = probabilities.length;
    const { output, delta } = this.pass;
    softmax(output, k * actions, actions, probabilities);
    const action = rollout.actions[row] ?? 0;
    const taken = Math.log(probabilities[action] ?? 1);
    const ratio = Math.exp(taken - (rollout.logProbabilities[row] ?? 0));
    const isClipped = advantage > 0 ? ratio > 1 + clip : ratio < 1 - clip;
    const push = isClipped ? 0 : ratio * advantage;
    const spread = entropyOf(probabilities);
    for (let a = 0; a < actions; a += 1) {
      const p = probabilities[a] ?? 0;
      const towards = (a === action ? 1 : 0) - p;
      const calm = p > 0 ? p * (Math.log(p) + spread) : 0;
      delta[k * actions + a] = (entropy * calm - push * towards) / count;
    }
  }
}

class ValueBatch extends Batch {
  constructor(trained: Trained, { batch, learningRate }: PpoTerms) {
    super(trained, batch, VALUE_RATE * learningRate);
  }

  protected override setDeltas({ returns }: Rollout, rows: Int32Array): void {
    const { output, delta } = this.pass;
    for (const [k, row] of rows.entries())
      delta[k] = ((output[k] ?? 0) - (returns[row] ?? 0)) / rows.length;
  }
}

function entropyOf(probabilities: Float64Array): number {
  let sum = 0;
  for (const p of probabilities) if (p > 0) sum -= p * Math.log(p);
  return sum;
}

function momentsOf(values: Float64Array, rows: Int32Array) {
  let sum = 0;
  for (const row of rows) sum += values[row] ?? 0;
  const mean = sum / rows.length;
  let squares = 0;
  for (const row of rows) squares += ((values[row] ?? 0) - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / rows.length) };
}
