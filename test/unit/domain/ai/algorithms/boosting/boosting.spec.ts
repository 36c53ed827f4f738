import { boosting } from "../../../../../../domain/ai/algorithms/boosting/boosting.ts";
import type { FitJob } from "../../../../../../domain/ai/learning/algorithm.ts";
import { readParameters } from "../../../../../../domain/ai/learning/read-parameters.ts";
import type { LabelledSample } from "../../../../../../domain/ai/learning/sample.ts";
import { RandomStream } from "../../../../../../domain/numeric/random.ts";
import type { Json } from "../../../../../../domain/shared/json.ts";
import { jobOf, rowsOf, sampleOf } from "../samples.ts";

type Given = { readonly [name: string]: Json };

const NAN = Number.NaN;
/** One tree that says what it found, at once and in full. */
const ONE_TREE: Given = { rounds: 1, learningRate: 1, lambda: 0, minChildWeight: 0, depth: 1 };

function boostingJob(
  x: readonly (readonly number[])[],
  y: readonly number[],
  given: Given,
  over: Partial<FitJob> = {},
): FitJob {
  const read = readParameters(boosting.parameters, given);
  if (!read.isValid) throw new Error(JSON.stringify(read.faults));
  const sample = sampleOf(y, { x });
  return jobOf(sample, rowsOf(0, y.length), { parameters: read.parameters, ...over });
}

function predicted(job: FitJob, sample: LabelledSample = job.sample): readonly number[] {
  const fitted = boosting.fit(job);
  return [...boosting.predictor(fitted).predict(sample, rowsOf(0, sample.x.rows))];
}

function says(job: FitJob, x: readonly (readonly number[])[]): readonly number[] {
  return predicted(job, sampleOf(new Float64Array(x.length), { x }));
}

const column = (values: readonly number[]): readonly (readonly number[])[] =>
  values.map((value) => [value]);

describe("boosting, by hand", () => {
  it("parts four rows where they differ, and says their means", () => {
    const job = boostingJob(column([1, 2, 3, 4]), [10, 10, 20, 20], ONE_TREE);
    expect(boosting.fit(job)).toMatchObject({
      base: 15,
      scale: 5,
      trees: [{ feature: [0, -1, -1], value: [2.5, -1, 1], right: [2, 0, 0] }],
    });
    expect(says(job, column([-100, 2.4, 2.6, 100]))).toEqual([10, 10, 20, 20]);
  });

  it("shrinks a leaf by the penalty: G/(H + λ) of two rows a deviation off is 2/3", () => {
    const job = boostingJob(column([1, 2, 3, 4]), [10, 10, 20, 20], { ...ONE_TREE, lambda: 1 });
    expect(says(job, column([1, 4]))[0]).toBeCloseTo(15 - (5 * 2) / 3, 12);
  });

  it("moves log-odds by G/(H + λ): of two rows at even odds 1/1.5", () => {
    const given = { ...ONE_TREE, lambda: 1 };
    const job = boostingJob(column([1, 2, 3, 4]), [0, 0, 1, 1], given, { objective: "binary" });
    const [low = 0, high = 0] = says(job, column([1, 4]));
    expect(Math.log(high / (1 - high))).toBeCloseTo(1 / 1.5, 12);
    expect(low + high).toBeCloseTo(1, 12);
  });

  it("counts a row of weight two as two rows", () => {
    const given = { ...ONE_TREE, rounds: 5, depth: 2, learningRate: 0.3, lambda: 1 };
    const weights = Float64Array.of(2, 1, 3, 1, 1);
    const weighed = boostingJob(column([1, 2, 3, 4, 5]), [1, 5, 2, 8, 3], given, { weights });
    const doubled = boostingJob(column([1, 1, 2, 3, 3, 3, 4, 5]), [1, 1, 5, 2, 2, 2, 8, 3], given);
    const asked = column([1, 2, 3, 4, 5]);
    for (const [i, value] of says(weighed, asked).entries())
      expect(value).toBeCloseTo(says(doubled, asked)[i] ?? NAN, 10);
  });

  it("allows no split that gains too little, or leaves too few rows or too little weight", () => {
    const refused: readonly Given[] = [{ gamma: 5 }, { minRows: 3 }, { minChildWeight: 2.5 }];
    for (const more of refused) {
      const job = boostingJob(column([1, 2, 3, 4]), [10, 10, 20, 20], { ...ONE_TREE, ...more });
      expect(says(job, column([1, 4]))).toEqual([15, 15]);
      expect(boosting.predictor(boosting.fit(job)).importance).toBeNull();
    }
    const uneven = { ...ONE_TREE, minRows: 2 };
    const job = boostingJob(column([1, 2, 3, 4]), [90, 10, 10, 10], uneven);
    expect(says(job, column([1, 4]))).toEqual([50, 10]);
  });
});

