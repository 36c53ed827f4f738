import type { Pairs } from "../../../../../domain/ai/signals/definition.ts";
import { pairs, secondLeg, spread } from "../../../../../domain/ai/signals/pairs.ts";
import type { Moment } from "../../../../../domain/ai/signals/verdict.ts";

const rule: Pairs = { kind: "pairs", window: 10, entry: 1.5, exit: 0, horizon: 5 };
const second = Array.from({ length: 12 }, (_, i) => 100 + ((i * 7) % 12));
/** The first moves half as much as the second, in logarithms, and is off by `gaps` at the end. */
const firstWith = (...gaps: readonly number[]): number[] =>
  second.map((close, i) => {
    const gap = gaps[i - second.length + gaps.length] ?? 0;
    return 50 * Math.sqrt(close) * Math.exp(gap);
  });
const moment = (first: readonly number[], count: number): Moment => ({
  close: null,
  values: {},
  pair: { first: first.slice(0, count), second: second.slice(0, count) },
});

describe("the spread of a pair", () => {
  it("has the hedge ratio of the regression", () => {
    const found = spread({ first: firstWith(), second }, 10);
    expect(found?.hedgeRatio).toBeCloseTo(0.5, 12);
    // Nothing but rounding is left over.
    expect(found?.score).toBeNull();
  });

  it("is unknown where a close is not positive, or the second does not move", () => {
    expect(spread({ first: [1, 2, -3], second: [1, 2, 3] }, 3)).toBeNull();
    expect(spread({ first: [1, 2, 3], second: [5, 5, 5] }, 3)).toBeNull();
  });

  it("is bought when it falls far below, and both legs are told", () => {
    const first = firstWith(
      0.01,
      -0.01,
      0.01,
      -0.01,
      0.01,
      -0.01,
      0.01,
      -0.01,
      0.01,
      -0.01,
      0,
      -0.2,
    );
    const found = pairs(rule, moment(first, 11), moment(first, 12));
    expect(found.verdict).toMatchObject({ side: "buy", goal: "long", lean: 1 });
    expect(secondLeg(found)).toMatchObject({ side: "sell", goal: "short", lean: -1 });
    expect(secondLeg({ ...found, hedgeRatio: -0.5 })).toMatchObject({ side: "buy", goal: "long" });
  });

  it("warms up with its window, and looks at no bar before it", () => {
    const first = firstWith(0.3);
    expect(pairs(rule, moment(first, 8), moment(first, 9)).verdict.reason).toContain("warming up");
    const other = [9_999, ...first.slice(1)];
    expect(pairs(rule, moment(other, 11), moment(other, 12))).toEqual(
      pairs(rule, moment(first, 11), moment(first, 12)),
    );
  });
});
