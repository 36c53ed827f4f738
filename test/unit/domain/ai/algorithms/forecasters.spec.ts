import { ewma, persistence } from "../../../../../domain/ai/algorithms/ewma.ts";
import { garch } from "../../../../../domain/ai/algorithms/garch.ts";
import { har } from "../../../../../domain/ai/algorithms/har.ts";
import type { Algorithm } from "../../../../../domain/ai/learning/algorithm.ts";
import type { LabelledSample } from "../../../../../domain/ai/learning/sample.ts";
import type { Parameters } from "../../../../../domain/ai/learning/parameters.ts";
import { fitGarch, garchForecast } from "../../../../../domain/risk/volatility/garch.ts";
import { variance as varianceOf } from "../../../../../domain/numeric/moments.ts";
import { cut, jobOf, rowsOf, sampleOf, volatileSample } from "./samples.ts";

const HAR = { windows: [1, 5, 22], leverage: false };
const HARX = { windows: [1, 5, 22, 66], leverage: true };
const ALL: readonly (readonly [string, Algorithm, Parameters])[] = [
  ["har", har, HAR],
  ["har with losses", har, HARX],
  ["garch", garch, {}],
  ["ewma", ewma, { lambda: 0.94 }],
  ["persistence", persistence, {}],
];

const SAMPLE = volatileSample(400, 3);

function fit(
  algorithm: Algorithm,
  parameters: Parameters,
  sample = SAMPLE,
  train = rowsOf(70, 300),
) {
  const fitted = algorithm.fit(jobOf(sample, train, { parameters }));
  return algorithm.predictor(structuredClone(fitted));
}

function meanOf(values: Float64Array, row: number, window: number): number {
  return values.subarray(row - window + 1, row + 1).reduce((sum, value) => sum + value, 0) / window;
}

describe.each(ALL)("%s", (_, algorithm, parameters) => {
  test("says nothing of a row that a later row could change", () => {
    const predictor = fit(algorithm, parameters);
    const rows = rowsOf(70, 350);
    const whole = predictor.predict(SAMPLE, rows);
    for (const row of [70, 123, 349]) {
      const alone = predictor.predict(cut(SAMPLE, 0, row + 1), Int32Array.of(row));
      expect(alone[0]).toBe(whole[row - 70]);
    }
  });

  test("reads no farther back than it says", () => {
    const predictor = fit(algorithm, parameters);
    const back = Math.min(349, algorithm.lookback(parameters));
    const alone = predictor.predict(cut(SAMPLE, 349 - back, 350), Int32Array.of(back));
    expect(alone).toEqual(predictor.predict(SAMPLE, Int32Array.of(349)));
  });

  test("gives the same bytes for the same job, and reads them from JSON", () => {
    const job = jobOf(SAMPLE, rowsOf(70, 300), { parameters });
    const once = JSON.stringify(algorithm.fit(job));
    expect(JSON.stringify(algorithm.fit(job))).toBe(once);
    const rows = rowsOf(300, 320);
    expect(algorithm.predictor(JSON.parse(once)).predict(SAMPLE, rows)).toEqual(
      fit(algorithm, parameters).predict(SAMPLE, rows),
    );
  });

  test("is finite where bars did not move, and says nothing where none ever did", () => {
    const variance = SAMPLE.variance.map((value, row) => (row % 7 === 0 ? 0 : value));
    const sample = { ...SAMPLE, variance };
    const said = fit(algorithm, parameters, sample).predict(sample, rowsOf(300, 399));
    expect(said.every((value) => Number.isFinite(value))).toBe(true);
    if (algorithm === garch) return;
    const still = { ...SAMPLE, variance: new Float64Array(400) };
    expect(fit(algorithm, parameters).predict(still, Int32Array.of(399))[0]).toBeNaN();
  });

  test("is as far above the labels as below them on the rows that it learnt from", () => {
    const rows = rowsOf(70, 300);
    const said = fit(algorithm, parameters).predict(SAMPLE, rows);
    const rest = said.reduce((sum, value, i) => sum + (SAMPLE.y[70 + i] ?? 0) - value, 0);
    expect(rest / rows.length).toBeCloseTo(0, 9);
  });

  test("refuses a constant label, one that is no number, and too few rows", () => {
    const train = (sample: LabelledSample, rows: Int32Array) => () =>
      algorithm.fit(jobOf(sample, rows, { parameters }));
    const rows = rowsOf(70, 300);
    expect(train({ ...SAMPLE, y: new Float64Array(400).fill(-9) }, rows)).toThrow(
      expect.objectContaining({ name: "FitRefused", code: "CONSTANT_TARGET" }),
    );
    expect(train({ ...SAMPLE, y: SAMPLE.y.with(80, Number.NaN) }, rows)).toThrow(
      expect.objectContaining({ code: "NOT_FINITE" }),
    );
    expect(train({ ...SAMPLE, y: SAMPLE.y.with(80, -Infinity) }, rows)).toThrow(
      expect.objectContaining({ code: "NOT_FINITE" }),
    );
    expect(train(SAMPLE, rowsOf(70, 71))).toThrow(
      expect.objectContaining({ code: "TOO_FEW_ROWS" }),
    );
  });

  test.each([null, [], {}, { windows: "1" }, { shift: null, symbols: {}, coefficients: [] }])(
    "refuses to predict by %j",
    (fitted) => {
      expect(() => algorithm.predictor(fitted).predict(SAMPLE, rowsOf(300, 301))).toThrow(
        RangeError,
      );
    },
  );
});

