import * as fc from "fast-check";
import { type BarHistory, momentsOf, withBar } from "../../../../domain/execution/bar-history.ts";
import { type Slipped, distanceOf, slip } from "../../../../domain/execution/slippage.ts";
import type { Slippage } from "../../../../domain/execution/venue-rules.ts";
import { dec } from "../../../../domain/shared/decimal.ts";

function slipped(slippage: Slippage, changes: Partial<Slipped> = {}): Slipped {
  const base = { side: "buy", price: dec("100"), quantity: dec("10"), volume: "1000" } as const;
  return { ...base, slippage, history: [], tickSize: undefined, ...changes };
}

const at = (slippage: Slippage, changes: Partial<Slipped> = {}) =>
  slip(slipped(slippage, changes)).toFixed();

/** 21 bars that go up and down by 1 %, of 400 each. */
const HISTORY: BarHistory = Array.from({ length: 21 }, (_, index) => ({
  lengthMs: 60_000,
  close: index % 2 === 0 ? "100" : "101",
  volume: "400",
}));

describe("slippage", () => {
  it("of a fixed size goes against the order, rounded against it where there is a tick", () => {
    expect(at({ model: "none" })).toBe("100");
    expect(at({ model: "fixed", amount: "0.07" })).toBe("100.07");
    expect(at({ model: "fixed", amount: "0.07" }, { side: "sell" })).toBe("99.93");
    expect(at({ model: "fixed", bps: "3" }, { tickSize: "0.05" })).toBe("100.05");
    expect(at({ model: "fixed", bps: "3" }, { tickSize: "0.05", side: "sell" })).toBe("99.95");
    expect(at({ model: "fixed", ticks: "2" }, { tickSize: "0.25" })).toBe("100.5");
  });

  it("in ticks is none where the tick is not known", () => {
    expect(at({ model: "fixed", ticks: "2" })).toBe("100");
  });

  it("never makes a price negative", () => {
    expect(at({ model: "fixed", amount: "500" }, { side: "sell" })).toBe("0");
  });

  // VolumeShareSlippageModel.cs of QuantConnect/Lean: price · impact · min(quantity / volume, limit)².
  it.each([
    ["10", "1000", "0.001"],
    ["20", "1000", "0.004"],
    ["900", "1000", "0.00625"],
    ["1", "0", "0.00625"],
  ])("by the volume share of %s in %s is %s, as LEAN's", (quantity, volume, distance) => {
    const model = { model: "volumeShare", volumeLimit: "0.025", priceImpact: "0.1" } as const;
    expect(distanceOf(slipped(model, { quantity: dec(quantity), volume })).toFixed()).toBe(
      distance,
    );
  });

  it("by volume share is none where the volume is not known", () => {
    const model = { model: "volumeShare", volumeLimit: "0.025", priceImpact: "0.1" } as const;
    expect(at(model, { volume: null })).toBe("100");
  });

  it("by the square root is Y·σ·√(Q/V) of what the bars showed", () => {
    // σ by hand: ten returns of 0.01 and ten of 100/101 − 1 = −0.00990099…
    const down = 100 / 101 - 1;
    const mean = (0.01 + down) / 2;
    const sigma = Math.sqrt((10 * (0.01 - mean) ** 2 + 10 * (down - mean) ** 2) / 19);
    expect(momentsOf(HISTORY)?.volatility).toBeCloseTo(sigma, 12);
    const model = { model: "squareRoot", factor: "2" } as const;
    const moved = distanceOf(slipped(model, { quantity: dec("100"), history: HISTORY })).toNumber();
    expect(moved).toBeCloseTo(100 * 2 * sigma * Math.sqrt(100 / 400), 9);
  });

  it("by the square root is none before 21 bars of one length have been seen", () => {
    const model = { model: "squareRoot", factor: "2" } as const;
    expect(at(model, { history: HISTORY.slice(1) })).toBe("100");
    const hourly = { lengthMs: 3_600_000, close: "100", volume: "1" };
    expect(withBar(HISTORY, hourly)).toEqual([hourly]);
    expect(withBar(HISTORY, { ...hourly, lengthMs: 60_000 })).toHaveLength(21);
  });

  it("by the square root doubles with four times the quantity", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (quantity) => {
        const model = { model: "squareRoot", factor: "1" } as const;
        const one = distanceOf(slipped(model, { quantity: dec(quantity), history: HISTORY }));
        const four = distanceOf(slipped(model, { quantity: dec(4 * quantity), history: HISTORY }));
        expect(four.dividedBy(one).toNumber()).toBeCloseTo(2, 9);
      }),
      { numRuns: 50 },
    );
  });
});
