import type {
  Breakout,
  Crossover,
  Ensemble,
  MeanReversion,
  ModelRule,
  Momentum,
  SignalDefinition,
} from "../../../../../domain/ai/signals/definition.ts";
import { sourceOf } from "../../../../../domain/ai/signals/definition.ts";
import { columnsOf, judge } from "../../../../../domain/ai/signals/judge.ts";
import type { Foresight, Moment } from "../../../../../domain/ai/signals/verdict.ts";

type Values = Moment["values"];

const at = (values: Values, close: number | null = null): Moment => ({ close, values });
const saying = (said: Foresight): Moment => ({
  close: null,
  values: {},
  predictions: { "m@champion": said },
});

const cross: Crossover = { kind: "crossover", fast: "sma_2", slow: "sma_5", horizon: 5 };
const crossed = (before: Values, now: Values) => judge(cross, at(before), at(now));

describe("the crossover", () => {
  it("buys when the fast line comes from at or below to above", () => {
    expect(crossed({ sma_2: 99, sma_5: 100 }, { sma_2: 103, sma_5: 100 })).toEqual({
      side: "buy",
      goal: "long",
      strength: 1,
      lean: 1,
      reason: "sma_2 crossed above sma_5 (sma_2 103, sma_5 100)",
    });
    expect(crossed({ sma_2: 100, sma_5: 100 }, { sma_2: 101, sma_5: 100 }).side).toBe("buy");
  });

  it("sells when the fast line comes from at or above to below", () => {
    const sold = crossed({ sma_2: 101, sma_5: 100 }, { sma_2: 99, sma_5: 100 });
    expect(sold).toMatchObject({ side: "sell", goal: "short", strength: 1, lean: -1 });
    expect(sold.reason).toContain("crossed below");
  });

  it.each([
    ["stays above", { sma_2: 2, sma_5: 1 }, { sma_2: 3, sma_5: 1 }, 1],
    ["stays below", { sma_2: 1, sma_5: 2 }, { sma_2: 1, sma_5: 3 }, -1],
    ["meets", { sma_2: 1, sma_5: 2 }, { sma_2: 2, sma_5: 2 }, 0],
    ["is warming up", { sma_2: 1, sma_5: null }, { sma_2: 3, sma_5: 2 }, 1],
    ["is warming up", { sma_2: 1, sma_5: 2 }, { sma_2: null, sma_5: null }, null],
  ])("holds when the fast line %s", (reason, before, now, lean) => {
    const held = crossed(before, now);
    expect(held).toMatchObject({ side: "hold", goal: null, strength: 0, lean });
    expect(held.reason).toContain(reason);
  });

  it("works for negative prices, and refuses what is not finite", () => {
    expect(crossed({ sma_2: -38, sma_5: -37 }, { sma_2: -36, sma_5: -37 }).side).toBe("buy");
    expect(() => crossed({ sma_2: 1, sma_5: 2 }, { sma_2: Infinity, sma_5: 2 })).toThrow(
      RangeError,
    );
  });
});

const timed = { horizon: 5 };
const reverting: MeanReversion = {
  kind: "meanReversion",
  variant: "zscore",
  period: 20,
  entry: 2,
  exit: 0.5,
  ...timed,
};

describe("mean reversion", () => {
  const z = (before: number, now: number) =>
    judge(reverting, at({ zscore_20: before }), at({ zscore_20: now }));

  it.each([
    [-1.5, -2, "buy", "long", 0.5, 1],
    [-1.9, -3, "buy", "long", 0.75, 1],
    [-1.9, -9, "buy", "long", 1, 1],
    [1.5, 3, "sell", "short", 0.75, -1],
    [-0.6, -0.5, "sell", "flat", 1, 0.25],
    [0.6, 0.5, "buy", "flat", 1, -0.25],
    [-2.5, -2.2, "hold", null, 0, 1],
    [0.1, 0.2, "hold", null, 0, -0.1],
  ])("from %d to %d says %s %s", (before, now, side, goal, strength, lean) => {
    expect(z(before, now)).toMatchObject({ side, goal, strength, lean });
  });

  it("measures the RSI from 50, and holds in the warm-up", () => {
    const rsi: MeanReversion = { ...reverting, variant: "rsi", period: 14, entry: 20, exit: 0 };
    const said = judge(rsi, at({ rsi_14: 31 }), at({ rsi_14: 30 }));
    expect(said).toMatchObject({ side: "buy", goal: "long", strength: 0.5 });
    expect(judge(rsi, at({}), at({ rsi_14: 30 })).side).toBe("hold");
  });
});

const trend: Momentum = {
  kind: "momentum",
  lookback: 10,
  skip: 1,
  volatility: 20,
  threshold: 0.5,
  ...timed,
};