describe("HAR", () => {
  const b = [-0.4, 0.35, 0.3, 0.25];

  function exact(): LabelledSample {
    const y = SAMPLE.y.map((_, row) => {
      const [b0 = 0, b1 = 0, b5 = 0, b22 = 0] = b;
      if (row < 21) return -9;
      const log = (window: number) => Math.log(meanOf(SAMPLE.variance, row, window));
      return b0 + b1 * log(1) + b5 * log(5) + b22 * log(22);
    });
    return { ...SAMPLE, y };
  }

  test("finds the coefficients of labels that follow it", () => {
    const fitted = har.fit(jobOf(exact(), rowsOf(21, 300), { parameters: HAR }));
    expect(fitted).toEqual({
      windows: [1, 5, 22],
      leverage: false,
      coefficients: b.map((value) => expect.closeTo(value, 9)),
    });
  });

  test("a row of weight 2 counts as two of weight 1", () => {
    const weights = new Float64Array(400).fill(1);
    for (let row = 100; row < 150; row += 1) weights[row] = 2;
    const weighted = har.fit(jobOf(SAMPLE, rowsOf(70, 300), { parameters: HAR, weights }));
    const twice = Int32Array.of(...rowsOf(70, 300), ...rowsOf(100, 150)).toSorted();
    const doubled = har.fit(jobOf(SAMPLE, twice, { parameters: HAR }));
    const [one, other] = [weighted, doubled].map((fitted) => har.predictor(fitted));
    const rows = rowsOf(300, 310);
    for (const [i, value] of (one?.predict(SAMPLE, rows) ?? []).entries())
      expect(other?.predict(SAMPLE, rows)[i]).toBeCloseTo(value, 9);
  });

  test("says nothing before its longest window is full, also of a second symbol", () => {
    const symbol = SAMPLE.symbol.map((_, row) => (row < 200 ? 0 : 1));
    const sample = { ...SAMPLE, symbol };
    const said = fit(har, HAR).predict(sample, Int32Array.of(20, 21, 200, 220, 221));
    expect([...said].map((value) => Number.isNaN(value))).toEqual([true, false, true, true, false]);
    expect(har.lookback(HAR)).toBe(21);
    expect(har.lookback(HARX)).toBe(65);
  });

  test("refuses variances that move as one", () => {
    const sample = { ...SAMPLE, variance: new Float64Array(400).fill(1e-4) };
    expect(() => har.fit(jobOf(sample, rowsOf(70, 300), { parameters: HAR }))).toThrow(
      expect.objectContaining({ code: "DEPENDENT_COLUMNS" }),
    );
  });
});

