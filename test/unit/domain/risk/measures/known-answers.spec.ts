import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { matrixOf } from "../../../../../domain/numeric/matrix.ts";
import {
  christoffersen,
  exceptionsOf,
  kupiec,
  trafficLight,
} from "../../../../../domain/risk/measures/backtest.ts";
import { measureMoments, measureReturns } from "../../../../../domain/risk/measures/measure.ts";
import {
  isUnmeasurable,
  type Measured,
  type VarSpec,
} from "../../../../../domain/risk/measures/spec.ts";
import {
  fitPareto,
  paretoQuantile,
  paretoShortfall,
} from "../../../../../domain/risk/tail/pareto.ts";
import { describeTail } from "../../../../../domain/risk/tail/describe.ts";
import { ewmaVariances } from "../../../../../domain/risk/volatility/ewma.ts";
import { fitGarch, garchForecast } from "../../../../../domain/risk/volatility/garch.ts";

const REFERENCE = resolve(import.meta.dirname, "../../../../../../shared/data/reference");
const withFile = (name: string) =>
  existsSync(resolve(REFERENCE, name)) ? describe : describe.skip;
const lastColumn = (name: string) =>
  readFileSync(resolve(REFERENCE, name), "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => Number(line.split(",").at(-1)));

function measured(...asked: Parameters<typeof measureReturns>): Measured {
  const found = measureReturns(...asked);
  if (isUnmeasurable(found)) throw new Error(JSON.stringify(found));
  return found;
}

const spec = (method: VarSpec["method"], more: Partial<VarSpec> = {}): VarSpec => ({
  method,
  confidence: 0.99,
  horizonDays: 1,
  parameters: {},
  ...more,
});

describe("Hull's 500 scenarios", () => {
  // Hull (2018), Risk Management and Financial Institutions, 5th ed., §13.1: the fifth worst loss is the 99 % VaR, 253.385, and
  // the mean of the four that are worse, 477.841, 345.435, 282.204 and 277.041, the expected shortfall, 345.630 thousand.
  const losses = [
    477.841, 345.435, 282.204, 277.041, 253.385, 217.974, 202.256, 201.389, 191.269, 191.05,
  ];
  const returns = Array.from({ length: 500 }, (_, t) => -(losses[t] ?? 150 - t));

  it("have the fifth worst loss as VaR and the mean of the four worse as shortfall", () => {
    const found = measured(
      { columns: [returns], weights: [1] },
      spec("historical", { parameters: { quantile: "orderStatistic" } }),
    );
    expect(found.var).toBe(253.385);
    expect(found.expectedShortfall).toBeCloseTo((477.841 + 345.435 + 282.204 + 277.041) / 4, 12);
  });

  it("lie between order statistics by default, as R's type 7", () => {
    const found = measured({ columns: [returns], weights: [1] }, spec("historical"));
    // (n − 1)·0.01 = 4.99: between the fifth and the sixth worst.
    expect(found.var).toBeCloseTo(253.385 + 0.99 * (217.974 - 253.385), 9);
    expect(found.expectedShortfall).toBeCloseTo(
      (477.841 + 345.435 + 282.204 + 277.041 + 253.385) / 5,
      9,
    );
  });
});

describe("Jorion's two currencies", () => {
  // Jorion (2007), Value at Risk, 3rd ed., ch. 7: 2 m CAD at 5 % and 1 m EUR at 12 %, uncorrelated, at z = 1.65.
  const book = {
    weights: [2_000_000, 1_000_000],
    mean: [0, 0],
    covariance: matrixOf([
      [0.05 ** 2, 0],
      [0, 0.12 ** 2],
    ]),
  };

  it("risk 257,738 together, of which 105,630 and 152,108 are theirs", () => {
    const found = measureMoments(
      book,
      spec("normal", { confidence: 0.95, parameters: { z: 1.65 } }),
    );
    if (isUnmeasurable(found)) throw new Error(found.code);
    expect(Math.round(found.var)).toBe(257_738);
    const components = Array.from(
      found.marginal?.var ?? [],
      (one, i) => one * (book.weights[i] ?? 0),
    );
    expect(components.map(Math.round)).toEqual([105_630, 152_108]);
  });
});

withFile("dem2gbp.csv")("Bollerslev and Ghysels' exchange rate", () => {
  // Fiorentini, Calzolari & Panattoni (1996), as McCullough & Renfro (1999) print them.
  it("has the benchmark's GARCH(1,1)", () => {
    const found = fitGarch(lastColumn("dem2gbp.csv"));
    expect(found?.mu).toBeCloseTo(-0.006_190_41, 6);
    expect(found?.omega).toBeCloseTo(0.010_761_3, 6);
    expect(found?.alpha).toBeCloseTo(0.153_134, 5);
    expect(found?.beta).toBeCloseTo(0.805_974, 5);
    expect(found?.logLikelihood).toBeCloseTo(-1106.608, 3);
    expect(found?.isConverged).toBe(true);
    // Their standard errors by the Hessian.
    expect(found?.standardErrors?.mu).toBeCloseTo(0.008_462_12, 6);
    expect(found?.standardErrors?.omega).toBeCloseTo(0.002_852_71, 6);
    expect(found?.standardErrors?.alpha).toBeCloseTo(0.026_522_8, 5);
    expect(found?.standardErrors?.beta).toBeCloseTo(0.033_552_7, 5);
  });

  it("is expected to come back to its long-run variance", () => {
    const found = fitGarch(lastColumn("dem2gbp.csv"));
    if (found === null) throw new Error("expected a fit");
    const next = found.variances.at(-1) ?? 0;
    const path = garchForecast(found, next, 1000);
    const { longRunVariance: v, persistence } = found;
    expect(path[0]).toBe(next);
    expect(path[9]).toBeCloseTo(v + persistence ** 9 * (next - v), 12);
    expect(path[999]).toBeCloseTo(v, 9);
  });
});

withFile("danish.csv")("McNeil's Danish fires", () => {
  // McNeil, Frey & Embrechts (2015), Quantitative Risk Management, ex. 5.23: threshold 10, 109 exceedances.
  it("have his tail, quantile and shortfall", () => {
    const losses = lastColumn("danish.csv");
    const found = fitPareto(losses, 10);
    if (found === null) throw new Error("expected a fit");
    expect(found.exceedances).toBe(109);
    expect(found.xi).toBeCloseTo(0.497, 3);
    expect(found.beta).toBeCloseTo(6.975, 3);
    const quantile = paretoQuantile(found, 0.99) ?? 0;
    expect(quantile).toBeCloseTo(27.3, 1);
    expect(paretoShortfall(found, quantile)).toBeCloseTo(58.2, 1);
    expect(paretoQuantile(found, 0.9)).toBeNull();
  });

  it("have a mean excess that rises, and Hill's estimates", () => {
    const losses = lastColumn("danish.csv");
    const found = describeTail({ data: losses, threshold: { loss: 10 }, hill: null });
    const excesses = losses.filter((loss) => loss > 10).map((loss) => loss - 10);
    expect(found.meanExcess).toBeCloseTo(excesses.reduce((a, b) => a + b, 0) / 109, 10);
    const [first, later] = [found.meanExcesses[0], found.meanExcesses.at(-10)];
    expect(first?.meanExcess ?? Infinity).toBeLessThan(later?.meanExcess ?? 0);
    for (const { threshold, meanExcess } of found.meanExcesses) {
      const over = losses.filter((loss) => loss > threshold);
      expect(meanExcess).toBeCloseTo(over.reduce((a, b) => a + b, 0) / over.length - threshold, 9);
    }
    const descending = losses.toSorted((a, b) => b - a);
    const base = Math.log(descending[109] ?? 1);
    const logs = descending.slice(0, 109).map((loss) => Math.log(loss) - base);
    expect(found.hill[0]?.xi).toBeCloseTo(logs.reduce((a, b) => a + b, 0) / 109, 12);
  });
});

describe("back-tests", () => {
  // Kupiec (1995), table 3, and Jorion (2007), table 6-2: failures N that do not refute the rate p at 5 % over T days. The table
  // prints N < 7 for p = 1 % and T = 255, but the ratio of N = 0 is 5.13, which refutes it too.
  it.each([
    [255, 0.99, 1, 6],
    [510, 0.99, 2, 10],
    [1000, 0.99, 5, 16],
    [255, 0.975, 3, 11],
    [510, 0.975, 7, 20],
    [1000, 0.975, 16, 35],
    [255, 0.95, 7, 20],
    [510, 0.95, 17, 35],
    [1000, 0.95, 38, 64],
    [255, 0.925, 12, 27],
    [255, 0.9, 17, 35],
    [1000, 0.9, 82, 119],
  ])("of %i days at %f keep between %i and %i failures", (days, confidence, first, last) => {
    const isKept = (count: number) => kupiec(days, count, confidence).lr < 3.841_458_820_694_124;
    expect([first - 1, first, last, last + 1].map(isKept)).toEqual([false, true, true, false]);
  });

  it("have a ratio of 5.13 where nothing failed in 255 days at 99 %", () => {
    expect(kupiec(255, 0, 0.99).lr).toBeCloseTo(-2 * 255 * Math.log(0.99), 12);
  });

  // Jorion (2007), box 6-4, J.P. Morgan in 1998: 252 days at 95 %, 20 failures: LR of coverage 3.91.
  it("find J.P. Morgan's 20 failures of 252 days", () => {
    expect(kupiec(252, 20, 0.95).lr).toBeCloseTo(3.91, 2);
  });

  it("find clusters", () => {
    const hits = [false, true, true, true, false, false, false, false, false, true, true, false];
    const found = christoffersen(hits, 0.9);
    expect(found).toMatchObject({ n00: 4, n01: 2, n10: 2, n11: 3 });
    const p = 5 / 11;
    const [p01, p11] = [2 / 6, 3 / 5];
    const alone = 6 * Math.log(1 - p) + 5 * Math.log(p);
    const apart =
      4 * Math.log(1 - p01) + 2 * Math.log(p01) + 2 * Math.log(1 - p11) + 3 * Math.log(p11);
    expect(found.lrIndependence).toBeCloseTo(2 * (apart - alone), 12);
    expect(found.lrConditionalCoverage).toBeCloseTo(
      found.lrIndependence + kupiec(12, 5, 0.9).lr,
      12,
    );
    expect(christoffersen([false, false], 0.99).lrIndependence).toBe(0);
    expect(christoffersen([true, true], 0.99).pIndependence).toBe(1);
  });

  // Basel Committee (1996), table 2; (2019) MAR33.
  it("have the Committee's zones", () => {
    const light = (exceptions: number) => {
      const { zone, multiplierAddOn, multiplier } = trafficLight(250, exceptions, 0.99);
      return [zone, multiplierAddOn, multiplier];
    };
    expect(light(0)).toEqual(["green", 0, 1.5]);
    expect(light(4)).toEqual(["green", 0, 1.5]);
    expect(light(5)).toEqual(["yellow", 0.4, 1.7]);
    expect(light(6)).toEqual(["yellow", 0.5, 1.76]);
    expect(light(7)).toEqual(["yellow", 0.65, 1.83]);
    expect(light(8)).toEqual(["yellow", 0.75, 1.88]);
    expect(light(9)).toEqual(["yellow", 0.85, 1.92]);
    expect(light(10)).toEqual(["red", 1, 2]);
    expect(light(250)).toEqual(["red", 1, 2]);
    // The table's cumulative probabilities of 0, 4 and 9 exceptions.
    expect(trafficLight(250, 0, 0.99).cumulativeProbability).toBeCloseTo(0.0811, 4);
    expect(trafficLight(250, 4, 0.99).cumulativeProbability).toBeCloseTo(0.8922, 4);
    expect(trafficLight(250, 9, 0.99).cumulativeProbability).toBeCloseTo(0.9997, 4);
    // Of 500 days 9 exceptions are as rare as 5 of 250, and 15 as 10.
    expect(trafficLight(500, 3, 0.99).multiplierAddOn).toBe(0);
    expect(trafficLight(500, 9, 0.99)).toMatchObject({ zone: "yellow", multiplierAddOn: 0.4 });
    expect(trafficLight(500, 15, 0.99)).toMatchObject({ zone: "red", multiplier: 2 });
  });

  it("count the days that lost more than they were said to", () => {
    expect(exceptionsOf([-0.02, -0.01, 0.03], [0.01])).toEqual([true, false, false]);
    expect(exceptionsOf([-0.02, -0.01, 0.03], [0.03, 0.005, 0])).toEqual([false, true, false]);
  });
});

describe("closed forms", () => {
  // Values of R 4.2: qnorm, dnorm, qt and dt.
  const returns = [0.01, -0.01, 0.02, -0.02];
  const sigma = Math.sqrt((2 * (0.0001 + 0.0004)) / 3);
  const book = { columns: [returns], weights: [1] };

  it("are those of the normal distribution", () => {
    const found = measured(book, spec("normal", { horizonDays: 10 }));
    expect(found.var).toBeCloseTo(2.326_347_874_040_841 * sigma * Math.sqrt(10), 12);
    expect(found.expectedShortfall).toBeCloseTo(2.665_214_220_345_807 * sigma * Math.sqrt(10), 12);
  });

  it("are those of Student's distribution with that deviation", () => {
    const found = measured(book, spec("studentT", { parameters: { nu: 5 } }));
    const scale = sigma * Math.sqrt(3 / 5);
    expect(found.var).toBeCloseTo(3.364_929_998_907_218 * scale, 12);
    // McNeil, Frey & Embrechts (2015), ex. 2.15, with Γ(3) = 2 and Γ(5/2) = ¾√π.
    const t = 3.364_929_998_907_218;
    const density =
      (2 / (0.75 * Math.sqrt(Math.PI) * Math.sqrt(5 * Math.PI))) * (1 + (t * t) / 5) ** -3;
    expect(found.expectedShortfall).toBeCloseTo((((density / 0.01) * (5 + t * t)) / 4) * scale, 12);
  });

  it("weigh what is young more where age counts", () => {
    // Boudoukh, Richardson & Whitelaw (1998): weights λ^age·(1 − λ)/(1 − λⁿ).
    const aged = measured(
      { columns: [[-0.05, 0.01, 0.01, -0.03]], weights: [1] },
      spec("historical", { confidence: 0.6, parameters: { ageWeight: 0.5 } }),
    );
    // The oldest has 1/15 of the weight, the youngest 8/15: 40 % are reached with the youngest.
    expect(aged.var).toBe(0.03);
    // 1/15 of the weight at 5 %, and of the rest so much as fills 40 %.
    expect(aged.expectedShortfall).toBeCloseTo((0.05 / 15 + 0.03 * (0.4 - 1 / 15)) / 0.4, 12);
  });

  it("warn of a tail that is fitted as one that ends", () => {
    // Excesses that are spread evenly are those of ξ = −1, the uniform distribution.
    const even = Array.from({ length: 100 }, (_, i) => -i / 1_000);
    const { fitted, warnings } = measured({ columns: [even], weights: [1] }, spec("evt"));
    expect(fitted["xi"]).toBeLessThan(-0.5);
    expect(warnings).toEqual([expect.stringContaining("ends soon")]);
  });

  it("of a decaying variance are RiskMetrics'", () => {
    const variances = ewmaVariances([0.01, -0.02, 0.03], 0.94);
    const [a, b, c] = [0.0001, 0.0004, 0.0009];
    expect(variances[3]).toBeCloseTo((0.94 ** 2 * a + 0.94 * b + c) / (0.94 ** 2 + 0.94 + 1), 15);
    const found = measured({ columns: [[0.01, -0.02, 0.03]], weights: [1] }, spec("ewma"));
    expect(found.var).toBeCloseTo(2.326_347_874_040_841 * Math.sqrt(variances[3] ?? 0), 12);
  });
});
