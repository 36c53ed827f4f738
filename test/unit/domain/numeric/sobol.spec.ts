import { chiSquareQuantile } from "../../../../domain/numeric/chi-square.ts";
import { RandomStream } from "../../../../domain/numeric/random.ts";
import { SOBOL_DIMENSIONS_MAX, SobolSequence } from "../../../../domain/numeric/sobol.ts";

/** The origin is moved by half of the last bit. */
const HALF_BIT = 2 ** -33;

function points(sequence: SobolSequence, count: number): readonly Float64Array[] {
  return Array.from({ length: count }, () => {
    const point = new Float64Array(sequence.dimensions);
    sequence.next(point);
    return point;
  });
}

describe("Sobol's sequence", () => {
  test("begins as Joe & Kuo's own program does (their notes of 2008, the first points)", () => {
    const found = points(new SobolSequence(3), 6).map((point) =>
      Array.from(point, (x) => x - HALF_BIT),
    );
    expect(found).toEqual([
      [0, 0, 0],
      [0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25],
      [0.25, 0.75, 0.75],
      [0.375, 0.375, 0.625],
      [0.875, 0.875, 0.125],
    ]);
  });

  test("has the 1,001st point of SciPy 1.17 (qmc.Sobol without scramble, 32 bits) in 400 dimensions", () => {
    const point = points(new SobolSequence(400), 1_001).at(-1);
    const shown = [1, 2, 50, 100, 200, 300, 400].map((d) => (point?.[d - 1] ?? 0) - HALF_BIT);
    expect(shown).toEqual([
      0.2197265625, 0.0966796875, 0.4794921875, 0.1865234375, 0.8427734375, 0.4013671875,
      0.0400390625,
    ]);
  });

  test("keeps one point in each slice of every dimension when it is scrambled", () => {
    const found = points(new SobolSequence(SOBOL_DIMENSIONS_MAX, RandomStream.of(1, 2)), 512);
    for (let d = 0; d < SOBOL_DIMENSIONS_MAX; d += 1)
      expect(new Set(found.map((point) => Math.floor((point[d] ?? 0) * 512))).size).toBe(512);
    // And of the square of the first two, one in each elementary box of 512.
    const boxes = found.map(([x = 0, y = 0]) => `${Math.floor(x * 16)}:${Math.floor(y * 32)}`);
    expect(new Set(boxes).size).toBe(512);
  });

  test("integrates with a far smaller error than random points do, without bias", () => {
    // ∏(1 + (x − ½)) over 5 dimensions has the integral 1.
    const integral = (sequence: SobolSequence) =>
      points(sequence, 1_024).reduce(
        (sum, point) => sum + point.reduce((product, x) => product * (0.5 + x), 1) / 1_024,
        0,
      );
    const errors = Array.from(
      { length: 50 },
      (_, i) => integral(new SobolSequence(5, RandomStream.of(i, 0))) - 1,
    );
    const rms = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    // Of random points: √(((1 + 1/12)⁵ − 1)/1024) = 0.022.
    expect(rms).toBeLessThan(0.0022);
    const bias = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    expect(Math.abs(bias)).toBeLessThan((4 * rms) / Math.sqrt(errors.length));
  });

  test.each([0, 1.5, SOBOL_DIMENSIONS_MAX + 1])("has no %p dimensions", (dimensions) => {
    expect(() => new SobolSequence(dimensions)).toThrow(RangeError);
  });
});

describe("quantiles of χ²", () => {
  // SciPy 1.17, chi2.ppf.
  test.each([
    [0.95, 1, 3.841458820694124],
    [0.01, 10, 2.5582121601872063],
    [0.5, 4.5, 3.8537537676844713],
    [0.999, 100, 149.44925277903886],
    [0.0001, 0.7, 5.36368041544651e-12],
  ])("of %p with %p degrees", (p, degrees, expected) => {
    expect(Math.abs(chiSquareQuantile(p, degrees) / expected - 1)).toBeLessThan(1e-9);
  });

  test.each([
    [0, 1],
    [1, 1],
    [0.5, 0],
    [Number.NaN, 1],
  ])("are none of %p with %p degrees", (p, degrees) => {
    expect(() => chiSquareQuantile(p, degrees)).toThrow(RangeError);
  });
});
