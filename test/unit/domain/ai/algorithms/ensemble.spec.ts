import { blend, type HeldOut } from "../../../../../domain/ai/algorithms/ensemble/blend.ts";
import { ensembleOf } from "../../../../../domain/ai/algorithms/ensemble/ensemble.ts";
import { har } from "../../../../../domain/ai/algorithms/har.ts";
import {
  type Algorithm,
  FitCancelled,
  type FitJob,
} from "../../../../../domain/ai/learning/algorithm.ts";
import type { Json } from "../../../../../domain/shared/json.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";
import { jobOf, rowsOf, RUN, sampleOf } from "./samples.ts";

/** Says a column of the features, whatever it learns from, and counts how often and on what it was fitted. */
function columnOf(
  column: number,
  jobs: FitJob[] = [],
  kinds: Algorithm["kinds"] = ["classifier", "regressor"],
): Algorithm {
  return {
    name: `column${column}`,
    kinds,
    parameters: {
      times: { type: "number", min: -10, max: 10, default: 1, about: "what it is multiplied by" },
    },
    acceptsMissing: false,
    scaling: "none",
    lookback: () => column,
    fit: (job) => {
      jobs.push(job);
      if (job.run.isCancelled) throw new FitCancelled();
      job.run.report(0.5);
      job.run.report(1);
      return { times: job.parameters["times"] ?? null };
    },
    predictor: (fitted) => ({
      importance: column === 2 ? null : Float64Array.of(1 - column, column, 0),
      predict: ({ x }, rows) => {
        // sound: `fit` gave it
        const { times } = fitted as { readonly times: number };
        return Float64Array.from(rows, (row) => times * (x.data[row * x.columns + column] ?? 0));
      },
    }),
  };
}

function bookOf(...algorithms: readonly Algorithm[]) {
  return new Map(algorithms.map((algorithm) => [algorithm.name, algorithm]));
}

const random = RandomStream.of(11, 0);
const X = Array.from(
  { length: 300 },
  () => [random.normal(), random.normal(), random.normal()] as const,
);
/** Three quarters of the first column, a quarter of the second. */
const SAMPLE = sampleOf(
  X.map(([a, b]) => 0.75 * a + 0.25 * b),
  { x: X, horizon: 5 },
);
const BOOK = bookOf(columnOf(0), columnOf(1), columnOf(2));
const members = (...names: readonly string[]): Json =>
  names.map((algorithm) => ({ algorithm, parameters: {} }));
const mean = (of: Json): Partial<FitJob> => ({
  parameters: { members: of, combine: "mean", folds: 5 },
});
const stacking = (of: Json): Partial<FitJob> => ({
  parameters: { members: of, combine: "stacking", folds: 5 },
});

function weightsOf(fitted: Json): readonly number[] {
  // sound: what an ensemble's `fit` gives has these fields
  return (fitted as { readonly members: readonly { readonly weight: number }[] }).members.map(
    ({ weight }) => weight,
  );
}

