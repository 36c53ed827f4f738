import { bestOf, halvingRungs } from "../../../../../domain/ai/search/halving.ts";
import {
  gridChoices,
  gridSize,
  randomChoices,
  type Space,
} from "../../../../../domain/ai/search/space.ts";

const range = { kind: "range", scale: "linear", steps: 3, isInteger: false } as const;

const space: Space = {
  rate: { ...range, min: 0.01, max: 1, scale: "log" },
  depth: { ...range, min: 2, max: 6, isInteger: true },
  loss: { kind: "values", values: ["a", null] },
};

describe("a space of parameters", () => {
  it("as a grid has every combination once, the ends of ranges among them", () => {
    const choices = gridChoices(space);
    expect(gridSize(space)).toBe(18);
    expect(new Set(choices.map((choice) => JSON.stringify(choice))).size).toBe(18);
    expect(choices[0]).toEqual({ depth: 2, loss: "a", rate: 0.01 });
    expect(choices.at(-1)).toEqual({ depth: 6, loss: null, rate: 1 });
    expect(choices[1]?.["rate"]).toBeCloseTo(0.1, 12);
  });

  it("does not depend on the order in which it was written", () => {
    const { rate, depth, loss } = space;
    if (rate === undefined || depth === undefined || loss === undefined) throw new Error("whole");
    const turned: Space = { loss, rate, depth };
    expect(gridChoices(turned)).toEqual(gridChoices(space));
    expect(randomChoices(turned, 20, 5)).toEqual(randomChoices(space, 20, 5));
  });

  it("is drawn from within its ranges, the same by the same seed", () => {
    const drawn = randomChoices(space, 50, 5);
    expect(drawn).toHaveLength(50);
    expect(drawn).not.toEqual(randomChoices(space, 50, 6));
    for (const { rate, depth } of drawn) {
      expect(Number(rate)).toBeGreaterThanOrEqual(0.01);
      expect(Number(rate)).toBeLessThanOrEqual(1);
      expect([2, 3, 4, 5, 6]).toContain(depth);
    }
    // Evenly by the logarithm: about half below 0.1.
    const low = drawn.filter(({ rate }) => Number(rate) < 0.1).length;
    expect(low).toBeGreaterThan(12);
    expect(low).toBeLessThan(38);
  });

  it("of few combinations is drawn whole, and no further", () => {
    const small: Space = { depth: { ...range, min: 1, max: 3, isInteger: true } };
    const drawn = randomChoices(small, 100, 1).map(({ depth }) => depth);
    expect(new Set(drawn)).toEqual(new Set([1, 2, 3]));
    expect(drawn).toHaveLength(3);
  });
});

describe("successive halving", () => {
  it("gives fewer trials more rows, up to all of them", () => {
    expect(halvingRungs(27, 3, 3)).toEqual([
      { trials: 27, share: 1 / 9 },
      { trials: 9, share: 1 / 3 },
      { trials: 3, share: 1 },
    ]);
    expect(halvingRungs(2, 3, 4).map(({ trials }) => trials)).toEqual([2, 1, 1]);
  });

  it("keeps the best; of equals the first, and never what could not be scored", () => {
    expect(bestOf([3, null, 1, 1, 2], 3)).toEqual([2, 3, 4]);
    expect(bestOf([null, null], 2)).toEqual([]);
  });
});
