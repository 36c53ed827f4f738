import type { RandomStream } from "../../../numeric/random.ts";
import type { Environment } from "../env/environment.ts";
import { Pass, type Network } from "../../nets/network.ts";
import { sampleIndex, softmax } from "./softmax.ts";

/** Where an environment stands between two chunks. */
export interface Standing {
  readonly observation: Float64Array;
  /** the observation is that of an episode that goes on */
  isBegun: boolean;
}

/** What happened in a chunk of steps, and what each was worth. */
export class Rollout {
  readonly steps: number;
  readonly observations: Float64Array;
  readonly actions: Uint8Array;
  /** of the action that was taken */
  readonly logProbabilities: Float64Array;
  readonly rewards: Float64Array;
  /** 1 where the episode ended with the step */
  readonly ends: Uint8Array;
  /** what was seen after a step that ended an episode by cutting it; read where `cuts` is 1 */
  readonly cuts: Uint8Array;
  readonly after: Float64Array;
  readonly advantages: Float64Array;
  readonly returns: Float64Array;

  constructor(steps: number, width: number) {
    this.steps = steps;
    this.observations = new Float64Array(steps * width);
    this.actions = new Uint8Array(steps);
    this.logProbabilities = new Float64Array(steps);
    this.rewards = new Float64Array(steps);
    this.ends = new Uint8Array(steps);
    this.cuts = new Uint8Array(steps);
    this.after = new Float64Array(steps * width);
    this.advantages = new Float64Array(steps);
    this.returns = new Float64Array(steps);
  }
}

/** Acts by chance, as the policy has it, for as many steps as the rollout holds. */
export function collect(
  rollout: Rollout,
  environment: Environment,
  policy: Network,
  standing: Standing,
  random: RandomStream,
): void {
  const { width, actions } = environment;
  const pass = new Pass(policy, 1);
  const probabilities = new Float64Array(actions);
  const { observation } = standing;
  if (!standing.isBegun) environment.reset(random, observation);
  for (let t = 0; t < rollout.steps; t += 1) {
    pass.input.set(observation);
    pass.forward(1);
    softmax(pass.output, 0, actions, probabilities);
    const action = sampleIndex(probabilities, random.uniform());
    rollout.observations.set(observation, t * width);
    rollout.actions[t] = action;
    rollout.logProbabilities[t] = Math.log(probabilities[action] ?? 1);
    const { reward, isTerminal, isTruncated } = environment.step(action, random, observation);
    rollout.rewards[t] = reward;
    rollout.ends[t] = isTerminal || isTruncated ? 1 : 0;
    rollout.cuts[t] = isTruncated && !isTerminal ? 1 : 0;
    if (isTruncated) rollout.after.set(observation, t * width);
    if (isTerminal || isTruncated) environment.reset(random, observation);
  }
  standing.isBegun = true;
}

/**
 * Generalised advantage estimation (Schulman et al. 2016). What follows an episode that was cut is worth what the value network says of its
 * last observation; what follows one that ended, nothing.
 * @param last what is seen after the last step
 */
export function appraise(
  rollout: Rollout,
  value: Network,
  last: Float64Array,
  gamma: number,
  lambda: number,
): void {
  const { steps, observations, rewards, ends, cuts, advantages, returns } = rollout;
  const pass = new Pass(value, steps);
  pass.input.set(observations);
  pass.forward(steps);
  const worth = pass.output.slice();
  let next = worthOf(value, last);
  let running = 0;
  for (let t = steps - 1; t >= 0; t -= 1) {
    if (ends[t] === 1) {
      running = 0;
      next = cuts[t] === 1 ? worthOf(value, afterOf(rollout, t)) : 0;
    }
    const present = worth[t] ?? 0;
    running = (rewards[t] ?? 0) + gamma * next - present + gamma * lambda * running;
    advantages[t] = running;
    returns[t] = running + present;
    next = present;
  }
}

function afterOf({ after, steps }: Rollout, t: number): Float64Array {
  const width = after.length / steps;
  return after.subarray(t * width, (t + 1) * width);
}

function worthOf(value: Network, observation: Float64Array): number {
  const pass = new Pass(value, 1);
  pass.input.set(observation);
  pass.forward(1);
  return pass.output[0] ?? 0;
}
