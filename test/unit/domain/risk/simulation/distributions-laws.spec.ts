import { identity, matrixOf } from "../../../../../domain/numeric/matrix.ts";
import { bootstrapLaw, copulaLaw, gbmLaw } from "../../../../../domain/risk/simulation/law.ts";
import { scoreCorrelation } from "../../../../../domain/risk/simulation/recipe.ts";
import { tabulatedCdf } from "../../../../../domain/risk/simulation/tabulated-cdf.ts";
import { normalCdf, studentCdf } from "../../../../../domain/numeric/distributions.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";
import { one, run } from "./run.ts";

describe("geometric Brownian motion", () => {
  test("has the mean and the deviation of the lognormal", () => {
    const [drift, variance, days] = [0.001, 0.0004, 20];
    const found = run(gbmLaw({ mean: [drift], covariance: one(variance) }, days, 5), {
      paths: 100_000,
    });
    // Hull 2018 (15.4, 15.5): E = e^{μT}, Var = e^{2μT}(e^{σ²T} − 1).
    const mean = Math.exp(drift * days);
    const deviation = mean * Math.sqrt(Math.exp(variance * days) - 1);
    expect(Math.abs(found.mean - (mean - 1))).toBeLessThan((4 * deviation) / Math.sqrt(100_000));
    expect(found.standardDeviation / deviation).toBeCloseTo(1, 1);
    expect(found.path?.fan.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
  });

  test("has the expected maximum drawdown of Brownian motion without drift", () => {
    // Magdon-Ismail et al. (2004): √(π/2)·σ·√T in continuous time; small moves keep the exponential out of it.
    const [deviation, days, steps] = [0.0005, 100, 1_000];
    const law = gbmLaw(
      { mean: [0.5 * deviation ** 2], covariance: one(deviation ** 2) },
      days,
      steps,
    );
    const found = run(law, { paths: 2_000, hasComponents: false });
    const expected = Math.sqrt(Math.PI / 2) * deviation * Math.sqrt(days);
    expect((found.path?.maxDrawdown.mean ?? 0) / expected).toBeGreaterThan(0.93);
    expect((found.path?.maxDrawdown.mean ?? 0) / expected).toBeLessThan(1.03);
  });
});

describe("copulas", () => {
  /** A return of −1 below 4/999, and of nothing above 5/999. */
  const flags = Float64Array.from({ length: 1_000 }, (_, i) => (i < 5 ? -1 : 0));
  const correlation = matrixOf([
    [1, 0.5],
    [0.5, 1],
  ]);
  const together = (nu: number | null) => {
    const law = copulaLaw([flags, flags], correlation, 1, { nu, marginals: "empirical" });
    const paths = 300_000;
    const found = run(law, {
      exposures: Float64Array.of(1, 1),
      paths,
      hasComponents: false,
      wealth: null,
    });
    // The first bin of fifty from −2 to 0 holds those for whom both fell, but for a part of a part.
    return { share: (found.histogram.counts[0] ?? 0) / (paths * (4 / 999)), paths };
  };

  test("of Student's t with ν 4 and ρ ½ let both fall far together, as its tail dependence of 0.253 has it", () => {
    // McNeil, Frey & Embrechts (2015), (7.38): λ = 0.2532 in the limit; at 4/999 the integral is 0.27436 (SciPy 1.17).
    const { share, paths } = together(4);
    expect(Math.abs(share - 0.274_36)).toBeLessThan(0.012 + 4 * Math.sqrt(0.274 / (paths * 0.004)));
    expect(share).toBeGreaterThan(0.253);
  });

  test("of the normal hardly let them", () => {
    // 0.09124 there by the same integral, and 0 in the limit.
    const { share, paths } = together(null);
    expect(Math.abs(share - 0.091_24)).toBeLessThan(0.008 + 4 * Math.sqrt(0.091 / (paths * 0.004)));
  });

  test("keep the distribution that each asset has", () => {
    const history = Float64Array.from({ length: 250 }, (_, i) => Math.sin(i * 7.1) ** 3 / 20);
    const law = copulaLaw([history], identity(1), 1, { nu: 3, marginals: "empirical" });
    const found = run(law, { paths: 200_000, hasComponents: false });
    const ascending = history.toSorted();
    const median = found.percentiles.find(({ level }) => level === 0.5)?.value ?? 0;
    expect(Math.abs(median - ((ascending[124] ?? 0) + (ascending[125] ?? 0)) / 2)).toBeLessThan(
      1e-3,
    );
    expect(found.percentiles[0]?.value).toBeGreaterThanOrEqual(ascending[0] ?? 0);
  });

  test("with normal distributions of the Gaussian copula are the normal of many assets", () => {
    const random = RandomStream.of(3, 3);
    const history = [0, 1].map(() => random.fillNormals(new Float64Array(400)).map((x) => x / 100));
    const law = copulaLaw(history, correlation, 1, { nu: null, marginals: "normal" });
    const { marginals } = law;
    const deviations = marginals.map((one_) => (one_.kind === "normal" ? one_.deviation : 0));
    const [a = 0, b = 0] = deviations;
    const found = run(law, { exposures: Float64Array.of(1, 1), paths: 100_000 });
    const expected = Math.sqrt(a * a + b * b + a * b);
    expect(Math.abs(found.standardDeviation / expected - 1)).toBeLessThan(0.01);
  });

  test("take correlations of ranks, which no outlier moves", () => {
    const x = Float64Array.from({ length: 200 }, (_, i) => i);
    const y = x.map((value) => value ** 5);
    const still = new Float64Array(200);
    const { data } = scoreCorrelation([x, y, still]);
    expect(data[1]).toBeCloseTo(1, 12);
    expect(data[2]).toBe(0);
    expect(data[8]).toBe(1);
  });

  test.each([null, 0.5, 4])("are tabulated within 3e-11 (ν %p)", (nu) => {
    const exact = nu === null ? normalCdf : (x: number) => studentCdf(x, nu);
    const table = tabulatedCdf(nu);
    for (let x = -9; x <= 9; x += 0.0137) expect(Math.abs(table(x) - exact(x))).toBeLessThan(3e-11);
    for (const x of [-1e300, -Infinity, 1e300, 40]) expect(table(x) > 0 && table(x) < 1).toBe(true);
  });
});

describe("a bootstrap", () => {
  const history = Float64Array.from({ length: 30 }, (_, i) => Math.cos(i * 3) / 50);

  test("of one moving block as long as the history is the history itself", () => {
    const law = bootstrapLaw([history], 30, { kind: "moving", length: 30 });
    const found = run(law, { paths: 1_000 });
    const growth = history.reduce((product, value) => product * (1 + value), 1);
    expect(found.mean).toBeCloseTo(growth - 1, 12);
    expect(found.standardDeviation).toBe(0);
    expect(found.histogram.counts).toEqual([1_000]);
    expect(found.tails[0]?.components?.valueAtRisk[0]).toBeCloseTo(1 - growth, 12);
  });

  test("draws rows of all assets together, so that a hedge stays one", () => {
    const law = bootstrapLaw([history, history.map((value) => -value)], 1, {
      kind: "stationary",
      length: 3,
    });
    const found = run(law, { exposures: Float64Array.of(2, 2), paths: 2_000 });
    expect(Math.abs(found.tails[0]?.valueAtRisk ?? 1)).toBeLessThan(1e-15);
  });

  test.each(["moving", "stationary"] as const)("of %s blocks has the history's mean", (kind) => {
    // Weights fall off at the ends of moving blocks; a day drawn alone has none.
    const law = bootstrapLaw([history], 1, { kind, length: 1 });
    const expected = history.reduce((sum, value) => sum + value, 0) / 30;
    const found = run(law, { paths: 100_000 });
    expect(Math.abs(found.mean - expected)).toBeLessThan(4 * (0.0142 / Math.sqrt(100_000)));
  });

  test("of stationary blocks keeps runs of their mean length", () => {
    // Two states in long runs: the chance that day 2 follows day 1 of the history is 1 − 1/b, or once in n by chance.
    const runs = Float64Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 1 : 0));
    const law = bootstrapLaw([runs], 2, { kind: "stationary", length: 4 });
    const found = run(law, { paths: 100_000, hasComponents: false, wealth: null });
    // (1 + r₁)(1 + r₂) is 2 where they alternate, as neighbours do: 0.75 + 0.25·½.
    const alternating = found.histogram.counts.findLastIndex((count, i) => count > 0 && i < 40);
    const share = (found.histogram.counts[alternating] ?? 0) / 100_000;
    expect(Math.abs(share - 0.875)).toBeLessThan(0.005);
  });
});
