import { assert, double, property } from "fast-check";
import {
  chiSquareTail,
  normalCdf,
  normalPdf,
  normalQuantile,
  studentCdf,
  studentPdf,
  studentQuantile,
} from "../../../../domain/numeric/distributions.ts";

const expectRelative = (found: number, expected: number, tolerance = 1e-13) =>
  expect(Math.abs(found / expected - 1)).toBeLessThan(tolerance);

describe("the normal distribution", () => {
  // R 4.2: pnorm and qnorm, which is Wichura's AS 241 too.
  it.each([
    [-10, 7.619_853_024_160_527e-24],
    [-2, 0.022_750_131_948_179_21],
    [1, 0.841_344_746_068_542_9],
  ])("is below %d with probability %d", (x, p) => expectRelative(normalCdf(x), p, 1e-12));

  it.each([
    [0.975, 1.959_963_984_540_054],
    [0.99, 2.326_347_874_040_841],
    [0.05, -1.644_853_626_951_472_6],
    [1e-10, -6.361_340_902_404_056],
  ])("has %d below %d", (p, x) => expectRelative(normalQuantile(p), x, 1e-14));

  it("has quantiles that its distribution function brings back", () => {
    assert(
      property(double({ min: 1e-12, max: 0.999, noNaN: true }), (p) =>
        expectRelative(normalCdf(normalQuantile(p)), p, 1e-11),
      ),
    );
  });

  it("has no quantile of what is no probability", () => {
    for (const p of [0, 1, -0.1, Number.NaN]) expect(() => normalQuantile(p)).toThrow(RangeError);
  });
});

describe("Student's distribution", () => {
  // Fisher & Yates' table to its digits and R's qt beyond; of one degree, Cauchy's, the quantile is a tangent.
  it.each([
    [0.975, 10, 2.228_138_851_964_939],
    [0.99, 5, 3.364_929_998_907_218],
    [0.95, 30, 1.697_260_886_593_957],
    [0.975, 1, Math.tan(Math.PI * 0.475)],
  ])("has %d of %d degrees below %d", (p, nu, x) =>
    expectRelative(studentQuantile(p, nu), x, 1e-11),
  );

  // Of two degrees F(t) = ½ + t/(2√(2 + t²)).
  it("is the closed form of two degrees", () => {
    for (const t of [-30, -1, 0.3, 4])
      expectRelative(studentCdf(t, 2), 0.5 + t / (2 * Math.sqrt(2 + t * t)), 1e-11);
  });

  it("comes back from its quantile, and comes near the normal one of many degrees", () => {
    const degrees = double({ min: 0.5, max: 300, noNaN: true });
    assert(
      property(double({ min: 1e-6, max: 0.999, noNaN: true }), degrees, (p, nu) =>
        expectRelative(studentCdf(studentQuantile(p, nu), nu), p, 1e-9),
      ),
    );
    expect(studentQuantile(0.99, 1e7)).toBeCloseTo(normalQuantile(0.99), 6);
    expect(studentPdf(1, 1e8)).toBeCloseTo(normalPdf(1), 7);
  });
});

describe("the tail of chi-square", () => {
  // Its critical values in every table; of two degrees it is e^(−x/2).
  it.each([
    [3.841_458_820_694_124, 1, 0.05],
    [6.634_896_601_021_213, 1, 0.01],
    [5.991_464_547_107_979, 2, 0.05],
    [40, 2, Math.exp(-20)],
  ])("beyond %d of %d degrees is %d", (x, degrees, p) =>
    expectRelative(chiSquareTail(x, degrees), p, 1e-11),
  );
});
