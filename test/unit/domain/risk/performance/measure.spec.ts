import { METRIC_NAMES } from "../../../../../domain/risk/performance/catalogue.ts";
import { CONVENTIONS } from "../../../../../domain/risk/performance/conventions.ts";
import { measure } from "../../../../../domain/risk/performance/measure.ts";
import { measured, metricOf } from "./returns.ts";

/** What no JSON carries is in no answer, by no convention. */
function expectTold(returns: readonly number[], benchmark: readonly number[] = returns): void {
  for (const convention of CONVENTIONS) {
    const found = measured(returns, { convention, benchmark });
    for (const name of METRIC_NAMES) {
      const value = found.metrics[name];
      if (value === null) expect(found.undefinedMetrics[name]).toMatch(/\w/);
      else expect([name, Number.isFinite(value)]).toEqual([name, true]);
    }
  }
}

describe("measured", () => {
  it("constant returns have a volatility of 0, and no ratio to it", () => {
    const { metrics, undefinedMetrics } = measured([0.01, 0.01, 0.01, 0.01]);
    expect(metrics).toMatchObject({
      standardDeviation: 0,
      annualizedVolatility: 0,
      maxDrawdown: 0,
    });
    expect(metrics).toMatchObject({ sharpe: null, sortino: null, calmar: null, skewness: null });
    expect(undefinedMetrics.sharpe).toBe("the returns do not vary");
    expect(undefinedMetrics.calmar).toBe("wealth was never below its peak");
    expect(metrics).toMatchObject({
      historicalVaR: -0.01,
      normalVaR: -0.01,
      cornishFisherVaR: -0.01,
    });
  });

  it("one observation has what one can have", () => {
    const { metrics, undefinedMetrics } = measured([-0.02]);
    expect(metrics).toMatchObject({ mean: -0.02, maxDrawdown: expect.closeTo(0.02, 15) });
    expect(metrics).toMatchObject({ standardDeviation: null, sharpe: null, kRatio: null });
    expect(undefinedMetrics.standardDeviation).toBe("needs at least two observations");
  });

  it("a total loss is a drawdown of 1 that nothing recovers", () => {
    const { metrics, drawdowns } = measured([0.1, -1, 0.5, 3]);
    expect(metrics).toMatchObject({ maxDrawdown: 1, annualizedReturn: -1, totalReturn: -1 });
    expect(drawdowns).toEqual([{ from: 1, trough: 1, to: null, depth: 1, length: 3 }]);
    expect(metrics.kRatio).toBeNull();
  });

  it("wealth that is back at its peak has recovered, whatever products are rounded to", () => {
    const { drawdowns } = measured([0.1, -0.1, 1 / 0.9 - 1, -0.5, 1]);
    expect(drawdowns.map(({ from, to, length }) => [from, to, length])).toEqual([
      [3, 4, 2],
      [1, 2, 2],
    ]);
  });

  it.each([
    ["huge", [1e308, 1e308, -0.5]],
    ["huge and lost", [1e308, -1, 1e308]],
    ["tiny", [1e-300, -1e-300, 5e-324]],
    ["zero", [0, 0, 0]],
    ["one", [0.01]],
    ["lost at once", [-1]],
    ["nearly constant", [0.1, 0.1 + 1e-17, 0.3 - 0.2]],
    ["losses only", [-0.1, -0.2, -0.3]],
  ])("%s returns are told in finite numbers or not at all", (_, returns) => {
    expectTold(returns);
    expectTold(
      returns,
      returns.map(() => 0),
    );
    expectTold(
      returns,
      returns.map(() => Number.NaN),
    );
  });

  it("what is not representable says so", () => {
    expect(measured([1e308, 1e308]).undefinedMetrics.totalReturn).toBe(
      "is beyond the range of double precision",
    );
  });

  it("a difference from the benchmark that is rounding only is none", () => {
    const benchmark = [0.01, -0.02, 0.03, 0.007];
    const { metrics } = measured(
      benchmark.map((value) => value + 0.001),
      { benchmark },
    );
    expect(metrics).toMatchObject({ trackingError: 0, informationRatio: null, specificRisk: 0 });
    expect(metrics).toMatchObject({ appraisalRatio: null });
  });

  it("a benchmark that is never there leaves its metrics undefined", () => {
    const { undefinedMetrics, pairCount } = measured([0.01, 0.02], {
      benchmark: [Number.NaN, 0.01],
    });
    expect(pairCount).toBe(1);
    expect(undefinedMetrics.beta).toBe("needs at least two periods with a benchmark");
    expect(measured([0.01, 0.02]).undefinedMetrics.beta).toBe("there is no benchmark");
  });

  it("runs, tails and their like are what their names say", () => {
    const returns = [0.01, 0.02, -0.01, -0.02, -0.03, 0.04, 0, 0.01];
    const { metrics } = measured(returns, { drawdowns: 0 });
    expect(metrics).toMatchObject({
      maxConsecutiveGains: 2,
      maxConsecutiveLosses: 3,
      hitRate: 0.5,
      averageGain: expect.closeTo(0.02, 15),
      averageLoss: expect.closeTo(0.02, 15),
      payoffRatio: expect.closeTo(1, 12),
      expectancy: expect.closeTo(0.0025, 15),
      bestPeriod: 0.04,
      worstPeriod: -0.03,
      tailRatio: expect.closeTo(0.033 / 0.0265, 12),
      maxDrawdownLength: 6,
      timeUnderWater: 0.75,
    });
  });

  it("the worst share of the drawdowns counts its last one by its fraction", () => {
    // Depths of 0.1, 0.19 and 0.271; at 50 % the worst 1.5 of three.
    const deep = metricOf([-0.1, -0.1, -0.1], "conditionalDrawdown", { confidence: 0.5 });
    expect(deep).toBeCloseTo((0.271 + 0.19 / 2) / 1.5, 12);
    expect(metricOf([-0.1, -0.1, -0.1], "conditionalDrawdown", { confidence: 0.99 })).toBeCloseTo(
      0.271,
      12,
    );
  });

  it("log wealth that rises evenly but for one step has the slope and error of least squares", () => {
    // log wealth 1, 2, 4: slope 1.5, residual Σε² 1/6, error √(1/6 / 1 / 2), R² 1 − (1/6)/(14/3)
    const returns = [1, 1, 2].map(Math.expm1);
    expect(metricOf(returns, "kRatio")).toBeCloseTo(1.5 / Math.sqrt(1 / 12) / 3, 12);
    expect(metricOf(returns, "stabilityR2")).toBeCloseTo(1 - 1 / 6 / (14 / 3), 12);
  });

  it("the Sharpe ratio's error of normal returns is √((1 + S²/2)/(n − 1)), its skewness taken away", () => {
    // ±1 about the mean, evenly: skewness 0 and kurtosis 1 leave the error at √(1/(n − 1)).
    const returns = [0.02, 0, 0.02, 0];
    expect(metricOf(returns, "sharpeStandardError")).toBeCloseTo(Math.sqrt(1 / 3), 12);
    expect(metricOf(returns, "probabilisticSharpe")).toBeCloseTo(0.93319, 3);
  });

  it("drawdowns and what is earned for them are what one finds by hand", () => {
    // Wealth 1.1, 0.99, 1.089, 1.1979, 1.07811: falls of 10 % (two periods to the recovery) and of 10 % (not recovered).
    const returns = [0.1, -0.1, 0.1, 0.1, -0.1];
    const terms = { periodsPerYear: 5, benchmark: [0.1, -0.2, 0.2, 0.1, -0.1], confidence: 0.6 };
    const { metrics } = measured(returns, terms);
    const [total, depths] = [0.07811, [0, 0.1, 0.01, 0, 0.1]];
    const ulcer = Math.sqrt((0.1 ** 2 + 0.01 ** 2 + 0.1 ** 2) / 5);
    expect(metrics.averageDrawdown).toBeCloseTo(0.1, 12);
    expect(metrics.averageDrawdownLength).toBeCloseTo(2, 12);
    expect(metrics.ulcerIndex).toBeCloseTo(ulcer, 12);
    expect(metrics.painIndex).toBeCloseTo(0.21 / depths.length, 12);
    expect(metrics.recoveryFactor).toBeCloseTo(total / 0.1, 10);
    expect(metrics.calmar).toBeCloseTo(total / 0.1, 10);
    expect(metrics.martin).toBeCloseTo(total / ulcer, 10);
    expect(metrics.painRatio).toBeCloseTo(total / (0.21 / 5), 10);
    expect(metrics.burke).toBeCloseTo(total / Math.sqrt(0.02), 10);
    expect(metrics.sterling).toBeCloseTo(total / 0.2, 10);
    // At 60 % the worst two of five: 0.1.
    expect(metrics.conditionalDrawdown).toBeCloseTo(0.1, 12);
    const volatility = Math.sqrt((3 * 0.08 ** 2 + 2 * 0.12 ** 2) / 4) * Math.sqrt(5);
    expect(metrics.serenity).toBeCloseTo(total / ((ulcer * 0.1) / volatility), 10);
    expect(metrics.battingAverage).toBeCloseTo(1 / 5, 12);
    expect(metrics.rSquared).toBeCloseTo((metrics.correlation ?? 0) ** 2, 12);
    expect(metrics.annualizedSortino).toBeCloseTo((metrics.sortino ?? 0) * Math.sqrt(5), 12);
  });

  it("nothing to measure is a mistake of the caller", () => {
    const none = new Float64Array(0);
    const sample = { returns: none, riskFree: none, benchmark: null, mar: 0, periodsPerYear: 252 };
    const wanted = { convention: "default", drawdowns: 1 } as const;
    expect(() => measure({ ...sample, confidence: 0.95 }, wanted)).toThrow(RangeError);
  });
});
