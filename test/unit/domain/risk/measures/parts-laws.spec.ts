import { array, assert, double, property } from "fast-check";
import { matrixOf } from "../../../../../domain/numeric/matrix.ts";
import { covarianceMatrix } from "../../../../../domain/risk/covariance/sample.ts";
import { measureMoments, measureReturns } from "../../../../../domain/risk/measures/measure.ts";
import {
  measureMomentParts,
  type MeasuredParts,
  measureParts,
} from "../../../../../domain/risk/measures/parts.ts";
import {
  isUnmeasurable,
  type Measured,
  type Unmeasurable,
  VAR_METHODS,
  type VarSpec,
} from "../../../../../domain/risk/measures/spec.ts";
import { mean } from "../../../../../domain/numeric/moments.ts";

const METHODS = VAR_METHODS.filter((method) => method !== "monteCarlo");
const change = double({ min: -0.2, max: 0.2, noNaN: true });
const history = array(array(change, { minLength: 60, maxLength: 60 }), {
  minLength: 3,
  maxLength: 3,
});
const weights = array(double({ min: -2, max: 2, noNaN: true }), {
  minLength: 3,
  maxLength: 3,
});
const spec = (method: VarSpec["method"]): VarSpec => ({
  method,
  confidence: 0.95,
  horizonDays: 1,
  parameters: { nu: 5 },
});

function found<T extends Measured | MeasuredParts>(one: T | Unmeasurable): T {
  if ("code" in one) throw new Error(JSON.stringify(one));
  return one;
}

describe("marginals", () => {
  it.each(["normal", "studentT", "cornishFisher", "ewma"] as const)(
    "of %s are derivatives by the weights",
    (method) => {
      assert(
        property(history, weights, (columns, held) => {
          // A weight below this is no more than the step, and the shortfall of the expansion may be cut off at its VaR.
          if (held.every((weight) => Math.abs(weight) < 0.01)) return;
          const at = (moved: readonly number[]) =>
            found(measureReturns({ columns, weights: moved }, spec(method)));
          const whole = at(held);
          if (whole.warnings.some((warning) => warning.includes("stands for it"))) return;
          const step = 1e-6;
          for (const [i] of held.entries()) {
            const move = (by: number) =>
              at(held.map((weight, j) => (i === j ? weight + by : weight)));
            const [up, down] = [move(step), move(-step)];
            const slopes = [
              (up.var - down.var) / (2 * step),
              (up.expectedShortfall - down.expectedShortfall) / (2 * step),
            ];
            const own = [whole.marginal?.var[i] ?? NaN, whole.marginal?.shortfall[i] ?? NaN];
            for (const [k, slope] of slopes.entries())
              expect(Math.abs((own[k] ?? NaN) - slope)).toBeLessThan(2e-4);
          }
        }),
        { numRuns: 50 },
      );
    },
  );
});

describe.each(METHODS)("by %s", (method) => {
  const runs = { numRuns: ["garch", "evt", "filteredHistorical"].includes(method) ? 8 : 60 };

  it("a name of which nothing is held adds nothing, and one alone adds all", () => {
    assert(
      property(history, ([one = [], other = []]) => {
        const parts = measureParts({ columns: [one, other], weights: [1, 0] }, spec(method));
        if ("code" in parts) return;
        expect(parts.incremental?.[1]).toBe(0);
        // Without its only name nothing is left, of which the VaR is 0.
        expect(parts.incremental?.[0]).toBeCloseTo(parts.whole.var, 12);
        expect(parts.whole.marginal?.var[0]).toBeCloseTo(parts.whole.var, 9);
      }),
      runs,
    );
  });

  it("what a name adds is measured again without it", () => {
    assert(
      property(history, weights, (columns, held) => {
        const parts = measureParts({ columns, weights: held }, spec(method));
        if ("code" in parts || (held[1] ?? 0) === 0) return;
        const rest = measureReturns(
          { columns, weights: held.map((weight, i) => (i === 1 ? 0 : weight)) },
          spec(method),
        );
        if (isUnmeasurable(rest)) return;
        // Fits of likelihoods end where they are flat.
        const isFitted = method === "garch" || method === "evt" || method === "filteredHistorical";
        const gap = Math.abs((parts.incremental?.[1] ?? NaN) - (parts.whole.var - rest.var));
        expect(gap).toBeLessThan(isFitted ? 1e-4 : 1e-10);
      }),
      runs,
    );
  });

  it("a loss that is certain adds to VaR and shortfall what it is", () => {
    if (method === "ewma" || method === "filteredHistorical") return;
    assert(
      property(history, double({ min: -0.05, max: 0.05, noNaN: true }), ([one = []], loss) => {
        const at = (values: readonly number[]) =>
          measureReturns({ columns: [values], weights: [1] }, spec(method));
        const [before, after] = [at(one), at(one.map((value) => value - loss))];
        if (isUnmeasurable(before) || isUnmeasurable(after)) return;
        const tolerance = method === "garch" || method === "evt" ? 1e-4 : 1e-9;
        expect(Math.abs(after.var - before.var - loss)).toBeLessThan(tolerance);
      }),
      runs,
    );
  });
});

describe("moments", () => {
  it("of a sample measure what the sample does, and its parts", () => {
    assert(
      property(history, weights, (columns, held) => {
        const book = {
          weights: held,
          mean: columns.map((column) => mean(column)),
          covariance: covarianceMatrix(columns),
        };
        for (const method of ["normal", "studentT"] as const) {
          const [one, other] = [
            found(measureMomentParts(book, spec(method))),
            found(measureParts({ columns, weights: held }, spec(method))),
          ];
          expect(one.whole.var).toBeCloseTo(other.whole.var, 7);
          for (const [i] of held.entries())
            expect(one.incremental?.[i]).toBeCloseTo(other.incremental?.[i] ?? NaN, 6);
        }
      }),
    );
  });

  it("do not do for what needs returns, nor without degrees of freedom", () => {
    const book = { weights: [1], mean: [0], covariance: matrixOf([[1]]) };
    for (const method of ["historical", "ewma", "cornishFisher", "garch", "evt"] as const)
      expect(measureMoments(book, spec(method))).toEqual({ code: "NEEDS_RETURNS" });
    expect(measureMoments(book, { ...spec("studentT"), parameters: {} })).toEqual({
      code: "NEEDS_NU",
    });
  });

  it("of an exact hedge and of perfect correlation are exact", () => {
    const covariance = matrixOf([
      [0.0001, 0.0002],
      [0.0002, 0.0004],
    ]);
    const hedge = { weights: [2, -1], mean: [0, 0], covariance };
    const { whole, incremental } = found(measureMomentParts(hedge, spec("normal")));
    expect([whole.var, whole.expectedShortfall]).toEqual([0, 0]);
    expect(Array.from(whole.marginal?.var ?? [])).toEqual([0, 0]);
    expect(Array.from(incremental ?? []).every(Number.isFinite)).toBe(true);
    const sum = found(measureMoments({ ...hedge, weights: [1, 1] }, spec("normal")));
    expect(sum.var).toBeCloseTo(1.644_853_626_951_472 * 0.03, 12);
  });
});
