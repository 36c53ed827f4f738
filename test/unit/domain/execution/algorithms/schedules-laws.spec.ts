import * as fc from "fast-check";
import { icebergSlices } from "../../../../../domain/execution/algorithms/iceberg.ts";
import { splitByWeight, splitEqually } from "../../../../../domain/execution/algorithms/lots.ts";
import { povChild } from "../../../../../domain/execution/algorithms/pov.ts";
import { draw } from "../../../../../domain/execution/algorithms/seeded.ts";
import { sniperShot } from "../../../../../domain/execution/algorithms/sniper.ts";
import { twapSchedule } from "../../../../../domain/execution/algorithms/twap.ts";
import {
  volumeCurve,
  volumesByDay,
} from "../../../../../domain/execution/algorithms/volume-curve.ts";
import {
  vwapChild,
  vwapSchedule,
  vwapTargets,
} from "../../../../../domain/execution/algorithms/vwap.ts";
import { type Decimal, dec, text, ZERO } from "../../../../../domain/shared/decimal.ts";

const sumOf = (quantities: readonly string[]) =>
  text(quantities.reduce((sum, quantity) => sum.plus(quantity), ZERO));
const total = (parts: readonly number[]) => parts.reduce((sum, part) => sum + part, 0);

const terms = {
  quantity: "10000",
  lotSize: "1",
  startMs: 0,
  durationSeconds: 1300,
  intervalSeconds: 100,
  seed: 7,
};
const lots = fc.integer({ min: 1, max: 1_000_000 });

describe("a TWAP", () => {
  it("of 10,000 in 13 slices is 3 × 770 and 10 × 769", () => {
    // 10000 = 13 · 769 + 3: design/api.md §6
    const slices = twapSchedule(terms);
    const expected = [
      ...Array.from({ length: 3 }, () => "770"),
      ...Array.from({ length: 10 }, () => "769"),
    ];
    expect(slices.map(({ quantity }) => quantity)).toEqual(expected);
    expect(slices.map(({ atMs }) => atMs)).toEqual(expected.map((_, index) => index * 100_000));
  });

  it("has ⌊duration / interval⌋ slices and refuses fewer than one", () => {
    expect(twapSchedule({ ...terms, durationSeconds: 1399 })).toHaveLength(13);
    expect(() => twapSchedule({ ...terms, durationSeconds: 99 })).toThrow(
      /at least 1 interval, found 0/,
    );
  });

  it("refuses a quantity that is not a multiple of the lot", () => {
    expect(() => twapSchedule({ ...terms, lotSize: "3" })).toThrow(/multiple of 3/);
  });

  it("leaves out the slices for which no lot remains", () => {
    expect(twapSchedule({ ...terms, quantity: "2" }).map(({ atMs }) => atMs)).toEqual([0, 100_000]);
  });

  it("sums to the order, begins at once and keeps its order, whatever the jitter", () => {
    const cases = fc.record({
      units: lots,
      lotSize: fc.constantFrom("1", "100", "0.001", "0.00000001"),
      durationSeconds: fc.integer({ min: 60, max: 7200 }),
      intervalSeconds: fc.integer({ min: 1, max: 60 }),
      jitter: fc.double({ min: 0, max: 0.5, noNaN: true }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(cases, ({ units, ...rest }) => {
        const quantity = text(dec(rest.lotSize).times(units));
        const slices = twapSchedule({ ...rest, quantity, startMs: 5 });
        const times = slices.map(({ atMs }) => atMs);
        expect(sumOf(slices.map((slice) => slice.quantity))).toBe(quantity);
        expect(times[0]).toBe(5);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(times.at(-1)).toBeLessThanOrEqual(5 + rest.durationSeconds * 1000);
      }),
    );
  });

  it("with a jitter is the same again for the same seed, and another for another", () => {
    const jittered = { ...terms, jitter: 0.3 };
    expect(twapSchedule(jittered)).toEqual(twapSchedule(jittered));
    expect(twapSchedule(jittered)).not.toEqual(twapSchedule({ ...jittered, seed: 8 }));
  });
});

describe("lots", () => {
  it("by the largest remainder go to the larger fraction, ties to the earlier part", () => {
    expect(splitByWeight(10, [1, 1, 1])).toEqual([4, 3, 3]);
    expect(splitByWeight(5, [0.2, 0.5, 0.3])).toEqual([1, 3, 1]);
    expect(splitByWeight(7, [0, 1, 0])).toEqual([0, 7, 0]);
  });

  it("sum exactly, and each part is within one lot of its ideal", () => {
    const weights = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e15 }), weights, (count, shares) => {
        fc.pre(total(shares) > 1e-300);
        const parts = splitByWeight(count, shares);
        const whole = shares.reduce((sum, share) => sum.plus(share), ZERO);
        expect(total(parts)).toBe(count);
        parts.forEach((part, index) => {
          const ideal = dec(shares[index] ?? 0)
            .times(count)
            .dividedBy(whole);
          expect(ideal.minus(part).abs().lessThan(1)).toBe(true);
        });
      }),
    );
  });

  it("in equal parts differ by one at most, the longer first", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e15 }),
        fc.integer({ min: 1, max: 500 }),
        (count, n) => {
          const parts = splitEqually(count, n);
          expect(total(parts)).toBe(count);
          expect(parts).toEqual(parts.toSorted((a, b) => b - a));
          expect((parts[0] ?? 0) - (parts.at(-1) ?? 0)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it("refuse weights that say nothing", () => {
    expect(() => splitByWeight(1, [0, 0])).toThrow(RangeError);
    expect(() => splitByWeight(1, [1, Number.NaN])).toThrow(RangeError);
    expect(() => splitByWeight(1, [2, -1])).toThrow(RangeError);
  });
});