describe("missing values in boosting", () => {
  it.each([
    ["with the small", [5, 5, 9, 9, 5, 5], true],
    ["with the large", [5, 5, 9, 9, 9, 9], false],
  ])("go where they are alike: %s", (_, y, isLow) => {
    const job = boostingJob(column([1, 2, 3, 4, NAN, NAN]), y, ONE_TREE);
    expect(says(job, column([NAN, 1, 4]))).toEqual([isLow ? 5 : 9, 5, 9]);
  });

  it("may be all that a split tells apart", () => {
    const job = boostingJob(column([1, 7, 1, 7, NAN, NAN]), [2, 2, 2, 2, 8, 8], ONE_TREE);
    expect(says(job, column([1, 7, 1e300, NAN]))).toEqual([2, 2, 2, 8]);
  });

  it("go with most rows where none was missing before", () => {
    const job = boostingJob(column([1, 2, 3, 4, 5]), [1, 1, 1, 6, 6], ONE_TREE);
    expect(says(job, column([NAN]))).toEqual([1]);
    const other = boostingJob(column([1, 2, 3, 4, 5]), [1, 1, 6, 6, 6], ONE_TREE);
    expect(says(other, column([NAN]))).toEqual([6]);
  });

  it("in a column without any value say nothing", () => {
    const x = [1, 2, 3, 4].map((value) => [NAN, value]);
    const job = boostingJob(x, [10, 10, 20, 20], ONE_TREE);
    expect(says(job, x)).toEqual([10, 10, 20, 20]);
  });
});

/** y = 1 where the signs of the first two columns agree; the third is noise. */
function checkerboard(rows: number): { readonly x: readonly (readonly number[])[]; y: number[] } {
  const random = RandomStream.of(3, 0);
  const x = Array.from({ length: rows }, () => [1, 2, 3].map(() => random.normal()));
  return { x, y: x.map(([a = 0, b = 0]) => (a * b > 0 ? 1 : 0)) };
}