describe("an ensemble's mean", () => {
  test("is that of what its members say", () => {
    const ensemble = ensembleOf(BOOK);
    const fitted = ensemble.fit(jobOf(SAMPLE, rowsOf(0, 200), mean(members("column0", "column1"))));
    const said = ensemble.predictor(structuredClone(fitted)).predict(SAMPLE, rowsOf(200, 210));
    for (const [i, value] of said.entries()) {
      const [a = 0, b = 0] = X[200 + i] ?? [];
      expect(value).toBeCloseTo((a + b) / 2, 12);
    }
  });

  test("of probabilities is that of their log-odds", () => {
    const probabilities = sampleOf([0, 1, 1], {
      x: [
        [0.2, 0.9, 0],
        [0.5, 0.5, 0],
        [0, 1, 0],
      ],
    });
    const ensemble = ensembleOf(BOOK);
    const job = jobOf(probabilities, rowsOf(0, 3), {
      ...mean(members("column0", "column1")),
      objective: "binary",
    });
    const said = ensemble.predictor(ensemble.fit(job)).predict(probabilities, rowsOf(0, 3));
    // √(odds 1/4 · odds 9) = 1.5
    expect([...said]).toEqual([expect.closeTo(0.6, 12), 0.5, expect.closeTo(0.5, 7)]);
  });

  test("gives members their own parameters, defaults where there are none, and seeds of their own", () => {
    const jobs: FitJob[] = [];
    const ensemble = ensembleOf(bookOf(columnOf(0, jobs), columnOf(1, jobs)));
    const given = [{ algorithm: "column0", parameters: { times: 3 } }, { algorithm: "column1" }];
    ensemble.fit(jobOf(SAMPLE, rowsOf(0, 200), { ...mean(given), seed: 2 ** 32 - 1 }));
    expect(jobs.map(({ parameters, seed }) => ({ parameters, seed }))).toEqual([
      { parameters: { times: 3 }, seed: 2 ** 32 - 1 },
      { parameters: { times: 1 }, seed: 0 },
    ]);
  });

  test("knows of features what its members know", () => {
    const ensemble = ensembleOf(BOOK);
    const importance = (...names: readonly string[]) =>
      ensemble.predictor(ensemble.fit(jobOf(SAMPLE, rowsOf(0, 200), mean(members(...names)))))
        .importance;
    expect(importance("column0", "column1", "column2")).toEqual(Float64Array.of(0.5, 0.5, 0));
    expect(importance("column2")).toBeNull();
  });

  test("looks as far back as the member that looks farthest", () => {
    const ensemble = ensembleOf(BOOK);
    expect(
      ensemble.lookback({ members: members("column2", "column1"), combine: "mean", folds: 5 }),
    ).toBe(2);
  });
});

describe("stacking", () => {
  test("finds the weights that the label is made with, and gives none to what is of no use", () => {
    const ensemble = ensembleOf(BOOK);
    const job = jobOf(SAMPLE, rowsOf(0, 200), stacking(members("column0", "column1", "column2")));
    const weights = weightsOf(ensemble.fit(job));
    expect(weights[0]).toBeCloseTo(0.75, 4);
    expect(weights[1]).toBeCloseTo(0.25, 4);
    expect(weights[2]).toBeLessThan(1e-4);
  });

  test("learns its weights from rows whose labels no member has seen", () => {
    const jobs: FitJob[] = [];
    const ensemble = ensembleOf(bookOf(columnOf(0, jobs)));
    ensemble.fit(jobOf(SAMPLE, rowsOf(0, 200), stacking(members("column0"))));
    expect(jobs).toHaveLength(6);
    const folds = jobs.slice(0, 5).map(({ train }) => new Set(train));
    for (const [k, train] of folds.entries()) {
      const held = rowsOf(40 * k, 40 * (k + 1));
      expect(held.some((row) => train.has(row))).toBe(false);
      // Labels look 5 rows ahead: the five rows before the fold would have seen into it.
      for (let row = Math.max(0, 40 * k - 5); row < 40 * k; row += 1)
        expect(train.has(row)).toBe(false);
    }
    expect(jobs[5]?.train).toEqual(rowsOf(0, 200));
  });

  test("weighs probabilities by their log-loss, as a search over all weights does", () => {
    const draws = RandomStream.of(4, 0);
    const rows = Array.from({ length: 400 }, () => {
      const truth = draws.normal();
      const y = draws.uniform() < 1 / (1 + Math.exp(-truth)) ? 1 : 0;
      return { y, said: [truth + draws.normal(), truth + 2 * draws.normal()] as const };
    });
    const held: HeldOut = {
      columns: [0, 1].map((i) => Float64Array.from(rows, ({ said }) => said[i] ?? 0)),
      truth: Float64Array.from(rows, ({ y }) => y),
      weights: new Float64Array(400).fill(1),
    };
    const loss = (w: number) =>
      rows.reduce((sum, { y, said: [a, b] }) => {
        const z = w * a + (1 - w) * b;
        return sum + Math.log(1 + Math.exp(z)) - y * z;
      }, 0);
    const grid = Array.from({ length: 1_001 }, (_, i) => i / 1_000);
    const best = grid.reduce((one, w) => (loss(w) < loss(one) ? w : one));
    const [weight = 0, other = 0] = blend("binary", held);
    expect(weight).toBeCloseTo(best, 2);
    expect(weight + other).toBeCloseTo(1, 12);
  });

  test("refuses fewer rows than folds need", () => {
    const job = jobOf(SAMPLE, rowsOf(0, 10), stacking(members("column0")));
    expect(() => ensembleOf(BOOK).fit(job)).toThrow(
      expect.objectContaining({ code: "TOO_FEW_ROWS" }),
    );
  });
});

