import { chiSquareTail, normalCdf } from "../../../../domain/numeric/distributions.ts";
import { mean } from "../../../../domain/numeric/moments.ts";
import { RandomStream } from "../../../../domain/numeric/random.ts";
import { draw } from "./draw.ts";

const normals = (seed: number, count: number) =>
  RandomStream.of(seed, 0).fillNormals(new Float64Array(count));

/** The p-value of χ² of values that fall into classes of one size. */
function evenness(values: ArrayLike<number>, classes: number, toClass: (x: number) => number) {
  const counts = new Float64Array(classes);
  for (let i = 0; i < values.length; i += 1) {
    const at = toClass(values[i] ?? Number.NaN);
    counts[at] = (counts[at] ?? Number.NaN) + 1;
  }
  const expected = values.length / classes;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return chiSquareTail(statistic, classes - 1);
}

describe("random numbers", () => {
  test("spread evenly over (0, 1) and over whole numbers", () => {
    const stream = RandomStream.of(1, 1);
    const uniform = draw(200_000, () => stream.uniform());
    expect(evenness(uniform, 256, (x) => Math.floor(x * 256))).toBeGreaterThan(0.001);
    expect(uniform.every((x) => x > 0 && x < 1)).toBe(true);
    const whole = draw(60_000, () => stream.below(7));
    expect(evenness(whole, 7, (x) => x)).toBeGreaterThan(0.001);
  });

  test("of the normal distribution have its distances (Kolmogorov), classes and moments", () => {
    const count = 1_000_000;
    const values = normals(3, count);
    const ascending = values.toSorted();
    let distance = 0;
    for (let i = 0; i < count; i += 97)
      distance = Math.max(distance, Math.abs(normalCdf(ascending[i] ?? 0) - (i + 0.5) / count));
    // √n·D is above 1.95 once in a thousand times.
    expect(distance * Math.sqrt(count)).toBeLessThan(1.95);
    const few = values.subarray(0, 200_000);
    expect(evenness(few, 200, (x) => Math.floor(normalCdf(x) * 200))).toBeGreaterThan(0.001);
    for (const [order, expected, spread] of [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
      [6, 15, 10_170],
    ] as const)
      expect(Math.abs(mean(values.map((x) => x ** order)) - expected)).toBeLessThan(
        4 * Math.sqrt(spread / count),
      );
    // Beyond 4 there are 63.3 of a million: the tail of the ziggurat is there, on both sides.
    const far = (sign: number) => values.reduce((n, x) => n + (sign * x > 4 ? 1 : 0), 0);
    for (const sign of [-1, 1]) expect(Math.abs(far(sign) - 31.7)).toBeLessThan(23);
  });

  test("of neighbouring streams and seeds have nothing to do with each other", () => {
    const count = 100_000;
    const series = [0, 1, 2, 3].map((stream) =>
      RandomStream.of(5, stream).fillNormals(new Float64Array(count)),
    );
    series.push(normals(6, count));
    for (const [i, x] of series.entries())
      for (const y of series.slice(i + 1)) {
        const correlation = mean(x.map((value, k) => value * (y[k] ?? 0)));
        expect(Math.abs(correlation)).toBeLessThan(4.5 / Math.sqrt(count));
      }
  });

  test("of χ² fall evenly into its quantiles", () => {
    const stream = RandomStream.of(2, 2);
    const values = draw(50_000, () => stream.chiSquare(4));
    const toClass = (x: number) => Math.min(49, Math.floor(chiSquareTail(x, 4) * 50));
    expect(evenness(values, 50, toClass)).toBeGreaterThan(0.001);
  });
});
