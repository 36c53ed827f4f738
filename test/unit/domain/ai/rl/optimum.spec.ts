import { ouDeviation } from "../../../../../domain/ai/rl/env/ou.ts";
import { OuGrid } from "../../../../../domain/ai/rl/optimum.ts";

const market = { kappa: 0.1, sigma: 1, cost: 0.3 };
const grid = new OuGrid(market, 201);
const deviation = ouDeviation(market);

describe("the optimum of the mean-reverting market", () => {
  it("is 0.139 a step, as an earlier computation on such a grid had it (0.1392), and hardly moves with the grid", () => {
    const { gain } = grid.optimum();
    expect(Math.abs(gain - 0.1392)).toBeLessThan(0.001);
    expect(Math.abs(new OuGrid(market, 101).optimum().gain - gain)).toBeLessThan(2e-3);
  });

  it("is what its own policy earns, and more than a threshold of one deviation: 89 %", () => {
    const { gain, policy } = grid.optimum();
    expect(grid.gainOf(policy)).toBeCloseTo(gain, 8);
    const threshold = policy.map((_, i) => {
      const x = grid.x(Math.floor(i / 3)) / deviation;
      return x > 1 ? 0 : x < -1 ? 2 : i % 3;
    });
    expect(grid.gainOf(threshold) / gain).toBeCloseTo(0.89, 1);
  });

  it("without costs is the myopic rule's: κ·E|x|", () => {
    const { gain } = new OuGrid({ ...market, cost: 0 }, 101).optimum();
    expect(gain).toBeCloseTo(0.1 * deviation * Math.sqrt(2 / Math.PI), 3);
  });
});