describe("a VWAP", () => {
  const buckets = { startMs: 0, endMs: 350, intervalMs: 100 };

  it("weighs days equally, or by their volume when pooled", () => {
    const days = [
      [10, 30],
      [300, 100],
      [0, 0],
    ];
    expect(volumeCurve(days)).toEqual([0.5, 0.5]);
    expect(volumeCurve(days, "pooled")).toEqual([310 / 440, 130 / 440]);
    expect(volumeCurve([[0, 0]])).toBeNull();
  });

  it("counts a bar of an earlier day in the bucket in which it begins", () => {
    const bars = [
      { startMs: -1000, volume: 5 },
      { startMs: -901, volume: 7 },
      { startMs: -700, volume: 11 },
      { startMs: -651, volume: 13 },
      { startMs: -650, volume: 17 },
    ];
    expect(volumesByDay(buckets, [-1000], bars)).toEqual([[12, 0, 0, 24]]);
  });

  it("aims at the curve and sums to the order", () => {
    const curves = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(lots, curves, (units, curve) => {
        fc.pre(total(curve) > 1e-9);
        const quantity = String(units);
        const { slices, unscheduled } = vwapSchedule({
          quantity,
          lotSize: "1",
          buckets,
          curve,
          expectedVolumes: null,
        });
        expect(sumOf(slices.map((slice) => slice.quantity))).toBe(quantity);
        expect(unscheduled).toBe("0");
      }),
    );
  });

  it("makes up in the next bucket for what was not executed, and waits off a surplus", () => {
    const targets = vwapTargets(100, [1, 1, 1, 1]);
    expect(targets).toEqual([25, 50, 75, 100]);
    expect(vwapChild({ targets, bucket: 2, executed: 30 })).toBe(45);
    expect(vwapChild({ targets, bucket: 1, executed: 60 })).toBe(0);
    expect(vwapChild({ targets, bucket: 3, executed: 50, cap: 12 })).toBe(12);
  });

  it("never takes more of a bucket than its participation allows, and says what that leaves", () => {
    const plan = vwapSchedule({
      quantity: "100",
      lotSize: "1",
      buckets,
      curve: [1, 1, 1, 1],
      maxParticipation: 0.1,
      expectedVolumes: [100, 500, 255, 200],
    });
    expect(plan.slices.map(({ quantity }) => quantity)).toEqual(["10", "40", "25", "20"]);
    expect(plan.unscheduled).toBe("5");
  });
});

