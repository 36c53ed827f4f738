import type { TradingSeries } from "../../../../../domain/ai/rl/env/market.ts";
import { score, type Scores, spreadOf } from "../../../../../domain/ai/rl/evaluation.ts";
import { buyAndHold, randomRule, thresholdRule } from "../../../../../domain/ai/rl/rules.ts";
import { DAY_MS } from "./markets.ts";

function seriesOf(forward: readonly number[], zScore: readonly number[] = []): TradingSeries {
  const rows = forward.length + 1;
  return {
    symbol: 0,
    rows,
    features: new Float64Array(rows),
    closeMs: Float64Array.from({ length: rows }, (_, i) => i * DAY_MS),
    forward: Float64Array.from(forward),
    deviation: new Float64Array(rows).fill(0.01),
    zScore: Float64Array.from({ length: rows }, (_, i) => zScore[i] ?? Number.NaN),
  };
}

const COST = 0.001;

describe("trading scored", () => {
  it("by hand: buying and holding pays once and has the market's returns", () => {
    const found = score([seriesOf([0.1, -0.2, 0.05])], buyAndHold, COST, 0.01);
    expect(found.totalReturn).toBeCloseTo((1.1 - COST) * 0.8 * 1.05 - 1, 12);
    expect(found.maxDrawdown).toBeCloseTo(0.2, 12);
    expect(found).toMatchObject({ turnover: 1 / 3, exposure: 1 });
    const [a, b, c] = [0.1 - COST, -0.2, 0.05];
    const mean = (a + b + c) / 3;
    const deviation = Math.sqrt(((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 2);
    expect(found.sharpe).toBeCloseTo((mean / deviation) * Math.sqrt(365.25), 8);
  });

  it("of several markets spreads the wealth over those that have a bar", () => {
    const found = score([seriesOf([0.1, 0.1]), seriesOf([-0.1])], buyAndHold, 0, 0.01);
    expect(found.totalReturn).toBeCloseTo(1.0 * 1.1 - 1, 12);
  });

  it("of no position at all has no Sharpe ratio, and neither has a spread with it", () => {
    const flat = score([seriesOf([0.1, -0.1, 0.2])], () => 0, COST, 0.01);
    expect(flat).toEqual({
      totalReturn: 0,
      sharpe: null,
      maxDrawdown: 0,
      turnover: 0,
      exposure: 0,
    } satisfies Scores);
    expect(spreadOf([flat, flat]).sharpe).toBeNull();
    expect(spreadOf([flat, flat]).totalReturn).toEqual({ median: 0, min: 0, max: 0, iqr: 0 });
  });

  it("that lost everything stays there", () => {
    const found = score([seriesOf([1.5, -0.9])], () => -1, 0, 0.01);
    expect(found).toMatchObject({ totalReturn: -1, maxDrawdown: 1 });
  });

  it("over seeds shows median, ends and quartiles", () => {
    const of = (totalReturn: number): Scores => ({
      totalReturn,
      sharpe: totalReturn,
      maxDrawdown: 0,
      turnover: 0,
      exposure: 0,
    });
    const { totalReturn } = spreadOf([3, 1, 2, 5, 4].map(of));
    expect(totalReturn).toEqual({ median: 3, min: 1, max: 5, iqr: 2 });
  });
});

describe("the threshold rule", () => {
  it("buys what is cheap, sells what is dear, and gets out at the mean", () => {
    const z = [Number.NaN, -1.2, -0.5, 0.1, 1.5, 0.2, -0.1];
    const series = seriesOf([0, 0, 0, 0, 0, 0], z);
    const held = (positions: "longShort" | "longFlat") => {
      const rule = thresholdRule({ positions });
      let position = 0;
      return z.map((_, row) => (position = rule(series, row, { position, unrealised: 0 }) ?? 9));
    };
    expect(held("longShort")).toEqual([0, 1, 1, 0, -1, -1, 0]);
    expect(held("longFlat")).toEqual([0, 1, 1, 0, 0, 0, 0]);
  });
});

describe("chance", () => {
  it("is its seed's", () => {
    const series = seriesOf(Array.from({ length: 50 }, (_, i) => 0.01 * Math.sin(i)));
    const of = (seed: number) =>
      score([series], randomRule({ positions: "longShort" }, seed), 0, 1);
    expect(of(1)).toEqual(of(1));
    expect(of(2)).not.toEqual(of(1));
    expect(of(1).exposure).toBeLessThan(1);
  });
});
