import { HITS_MIN, hitRate } from "../../../../../domain/ai/signals/hit-rate.ts";
import { readDefinition } from "../../../../../domain/ai/signals/read-definition.ts";
import { fractionFor, type SizedBy } from "../../../../../domain/ai/signals/sizing.ts";

const faults = (...given: Parameters<typeof readDefinition>): readonly string[] => {
  const read = readDefinition(...given);
  return "faults" in read ? read.faults.map(({ path }) => path) : [];
};

describe("the definition of a signal", () => {
  it("has its defaults", () => {
    expect(readDefinition("momentum", {})).toEqual({
      definition: {
        kind: "momentum",
        lookback: 252,
        skip: 21,
        volatility: 60,
        threshold: 0.5,
        horizon: 21,
      },
    });
    expect(readDefinition("meanReversion", { variant: "rsi" })).toMatchObject({
      definition: { period: 14, entry: 20, exit: 0, horizon: 5 },
    });
    expect(readDefinition("model", { modelId: "m" })).toMatchObject({
      definition: { version: null, buyAbove: 0.55, sellBelow: 0.45, costBps: 0 },
    });
    expect(readDefinition("pairs", {})).toMatchObject({ definition: { window: 60, entry: 2 } });
  });

  it("names every fault by its path", () => {
    expect(faults("crossover", { fast: 5, odd: true }, "strategy.")).toEqual([
      "strategy.fast",
      "strategy.slow",
      "strategy.odd",
    ]);
    expect(faults("breakout", { entry: 1.5, exit: "10" })).toEqual(["entry", "exit"]);
    expect(faults("momentum", { lookback: 10, skip: 10 })).toEqual(["skip"]);
    expect(faults("meanReversion", { entry: 1, exit: 2 })).toEqual(["exit"]);
    expect(faults("model", { modelId: "m", buyAbove: 0.4 })).toEqual(["sellBelow"]);
    expect(faults("model", { modelId: "m", version: 0 })).toEqual(["version"]);
    expect(faults("ensemble", {})).toEqual(["members"]);
    const pair = { kind: "pairs" };
    const bad = { kind: "breakout", parameters: { entry: 1 }, weight: 0 };
    expect(faults("ensemble", { members: [pair, bad, 7] })).toEqual([
      "members[0].kind",
      "members[0].parameters.fast",
      "members[0].parameters.slow",
      "members[1].weight",
      "members[1].parameters.entry",
      "members[2]",
    ]);
  });

  it("takes nothing that only looks like a parameter", () => {
    expect(faults("breakout", JSON.parse('{ "__proto__": { "entry": 5 } }'))).toEqual([
      "__proto__",
    ]);
  });
});

describe("a hit rate", () => {
  const like = { side: "buy", goal: "long" } as const;
  const hold = { side: "hold", goal: null } as const;

  it("counts the signals like it whose horizon is over", () => {
    const rows = 2 * HITS_MIN + 3;
    const found = hitRate(
      like,
      { rows, horizon: 2 },
      (row) => (row % 2 === 0 ? like : hold),
      (from) => (from % 4 === 0 ? 1 : -1),
    );
    expect(found).toEqual({ rate: 0.5, sampleSize: HITS_MIN });
  });

  it("is none of too few, and says how few", () => {
    const found = hitRate(
      like,
      { rows: 12, horizon: 2 },
      () => like,
      () => 1,
    );
    expect(found).toEqual({ rate: null, sampleSize: 9 });
  });

  it("of a sell is that of falling, and what is not known is not counted", () => {
    const sell = { side: "sell", goal: "short" } as const;
    const terms = { rows: 40, horizon: 1 };
    const change = (from: number) => (from === 5 ? Number.NaN : -1);
    expect(hitRate(sell, terms, () => sell, change)).toEqual({ rate: 1, sampleSize: 37 });
  });
});

describe("the size of a position", () => {
  const by: SizedBy = { strength: 0.5, confidence: 0.6, volatility: 0.02, weight: 1 };

  it.each([
    [{ method: "fixedFraction", fraction: "0.3" }, {}, "0.3"],
    [{ method: "strengthScaled", fraction: "0.3" }, {}, "0.150000"],
    [{ method: "confidenceScaled", fraction: "0.5" }, { confidence: 0.75 }, "0.250000"],
    [{ method: "confidenceScaled", fraction: "0.5" }, { confidence: 0.5 }, null],
    [{ method: "confidenceScaled", fraction: "0.5" }, { confidence: null }, null],
    [{ method: "volatilityScaled", fraction: "0.4", targetVolatility: 0.01 }, {}, "0.200000"],
    [{ method: "volatilityScaled", fraction: "0.4", targetVolatility: 0.05 }, {}, "0.4"],
    [
      { method: "volatilityScaled", fraction: "0.4", targetVolatility: 0.01 },
      { volatility: null },
      null,
    ],
    [{ method: "fixedFraction", fraction: "0.4" }, { weight: 0.5 }, "0.200000"],
    [{ method: "fixedFraction", fraction: "0.4" }, { weight: 3 }, "0.400000"],
  ] as const)("%j by %j", (sizing, changes, expected) => {
    expect(fractionFor(sizing, { ...by, ...changes })).toBe(expected);
  });
});
