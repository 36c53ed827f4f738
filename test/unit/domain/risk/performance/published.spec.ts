import { describeWith } from "../../../services/data/shared-data.ts";
import {
  BACON,
  EVENT_DRIVEN,
  EVENT_DRIVEN_NORMAL,
  HAM1,
  HAM1_1996,
  type Published,
} from "./published.ts";
import { column, measured, metricOf, REFERENCE } from "./returns.ts";

const MONTHLY = { periodsPerYear: 12 };

/** As near as the digits that were printed allow. */
function expectPublished(actual: number, { expected }: Published): void {
  const digits = Math.max(2, String(Math.abs(expected)).replace(/^0\.0*|\./g, "").length - 1);
  expect(Math.abs(actual / expected - 1)).toBeLessThan(10 ** -Math.min(digits, 6) * 2);
}

const cases = (values: readonly Published[]) =>
  values.map((value) => [value.metric, value.expected, value] as const);

describeWith([REFERENCE.bacon], "on Bacon's portfolio", () => {
  it.each(cases(BACON))("%s is %d", (metric, _, published) => {
    const benchmark = column("bacon", 2);
    const terms = { ...MONTHLY, benchmark, mar: published.mar ?? 0 };
    expectPublished(metricOf(column("bacon", 1), metric, terms), published);
  });

  it("upsidePotential is the upside of 0.01770833 over the downside deviation", () => {
    const terms = { mar: 0.005 };
    const [potential, downside] = (["upsidePotential", "downsideDeviation"] as const).map((name) =>
      metricOf(column("bacon", 1), name, terms),
    );
    expect((potential ?? 0) * (downside ?? 0)).toBeCloseTo(0.01770833, 8);
  });

  it("martin, painIndex and burke are those of wealth that begins at 1", () => {
    const returns = column("bacon", 1);
    // Bacon prints 1.70 and 0.04; PerformanceAnalytics 1.70772 and 0.0390, because it takes a new peak late.
    expect(metricOf(returns, "martin", MONTHLY)).toBeCloseTo(1.69, 2);
    expect(metricOf(returns, "painIndex", MONTHLY)).toBeCloseTo(0.04, 4);
    expect(metricOf(returns, "burke", MONTHLY)).toBeCloseTo(0.7112, 4);
  });
});

describeWith([REFERENCE.managers], "on HAM1", () => {
  it.each(cases(HAM1))("%s is %d", (metric, _, published) => {
    const benchmark = column("managers", "SP500 TR");
    const { mar = 0, riskFree = 0 } = published;
    const terms = { ...MONTHLY, benchmark, mar, riskFree };
    expectPublished(metricOf(column("managers", "HAM1"), metric, terms), published);
  });

  it.each(cases(HAM1_1996))("%s of 1996 is %d", (metric, _, published) => {
    const benchmark = column("managers", "SP500 TR").subarray(0, 12);
    const returns = column("managers", "HAM1").subarray(0, 12);
    expectPublished(metricOf(returns, metric, { ...MONTHLY, benchmark }), published);
  });

  // SharpeRatio, CAPM.alpha, TreynorRatio and table.CAPM with Rf = managers[, 10], the bill's return of each month.
  it.each([
    ["sharpe", 0.308102, 6],
    ["annualizedSharpe", 1.067297, 6],
    ["kellyFraction", 2 * 6.010854, 5],
    ["beta", 0.3901, 4],
    ["upBeta", 0.3005, 4],
    ["downBeta", 0.4264, 4],
    ["alpha", 0.005774729, 8],
    ["treynor", 0.2428, 4],
  ] as const)("%s is %d over a risk-free rate that varies", (metric, expected, digits) => {
    const benchmark = column("managers", "SP500 TR");
    const terms = { ...MONTHLY, benchmark, riskFree: column("managers", 10) };
    expect(metricOf(column("managers", "HAM1"), metric, terms)).toBeCloseTo(expected, digits);
  });

  it("of HAM2, which began later, only the months of both count", () => {
    const returns = column("managers", "HAM2");
    const first = returns.findIndex((value) => !Number.isNaN(value));
    const benchmark = column("managers", "SP500 TR").subarray(first);
    const terms = { ...MONTHLY, benchmark };
    const own = returns.subarray(first);
    expect(metricOf(own, "activePremium", terms)).toBeCloseTo(0.07759873, 7);
    expect(metricOf(own, "trackingError", terms)).toBeCloseTo(0.1533647, 7);
    expect(metricOf(own, "informationRatio", terms)).toBeCloseTo(0.5059751, 6);
    expect(metricOf(own, "upCapture", terms)).toBeCloseTo(0.66155321, 7);
    expect(metricOf(own, "downCapture", terms)).toBeCloseTo(0.04392011, 7);
    // The same with what is missing at the other side: the pair is left out.
    const swapped = { ...MONTHLY, benchmark: returns };
    const { pairCount } = measured(column("managers", "SP500 TR"), swapped);
    expect(pairCount).toBe(own.length);
  });
});

