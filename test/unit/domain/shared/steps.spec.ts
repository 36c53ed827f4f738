import { finished, inSpans, UNITS_A_STEP } from "../../../../domain/shared/steps.ts";

describe("work in steps", () => {
  it("goes over each row once, in order, and stops after as many units as a step may have", () => {
    for (const [rows, unitsARow] of [
      [0, 1],
      [1, 1],
      [100_000, 1],
      [10_000, 37],
      [3, UNITS_A_STEP * 2],
    ] as const) {
      const spans: (readonly [number, number])[] = [];
      let stops = 0;
      const steps = inSpans(rows, unitsARow, (from, until) => spans.push([from, until]));
      for (const _ of steps) {
        stops += 1;
        expect(spans).toHaveLength(stops);
      }
      expect(spans.flatMap(([from, until]) => range(from, until))).toEqual(range(0, rows));
      // A row by itself may be more than a step has.
      for (const [from, until] of spans)
        expect((until - from) * unitsARow).toBeLessThanOrEqual(Math.max(UNITS_A_STEP, unitsARow));
    }
  });

  it("comes to what it returns", () => {
    const seen: number[] = [];
    expect(finished(inSpans(2, UNITS_A_STEP, (from) => seen.push(from)))).toBeUndefined();
    expect(seen).toEqual([0, 1]);
  });
});

function range(from: number, until: number): readonly number[] {
  return Array.from({ length: until - from }, (_, i) => from + i);
}
