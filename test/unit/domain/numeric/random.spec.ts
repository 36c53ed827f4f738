import { mean, variance } from "../../../../domain/numeric/moments.ts";
import { RandomStream, splitMix64 } from "../../../../domain/numeric/random.ts";
import { draw } from "./draw.ts";

describe("random numbers", () => {
  test("of SplitMix64 are those of its reference (Vigna's splitmix64.c from 1234567)", () => {
    expect(splitMix64(1_234_567n, 5)).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
  });

  test("of xoshiro128** are those of its reference (Blackman & Vigna's C code from 1, 2, 3, 4)", () => {
    const stream = new RandomStream([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, () => stream.bits() >>> 0)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ]);
  });

  test("are the same for the same seed and stream, whichever way normals are taken", () => {
    const one = RandomStream.of(9, 4);
    const other = RandomStream.of(9, 4);
    const single = Array.from({ length: 2_000 }, () => one.normal());
    expect(Array.from(other.fillNormals(new Float64Array(2_000)))).toEqual(single);
    expect(one.bits()).toBe(other.bits());
    expect(RandomStream.of(9, 5).bits()).not.toBe(RandomStream.of(9, 4).bits());
    expect(RandomStream.of(10, 4).bits()).not.toBe(RandomStream.of(9, 4).bits());
  });

  test.each([0.3, 1, 2.5, 50])(
    "of the gamma distribution of shape %p have its moments",
    (shape) => {
      const stream = RandomStream.of(8, 0);
      const count = 200_000;
      const values = draw(count, () => stream.gamma(shape));
      // Variance of the sample's variance: (μ₄ − σ⁴)/n with μ₄ = 3k² + 6k.
      expect(Math.abs(mean(values) - shape)).toBeLessThan(4.5 * Math.sqrt(shape / count));
      const error = Math.sqrt((2 * shape ** 2 + 6 * shape) / count);
      expect(Math.abs(variance(values) - shape)).toBeLessThan(4.5 * error);
    },
  );
});
