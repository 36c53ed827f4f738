import type { LabelBars } from "../../../../../domain/ai/labels/bars.ts";
import { labelsOf } from "../../../../../domain/ai/labels/labels.ts";
import { VARIANCE_FLOOR, barVariances } from "../../../../../domain/ai/labels/variance.ts";
import type { Target } from "../../../../../domain/ai/model/definition.ts";

const DAY_MS = 86_400_000;

/** Bars on which nothing but the close moved. */
function closes(...close: readonly number[]): LabelBars {
  const column = Float64Array.from(close);
  const closeMs = Float64Array.from(close, (_, i) => (i + 1) * DAY_MS);
  return { open: column, high: column, low: column, close: column, closeMs };
}

const days = (labelEndMs: Float64Array) => Array.from(labelEndMs, (ms) => ms / DAY_MS);
const rounded = (values: ArrayLike<number>) => Array.from(values, (value) => +value.toFixed(12));

describe("the label of a direction", () => {
  const bars = closes(100, 110, 99, 99, 120);

  it("is 1 where the return over the horizon is above the threshold, and 0 where it is equal", () => {
    const { y, labelEndMs, forwardReturn } = labelsOf(bars, {
      kind: "direction",
      horizon: 1,
      threshold: 0,
    });
    expect([...y]).toEqual([1, 0, 0, 1, Number.NaN]);
    expect(days(labelEndMs)).toEqual([2, 3, 4, 5, Number.NaN]);
    expect(rounded(forwardReturn)).toEqual([0.1, -0.1, 0, 0.212121212121, Number.NaN]);
  });

  it("looks as many bars ahead as the horizon says, and never beyond the data", () => {
    const target: Target = { kind: "direction", horizon: 3, threshold: 0.05 };
    expect([...labelsOf(bars, target).y]).toEqual([0, 1, Number.NaN, Number.NaN, Number.NaN]);
    expect([...labelsOf(bars, { ...target, horizon: 9 }).y]).toEqual(Array(5).fill(Number.NaN));
  });
});

it("the label of a return is the simple return", () => {
  const { y } = labelsOf(closes(100, 110, 99), { kind: "return", horizon: 2 });
  expect(rounded(y)).toEqual([-0.01, Number.NaN, Number.NaN]);
});

describe("variances of bars", () => {
  const one = (open: number, high: number, low: number, close: number): LabelBars => ({
    open: Float64Array.of(open),
    high: Float64Array.of(high),
    low: Float64Array.of(low),
    close: Float64Array.of(close),
    closeMs: Float64Array.of(0),
  });

  it("are what their formulas say", () => {
    // ln(110/100)² / (4 ln 2), and ½ ln(110/100)² − (2 ln 2 − 1) ln(105/102)², by hand.
    expect(barVariances(one(102, 110, 100, 105), "parkinson")[0]).toBeCloseTo(0.003276371, 9);
    expect(barVariances(one(102, 110, 100, 105), "garmanKlass")[0]).toBeCloseTo(0.004217421, 9);
    expect([...barVariances(closes(100, 110), "squaredReturn")]).toEqual([
      Number.NaN,
      Math.log(1.1) ** 2,
    ]);
  });

  it("are never negative, whatever the bar", () => {
    expect(barVariances(one(100, 101, 100, 150), "garmanKlass")[0]).toBe(0);
    expect(barVariances(one(100, 101, 0, 100), "parkinson")[0]).toBeNaN();
  });

  it("make the label as the logarithm of their mean over the bars that follow", () => {
    const bars = closes(100, 110, 100, 120);
    const target = { kind: "volatility", horizon: 2, measure: "squaredReturn" } as const;
    const { y, labelEndMs } = labelsOf(bars, target);
    const mean = (Math.log(1.1) ** 2 + Math.log(1 / 1.1) ** 2) / 2;
    expect(y[0]).toBeCloseTo(Math.log(mean), 12);
    expect(days(labelEndMs)).toEqual([3, 4, Number.NaN, Number.NaN]);
  });

  it("have a floor where nothing moved, because zero has no logarithm", () => {
    const target = { kind: "volatility", horizon: 1, measure: "parkinson" } as const;
    expect(labelsOf(closes(5, 5), target).y[0]).toBe(Math.log(VARIANCE_FLOOR));
  });
});

describe("the triple barrier", () => {
  // Two log returns of ±ln 1.01 before the row: a sample deviation of √2 · ln 1.01.
  const before = [100, 101, 100];
  const target = { kind: "tripleBarrier", horizon: 3, upper: 2, lower: 1, window: 2 } as const;
  const labelled = (...after: readonly number[]) => {
    const { y, labelEndMs, forwardReturn } = labelsOf(closes(...before, ...after), target);
    return { y: y[2], endsAfter: days(labelEndMs)[2], forward: forwardReturn[2] };
  };
  const deviation = Math.SQRT2 * Math.log(1.01);
  const up = 100 * Math.exp(2 * deviation);
  const down = 100 * Math.exp(-deviation);

  it("is 1 at the first close above the upper one", () => {
    expect(labelled(100, up * 1.001, down / 2)).toMatchObject({ y: 1, endsAfter: 5 });
    expect(labelled(100, up * 1.001, down / 2).forward).toBeCloseTo((up * 1.001) / 100 - 1, 12);
  });

  it("is 0 at the first close below the lower one, though it rises afterwards", () => {
    expect(labelled(down * 0.999, up * 2, up * 3)).toMatchObject({ y: 0, endsAfter: 4 });
  });

  it("does not take a touch for a crossing", () => {
    expect(labelled(up * 0.9999, down * 1.0001, 100)).toMatchObject({ y: 0, endsAfter: 6 });
  });

  it("is the sign of the move where the time runs out", () => {
    expect(labelled(100, 100, 100.5)).toMatchObject({ y: 1, endsAfter: 6 });
    expect(labelled(100, 100, 99.9)).toMatchObject({ y: 0, endsAfter: 6 });
  });

  it("has none before its window is full, where the price stood still, or where the horizon is not over", () => {
    const { y } = labelsOf(closes(...before, up * 2, 100), target);
    expect([...y]).toEqual(Array(5).fill(Number.NaN));
    expect([...labelsOf(closes(5, 5, 5, 9, 9, 9, 9), target).y].slice(0, 3)).toEqual(
      Array(3).fill(Number.NaN),
    );
  });
});
