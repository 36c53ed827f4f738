import { measured, metricOf } from "./returns.ts";

const RETURNS = [0.012, -0.008, 0, 0.021, -0.015, 0.004, -0.002, 0.017, -0.011, 0.006];
const MARKET = [0.01, -0.006, 0.002, 0.015, -0.012, 0.001, 0.003, 0.011, -0.009, 0.002];
const FREE = 0.0001;
const { length: N } = RETURNS;

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
const power = (values: readonly number[], order: number) =>
  sum(values.map((value) => (value - mean(values)) ** order));
const deviation = (values: readonly number[], ddof: number) =>
  Math.sqrt(power(values, 2) / (values.length - ddof));
const losing = RETURNS.filter((value) => value < 0);
const gaining = RETURNS.filter((value) => value > 0);
const grown = (values: readonly number[]) =>
  values.reduce((wealth, value) => wealth * (1 + value), 1);

/** The definitions of each engine, written out once more with other means. */
describe("by the convention of LEAN", () => {
  const terms = { convention: "lean", riskFree: FREE, benchmark: MARKET } as const;
  const annual = (values: readonly number[]) => (1 + mean(values)) ** 252 - 1;
  const free = (1 + FREE) ** 252 - 1;
  const slope =
    sum(RETURNS.map((value, i) => (value - mean(RETURNS)) * ((MARKET[i] ?? 0) - mean(MARKET)))) /
    power(MARKET, 2);
  const active = RETURNS.map((value, i) => value - (MARKET[i] ?? 0));

  it.each([
    ["annualizedReturn", grown(RETURNS) ** (252 / N) - 1],
    ["annualizedVolatility", deviation(RETURNS, 1) * Math.sqrt(252)],
    ["annualizedSharpe", (annual(RETURNS) - free) / (deviation(RETURNS, 1) * Math.sqrt(252))],
    ["annualizedSortino", (annual(RETURNS) - free) / (deviation(losing, 1) * Math.sqrt(252))],
    ["sortino", (annual(RETURNS) - free) / (deviation(losing, 1) * Math.sqrt(252))],
    ["downsideDeviation", deviation(losing, 1)],
    ["beta", slope],
    ["jensenAlpha", annual(RETURNS) - (free + slope * (annual(MARKET) - free))],
    ["treynor", (annual(RETURNS) - free) / slope],
    ["trackingError", deviation(active, 1) * Math.sqrt(252)],
    [
      "informationRatio",
      (annual(RETURNS) - annual(MARKET)) / (deviation(active, 1) * Math.sqrt(252)),
    ],
    ["payoffRatio", mean(gaining) / Math.abs(sum(losing) / (losing.length + 1))],
    ["expectancy", 0.5 * (mean(gaining) / Math.abs(sum(losing) / (losing.length + 1))) - 0.5],
    ["profitFactor", sum(gaining) / -sum(losing)],
  ] as const)("%s is %d", (name, expected) => {
    expect(metricOf(RETURNS, name, terms)).toBeCloseTo(expected, 10);
  });

  it("the probability of a Sharpe ratio above 1 a year has corrected moments", () => {
    const ratio = mean(RETURNS) / deviation(RETURNS, 1);
    const s = deviation(RETURNS, 1);
    const skew = ((N / ((N - 1) * (N - 2))) * power(RETURNS, 3)) / s ** 3;
    const kurtosis =
      (((N * (N + 1)) / ((N - 1) * (N - 2) * (N - 3))) * power(RETURNS, 4)) / s ** 4 -
      (3 * (N - 1) ** 2) / ((N - 2) * (N - 3));
    const error = Math.sqrt((1 - skew * ratio + ((kurtosis - 1) / 4) * ratio ** 2) / (N - 1));
    const z = (ratio - 1 / Math.sqrt(252)) / error;
    expect(metricOf(RETURNS, "probabilisticSharpe", terms)).toBeCloseTo(phi(z), 6);
  });

  it("writes 10 for a profit factor without losses, and 0 for ratios that are undefined", () => {
    const { metrics, substitutedMetrics } = measured([0.01, 0.01, 0.01], { convention: "lean" });
    expect(metrics).toMatchObject({ profitFactor: 10, annualizedSharpe: 0, annualizedSortino: 0 });
    expect(substitutedMetrics.annualizedSharpe).toBe("the returns do not vary");
    expect(metrics.jensenAlpha).toBeNull();
    expect(metricOf([-0.01, -0.02], "profitFactor", { convention: "lean" })).toBe(0);
  });
});

