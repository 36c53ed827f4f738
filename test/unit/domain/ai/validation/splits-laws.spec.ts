import { assert, integer, nat, property, record, tuple, constantFrom } from "fast-check";
import { FitRefused } from "../../../../../domain/ai/learning/algorithm.ts";
import type { Validation } from "../../../../../domain/ai/training/terms.ts";
import {
  type Fold,
  foldsOf,
  momentsOf,
  type Timing,
} from "../../../../../domain/ai/validation/splits.ts";

/** A panel of symbols that trade on days of their own, with labels of their own length that may be cut off anywhere. */
const panels = record({
  symbols: integer({ min: 1, max: 3 }),
  bars: integer({ min: 60, max: 160 }),
  horizon: integer({ min: 1, max: 12 }),
  salt: nat(1_000),
}).map(({ symbols, bars, horizon, salt }): Timing => {
  const closes: number[] = [];
  const ends: number[] = [];
  const rows: number[] = [];
  for (let symbol = 0; symbol < symbols; symbol += 1)
    for (let bar = 0; bar < bars; bar += 1) {
      const mixed = (bar * 2_654_435_761 + symbol * 97 + salt) % 1_009;
      if (mixed % 11 === 0) continue;
      if (mixed % 13 !== 0) rows.push(closes.length);
      // Some labels end early, as those of barriers do.
      closes.push(bar);
      ends.push(bar + 1 + (mixed % horizon));
    }
  return {
    rows: Int32Array.from(rows),
    closeMs: Float64Array.from(closes),
    labelEndMs: Float64Array.from(ends),
    horizon,
  };
});

const validations = tuple(
  integer({ min: 2, max: 5 }),
  nat(6),
  constantFrom("expanding" as const, "rolling" as const),
).chain(([folds, embargo, window]) =>
  constantFrom<Validation>(
    { scheme: "walkForward", folds, embargo, window },
    {
      scheme: "walkForwardEvery",
      refitEvery: 5 + folds,
      testStartMs: 40,
      embargo,
      window,
      trainBars: window === "rolling" ? 35 : null,
    },
    { scheme: "purgedKFold", folds, embargo },
  ),
);

/** The folds, or none where the panel is too short for them. */
function folded(validation: Validation, timing: Timing): readonly Fold[] {
  try {
    return foldsOf(validation, timing, 1);
  } catch (error) {
    if (error instanceof FitRefused && error.code === "TOO_FEW_ROWS") return [];
    throw error;
  }
}

function extent({ test }: Fold, { closeMs, labelEndMs }: Timing): readonly [number, number] {
  return [
    Math.min(...Array.from(test, (row) => closeMs[row] ?? Number.NaN)),
    Math.max(...Array.from(test, (row) => labelEndMs[row] ?? Number.NaN)),
  ];
}

const runs = { numRuns: 120 };

describe("folds of time", () => {
  it("never learn from a label that touches a test block", () => {
    let tried = 0;
    assert(
      property(panels, validations, (timing, validation) => {
        for (const fold of folded(validation, timing)) {
          const [first, last] = extent(fold, timing);
          tried += 1;
          for (const row of fold.train) {
            const [close = 0, end = 0] = [timing.closeMs[row], timing.labelEndMs[row]];
            expect(end < first || close > last).toBe(true);
          }
        }
      }),
      runs,
    );
    expect(tried).toBeGreaterThan(100);
  });

  it("keep the embargo free: after the block of a k-fold, before that of a walk-forward", () => {
    assert(
      property(panels, validations, (timing, validation) => {
        const moments = Array.from(momentsOf(timing));
        const wanted = validation.scheme === "shuffledKFold" ? 0 : validation.embargo;
        for (const fold of folded(validation, timing)) {
          const [first, last] = extent(fold, timing);
          for (const row of fold.train) {
            const [close = 0, end = 0] = [timing.closeMs[row], timing.labelEndMs[row]];
            const after = moments.filter((at) => at > last && at < close).length;
            const before = moments.filter((at) => at > end && at < first).length;
            const isKept = close > last ? after >= wanted : before >= wanted;
            expect(isKept || (validation.scheme === "purgedKFold" && close < first)).toBe(true);
          }
        }
      }),
      runs,
    );
  });

  it("test every row with a label once in a k-fold, and at most once in a walk-forward, learning from the past alone", () => {
    assert(
      property(panels, validations, (timing, validation) => {
        const folds = folded(validation, timing);
        const tested = folds.flatMap(({ test }) => [...test]);
        expect(new Set(tested).size).toBe(tested.length);
        if (validation.scheme === "purgedKFold" && folds.length > 0)
          expect(tested.toSorted((a, b) => a - b)).toEqual([...timing.rows]);
        if (validation.scheme !== "purgedKFold")
          for (const fold of folds) {
            const [first] = extent(fold, timing);
            for (const row of fold.train) expect(timing.labelEndMs[row]).toBeLessThan(first);
          }
      }),
      runs,
    );
  });

  it("are the same whatever the order in which they are asked for", () => {
    assert(
      property(panels, integer({ min: 2, max: 5 }), nat(), (timing, folds, seed) => {
        const shuffled = { scheme: "shuffledKFold", folds } as const;
        const one = { ...timing, horizon: 1 };
        expect(foldsOf(shuffled, one, seed)).toEqual(foldsOf(shuffled, one, seed));
      }),
      { numRuns: 30 },
    );
  });
});