describe("GARCH", () => {
  test.each([2, 40, 200])(
    "ends at the look at the likelihood at which it is cancelled: %d",
    (at) => {
      let looks = 0;
      const run = {
        report: () => undefined,
        get isCancelled() {
          looks += 1;
          return looks === at;
        },
      };
      const sample = sampleOf(SAMPLE.y, { ...SAMPLE, x: [], horizon: 1 });
      expect(() => garch.fit({ ...jobOf(sample, rowsOf(70, 300)), run })).toThrow(
        expect.objectContaining({ name: "FitCancelled" }),
      );
      expect(looks).toBe(at);
    },
  );

  const found = fitGarch(SAMPLE.logReturn.slice(70, 300));
  const { alpha, beta } = found ?? { alpha: Number.NaN, beta: Number.NaN };

  /** As the model is written down: anew for each row, from all returns up to it. */
  function aheadOf(row: number, horizon: number): number {
    const longRun = (at: number) => varianceOf(SAMPLE.logReturn.slice(1, at + 1), 0);
    const mean = (at: number) => meanOf(SAMPLE.logReturn, at, at);
    let h = longRun(1);
    for (let at = 2; at <= row; at += 1) {
      const shock = (SAMPLE.logReturn[at] ?? Number.NaN) - mean(at);
      h = (1 - alpha - beta) * longRun(at) + alpha * shock ** 2 + beta * h;
    }
    const omega = (1 - alpha - beta) * longRun(row);
    const path = garchForecast({ mu: 0, omega, alpha, beta }, h, horizon);
    return Math.log(path.reduce((sum, value) => sum + value, 0) / horizon);
  }

  test.each([1, 5, 22])("over %d bars it is the mean of the variances ahead", (horizon) => {
    const sample = sampleOf(SAMPLE.y, { ...SAMPLE, x: [], horizon });
    const said = garch
      .predictor(garch.fit(jobOf(sample, rowsOf(70, 300))))
      .predict(sample, Int32Array.of(310, 340));
    // The level is fitted beside it, one for all rows.
    const [one = 0, other = 0] = said;
    expect(one - other).toBeCloseTo(aheadOf(310, horizon) - aheadOf(340, horizon), 9);
  });

  test("shares a model among symbols, whatever their number, in units of their own", () => {
    const predictor = fit(garch, {});
    const said = predictor.predict(SAMPLE, Int32Array.of(360))[0] ?? Number.NaN;
    const symbol = new Int32Array(400).fill(7);
    const logReturn = SAMPLE.logReturn.map((value) => 10 * value);
    const other = predictor.predict({ ...SAMPLE, symbol, logReturn }, Int32Array.of(360))[0];
    expect(other).toBeCloseTo(said + Math.log(100), 9);
  });

  test("says nothing before it has seen 50 returns of a symbol", () => {
    const symbol = SAMPLE.symbol.map((_, row) => (row < 200 ? 0 : 1));
    const sample = { ...SAMPLE, symbol, logReturn: SAMPLE.logReturn.with(200, Number.NaN) };
    const said = fit(garch, {}, sample).predict(sample, Int32Array.of(49, 50, 249, 250));
    expect([...said].map((value) => Number.isNaN(value))).toEqual([true, false, true, false]);
  });

  test("refuses returns that never vary", () => {
    const sample = { ...SAMPLE, logReturn: new Float64Array(400) };
    expect(() => garch.fit(jobOf(sample, rowsOf(70, 300)))).toThrow(
      expect.objectContaining({ code: "TOO_FEW_ROWS" }),
    );
  });
});

describe("EWMA", () => {
  test("weighs what has been seen by λ, with weights that sum to 1", () => {
    const predictor = ewma.predictor({ lambda: 0.5, shift: 0 });
    const variance = Float64Array.of(8, 4, 2);
    const said = predictor.predict(sampleOf([0, 0, 0], { variance }), rowsOf(0, 3));
    expect([...said].map((value) => Math.exp(value))).toEqual([
      expect.closeTo(8, 12),
      expect.closeTo((4 + 0.5 * 8) / 1.5, 12),
      expect.closeTo((2 + 0.5 * 4 + 0.25 * 8) / 1.75, 12),
    ]);
  });
});
