import { foldsOf, momentsOf, type Timing } from "../../../../../domain/ai/validation/splits.ts";
import type { Validation } from "../../../../../domain/ai/training/terms.ts";

/** One symbol, a bar each hundred ms, every row with a label. */
function timing(rows: number, horizon: number): Timing {
  const closeMs = Float64Array.from({ length: rows }, (_, i) => i * 100);
  return {
    rows: Int32Array.from({ length: rows }, (_, i) => i),
    closeMs,
    labelEndMs: closeMs.map((close) => close + horizon * 100),
    horizon,
  };
}

function bounds(rows: Int32Array): readonly [number | undefined, number | undefined, number] {
  return [rows[0], rows.at(-1), rows.length];
}

describe("walk-forward", () => {
  const validation = { scheme: "walkForward", folds: 4, embargo: 3, window: "expanding" } as const;

  it("tests the blocks that follow the first part, and learns from what was settled before the embargo", () => {
    const folds = foldsOf(validation, timing(500, 5), 1);
    expect(folds.map(({ test }) => bounds(test))).toEqual([
      [100, 199, 100],
      [200, 299, 100],
      [300, 399, 100],
      [400, 499, 100],
    ]);
    // The label of row 91 ends at 96, before 100 − 3 = 97.
    expect(folds.map(({ train }) => bounds(train))[0]).toEqual([0, 91, 92]);
    expect(folds.map(({ train }) => bounds(train))[3]).toEqual([0, 391, 392]);
  });

  it("rolls with as many bars as the first part has", () => {
    const folds = foldsOf({ ...validation, window: "rolling" }, timing(500, 5), 1);
    expect(folds.map(({ train }) => bounds(train))[3]).toEqual([300, 391, 92]);
  });

  it("refits every so many bars from a day on", () => {
    const every: Validation = {
      scheme: "walkForwardEvery",
      refitEvery: 150,
      testStartMs: 15_001,
      embargo: 0,
      window: "rolling",
      trainBars: 50,
    };
    const folds = foldsOf(every, timing(500, 1), 1);
    expect(folds.map(({ test }) => bounds(test))).toEqual([
      [151, 300, 150],
      [301, 450, 150],
      [451, 499, 49],
    ]);
    // The label of row 150 ends where the test begins.
    expect(folds.map(({ train }) => bounds(train))[0]).toEqual([101, 149, 49]);
  });
});

describe("purged k-fold", () => {
  it("leaves out the rows whose labels touch the test block, and the embargo after it", () => {
    const folds = foldsOf({ scheme: "purgedKFold", folds: 5, embargo: 10 }, timing(500, 21), 1);
    const middle = folds[2];
    expect(bounds(middle?.test ?? new Int32Array())).toEqual([200, 299, 100]);
    const train = new Set(middle?.train);
    // Before: the label of 178 ends at 199. After: the last label ends at 320, and ten bars more stay out.
    expect([178, 179, 330, 331].map((row) => train.has(row))).toEqual([true, false, false, true]);
    expect(train.size).toBe(179 + (500 - 331));
  });

  it("cuts the symbols of a panel at the same moments", () => {
    const one = timing(100, 1);
    const panel: Timing = {
      rows: Int32Array.from({ length: 200 }, (_, i) => i),
      closeMs: Float64Array.of(...one.closeMs, ...one.closeMs),
      labelEndMs: Float64Array.of(...one.labelEndMs, ...one.labelEndMs),
      horizon: 1,
    };
    const [first] = foldsOf({ scheme: "purgedKFold", folds: 4, embargo: 0 }, panel, 1);
    expect([...(first?.test ?? [])]).toEqual([
      ...Array.from({ length: 25 }, (_, i) => i),
      ...Array.from({ length: 25 }, (_, i) => 100 + i),
    ]);
    expect(momentsOf(panel)).toHaveLength(100);
  });
});

describe("what is refused", () => {
  it("shuffled rows whose labels overlap, naming the way out", () => {
    expect(() => foldsOf({ scheme: "shuffledKFold", folds: 5 }, timing(500, 21), 1)).toThrow(
      expect.objectContaining({
        name: "FitRefused",
        code: "LABELS_OVERLAP",
        message: expect.stringContaining("purgedKFold"),
      }),
    );
  });

  it.each<readonly [string, Validation, number]>([
    ["a history of nothing", { scheme: "purgedKFold", folds: 5, embargo: 0 }, 0],
    ["more folds than bars", { scheme: "purgedKFold", folds: 50, embargo: 0 }, 30],
    ["an embargo as long as the history", { scheme: "purgedKFold", folds: 2, embargo: 90 }, 90],
    [
      "a test that begins after the end",
      {
        scheme: "walkForwardEvery",
        refitEvery: 10,
        testStartMs: 1e9,
        embargo: 0,
        window: "expanding",
        trainBars: null,
      },
      500,
    ],
  ])("%s", (_, validation, rows) => {
    expect(() => foldsOf(validation, timing(rows, 1), 1)).toThrow(
      expect.objectContaining({ name: "FitRefused", code: "TOO_FEW_ROWS" }),
    );
  });

  it("not shuffled rows whose labels are one bar long", () => {
    const folds = foldsOf({ scheme: "shuffledKFold", folds: 5 }, timing(500, 1), 1);
    expect(folds.map(({ test }) => test.length)).toEqual([100, 100, 100, 100, 100]);
    expect(folds[0]?.test.slice(0, 5)).not.toEqual(Int32Array.of(0, 1, 2, 3, 4));
  });
});
