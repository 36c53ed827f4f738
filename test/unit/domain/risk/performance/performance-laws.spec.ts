import * as fc from "fast-check";
import { METRIC_NAMES } from "../../../../../domain/risk/performance/catalogue.ts";
import { CONVENTIONS } from "../../../../../domain/risk/performance/conventions.ts";
import { moneyWeighted } from "../../../../../domain/risk/performance/money-weighted.ts";
import { linked, periodReturns } from "../../../../../domain/risk/performance/time-weighted.ts";
import { measured } from "./returns.ts";

const plain = fc.double({ min: -0.2, max: 0.2, noNaN: true });
/** In steps of a basis point: what is left of rounding is not what the laws are about. */
const series = fc.array(
  fc.integer({ min: -2000, max: 2000 }).map((bps) => bps / 10_000),
  { minLength: 2, maxLength: 60 },
);
/** What a client may send: anything that is a number and not below −1. */
const wild = fc.array(
  fc.oneof(plain, fc.constantFrom(-1, 0, -0, 1, 1e308, 5e-324, -5e-324, 1e-17)),
  { minLength: 1, maxLength: 20 },
);
/** Relative, with a floor: a statistic may be a small difference of large numbers. */
const near = (a: number | null | undefined, b: number, scale = 1) =>
  typeof a === "number" && Math.abs(a - b) <= 1e-8 * Math.max(Math.abs(b), scale);

describe("laws of performance", () => {
  it("each metric is a finite number or null with a reason, by each convention", () => {
    fc.assert(
      fc.property(wild, wild, fc.constantFrom(...CONVENTIONS), (returns, other, convention) => {
        const benchmark = returns.map((_, i) => other[i] ?? Number.NaN);
        const found = measured(returns, { convention, benchmark, confidence: 0.99 });
        for (const name of METRIC_NAMES) {
          const value = found.metrics[name];
          if (value === null) expect(typeof found.undefinedMetrics[name]).toBe("string");
          else expect([name, Number.isFinite(value)]).toEqual([name, true]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("drawdowns lie in [0, 1], do not overlap, and the deepest is the maximum", () => {
    fc.assert(
      fc.property(wild, (returns) => {
        const { drawdowns, metrics } = measured(returns, { drawdowns: 100 });
        for (const { depth, from, trough, to, length } of drawdowns) {
          expect(depth > 0 && depth <= 1).toBe(true);
          expect(from <= trough && trough < (to ?? returns.length)).toBe(true);
          expect(length).toBe((to ?? returns.length - 1) - from + 1);
        }
        const inTime = drawdowns.toSorted((a, b) => a.from - b.from);
        inTime.slice(1).forEach(({ from }, i) => expect(from).toBeGreaterThan(inTime[i]?.to ?? 0));
        expect(metrics.maxDrawdown).toBe(drawdowns[0]?.depth ?? 0);
        expect(metrics.averageDrawdown).toBeLessThanOrEqual((metrics.maxDrawdown ?? 0) + 1e-15);
        expect(metrics.painIndex).toBeLessThanOrEqual((metrics.ulcerIndex ?? 0) + 1e-15);
        expect(metrics.ulcerIndex).toBeLessThanOrEqual((metrics.conditionalDrawdown ?? 0) + 1e-15);
      }),
    );
  });

  it("returns k times as large have a mean, a deviation and quantiles k times as large, and the same ratios", () => {
    fc.assert(
      fc.property(series, fc.double({ min: 0.01, max: 4, noNaN: true }), (returns, k) => {
        const one = measured(returns).metrics;
        const scaled = measured(returns.map((value) => value * k)).metrics;
        fc.pre(typeof one.standardDeviation === "number" && one.standardDeviation > 1e-6);
        for (const name of [
          "mean",
          "standardDeviation",
          "downsideDeviation",
          "historicalVaR",
          "historicalES",
          "normalVaR",
          "normalES",
          "cornishFisherVaR",
        ] as const)
          expect([name, near(scaled[name], k * (one[name] ?? 0), k)]).toEqual([name, true]);
        for (const name of [
          "sharpe",
          "sortino",
          "omega",
          "kappa3",
          "gainLossRatio",
          "hitRate",
          "skewness",
        ] as const)
          if (typeof one[name] === "number" && Math.abs(one[name]) < 1e4)
            expect([name, near(scaled[name], one[name])]).toEqual([name, true]);
      }),
    );
  });

  it("a benchmark has beta 1, alpha 0 and captures of 1 of itself", () => {
    fc.assert(
      fc.property(series, (returns) => {
        fc.pre((measured(returns).metrics.standardDeviation ?? 0) > 1e-6);
        fc.pre(returns.some((value) => value > 1e-9) && returns.some((value) => value < -1e-9));
        const { metrics } = measured(returns, { benchmark: returns });
        expect(metrics).toMatchObject({
          trackingError: 0,
          informationRatio: null,
          activePremium: 0,
        });
        for (const name of ["beta", "correlation", "upCapture", "downCapture"] as const)
          expect([name, near(metrics[name], 1)]).toEqual([name, true]);
        expect(near(metrics.alpha, 0)).toBe(true);
        expect(near(metrics.jensenAlpha, 0, 1 + Math.abs(metrics.annualizedReturn ?? 0))).toBe(
          true,
        );
      }),
    );
  });

  it("expected shortfall is no less than value at risk, and both rise with confidence", () => {
    fc.assert(
      fc.property(series, (returns) => {
        const [low, high] = [0.9, 0.99].map(
          (confidence) => measured(returns, { confidence }).metrics,
        );
        for (const found of [low, high]) {
          expect(found?.historicalES).toBeGreaterThanOrEqual((found?.historicalVaR ?? 0) - 1e-12);
          expect(found?.normalES).toBeGreaterThanOrEqual((found?.normalVaR ?? 0) - 1e-12);
        }
        expect(high?.historicalVaR).toBeGreaterThanOrEqual(low?.historicalVaR ?? 0);
        expect(high?.normalVaR).toBeGreaterThanOrEqual((low?.normalVaR ?? 0) - 1e-12);
      }),
    );
  });

  it("the time-weighted return is that of the market, whatever owners put in or take out", () => {
    const flows = fc.array(fc.double({ min: -0.9, max: 5, noNaN: true }), {
      minLength: 60,
      maxLength: 60,
    });
    fc.assert(
      fc.property(series, flows, (returns, shares) => {
        let value = 1000;
        const valuations = [{ atMs: 0, value, flow: value }];
        returns.forEach((growth, i) => {
          const before = value * (1 + growth);
          const flow = before * (shares[i] ?? 0);
          value = before + flow;
          valuations.push({ atMs: i + 1, value, flow });
        });
        const found = linked(periodReturns(valuations));
        const expected = returns.reduce((wealth, growth) => wealth * (1 + growth), 1) - 1;
        expect(near(found, expected)).toBe(true);
      }),
    );
  });

  it("without flows the money-weighted return of the span is the time-weighted one", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -0.99, max: 50, noNaN: true }),
        fc.integer({ min: 30, max: 4000 }),
        (growth, days) => {
          const found = moneyWeighted([
            { atMs: 0, amount: -100 },
            { atMs: days * 86_400_000, amount: 100 * (1 + growth) },
          ]);
          if ("period" in found) expect(near(found.period, growth)).toBe(true);
          else expect(found.reason).toContain("too short");
        },
      ),
    );
  });
});
