import { readParameters } from "../../../../../domain/ai/learning/read-parameters.ts";
import type { Policy } from "../../../../../domain/ai/rl/agents/learner.ts";
import { AGENTS } from "../../../../../domain/ai/rl/agents/index.ts";
import { CartPole } from "../../../../../domain/ai/rl/env/cartpole.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";
import { expectNearOptimal } from "./near-optimal.ts";

const run = { report: () => undefined, isCancelled: false };

describe("PPO", () => {
  it.each([1, 2, 3])(
    "reaches 97 %% of the optimum on the mean-reverting market within 65,000 steps, seed %i",
    (seed) => expectNearOptimal("ppo", {}, seed, 60_000, 0.97),
    90_000,
  );

  it.each([1, 2, 3])(
    "solves CartPole within 25,000 steps, seed %i: the greedy policy holds the pole for 475 steps or more on average of 100 episodes",
    (seed) => {
      const given = { hidden: [64, 64], gamma: 0.99, lambda: 0.95, entropy: 0, learningRate: 1e-3 };
      const read = readParameters(AGENTS.ppo.parameters, given);
      if (!read.isValid) throw new Error(JSON.stringify(read.faults));
      const learner = AGENTS.ppo.start(new CartPole(), read.parameters, seed);
      learner.learn(22_000, run);
      expect(learner.steps).toBeLessThan(25_000);
      expect(meanLength(AGENTS.ppo.policy(learner.save()), 100)).toBeGreaterThanOrEqual(475);
    },
    90_000,
  );
});

function meanLength(policy: Policy, episodes: number): number {
  const random = RandomStream.of(2_026, 7);
  const cart = new CartPole();
  const seen = new Float64Array(4);
  let steps = 0;
  for (let episode = 0; episode < episodes; episode += 1) {
    cart.reset(random, seen);
    for (let isOver = false; !isOver; steps += 1) {
      const { isTerminal, isTruncated } = cart.step(policy.choose(seen).action, random, seen);
      isOver = isTerminal || isTruncated;
    }
  }
  return steps / episodes;
}