describeWith([REFERENCE.edhec], "on EDHEC's indices", () => {
  const eventDriven = () => column("edhec", "Event Driven");

  it.each(cases(EVENT_DRIVEN))("%s of event driven funds is %d", (metric, _, published) => {
    const terms = { ...MONTHLY, mar: published.mar ?? 0 };
    expectPublished(metricOf(eventDriven(), metric, terms), published);
  });

  it.each(cases(EVENT_DRIVEN_NORMAL))("%s of event driven funds is %d", (metric, _, published) => {
    const mean = metricOf(eventDriven(), "mean");
    const ofPopulation = (metricOf(eventDriven(), metric) + mean) * Math.sqrt(151 / 152) - mean;
    expectPublished(ofPopulation, published);
  });

  it("the geometric mean of funds of funds is 0.005753581, its cumulated return 1.39178", () => {
    expect(metricOf(column("edhec", "Funds of Funds"), "geometricMean")).toBeCloseTo(
      0.005753581,
      9,
    );
    expect(metricOf(column("edhec", "Funds of Funds"), "totalReturn")).toBeCloseTo(1.39178, 5);
  });

  it("funds of funds fell as findDrawdowns says", () => {
    const { drawdowns } = measured(column("edhec", "Funds of Funds"), MONTHLY);
    // Its rows count from 1, and an unrecovered fall ends after the last one: 23 where we count 22.
    expect(drawdowns.slice(0, 4)).toEqual([
      { from: 130, trough: 143, to: null, depth: expect.closeTo(0.20591447, 8), length: 22 },
      { from: 16, trough: 21, to: 26, depth: expect.closeTo(0.07069135, 8), length: 11 },
      { from: 39, trough: 40, to: 43, depth: expect.closeTo(0.03877182, 8), length: 5 },
      { from: 44, trough: 46, to: 53, depth: expect.closeTo(0.03737506, 8), length: 10 },
    ]);
    expect(drawdowns).toHaveLength(10);
  });

  it.each([
    ["Convertible Arbitrage", 2.602138, 0.01916, 0.048775],
    ["Merger Arbitrage", 4.595886, 0.013455, 0.024625],
    ["Short Selling", 1.228785, 0.07848, 0.110575],
    ["Funds of Funds", 2.460153, 0.021265, 0.0390375],
  ])("%s has omega %d, VaR %d and ES %d", (name, omega, valueAtRisk, shortfall) => {
    const { metrics } = measured(column("edhec", name), MONTHLY);
    expect(metrics.omega).toBeCloseTo(omega, 5);
    expect(metrics.historicalVaR).toBeCloseTo(valueAtRisk, 8);
    expect(metrics.historicalES).toBeCloseTo(shortfall, 8);
  });
});
