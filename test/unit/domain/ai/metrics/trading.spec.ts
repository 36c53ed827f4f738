import { tradingFacts, type TradedRows } from "../../../../../domain/ai/metrics/trading.ts";

const DAY_MS = 86_400_000;

function rows(isLong: readonly number[], next: readonly number[], horizon: number): TradedRows {
  return {
    symbol: new Int32Array(isLong.length),
    closeMs: Float64Array.from(isLong, (_, i) => i * DAY_MS),
    isLong: Uint8Array.from(isLong),
    nextReturn: Float64Array.from(next),
    horizon,
  };
}

const alternating = Array.from({ length: 40 }, (_, i) => i % 2);

describe("trading by predictions", () => {
  it("turns the whole position over with every change of mind", () => {
    const next = alternating.map((_, i) => (i % 2 === 1 ? 0.01 : -0.02));
    const facts = tradingFacts(rows(alternating, next, 1));
    // From nothing to all, and back: 39 changes of 1, after a first bar without one.
    expect(facts?.turnover).toBeCloseTo(39 / 40, 12);
    expect(facts?.maxDrawdown).toBe(0);
    expect(facts?.sharpe).toBeGreaterThan(0);
  });

  it("holds the mean of what is open when horizons overlap", () => {
    const facts = tradingFacts(
      rows(
        alternating,
        alternating.map(() => 0.01),
        2,
      ),
    );
    // Half a position from the second bar on, whatever is said of the next.
    expect(facts?.turnover).toBeCloseTo(0.5 / 40, 12);
  });

  it("tells the deepest fall", () => {
    const next = Array.from({ length: 30 }, (_, i) => (i === 10 ? -0.5 : i === 11 ? -0.2 : 0.01));
    const facts = tradingFacts(
      rows(
        next.map(() => 1),
        next,
        1,
      ),
    );
    expect(facts?.maxDrawdown).toBeCloseTo(1 - 0.5 * 0.8, 12);
  });

  it("divides the capital among the symbols of a moment, each with positions of its own", () => {
    const one = rows(
      alternating,
      alternating.map(() => 0.01),
      1,
    );
    const both: TradedRows = {
      symbol: Int32Array.of(...one.symbol, ...one.symbol.map(() => 1)),
      closeMs: Float64Array.of(...one.closeMs, ...one.closeMs),
      isLong: Uint8Array.of(...one.isLong, ...one.isLong.map(() => 0)),
      nextReturn: Float64Array.of(...one.nextReturn, ...one.nextReturn),
      horizon: 1,
    };
    expect(tradingFacts(both)?.turnover).toBeCloseTo((tradingFacts(one)?.turnover ?? 0) / 2, 12);
  });

  it("says nothing of a few bars, and no ratio of what never moves", () => {
    expect(tradingFacts(rows([1, 1], [0, 0], 1))).toBeNull();
    expect(
      tradingFacts(
        rows(
          alternating.map(() => 0),
          alternating,
          1,
        ),
      )?.sharpe,
    ).toBeNull();
  });
});
