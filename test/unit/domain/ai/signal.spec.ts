import * as fc from "fast-check";
import { crossoverSignal, type CrossoverInput, type Lines } from "../../../../domain/ai/signal.ts";

const startMs = Date.parse("2020-03-02T00:00:00Z");
const idOf = (key: string) => `id of ${key}`;

function signal(previous: Lines, present: Lines, extra: Partial<CrossoverInput> = {}) {
  const bar = { symbol: "SPX", timeframe: "1d", startMs } as const;
  const names = { fastName: "sma_20", slowName: "sma_50" };
  return crossoverSignal({ strategyId: "cross", bar, ...names, previous, present, ...extra }, idOf);
}

const turned = ({ fast, slow }: Lines): Lines => ({ fast: slow, slow: fast });

describe("the crossover signal", () => {
  it("buys when the fast line comes from at or below to above", () => {
    expect(signal({ fast: 99, slow: 100 }, { fast: 103, slow: 100 })).toEqual({
      signalId: `id of ["signal","cross","SPX",${String(startMs + 86_400_000)}]`,
      strategyId: "cross",
      symbol: "SPX",
      side: "buy",
      strength: 1,
      confidence: 0.75,
      reason: "sma_20 crossed above sma_50 (sma_20 103, sma_50 100)",
      source: "crossover:sma_20:sma_50",
      asOfMs: startMs + 86_400_000,
    });
    expect(signal({ fast: 100, slow: 100 }, { fast: 101, slow: 100 }).side).toBe("buy");
  });

  it("sells when the fast line comes from at or above to below", () => {
    const sold = signal({ fast: 101, slow: 100 }, { fast: 99, slow: 100 });
    expect(sold).toMatchObject({ side: "sell", strength: 1, confidence: 0.5 });
    expect(sold.reason).toContain("crossed below");
  });

  it.each([
    ["stays above", { fast: 2, slow: 1 }, { fast: 3, slow: 1 }],
    ["stays below", { fast: 1, slow: 2 }, { fast: 1, slow: 3 }],
    ["meets", { fast: 1, slow: 2 }, { fast: 2, slow: 2 }],
    ["is warming up", { fast: 1, slow: null }, { fast: 3, slow: 2 }],
    ["is warming up", { fast: 1, slow: 2 }, { fast: null, slow: null }],
  ])("holds when the fast line %s", (reason, previous, present) => {
    const held = signal(previous, present);
    expect(held).toMatchObject({ side: "hold", strength: 0, confidence: 0 });
    expect(held.reason).toContain(reason);
  });

  it("works for negative prices: only the order of the lines counts", () => {
    expect(signal({ fast: -38, slow: -37 }, { fast: -36, slow: -37 }).side).toBe("buy");
  });

  it("is the same signal when it is computed again, and another for another bar, symbol or strategy", () => {
    const lines = [
      { fast: 1, slow: 2 },
      { fast: 3, slow: 2 },
    ] as const;
    const bar = { symbol: "SPX", timeframe: "1d", startMs: startMs + 86_400_000 } as const;
    const ids = [
      signal(...lines).signalId,
      signal(...lines, { bar }).signalId,
      signal(...lines, { bar: { ...bar, symbol: "IBM" } }).signalId,
      signal(...lines, { strategyId: "other" }).signalId,
    ];
    expect(signal(...lines)).toEqual(signal(...lines));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("refuses lines that are no numbers", () => {
    expect(() => signal({ fast: Number.NaN, slow: 1 }, { fast: 1, slow: 1 })).toThrow(RangeError);
  });

  it("stays within its ranges and mirrors: turning the lines over turns buy into sell", () => {
    const line = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    const lines = fc.record({ fast: line, slow: line });
    const opposite = { buy: "sell", sell: "buy", hold: "hold" } as const;
    fc.assert(
      fc.property(lines, lines, (previous, present) => {
        const one = signal(previous, present);
        const other = signal(turned(previous), turned(present));
        expect(other.side).toBe(opposite[one.side]);
        expect(other.confidence).toBe(one.confidence);
        expect(one.confidence).toBeGreaterThanOrEqual(0);
        expect(one.confidence).toBeLessThanOrEqual(1);
      }),
    );
  });
});
