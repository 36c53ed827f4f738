import { liquidate } from "../../../../../domain/risk/liquidity/liquidate.ts";

const depth = { averageVolume: 1_000_000, dailyVolatility: 0.02, spread: 0.001 };
const terms = { participation: 0.1, horizonDays: 1, impactCoefficient: 1, quantile: 2.326 };

describe("a position", () => {
  it("takes its units over the part of the volume in days", () => {
    const found = liquidate(250_000, depth, terms);
    expect(found.days).toBe(2.5);
    expect(found.liquidated).toBeCloseTo(0.4, 12);
    expect(liquidate(-250_000, depth, terms)).toEqual(found);
    expect(liquidate(50_000, depth, terms)).toMatchObject({ days: 0.5, liquidated: 1 });
  });

  // The square-root law: 1 % of the daily volume at σ = 2 % costs 0.2 %.
  it("costs half the spread, and the root of its part of the volume", () => {
    const found = liquidate(10_000, depth, terms);
    expect(found.spreadCost).toBe(0.0005);
    expect(found.impactCost).toBeCloseTo(0.002, 12);
    // More than a day's part costs what a day's part does, for longer.
    expect(liquidate(1e6, depth, terms).impactCost).toBeCloseTo(0.02 * Math.sqrt(0.1), 12);
  });

  // Jorion (2007), §13.1.3: of T equal parts the variance is that of T/3 days in the limit.
  it("risks while it shrinks what a third of the days would", () => {
    expect(liquidate(300_000, depth, terms).liquidationVaR).toBeCloseTo(2.326 * 0.02, 12);
  });

  it("without a market never ends, and of nothing is at an end", () => {
    const still = { ...depth, averageVolume: 0, spread: null };
    expect(liquidate(1, still, terms)).toEqual({
      days: null,
      liquidated: 0,
      spreadCost: null,
      impactCost: null,
      liquidationVaR: null,
    });
    expect(liquidate(0, still, terms)).toMatchObject({ days: 0, liquidated: 1, impactCost: 0 });
  });
});
