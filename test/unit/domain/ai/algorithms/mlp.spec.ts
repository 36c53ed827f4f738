import { mlp } from "../../../../../domain/ai/algorithms/mlp/mlp.ts";
import { FitCancelled } from "../../../../../domain/ai/learning/algorithm.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";
import { jobOf, rowsOf, RUN, sampleOf } from "./samples.ts";

const PARAMETERS = {
  hidden: [8],
  activation: "tanh",
  nets: 2,
  epochs: 60,
  batch: 16,
  learningRate: 0.02,
  l2: 0,
  patience: 10,
};

/** Two features of noise; the label by a rule. */
function given(rows: number, rule: (a: number, b: number) => number, seed = 5) {
  const random = RandomStream.of(seed, 0);
  const x = Array.from({ length: rows }, () => [random.normal(), random.normal()] as const);
  return sampleOf(
    x.map(([a, b]) => rule(a, b)),
    { x },
  );
}

const XOR = given(600, (a, b) => (a > 0 === b > 0 ? 0 : 1));
const binary = { objective: "binary", parameters: PARAMETERS } as const;

describe("a small network", () => {
  test.each(["tanh", "relu"])("learns what no line parts, with %s", (activation) => {
    const job = jobOf(XOR, rowsOf(0, 400), {
      ...binary,
      parameters: { ...PARAMETERS, activation },
    });
    const said = mlp.predictor(mlp.fit(job)).predict(XOR, rowsOf(400, 600));
    const right = [...said].filter((p, i) => p > 0.5 === (XOR.y[400 + i] === 1)).length;
    expect(right).toBeGreaterThan(185);
    expect(said.every((p) => p > 0 && p < 1)).toBe(true);
  });

  test("fits a curve, in the units of the label", () => {
    const sample = given(400, (a, b) => 1_000 + 50 * a * b);
    const job = jobOf(sample, rowsOf(0, 300), {
      parameters: { ...PARAMETERS, hidden: [12], nets: 1 },
    });
    const said = mlp.predictor(mlp.fit(job)).predict(sample, rowsOf(300, 400));
    const errors = said.map((value, i) => (value - (sample.y[300 + i] ?? 0)) ** 2);
    expect(errors.reduce((sum, square) => sum + square, 0) / 100).toBeLessThan(0.25 * 50 ** 2);
  });

  test("gives the same bytes for the same seed, other ones for another", () => {
    const fit = (seed: number) =>
      JSON.stringify(mlp.fit(jobOf(XOR, rowsOf(0, 100), { ...binary, seed })));
    expect(fit(3)).toBe(fit(3));
    expect(fit(4)).not.toBe(fit(3));
  });

  test("says after JSON what it said before", () => {
    const fitted = mlp.fit(jobOf(XOR, rowsOf(0, 100), binary));
    const rows = rowsOf(400, 600);
    expect(mlp.predictor(JSON.parse(JSON.stringify(fitted))).predict(XOR, rows)).toEqual(
      mlp.predictor(fitted).predict(XOR, rows),
    );
  });

  test("several networks say the mean of what each says", () => {
    const sample = given(200, (a, b) => a + b);
    const fitted = mlp.fit(jobOf(sample, rowsOf(0, 100), { parameters: PARAMETERS }));
    // sound: what `fit` gives has these fields
    const { nets, ...rest } = fitted as { readonly nets: readonly (readonly number[])[] };
    const rows = rowsOf(100, 110);
    const [one, other] = nets.map((net) =>
      mlp.predictor({ ...rest, nets: [net] }).predict(sample, rows),
    );
    const both = mlp.predictor(fitted).predict(sample, rows);
    for (const [i, value] of both.entries())
      expect(value).toBeCloseTo(((one?.[i] ?? 0) + (other?.[i] ?? 0)) / 2, 12);
  });

  test("stops by the stopping rows and keeps what did best on them", () => {
    const noise = given(300, () => 0);
    const random = RandomStream.of(9, 0);
    const sample = { ...noise, y: noise.y.map(() => random.normal()) };
    const reports: number[] = [];
    const run = { ...RUN, report: (progress: number) => void reports.push(progress) };
    const parameters = { ...PARAMETERS, nets: 1, epochs: 200, patience: 5 };
    const valid = rowsOf(200, 300);
    const stopped = mlp.predictor(
      mlp.fit(jobOf(sample, rowsOf(0, 60), { parameters, valid, run })),
    );
    const whole = mlp.predictor(mlp.fit(jobOf(sample, rowsOf(0, 60), { parameters })));
    expect(reports.length).toBeLessThan(60);
    expect(reports).toEqual(reports.toSorted((a, b) => a - b));
    const loss = (said: Float64Array) =>
      said.reduce((sum, value, i) => sum + (value - (sample.y[200 + i] ?? 0)) ** 2, 0);
    expect(loss(stopped.predict(sample, valid))).toBeLessThan(loss(whole.predict(sample, valid)));
  });

  test("a penalty makes it say less", () => {
    const spread = (l2: number) => {
      const job = jobOf(XOR, rowsOf(0, 200), { ...binary, parameters: { ...PARAMETERS, l2 } });
      const said = mlp.predictor(mlp.fit(job)).predict(XOR, rowsOf(400, 600));
      return Math.max(...said) - Math.min(...said);
    };
    expect(spread(1)).toBeLessThan(0.1 * spread(0));
  });

  test("ends when it is not wanted any more", () => {
    const run = { ...RUN, isCancelled: true };
    expect(() => mlp.fit(jobOf(XOR, rowsOf(0, 100), { ...binary, run }))).toThrow(FitCancelled);
  });

  test.each([Number.NaN, Infinity, -Infinity])("refuses a feature of %d", (poison) => {
    for (const row of [17, 250]) {
      const data = XOR.x.data.with(2 * row, poison);
      const sample = { ...XOR, x: { ...XOR.x, data } };
      expect(() =>
        mlp.fit(jobOf(sample, rowsOf(0, 200), { ...binary, valid: rowsOf(200, 300) })),
      ).toThrow(
        expect.objectContaining({ code: "NOT_FINITE", message: expect.stringContaining(`${row}`) }),
      );
    }
  });

  test("refuses a constant label, and says so when it diverges", () => {
    const constant = { ...XOR, y: new Float64Array(600).fill(1) };
    expect(() => mlp.fit(jobOf(constant, rowsOf(0, 200), binary))).toThrow(
      expect.objectContaining({ code: "CONSTANT_TARGET" }),
    );
    const huge = { ...XOR, x: { ...XOR.x, data: XOR.x.data.map((value) => value * 1e300) } };
    expect(() =>
      mlp.fit(jobOf(huge, rowsOf(0, 200), { parameters: { ...PARAMETERS, activation: "relu" } })),
    ).toThrow(expect.objectContaining({ code: "DIVERGED" }));
  });

  test("a row without a number gives none, and rows of another width are refused", () => {
    const predictor = mlp.predictor(mlp.fit(jobOf(XOR, rowsOf(0, 100), binary)));
    const data = XOR.x.data.with(800, Number.NaN);
    const said = predictor.predict({ ...XOR, x: { ...XOR.x, data } }, Int32Array.of(400, 401));
    expect([...said].map((value) => Number.isNaN(value))).toEqual([true, false]);
    const narrow = sampleOf([0, 1], { x: [[1], [2]] });
    expect(() => predictor.predict(narrow, rowsOf(0, 2))).toThrow("expected 2 features");
  });

  test.each([
    null,
    {},
    { objective: "binary", sizes: [2, 8, 1], activation: "tanh", centre: 0, scale: 1, nets: [[1]] },
  ])("refuses to predict by %j", (fitted) => {
    expect(() => mlp.predictor(fitted)).toThrow(RangeError);
  });
});
