import type { TradingSeries } from "../../../../../../domain/ai/rl/env/market.ts";
import type { TradingTerms } from "../../../../../../domain/ai/rl/env/terms.ts";
import { TradingEnvironment } from "../../../../../../domain/ai/rl/env/trading.ts";
import { RandomStream } from "../../../../../../domain/numeric/random.ts";

const terms: TradingTerms = {
  positions: "longShort",
  feeBps: 10,
  slippageBps: 10,
  reward: "logReturn",
  episodeBars: 100,
  drawdownStop: null,
  unrealised: true,
};
/** By action. */
const [SHORT, FLAT, LONG] = [0, 1, 2];

function seriesOf(forward: readonly number[]): TradingSeries {
  const rows = forward.length + 1;
  return {
    symbol: 0,
    rows,
    features: Float64Array.from({ length: rows }, (_, i) => i),
    closeMs: Float64Array.from({ length: rows }, (_, i) => i),
    forward: Float64Array.from(forward),
    deviation: new Float64Array(rows).fill(0.02),
    zScore: new Float64Array(rows).fill(Number.NaN),
  };
}

function begun(forward: readonly number[], change: Partial<TradingTerms> = {}) {
  const environment = new TradingEnvironment([seriesOf(forward)], 1, { ...terms, ...change }, 0.01);
  const random = RandomStream.of(1, 1);
  const observation = new Float64Array(environment.width);
  environment.reset(random, observation);
  const step = (action: number) => environment.step(action, random, observation);
  return { environment, observation, step };
}

describe("a step of trading", () => {
  it("is decided at a close and earns what the price does up to the next, less 20 bp of what is traded", () => {
    const { step, observation } = begun([0.03, -0.05, 0.01]);
    expect([...observation]).toEqual([0, 0, 0]);
    const first = step(LONG);
    expect(first.reward).toBeCloseTo(Math.log(1 + 0.03 - 0.002) / 0.01, 12);
    expect([...observation]).toEqual([1, 1, Math.log(1.03) / 0.01]);
    // From long to short is two parts of the wealth.
    expect(step(SHORT).reward).toBeCloseTo(Math.log(1 + 0.05 - 0.004) / 0.01, 12);
    const last = step(FLAT);
    expect(last.reward).toBeCloseTo(Math.log(1 - 0.002) / 0.01, 12);
    expect(last).toMatchObject({ isTerminal: false, isTruncated: true });
    expect([...observation]).toEqual([3, 0, 0]);
  });

  it("that keeps a position costs nothing, and what it has earned adds up", () => {
    const { step, observation } = begun([0.01, 0.02, 0.01]);
    step(LONG);
    expect(step(LONG).reward).toBeCloseTo(Math.log(1.02) / 0.01, 12);
    expect(observation[2]).toBeCloseTo((Math.log(1.01) + Math.log(1.02)) / 0.01, 10);
  });

  it("in volatility-scaled reward is the return in deviations known at the time", () => {
    const { step } = begun([0.03, 0], { reward: "volatilityScaled" });
    expect(step(LONG).reward).toBeCloseTo((0.03 - 0.002) / 0.02, 12);
  });

  it("in differential Sharpe is that of Moody & Saffell, from a mean of 0 and the training variance", () => {
    const { step } = begun([0.03, 0.01, 0.02], { reward: "differentialSharpe" });
    const square = 0.01 ** 2;
    const first = 0.03 - 0.002;
    expect(step(LONG).reward).toBeCloseTo((square * first) / square ** 1.5, 10);
    const mean = 0.01 * first;
    const next = square + 0.01 * (first ** 2 - square);
    const expected =
      (next * (0.01 - mean) - 0.5 * mean * (0.01 ** 2 - next)) / (next - mean ** 2) ** 1.5;
    expect(step(LONG).reward).toBeCloseTo(expected, 10);
  });

  it("ends the episode at the drawdown stop, and at ruin", () => {
    const stopped = begun([0.02, -0.2, 0.1], { drawdownStop: 0.15 });
    expect(stopped.step(LONG).isTerminal).toBe(false);
    expect(stopped.step(LONG)).toMatchObject({ isTerminal: true, isTruncated: false });
    const ruined = begun([1.5, 0.1]);
    const { reward, isTerminal } = ruined.step(SHORT);
    expect({ isTerminal, isFinite: Number.isFinite(reward) }).toEqual({
      isTerminal: true,
      isFinite: true,
    });
  });
});

describe("an episode", () => {
  const forward = Array.from({ length: 50 }, (_, i) => 0.001 * (i % 7));

  it("begins at a chance bar, never so late that it would be shorter, and is cut at its length", () => {
    const environment = new TradingEnvironment(
      [seriesOf(forward), seriesOf([0.1, 0.2, 0.3])],
      1,
      { ...terms, episodeBars: 10 },
      0.01,
    );
    const random = RandomStream.of(3, 0);
    const observation = new Float64Array(environment.width);
    const starts = new Set<number>();
    for (let episode = 0; episode < 300; episode += 1) {
      environment.reset(random, observation);
      const [market = 0, row = 0] = environment.save();
      starts.add(market * 1_000 + row);
      let steps = 1;
      while (!environment.step(2, random, observation).isTruncated) steps += 1;
      expect(steps).toBe(market === 0 ? 10 : 3);
    }
    expect(starts).toEqual(new Set([...Array.from({ length: 41 }, (_, row) => row), 1_000]));
  });

  it("goes on from where it was saved", () => {
    const { environment, step } = begun(forward, { reward: "differentialSharpe" });
    step(LONG);
    step(SHORT);
    const saved = environment.save();
    const expected = [step(SHORT).reward, step(LONG).reward, ...environment.save()];
    environment.restore(saved);
    expect([step(SHORT).reward, step(LONG).reward, ...environment.save()]).toEqual(expected);
    expect(() => environment.restore(Float64Array.of(9, 9))).toThrow(RangeError);
  });
});
