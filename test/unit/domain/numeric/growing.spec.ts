import { appended, grown } from "../../../../domain/numeric/growing.ts";

describe("a column that grows", () => {
  it("keeps its values, without a copy where there is room behind them", () => {
    const first = appended(Float64Array.of(1, 2, 3), Float64Array.of(4));
    const second = appended(first, Float64Array.of());
    expect([...first]).toEqual([1, 2, 3, 4]);
    expect([...second]).toEqual([1, 2, 3, 4]);
    let column: Float64Array = new Float64Array(0);
    let copies = 0;
    for (let i = 0; i < 10_000; i += 1) {
      const next = appended(column, Float64Array.of(i));
      if (next.buffer !== column.buffer) copies += 1;
      column = next;
    }
    expect([...column]).toEqual([...column.keys()]);
    // By an eighth each time: a logarithm of the length, not the length.
    expect(copies).toBeLessThan(80);
  });

  it("leaves what was given out as it was, whoever else lets it grow", () => {
    const column = appended(Float64Array.of(1), new Float64Array(100));
    const [one, other] = [
      appended(column, Float64Array.of(7)),
      appended(column, Float64Array.of(8)),
    ];
    expect(column).toHaveLength(101);
    expect([one.at(-1), other.at(-1)]).toEqual([7, 8]);
    const part = one.subarray(1);
    expect(appended(part, Float64Array.of(9)).at(-1)).toBe(9);
    expect(one.at(-1)).toBe(7);
    expect(() => grown(column, 100)).toThrow("expected at least 101 values, found 100");
  });
});