describe("momentum", () => {
  const values = (whole: number, recent: number, deviation: number): Values => ({
    returns_10: whole,
    returns_1: recent,
    volatility_20: deviation,
  });

  it("leaves out the last bars, and measures by the volatility of as many", () => {
    // (1.21 / 1.1 − 1) / (0.1 / 3 · √9) = 0.1 / 0.1
    const said = judge(trend, at(values(0, 0, 0.01)), at(values(0.21, 0.1, 0.1 / 3)));
    expect(said).toMatchObject({ side: "buy", goal: "long" });
    expect(said.strength).toBeCloseTo(0.5, 12);
  });

  it("sells below the negative threshold, and holds where nothing is crossed or nothing moved", () => {
    const calm = at(values(0, 0, 0.01));
    expect(judge(trend, calm, at(values(-0.1, 0, 0.01)))).toMatchObject({
      side: "sell",
      goal: "short",
      lean: -1,
    });
    expect(judge(trend, at(values(0.1, 0, 0.01)), at(values(0.1, 0, 0.01))).side).toBe("hold");
    expect(judge(trend, calm, at(values(0, 0, 0))).lean).toBeNull();
  });
});

describe("the breakout", () => {
  const rule: Breakout = { kind: "breakout", entry: 20, exit: 10, ...timed };
  const before = at(
    {
      "donchian_20.upper": 110,
      "donchian_20.lower": 90,
      "donchian_10.upper": 105,
      "donchian_10.lower": 95,
    },
    100,
  );

  it.each([
    [112, "buy", "long", 0.6],
    [90 - 20, "sell", "short", 1],
    [94, "sell", "flat", 1],
    [106, "buy", "flat", 1],
    [110, "buy", "flat", 1],
    [100, "hold", null, 0],
  ])("at %d says %s %s", (close, side, goal, strength) => {
    const said = judge(rule, before, at({}, close));
    expect(said).toMatchObject({ side, goal });
    expect(said.strength).toBeCloseTo(strength, 12);
  });

  it("holds until the channel is whole", () => {
    expect(judge(rule, at({}), at({}, 1_000)).reason).toContain("warming up");
  });
});

const model: ModelRule = {
  kind: "model",
  modelId: "m",
  version: null,
  buyAbove: 0.55,
  sellBelow: 0.45,
  costBps: 10,
};

describe("a model's signal", () => {
  const said = (changes: object) =>
    judge(model, at({}), saying({ isGiven: true, probability: null, value: null, ...changes }));

  it.each([
    [{ probability: 0.55 }, "buy", 0.1],
    [{ probability: 0.75 }, "buy", 0.5],
    [{ probability: 0.25 }, "sell", 0.5],
    [{ probability: 0.5 }, "hold", 0],
    [{ value: 0.002 }, "buy", 0.5],
    [{ value: -0.004 }, "sell", 0.75],
    [{ value: 0.001 }, "hold", 0],
  ])("of %j is %s", (prediction, side, strength) => {
    const verdict = said(prediction);
    expect(verdict.side).toBe(side);
    expect(verdict.strength).toBeCloseTo(strength, 12);
  });

  it("holds where there is no prediction, and says why", () => {
    const novel = saying({ isGiven: false, why: "unlike the training data" });
    expect(judge(model, at({}), novel)).toMatchObject({ side: "hold", lean: null });
    expect(judge(model, at({}), novel).reason).toContain("unlike the training data");
    expect(judge(model, at({}), at({})).side).toBe("hold");
  });
});

describe("an ensemble", () => {
  const vote: Ensemble = {
    kind: "ensemble",
    members: [
      { weight: 3, rule: cross },
      { weight: 1, rule: reverting },
    ],
    threshold: 0.5,
    agreement: 0.6,
    ...timed,
  };
  const lines = (fast: number, slow: number, z: number | null): Moment =>
    at({ sma_2: fast, sma_5: slow, zscore_20: z });

  it("decides when the vote comes to the threshold, once", () => {
    // (3 · 1 + 1 · (−0.5)) / 4
    const said = judge(vote, lines(1, 2, 1), lines(3, 2, 1));
    expect(said).toMatchObject({ side: "buy", goal: "long", strength: 0.625, lean: 0.625 });
    expect(judge(vote, lines(3, 2, 1), lines(3, 2, 1)).side).toBe("hold");
    expect(judge(vote, lines(3, 2, 1), lines(1, 2, 1)).side).toBe("sell");
  });

  it("counts those that can say, while they are more than half", () => {
    expect(judge(vote, lines(1, 2, null), lines(3, 2, null))).toMatchObject({
      side: "buy",
      lean: 1,
    });
    const silent = at({ zscore_20: -2 });
    expect(judge(vote, silent, silent).reason).toContain("missing");
  });

  it("asks for agreement", () => {
    const strict = { ...vote, agreement: 0.8 };
    expect(judge(strict, lines(1, 2, 1), lines(3, 2, 1)).side).toBe("hold");
  });
});

describe("what rules look at", () => {
  it.each<[SignalDefinition, readonly string[], string]>([
    [cross, ["sma_2", "sma_5"], "crossover:sma_2:sma_5"],
    [reverting, ["zscore_20"], "meanReversion:zscore_20"],
    [trend, ["returns_10", "returns_1", "volatility_20"], "momentum:10:1"],
    [
      { kind: "breakout", entry: 5, exit: 5, horizon: 1 },
      ["donchian_5.upper", "donchian_5.lower"],
      "breakout:5:5",
    ],
    [{ kind: "pairs", window: 60, entry: 2, exit: 0, horizon: 1 }, [], "pairs:60"],
    [model, [], "model:m@champion"],
  ])("%#", (definition, columns, source) => {
    expect(columnsOf(definition)).toEqual(columns);
    expect(sourceOf(definition)).toBe(source);
  });
});