describe("boosting", () => {
  const { x, y } = checkerboard(600);
  const given: Given = { rounds: 40, depth: 3, learningRate: 0.3, patience: 0 };

  it("finds what two columns say only together, with depth", () => {
    const rightOf = (depth: number) => {
      const job = boostingJob(x, y, { ...given, depth }, { objective: "binary" });
      const right = predicted(job).filter((p, i) => p > 0.5 === (y[i] === 1)).length;
      return right / y.length;
    };
    expect(rightOf(3)).toBeGreaterThan(0.95);
    expect(rightOf(1)).toBeLessThan(0.75);
  });

  it("says which columns were of use, in shares that sum to 1", () => {
    const job = boostingJob(x, y, given, { objective: "binary" });
    const importance = boosting.predictor(boosting.fit(job)).importance ?? new Float64Array();
    expect(importance.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(importance[2]).toBeLessThan(0.25);
  });

  it("gives the same bytes for the same seed, others for another", () => {
    const bytes = (seed: number) =>
      JSON.stringify(
        boosting.fit(
          boostingJob(
            x,
            y,
            { ...given, subsample: 0.7, columnSample: 0.5 },
            { objective: "binary", seed },
          ),
        ),
      );
    expect(bytes(1)).toBe(bytes(1));
    expect(bytes(1)).not.toBe(bytes(2));
  });

  it("predicts the same bits after JSON, one row at a time or all at once", () => {
    const job = boostingJob(x, y, given, { objective: "binary" });
    const fitted = boosting.fit(job);
    const all = boosting.predictor(fitted).predict(job.sample, rowsOf(0, 600));
    const read = boosting.predictor(JSON.parse(JSON.stringify(fitted)));
    const single = Float64Array.from(
      rowsOf(0, 600),
      (row) => read.predict(job.sample, Int32Array.of(row))[0] ?? NAN,
    );
    expect(single).toEqual(all);
  });

  it("looks at the training rows alone: others may hold anything", () => {
    const job = boostingJob(x, y, given, { objective: "binary", train: rowsOf(0, 400) });
    const poisoned = x.map((row, i) => (i < 400 ? row : [NAN, Infinity, 1e300]));
    const labels = y.map((value, i) => (i < 400 ? value : NAN));
    const other = boostingJob(poisoned, labels, given, {
      objective: "binary",
      train: rowsOf(0, 400),
    });
    expect(boosting.fit(other)).toEqual(boosting.fit(job));
  });

  it("stops when the stopping rows get no better, and keeps the best round", () => {
    const noisy = y.map((value, i) => (i % 3 === 0 ? 1 - value : value));
    const rows = { objective: "binary", train: rowsOf(0, 400), valid: rowsOf(400, 600) } as const;
    const stopped = boosting.fit(
      boostingJob(x, noisy, { ...given, rounds: 300, patience: 10 }, rows),
    );
    // sound: `fit` makes it
    const { trees } = stopped as { readonly trees: readonly Json[] };
    expect(trees.length).toBeLessThan(200);
    const rounds = trees.length;
    expect(boosting.fit(boostingJob(x, noisy, { ...given, rounds }, rows))).toEqual(stopped);
  });

  it.each([1, -1])("never goes against a monotone column of sign %i", (sign) => {
    const random = RandomStream.of(5, 0);
    const rows = Array.from({ length: 300 }, () => [random.normal(), random.normal()]);
    const wavy = rows.map(([a = 0, b = 0]) => sign * a + (a * a - 1) * b + random.normal());
    const free = boostingJob(rows, wavy, { ...given, depth: 4 });
    const bound = boostingJob(rows, wavy, { ...given, depth: 4, monotone: [sign] });
    const isMonotone = (job: FitJob): boolean =>
      [-1.5, -0.5, 0, 0.5, 1.5].every((other) => {
        const path = says(
          job,
          Array.from({ length: 61 }, (_, i) => [(i - 30) / 10, other]),
        );
        return path.every((value, i) => i === 0 || sign * (value - (path[i - 1] ?? 0)) >= 0);
      });
    expect(isMonotone(bound)).toBe(true);
    expect(isMonotone(free)).toBe(false);
  });

  it("tells how far it is, and stops when nobody wants it any more", () => {
    const progress: number[] = [];
    const run = { report: (done: number) => void progress.push(done), isCancelled: false };
    boosting.fit(boostingJob(x, y, { ...given, rounds: 4 }, { run }));
    expect(progress).toEqual([0.25, 0.5, 0.75, 1]);
    const asked = {
      report: (done: number) => void progress.push(done),
      get isCancelled() {
        return progress.length >= 7;
      },
    };
    expect(() => boosting.fit(boostingJob(x, y, given, { run: asked }))).toThrow(
      expect.objectContaining({ name: "FitCancelled" }),
    );
    expect(progress).toHaveLength(7);
  });
});

describe("boosting refuses", () => {
  const good = column([1, 2, 3, 4]);
  it.each<[string, string, readonly (readonly number[])[], readonly number[], Partial<FitJob>]>([
    ["one class only", "CONSTANT_TARGET", good, [1, 1, 1, 1], { objective: "binary" }],
    [
      "one class of weight",
      "CONSTANT_TARGET",
      good,
      [0, 1, 1, 1],
      {
        objective: "binary",
        weights: Float64Array.of(0, 1, 1, 1),
      },
    ],
    ["a constant", "CONSTANT_TARGET", good, [7, 7, 7, 7], {}],
    ["a missing label", "NOT_FINITE", good, [1, NAN, 3, 4], {}],
    ["an infinite label", "NOT_FINITE", good, [1, 2, Infinity, 4], {}],
    ["an infinite feature", "NOT_FINITE", column([1, -Infinity, 3, 4]), [1, 2, 3, 4], {}],
    ["one row", "TOO_FEW_ROWS", good, [1, 2, 3, 4], { train: rowsOf(0, 1) }],
    ["rows without weight", "TOO_FEW_ROWS", good, [1, 2, 3, 4], { weights: new Float64Array(4) }],
  ])("%s", (_, code, rows, labels, over) => {
    expect(() => boosting.fit(boostingJob(rows, labels, {}, over))).toThrow(
      expect.objectContaining({ name: "FitRefused", code }),
    );
  });

  it("to read trees that do not end, look elsewhere or are no trees", () => {
    const fitted = { objective: "binary", base: 0, scale: 1, gains: [1, 0] };
    const tree = {
      feature: [0, -1, -1],
      value: [0, 1, 2],
      right: [2, 0, 0],
      missingLeft: [0, 0, 0],
    };
    expect(boosting.predictor({ ...fitted, trees: [tree] }).importance).toEqual(
      Float64Array.of(1, 0),
    );
    const broken: readonly Given[] = [
      { ...tree, right: [0, 0, 0] },
      { ...tree, right: [3, 0, 0] },
      { ...tree, feature: [2, -1, -1] },
      { ...tree, feature: [0.5, -1, -1] },
      { ...tree, value: [0, 1] },
      { feature: [], value: [], right: [], missingLeft: [] },
    ];
    for (const one of broken)
      expect(() => boosting.predictor({ ...fitted, trees: [one] })).toThrow(RangeError);
    expect(() => boosting.predictor({ ...fitted, objective: "rank", trees: [] })).toThrow(
      RangeError,
    );
    expect(() => boosting.predictor(null)).toThrow(RangeError);
  });

  it("to predict rows of another width", () => {
    const job = boostingJob(good, [1, 2, 3, 4], ONE_TREE);
    expect(() => says(job, [[1, 2]])).toThrow(RangeError);
  });
});
