import { minimise } from "../../../../domain/numeric/minimise.ts";

type Point = readonly number[];

describe("the simplex", () => {
  // Moré, Garbow & Hillstrom (1981), test functions 1, 5 and 13, from their standard starts.
  it.each([
    [
      "Rosenbrock's valley",
      ([x = 0, y = 0]: Point) => 100 * (y - x * x) ** 2 + (1 - x) ** 2,
      [-1.2, 1],
      [1, 1],
    ],
    [
      "Beale's function",
      ([x = 0, y = 0]: Point) =>
        (1.5 - x * (1 - y)) ** 2 + (2.25 - x * (1 - y ** 2)) ** 2 + (2.625 - x * (1 - y ** 3)) ** 2,
      [1, 1],
      [3, 0.5],
    ],
    [
      "Powell's singular function",
      ([a = 0, b = 0, c = 0, d = 0]: Point) =>
        (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4,
      [3, -1, 0, 1],
      [0, 0, 0, 0],
    ],
  ] as const)("reaches the lowest point of %s", (_, of, start, lowest) => {
    const found = minimise(of, start);
    expect(found.isConverged).toBe(true);
    for (const [i, value] of lowest.entries()) expect(found.x[i]).toBeCloseTo(value, 3);
    expect(found.value).toBeLessThan(1e-10);
  });

  it("stays within a fence of infinities and of what is no number", () => {
    const found = minimise(([x = 0]) => (x < 1 ? Infinity : x > 9 ? Number.NaN : x), [5]);
    expect(found.x[0]).toBeCloseTo(1, 6);
  });

  it("says when it has not come to an end, and refuses to start outside of the domain", () => {
    const far = minimise(([x = 0, y = 0]) => (x - 1e6) ** 2 + y * y, [0, 1], { iterationsMax: 5 });
    expect(far.isConverged).toBe(false);
    expect(() => minimise(() => Number.NaN, [1])).toThrow(RangeError);
  });
});
