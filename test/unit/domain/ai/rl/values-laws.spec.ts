import { OuEnvironment, ouDeviation } from "../../../../../domain/ai/rl/env/ou.ts";
import { OuGrid } from "../../../../../domain/ai/rl/optimum.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";
import { expectNearOptimal, MARKET } from "./near-optimal.ts";

describe("the optimum by value iteration", () => {
  it("is what its policy earns in a simulation of 500,000 steps, within three standard errors", () => {
    const grid = new OuGrid(MARKET);
    const { gain, policy } = grid.optimum();
    const steps = 500_000;
    const [first, last] = [grid.x(0), grid.x(grid.places - 1)];
    const placeOf = (x: number): number =>
      Math.max(
        0,
        Math.min(grid.places - 1, Math.round(((x - first) / (last - first)) * (grid.places - 1))),
      );
    const environment = new OuEnvironment(MARKET, steps);
    const random = RandomStream.of(11, 0);
    const seen = new Float64Array(2);
    environment.reset(random, seen);
    // Steps hang together: their error is that of the means of 200 batches.
    const batches = new Float64Array(200);
    for (let step = 0; step < steps; step += 1) {
      const place = placeOf((seen[0] ?? 0) * ouDeviation(MARKET));
      const action = policy[place * 3 + (seen[1] ?? 0) + 1] ?? 0;
      const batch = Math.floor((step * 200) / steps);
      const { reward } = environment.step(action, random, seen);
      batches[batch] = (batches[batch] ?? 0) + (reward * 200) / steps;
    }
    const mean = batches.reduce((sum, value) => sum + value, 0) / 200;
    const spread = batches.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 199;
    expect(Math.abs(mean - gain)).toBeLessThan(3 * Math.sqrt(spread / 200));
  });
});

describe("Q-learning", () => {
  it.each([1, 2, 3])(
    "reaches 93 %% of the optimum within 1,200,000 steps, seed %i",
    (seed) => expectNearOptimal("qlearning", {}, seed, 1_200_000, 0.93),
    60_000,
  );
});

describe("double DQN", () => {
  it.each([1])(
    "reaches 85 %% of the optimum within 60,000 steps, seed %i",
    (seed) => expectNearOptimal("dqn", {}, seed, 60_000, 0.85),
    90_000,
  );
});
