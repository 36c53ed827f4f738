import { adamStart, adamStep } from "../../../../../domain/ai/nets/adam.ts";

describe("Adam", () => {
  test("its first step is the rate against the gradient's sign, however long the gradient", () => {
    const weights = Float64Array.of(1, 1);
    adamStep(adamStart(2), weights, Float64Array.of(1e-3, -50), 0.01, Infinity);
    expect(weights[0]).toBeCloseTo(0.99, 6);
    expect(weights[1]).toBeCloseTo(1.01, 6);
  });

  test("two steps are those of Kingma & Ba's algorithm 1", () => {
    const weights = Float64Array.of(0);
    const state = adamStart(1);
    adamStep(state, weights, Float64Array.of(1), 0.1, Infinity);
    adamStep(state, weights, Float64Array.of(0.5), 0.1, Infinity);
    const [m, v] = [0.9 * 0.1 + 0.1 * 0.5, 0.999 * 0.001 + 0.001 * 0.25];
    const [first, second] = [m / (1 - 0.9 ** 2), v / (1 - 0.999 ** 2)];
    expect(weights[0]).toBeCloseTo(-0.1 - (0.1 * first) / Math.sqrt(second), 7);
  });

  test("a gradient longer than allowed is shortened, and keeps its direction", () => {
    const state = adamStart(2);
    adamStep(state, new Float64Array(2), Float64Array.of(30, 40), 0.1, 5);
    expect([...state.mean].map((value) => value / 0.1)).toEqual([
      expect.closeTo(3, 12),
      expect.closeTo(4, 12),
    ]);
  });
});
