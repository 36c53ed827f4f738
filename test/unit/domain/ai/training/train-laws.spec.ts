import type { Algorithm } from "../../../../../domain/ai/learning/algorithm.ts";
import { trainModel } from "../../../../../domain/ai/training/train.ts";
import type { TrainingInput, TrainingOutcome } from "../../../../../domain/ai/training/terms.ts";
import { noisySample, RUN, termsOf, watchedLine } from "./line.ts";

const bookOf = (algorithm: Algorithm) => new Map([[algorithm.name, algorithm]]);

function trained(input: TrainingInput, over: Partial<Algorithm> = {}): TrainingOutcome {
  return trainModel(input, bookOf(watchedLine(over).algorithm), RUN);
}

describe("a training", () => {
  it("finds what is there: a classifier better than the base rate, by test", () => {
    const { report } = trained({
      terms: termsOf("classifier"),
      sample: noisySample(500, "classifier"),
    });
    expect(report.outOfSample.metrics["auc"]).toBeGreaterThan(0.7);
    expect(report.outOfSample.estimates["auc"]?.lower).toBeGreaterThan(0.65);
    const [baseRate] = report.baselines;
    expect(baseRate?.name).toBe("baseRate");
    expect(baseRate?.dieboldMariano?.statistic).toBeLessThan(-5);
    expect(report.notes[0]).toMatch(/^better than the base rate: Diebold–Mariano t = -/);
    expect(report.outOfSample.reliability?.expectedError).toBeLessThan(0.1);
    expect(report.outOfSample.trading?.sharpe).not.toBeNull();
  });

  it("does not find what is not there, and says so", () => {
    const sample = noisySample(500, "classifier", { signal: 0 });
    const { report } = trained({ terms: termsOf("classifier"), sample });
    expect(report.outOfSample.estimates["auc"]?.lower).toBeLessThan(0.5);
    expect(report.notes).toContainEqual(
      expect.stringMatching(/^(no better|worse) than the base rate/),
    );
    expect(report.notes).toContainEqual(expect.stringMatching(/^a coin flip: AUC 0\.\d{3}, 95 %/));
  });

  it("tells of a regressor: beside zero and the mean, with an interval whose coverage was measured", () => {
    const { report } = trained({
      terms: termsOf("regressor"),
      sample: noisySample(600, "regressor"),
    });
    expect(report.baselines.map(({ name }) => name)).toEqual(["zero", "mean"]);
    expect(report.outOfSample.metrics["ic"]).toBeGreaterThan(0.6);
    expect(report.outOfSample.coverage).toBeGreaterThan(0.86);
    expect(report.outOfSample.coverage).toBeLessThan(0.94);
  });

  it("learns the retransformation of a forecaster: exp of a mean logarithm is too low", () => {
    const { report } = trained({
      terms: termsOf("forecaster"),
      sample: noisySample(600, "forecaster"),
    });
    const { prediction, truth } = report.scored;
    const ratio = truth.reduce((sum, y, i) => sum + y / (prediction[i] ?? 1), 0) / truth.length;
    expect(ratio).toBeGreaterThan(0.93);
    expect(ratio).toBeLessThan(1.07);
    expect(report.outOfSample.metrics["qlike"]).toBeLessThan(0.2);
  });

  it("gives each scored row in order of time, with its loss", () => {
    const { report } = trained({
      terms: termsOf("classifier"),
      sample: noisySample(600, "classifier"),
    });
    const { closeMs, loss, prediction, truth } = report.scored;
    expect(closeMs).toEqual(closeMs.toSorted((a, b) => a - b));
    expect(closeMs).toHaveLength(report.rows.tested);
    expect(loss[3]).toBeCloseTo(
      -Math.log(truth[3] === 1 ? (prediction[3] ?? 0) : 1 - (prediction[3] ?? 0)),
      12,
    );
    expect(report.folds).toHaveLength(5);
    expect(report.folds.reduce((sum, { testRows }) => sum + testRows, 0)).toBe(report.rows.tested);
  });

  it("takes the symbols of a panel together: blocks of one time, rows of one moment beside each other", () => {
    const [one, other] = [
      noisySample(300, "regressor"),
      noisySample(300, "regressor", { seed: 2 }),
    ];
    const both = (a: Float64Array, b: Float64Array) => Float64Array.of(...a, ...b);
    const sample = {
      x: { rows: 600, columns: 2, data: both(one.x.data, other.x.data) },
      symbol: Int32Array.from({ length: 600 }, (_, i) => (i < 300 ? 0 : 1)),
      closeMs: both(one.closeMs, other.closeMs),
      logReturn: both(one.logReturn, other.logReturn),
      variance: both(one.variance, other.variance),
      y: both(one.y, other.y),
      labelEndMs: both(one.labelEndMs, other.labelEndMs),
      forwardReturn: both(one.forwardReturn, other.forwardReturn),
    };
    const { scored, folds } = trained({ terms: termsOf("regressor"), sample }).report;
    expect(scored.symbol.slice(0, 4)).toEqual([0, 1, 0, 1]);
    expect(scored.closeMs[0]).toBe(scored.closeMs[1]);
    expect(folds.map(({ testRows }) => testRows)).toEqual([100, 100, 100, 100, 100]);
  });

  it("knows by permutation which feature is of use", () => {
    const { report } = trained({
      terms: termsOf("regressor"),
      sample: noisySample(500, "regressor"),
    });
    const { permutation, gain } = report.importance;
    expect(gain).toBeNull();
    expect(permutation?.["useful"]).toBeGreaterThan(1e-5);
    expect(Math.abs(permutation?.["noise"] ?? 1)).toBeLessThan(1e-8);
  });
});