describe("by the convention of NautilusTrader", () => {
  const terms = { convention: "nautilus", riskFree: FREE } as const;

  // crates/analysis/src/statistics/sharpe_ratio.rs and sortino_ratio.rs: the values of their own tests
  it.each([
    ["annualizedSharpe", [0.01, -0.02, 0.015, -0.005, 0.025], 4.48998886412873],
    ["annualizedSortino", [-0.01, 0.02, -0.015, 0.005, -0.02], -5.273224492824493],
    ["sortino", [-0.01, 0.02, -0.015, 0.005, -0.02], -5.273224492824493],
  ] as const)("%s is as published, whatever the risk-free rate", (name, returns, expected) => {
    expect(metricOf(returns, name, terms)).toBeCloseTo(expected, 9);
  });

  // profit_factor.rs, cagr.rs and max_drawdown.rs
  it("gains, losses, growth and drawdown are as in its tests", () => {
    expect(metricOf([0.1, -0.2, 0.3, -0.4], "profitFactor", terms)).toBeCloseTo(2 / 3, 12);
    const halfYear = new Float64Array(126).fill(1.1 ** (1 / 126) - 1);
    expect(metricOf(halfYear, "annualizedReturn", terms)).toBeCloseTo(0.21, 10);
    expect(metricOf([-0.4, -0.1], "maxDrawdown", terms)).toBeCloseTo(0.46, 12);
    expect(metricOf([0.01, 0.02], "calmar", terms)).toBe(0);
  });

  it("leaves undefined what it has no number for", () => {
    const { metrics, undefinedMetrics } = measured([0.01, 0.01], terms);
    expect(metrics).toMatchObject({ annualizedSharpe: null, profitFactor: null, sortino: null });
    expect(undefinedMetrics.profitFactor).toBe("there is no loss");
  });
});

describe("by the convention of freqtrade", () => {
  const terms = { convention: "freqtrade", periodsPerYear: 365 } as const;

  it.each([
    ["annualizedSharpe", (mean(RETURNS) / deviation(RETURNS, 0)) * Math.sqrt(365)],
    ["annualizedSortino", (mean(RETURNS) / deviation(losing, 0)) * Math.sqrt(365)],
    ["downsideDeviation", deviation(losing, 0)],
    ["profitFactor", sum(gaining) / -sum(losing)],
  ] as const)("%s is %d", (name, expected) => {
    expect(metricOf(RETURNS, name, terms)).toBeCloseTo(expected, 10);
  });

  it("calmar is of the simple return a day, in per cent", () => {
    let [wealth, peak, worst] = [1, 1, 0];
    for (const value of RETURNS) {
      wealth *= 1 + value;
      peak = Math.max(peak, wealth);
      worst = Math.max(worst, 1 - wealth / peak);
    }
    const expected = ((((wealth - 1) / N) * 100) / worst) * Math.sqrt(365);
    expect(metricOf(RETURNS, "calmar", terms)).toBeCloseTo(expected, 8);
  });

  it("writes −100 where there is no ratio, and 0 for a profit factor without losses", () => {
    const { metrics } = measured([0.01, 0.01], terms);
    expect(metrics).toMatchObject({ annualizedSharpe: -100, annualizedSortino: -100 });
    expect(metrics).toMatchObject({ calmar: -100, profitFactor: 0 });
  });
});

/** Φ by the trapezoidal rule: enough for six digits. */
function phi(z: number): number {
  const steps = 20_000;
  const width = (z + 10) / steps;
  const at = (i: number) => Math.exp(-((i * width - 10) ** 2) / 2) / Math.sqrt(2 * Math.PI);
  let area = (at(0) + at(steps)) / 2;
  for (let i = 1; i < steps; i += 1) area += at(i);
  return area * width;
}