describe("participation in the volume", () => {
  const seen = {
    nowMs: 60_000,
    startMs: 0,
    intervalVolume: "1999",
    totalVolume: "1999",
    remaining: 5000,
    executed: 0,
  };

  it("is ⌊rate · market volume⌋, and never more than remains", () => {
    expect(povChild({ rate: 0.1, lotSize: "1" }, seen)).toBe(199);
    expect(povChild({ rate: 0.1, lotSize: "100" }, seen)).toBe(1);
    expect(povChild({ rate: 0.1, lotSize: "1" }, { ...seen, remaining: 7 })).toBe(7);
    expect(povChild({ rate: 0.1, lotSize: "1" }, { ...seen, intervalVolume: "0" })).toBe(0);
  });

  it("makes up for children that did not fill, within the highest rate", () => {
    const behind = { ...seen, totalVolume: "20000", executed: 100 };
    expect(povChild({ rate: 0.1, minRate: 0.05, lotSize: "1" }, behind)).toBe(900);
    expect(povChild({ rate: 0.1, minRate: 0.05, maxRate: 0.2, lotSize: "1" }, behind)).toBe(399);
  });

  it("goes faster or slower to be complete in time, between the bounds", () => {
    const due = { rate: 0.1, minRate: 0.05, maxRate: 0.5, endMs: 120_000, lotSize: "1" };
    // The market is expected to trade 1,999 more: 5,000 would be 250 %, 600 are 30 %, 20 are 1 %.
    expect(povChild(due, seen)).toBe(999);
    expect(povChild(due, { ...seen, remaining: 600 })).toBe(600);
    expect(povChild({ ...due, endMs: 180_000 }, { ...seen, remaining: 801 })).toBe(400);
    expect(povChild({ ...due, endMs: 180_000 }, { ...seen, remaining: 150 })).toBe(99);
  });

  it("is complete at its end, unless a highest rate forbids it", () => {
    const end = { ...seen, nowMs: 120_000 };
    expect(povChild({ rate: 0.1, endMs: 120_000, lotSize: "1" }, end)).toBe(5000);
    expect(povChild({ rate: 0.1, maxRate: 0.2, endMs: 120_000, lotSize: "1" }, end)).toBe(399);
  });
});

describe("an iceberg", () => {
  it("never shows more than display · (1 + variance), and its slices sum to the order", () => {
    const cases = fc.record({
      units: fc.integer({ min: 1, max: 5000 }),
      display: fc.integer({ min: 1, max: 500 }),
      variance: fc.double({ min: 0, max: 0.99, noNaN: true }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(cases, ({ units, display, variance, seed }) => {
        const slices = icebergSlices(
          { displayQuantity: String(display), variance, lotSize: "1", seed },
          String(units),
        );
        expect(sumOf(slices)).toBe(String(units));
        const most = dec(display).times(dec(1).plus(variance));
        const isSound = (slice: Decimal) => slice.greaterThan(0) && slice.lessThanOrEqualTo(most);
        expect(slices.filter((slice) => !isSound(dec(slice)))).toEqual([]);
      }),
    );
  });

  it("without variance shows the same each time, and the rest at last", () => {
    expect(icebergSlices({ displayQuantity: "300", lotSize: "1", seed: 1 }, "1000")).toEqual([
      "300",
      "300",
      "300",
      "100",
    ]);
  });
});

describe("draws", () => {
  it("are in [0, 1) and evenly spread", () => {
    const counts = Array.from({ length: 10 }, () => 0);
    for (let index = 0; index < 10_000; index += 1) {
      const cell = Math.floor(draw(42, index) * 10);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    // 1,000 each, standard deviation 30
    expect(Math.max(...counts.map((count) => Math.abs(count - 1000)))).toBeLessThan(150);
    expect(total(counts)).toBe(10_000);
  });
});

describe("a sniper", () => {
  const market = { bid: "99.90", ask: "100.00", bidSize: "700", askSize: "500" };
  const buy = { side: "buy", limitPrice: "100.00", lotSize: "1" } as const;

  it("takes what is offered within its limit, its cap and what remains", () => {
    expect(sniperShot(buy, market, 2000)).toEqual({ lots: 500, touch: "100.00" });
    expect(sniperShot({ ...buy, cap: "200" }, market, 2000)).toEqual({
      lots: 200,
      touch: "100.00",
    });
    expect(sniperShot(buy, market, 30)).toEqual({ lots: 30, touch: "100.00" });
    expect(sniperShot({ side: "sell", limitPrice: "99.9", lotSize: "100" }, market, 9)).toEqual({
      lots: 7,
      touch: "99.90",
    });
  });

  it("waits, and says why", () => {
    expect(sniperShot({ ...buy, limitPrice: "99.99" }, market, 9)).toEqual({
      wait: "BEYOND_LIMIT",
    });
    expect(sniperShot(buy, { ...market, ask: null }, 9)).toEqual({ wait: "NOTHING_OFFERED" });
    expect(sniperShot(buy, { ...market, askSize: null }, 9)).toEqual({ wait: "SIZE_UNKNOWN" });
    expect(sniperShot({ ...buy, maxSpreadBps: 10 }, market, 9)).toEqual({
      wait: "SPREAD_TOO_WIDE",
    });
    expect(sniperShot({ ...buy, maxSpreadBps: 10 }, { ...market, bid: null }, 9)).toEqual({
      wait: "SPREAD_UNKNOWN",
    });
    expect(sniperShot({ ...buy, lotSize: "1000" }, market, 9)).toEqual({ wait: "SIZE_BELOW_LOT" });
  });
});
