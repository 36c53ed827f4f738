import { array, assert, constantFrom, double, integer, property, record } from "fast-check";
import type { LabelBars } from "../../../../../domain/ai/labels/bars.ts";
import { labelsOf } from "../../../../../domain/ai/labels/labels.ts";
import type { Target } from "../../../../../domain/ai/model/definition.ts";

const WINDOW = 4;

const targets = (horizon: number): readonly Target[] => [
  { kind: "direction", horizon, threshold: 0.001 },
  { kind: "return", horizon },
  { kind: "volatility", horizon, measure: "parkinson" },
  { kind: "volatility", horizon, measure: "garmanKlass" },
  { kind: "volatility", horizon, measure: "squaredReturn" },
  { kind: "tripleBarrier", horizon, upper: 1, lower: 1.5, window: WINDOW },
];

const move = record({
  open: double({ min: -0.05, max: 0.05, noNaN: true }),
  close: double({ min: -0.05, max: 0.05, noNaN: true }),
  reach: double({ min: 0, max: 0.05, noNaN: true }),
});

function barsOf(moves: readonly { open: number; close: number; reach: number }[]): LabelBars {
  let price = 100;
  const rows = moves.map(({ open, close, reach }) => {
    const [from, to] = [price * Math.exp(open), price * Math.exp(open + close)];
    price = to;
    const [high, low] = [Math.max(from, to) * (1 + reach), Math.min(from, to) * (1 - reach)];
    return { open: from, high, low, close: to };
  });
  return {
    open: Float64Array.from(rows, (row) => row.open),
    high: Float64Array.from(rows, (row) => row.high),
    low: Float64Array.from(rows, (row) => row.low),
    close: Float64Array.from(rows, (row) => row.close),
    closeMs: Float64Array.from(rows, (_, i) => i),
  };
}

/** The same bars, but for those that `isOther` names, whose prices are anything else. */
function perturbed(bars: LabelBars, isOther: (row: number) => boolean): LabelBars {
  const change = (values: Float64Array) =>
    values.map((value, row) => (isOther(row) ? value * (2 + Math.sin(row)) : value));
  const { open, high, low, close, closeMs } = bars;
  return {
    open: change(open),
    high: change(high),
    low: change(low),
    close: change(close),
    closeMs,
  };
}

const cases = record({
  moves: array(move, { minLength: 12, maxLength: 40 }),
  horizon: integer({ min: 1, max: 8 }),
  at: integer({ min: 0, max: 1_000 }),
  which: constantFrom(0, 1, 2, 3, 4, 5),
});

describe("a label", () => {
  it("does not change when bars after its end do", () => {
    assert(
      property(cases, ({ moves, horizon, at, which }) => {
        const bars = barsOf(moves);
        const row = at % moves.length;
        const target = targets(horizon)[which] ?? targets(horizon)[0];
        if (target === undefined) return;
        const { y, labelEndMs, forwardReturn } = labelsOf(bars, target);
        const end = labelEndMs[row] ?? Number.NaN;
        if (Number.isNaN(end)) return;
        const other = labelsOf(
          perturbed(bars, (i) => i > end),
          target,
        );
        expect(other.y[row]).toBe(y[row]);
        expect(other.labelEndMs[row]).toBe(end);
        expect(other.forwardReturn[row]).toBe(forwardReturn[row]);
        expect(end).toBeGreaterThan(row);
        expect(end).toBeLessThanOrEqual(row + horizon);
      }),
      { seed: 71, numRuns: 1_000 },
    );
  });

  it("does not change when bars before its own do, but for the window that a barrier is measured by", () => {
    assert(
      property(cases, ({ moves, horizon, at, which }) => {
        const bars = barsOf(moves);
        const row = at % moves.length;
        const target = targets(horizon)[which] ?? targets(horizon)[0];
        if (target === undefined) return;
        const first = target.kind === "tripleBarrier" ? row - WINDOW : row;
        const other = labelsOf(
          perturbed(bars, (i) => i < first),
          target,
        );
        expect(other.y[row]).toBe(labelsOf(bars, target).y[row]);
      }),
      { seed: 72, numRuns: 1_000 },
    );
  });

  it("is the same of a part of the data that holds all its bars", () => {
    assert(
      property(cases, ({ moves, horizon, at, which }) => {
        const bars = barsOf(moves);
        const row = at % moves.length;
        const target = targets(horizon)[which] ?? targets(horizon)[0];
        if (target === undefined) return;
        const part = barsOf(moves.slice(0, row + horizon + 1));
        expect(labelsOf(part, target).y[row]).toBe(labelsOf(bars, target).y[row]);
        const short = barsOf(moves.slice(0, row + horizon));
        if (row + horizon < moves.length) expect(labelsOf(short, target).y[row]).toBeNaN();
      }),
      { seed: 73, numRuns: 1_000 },
    );
  });
});