describe("what a fit may see", () => {
  it("is never a test row nor a label that reaches it, and the last fit sees all rows", () => {
    const { algorithm, fits } = watchedLine();
    const sample = noisySample(600, "classifier", { horizon: 5 });
    const terms = termsOf("classifier", {}, 5);
    trainModel({ terms, sample }, bookOf(algorithm), RUN);
    expect(fits.map(({ train }) => train.at(-1))).toEqual([91, 190, 289, 388, 487, 594]);
    expect(fits.at(-1)?.train).toHaveLength(595);
  });

  it("leaves the newest share for stopping, purged", () => {
    const patience = { type: "integer", min: 0, max: 9, default: 3, about: "rounds" } as const;
    const { algorithm, fits } = watchedLine({ parameters: { patience } });
    const sample = noisySample(600, "classifier", { horizon: 5 });
    const terms = termsOf("classifier", { stopShare: 0.25 }, 5);
    trainModel({ terms, sample }, bookOf(algorithm), RUN);
    const { train, valid } = fits.at(-1) ?? {};
    expect([valid?.[0], valid?.at(-1), train?.at(-1)]).toEqual([447, 594, 441]);
  });

  it("leaves nothing for stopping to an algorithm that does not stop early", () => {
    const { algorithm, fits } = watchedLine();
    const terms = termsOf("classifier", { stopShare: 0.25 });
    trainModel({ terms, sample: noisySample(600, "classifier") }, bookOf(algorithm), RUN);
    expect(fits.at(-1)).toMatchObject({ valid: new Int32Array(0) });
    expect(fits.at(-1)?.train).toHaveLength(599);
  });

  it("is scaled by its own rows: what comes later changes nothing of an earlier fold", () => {
    const sample = noisySample(600, "regressor");
    const changed = { ...sample, x: { ...sample.x, data: sample.x.data.slice() } };
    for (let row = 420; row < 600; row += 1) changed.x.data[row * 2] = 1_000 + row;
    const before = trained({ terms: termsOf("regressor"), sample }).report.scored.prediction;
    const after = trained({ terms: termsOf("regressor"), sample: changed }).report.scored
      .prediction;
    expect(after.slice(0, 320)).toEqual(before.slice(0, 320));
    expect(after.slice(330)).not.toEqual(before.slice(330));
  });

  it("weighs old rows less when asked to", () => {
    const sample = noisySample(600, "regressor");
    const y = sample.y.map((value, i) => (i < 500 ? value : value + 0.05));
    const level = (halfLife: number | null): number => {
      const { artifact } = trained({
        terms: termsOf("regressor", { halfLife }),
        sample: { ...sample, y },
      });
      return JSON.parse(new TextDecoder().decode(artifact)).fitted.level;
    };
    expect(level(20)).toBeGreaterThan(0.045);
    expect(level(null)).toBeLessThan(0.02);
  });
});

