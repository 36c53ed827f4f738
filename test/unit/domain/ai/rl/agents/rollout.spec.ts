import { Network } from "../../../../../../domain/ai/nets/network.ts";
import { appraise, Rollout } from "../../../../../../domain/ai/rl/agents/rollout.ts";

/** Says of an observation x that it is worth 2x. */
const value = new Network([1, 1], Float64Array.of(2, 0));

function rolloutOf(observations: readonly number[], rewards: readonly number[]): Rollout {
  const rollout = new Rollout(observations.length, 1);
  rollout.observations.set(observations);
  rollout.rewards.set(rewards);
  return rollout;
}

describe("what steps were worth", () => {
  const [gamma, lambda] = [0.9, 0.8];

  it("is the sum of their surprises, discounted: Schulman et al. 2016 (16)", () => {
    const rollout = rolloutOf([1, 2], [3, 4]);
    appraise(rollout, value, Float64Array.of(5), gamma, lambda);
    const second = 4 + gamma * 10 - 4;
    const first = 3 + gamma * 4 - 2;
    expect(rollout.advantages[1]).toBeCloseTo(second, 12);
    expect(rollout.advantages[0]).toBeCloseTo(first + gamma * lambda * second, 12);
    expect(rollout.returns[1]).toBeCloseTo(second + 4, 12);
  });

  it("ends with an episode that ended, and keeps the worth of what an episode was cut off from", () => {
    const ended = rolloutOf([1, 2], [3, 4]);
    ended.ends[0] = 1;
    appraise(ended, value, Float64Array.of(5), gamma, lambda);
    expect(ended.advantages[0]).toBeCloseTo(3 - 2, 12);
    const cut = rolloutOf([1, 2], [3, 4]);
    cut.ends[0] = 1;
    cut.cuts[0] = 1;
    cut.after[0] = 7;
    appraise(cut, value, Float64Array.of(5), gamma, lambda);
    expect(cut.advantages[0]).toBeCloseTo(3 + gamma * 14 - 2, 12);
  });
});