describe("an ensemble", () => {
  test("tells its progress over all fits, never backwards, and ends when it is not wanted any more", () => {
    const reports: number[] = [];
    const run = { ...RUN, report: (progress: number) => void reports.push(progress) };
    const job = { ...stacking(members("column0", "column1")), run };
    ensembleOf(BOOK).fit(jobOf(SAMPLE, rowsOf(0, 200), job));
    // Two members on five folds and on all, each heard of at its half and its end at least.
    expect(new Set(reports).size).toBeGreaterThanOrEqual(24);
    expect(reports).toEqual(reports.toSorted((a, b) => a - b));
    expect(reports.at(-1)).toBeCloseTo(1, 12);
    const cancelled = { ...job, run: { ...RUN, isCancelled: true } };
    expect(() => ensembleOf(BOOK).fit(jobOf(SAMPLE, rowsOf(0, 200), cancelled))).toThrow(
      FitCancelled,
    );
  });

  test.each([
    [[], "parameters.members must have at least one element"],
    [[{ algorithm: "nothing" }], "members[0].algorithm must be one of column0, column1, column2"],
    [[{ algorithm: "ensemble" }], "members[0].algorithm"],
    [[{ algorithm: "column1", parameters: { times: 99 } }], "members[0].parameters.times must be"],
    [[{ algorithm: "column1", parameters: [] }], "members[0].parameters must be an object"],
  ] satisfies readonly (readonly [Json, string])[])("refuses the members %j", (given, message) => {
    expect(() => ensembleOf(BOOK).fit(jobOf(SAMPLE, rowsOf(0, 200), mean(given)))).toThrow(
      expect.objectContaining({ code: "PARAMETERS", message: expect.stringContaining(message) }),
    );
  });

  test("names all that is wrong with its members before anything is learnt", () => {
    const given = [{ algorithm: "column1", parameters: { times: 99, more: 1 } }, {}];
    const book = bookOf(columnOf(1), har);
    const faults = ensembleOf(book).check?.({ members: given, combine: "mean", folds: 5 });
    expect(faults?.map(({ path }) => path)).toEqual([
      "parameters.members[0].parameters.more",
      "parameters.members[0].parameters.times",
      "parameters.members[1].algorithm",
    ]);
    const windowless = [{ algorithm: "har", parameters: { windows: [] } }];
    expect(ensembleOf(book).check?.({ members: windowless, combine: "mean", folds: 5 })).toEqual([
      {
        path: "parameters.members[0].parameters.windows",
        message: "must have at least one element",
      },
    ]);
  });

  test("refuses a forecaster of variances among probabilities", () => {
    const y = SAMPLE.y.map((value) => (value > 0 ? 1 : 0));
    const job = jobOf({ ...SAMPLE, y }, rowsOf(0, 200), {
      ...mean(members("har")),
      objective: "binary",
    });
    expect(() => ensembleOf(bookOf(har)).fit(job)).toThrow(
      expect.objectContaining({ code: "PARAMETERS" }),
    );
  });

  test.each([
    null,
    {},
    { objective: "squared", members: [] },
    { objective: "squared", members: [{ algorithm: "gone", weight: 1, fitted: {} }] },
  ])("refuses to predict by %j", (fitted) => {
    expect(() => ensembleOf(BOOK).predictor(fitted)).toThrow(RangeError);
  });
});