describe("the bytes", () => {
  it("are the same for the same input, and others for another seed's or row's", () => {
    const sample = noisySample(400, "classifier");
    const input = { terms: termsOf("classifier", { calibration: "isotonic" }), sample };
    expect(trained(input).artifact).toEqual(trained(input).artifact);
    expect(trained(input).report).toEqual(trained(input).report);
    const other = noisySample(400, "classifier", { seed: 2 });
    expect(trained({ ...input, sample: other }).artifact).not.toEqual(trained(input).artifact);
  });
});

describe("a training is refused", () => {
  const sample = noisySample(400, "classifier");
  const terms = termsOf("classifier");
  const refusal = (code: string, message: string) =>
    expect.objectContaining({
      name: "FitRefused",
      code,
      message: expect.stringContaining(message),
    });
  const changed = (change: (data: Float64Array) => void): TrainingInput => {
    const data = sample.x.data.slice();
    change(data);
    return { terms, sample: { ...sample, x: { ...sample.x, data } } };
  };

  it.each<readonly [string, string, string, TrainingInput]>([
    [
      "of a constant target",
      "CONSTANT_TARGET",
      "all 399 labels are 1",
      { terms, sample: { ...sample, y: sample.y.map((y) => (Number.isNaN(y) ? y : 1)) } },
    ],
    [
      "without any label",
      "TOO_FEW_ROWS",
      "no row has a label",
      { terms, sample: { ...sample, y: sample.y.map(() => Number.NaN) } },
    ],
    [
      "of an infinite feature",
      "NOT_FINITE",
      "noise is infinite in row 7",
      changed((data) => (data[15] = Infinity)),
    ],
    [
      "of a feature without values",
      "FEATURE_MISSING",
      "useful has no value",
      changed((data) => data.forEach((_, i) => (i % 2 === 0 ? (data[i] = Number.NaN) : 0))),
    ],
    [
      "of features that are never there together",
      "TOO_FEW_ROWS",
      "none of the 399 rows",
      changed((data) =>
        data.forEach((_, i) => ((i >> 1) % 2 === i % 2 ? (data[i] = Number.NaN) : 0)),
      ),
    ],
    [
      "of an infinite label",
      "NOT_FINITE",
      "the label of row 3",
      { terms, sample: { ...sample, y: sample.y.map((y, i) => (i === 3 ? Infinity : y)) } },
    ],
    [
      "by an algorithm that there is not",
      "UNKNOWN_ALGORITHM",
      "oracle",
      { terms: { ...terms, definition: { ...terms.definition, algorithm: "oracle" } }, sample },
    ],
    [
      "with rows shuffled though labels overlap",
      "LABELS_OVERLAP",
      "21 bars",
      {
        terms: termsOf("classifier", { validation: { scheme: "shuffledKFold", folds: 5 } }, 21),
        sample,
      },
    ],
    [
      "with too many fits",
      "TOO_LARGE",
      "at most 500",
      {
        terms: {
          ...terms,
          validation: {
            scheme: "walkForwardEvery",
            refitEvery: 1,
            testStartMs: 86_400_000 * 100,
            embargo: 0,
            window: "expanding",
            trainBars: null,
          },
        },
        sample: noisySample(1_000, "classifier"),
      },
    ],
  ])("%s", (_, code, message, input) => {
    expect(() => trained(input)).toThrow(refusal(code, message));
  });

  it("of more values than fit, before anything is looked at", () => {
    const data = new Float64Array(0);
    const huge = { ...sample, x: { rows: 10_000_001, columns: 2, data: Object.assign(data, {}) } };
    const y = { length: 10_000_001 };
    // sound: only its length is looked at before it is refused
    const labels = y as Float64Array;
    expect(() => trained({ terms, sample: { ...huge, y: labels, closeMs: labels } })).toThrow(
      refusal("TOO_LARGE", "20000000"),
    );
  });
});

describe("progress and cancel", () => {
  it("tells a progress that never falls, from 0 to 1", () => {
    const told: number[] = [];
    trainModel(
      { terms: termsOf("classifier"), sample: noisySample(400, "classifier") },
      bookOf(watchedLine().algorithm),
      { report: (progress) => void told.push(progress), isCancelled: false },
    );
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect([told[0], told.at(-1)]).toEqual([0, 1]);
  });

  it.each([1, 3, 6])("stops at the fit during which it is cancelled: %d", (fit) => {
    const { algorithm, fits } = watchedLine();
    const run = {
      report: () => undefined,
      get isCancelled() {
        return fits.length >= fit;
      },
    };
    const input = { terms: termsOf("classifier"), sample: noisySample(400, "classifier") };
    expect(() => trainModel(input, bookOf(algorithm), run)).toThrow(
      expect.objectContaining({ name: "FitCancelled" }),
    );
    expect(fits).toHaveLength(fit);
  });

  it("stops wherever it is cancelled, while it is measured and packed as well", () => {
    const input = { terms: termsOf("classifier"), sample: noisySample(400, "classifier") };
    let [looks, looksAtFits] = [0, 0];
    const { algorithm, fits } = watchedLine();
    const cancelledAt = (look: number): void => {
      looks = 0;
      trainModel(input, bookOf(algorithm), {
        report: () => undefined,
        get isCancelled() {
          if (fits.length % 6 !== 0) looksAtFits = looks;
          looks += 1;
          return looks === look;
        },
      });
    };
    cancelledAt(Infinity);
    const all = looks;
    // The intervals of the metrics take longer than the fits of a small model.
    expect(all - looksAtFits).toBeGreaterThan(500);
    for (const look of [looksAtFits + 2, all - 200, all]) {
      fits.length = 0;
      expect(() => cancelledAt(look)).toThrow(expect.objectContaining({ name: "FitCancelled" }));
      expect(looks).toBe(look);
    }
  });
});

describe("calibration and coverage", () => {
  /** Says far too much of what it knows. */
  const overconfident: Partial<Algorithm> = {
    predictor: () => ({
      predict: ({ x }, rows) =>
        Float64Array.from(rows, (row) => 1 / (1 + Math.exp(-12 * (x.data[row * x.columns] ?? 0)))),
      importance: null,
    }),
  };

  it("make probabilities of an overconfident model true, on rows that they were not fitted to", () => {
    const sample = noisySample(700, "classifier", { signal: 0.7 });
    const loss = (calibration: "none" | "platt" | "isotonic"): number =>
      trained({ terms: termsOf("classifier", { calibration }), sample }, overconfident).report
        .outOfSample.metrics["logLoss"] ?? Number.NaN;
    expect(loss("none")).toBeGreaterThan(1.2);
    // The first fold has nothing before it to be calibrated by, and stays as it is.
    expect(loss("platt")).toBeLessThan(1);
    expect(loss("isotonic")).toBeLessThan(1);
  });

  it("are not said of too little", () => {
    const validation = {
      scheme: "walkForward",
      folds: 3,
      embargo: 0,
      window: "expanding",
    } as const;
    const classifier = trained({
      terms: termsOf("classifier", { calibration: "platt", validation }),
      sample: noisySample(120, "classifier"),
    });
    expect(classifier.report.notes).toContainEqual(
      expect.stringContaining("probabilities are the model's own"),
    );
    const regressor = trained({
      terms: termsOf("regressor", { coverage: 0.99, validation }),
      sample: noisySample(120, "regressor"),
    });
    expect(regressor.report.outOfSample.coverage).toBeNull();
    expect(regressor.report.notes).toContainEqual(expect.stringContaining("predictions have none"));
  });
});
