import type { Bar } from "../../../../../domain/market/bar.ts";
import {
  buildWith,
  buildWithBar,
  newBuilder,
  sizeFault,
} from "../../../../../domain/market/bars/special-builder.ts";
import { countedTrade } from "../../../../../domain/market/bars/tally.ts";
import { build, T0, tick } from "./support.ts";

const prices = (...list: readonly number[]) => list.map((price, n) => tick(n, String(price)));

describe("tick bars", () => {
  it("close with every third trade and count from 0", () => {
    const { bars, builder } = build("tick", "3", prices(5, 7, 6, 9, 9, 8, 1));
    expect(bars).toEqual([
      expect.objectContaining({
        sequence: 0,
        open: "5",
        high: "7",
        low: "5",
        close: "6",
        tradeCount: 3,
      }),
      expect.objectContaining({ sequence: 1, open: "9", high: "9", low: "8", close: "8" }),
    ]);
    expect(bars[0]).toMatchObject({ startMs: T0, endMs: T0 + 2, volume: "3", vwap: "6" });
    expect(builder.open?.tradeCount).toBe(1);
  });

  it("carry the microseconds of a venue that tells them", () => {
    const { bars } = build("tick", "1", [tick(0, "1", "1", { tsEventMicros: 417 })]);
    expect(bars[0]).toMatchObject({ startMicros: 417, endMicros: 417 });
  });
});

describe("volume bars", () => {
  it("take a trade that is larger than what is left whole: it overshoots, and makes one bar", () => {
    const { bars, builder } = build("volume", "10", [
      tick(0, "5", "9.5"),
      tick(1, "6", "1000"),
      tick(2, "7", "3"),
    ]);
    expect(bars.map(({ volume, tradeCount }) => [volume, tradeCount])).toEqual([["1009.5", 2]]);
    expect(builder.open?.tradeCount).toBe(1);
  });

  it("close at exactly the size, of decimals that float64 cannot hold", () => {
    const { bars } = build("volume", "0.3", [tick(0, "1", "0.1"), tick(1, "1", "0.2")]);
    expect(bars).toHaveLength(1);
  });
});

describe("dollar bars", () => {
  it("count money at any price: turnover below zero fills a bar like any other", () => {
    // The May 2020 WTI contract settled at −37.63 on 2020-04-20.
    const { bars } = build("dollar", "100", [tick(0, "-37.63", "2"), tick(1, "-30", "1")]);
    expect(bars).toMatchObject([{ low: "-37.63", high: "-30", vwap: "-35.0866666667" }]);
  });
});

describe("range bars", () => {
  it("close with the trade that makes them as wide as the range", () => {
    const { bars } = build("range", "2", prices(10, 11, 10.5, 12, 12));
    expect(bars).toMatchObject([{ open: "10", high: "12", low: "10", close: "12", tradeCount: 4 }]);
  });

  it("are wider than the range after a gap: no price is made up", () => {
    const { bars } = build("range", "2", prices(10, 25));
    expect(bars).toMatchObject([{ high: "25", low: "10" }]);
  });
});

describe("Renko bricks", () => {
  const closes = (size: string, ...list: readonly number[]) =>
    build("renko", size, prices(...list)).bars.map(({ open, close }) => `${open}>${close}`);

  it("lie on multiples of the brick and follow a move brick by brick", () => {
    expect(closes("1", 10.2, 10.9, 11, 13.5)).toEqual(["10>11", "11>12", "12>13"]);
  });

  it("turn after two bricks", () => {
    expect(closes("1", 10, 12, 11, 10.01, 10)).toEqual(["10>11", "11>12", "11>10"]);
    expect(closes("1", 10, 8, 9.99, 10)).toEqual(["10>9", "9>8", "9>10"]);
  });

  it("cross zero", () => {
    expect(closes("0.5", 0.4, -0.6, -1)).toEqual(["0>-0.5", "-0.5>-1"]);
  });

  it("of one trade give the volume to the first, so that every share is in one", () => {
    const { bars } = build("renko", "1", [tick(0, "10", "4"), tick(5, "13", "6")]);
    expect(
      bars.map(({ volume, tradeCount, startMs }) => [volume, tradeCount, startMs - T0]),
    ).toEqual([
      ["10", 2, 0],
      ["0", 0, 5],
      ["0", 0, 5],
    ]);
    expect(bars[1]).not.toHaveProperty("vwap");
  });

  it("begin anew after a jump of a thousand bricks or more", () => {
    const { bars } = build("renko", "1", [tick(0, "10"), tick(1, "5000"), tick(2, "5001")]);
    expect(bars).toMatchObject([{ open: "5000", close: "5001", volume: "3", tradeCount: 3 }]);
  });
});

describe("imbalance bars", () => {
  // By hand after López de Prado (2018), 2.3.2: the first bar has 3 trades (+1 of the second, +1 of the third; the first has no
  // sign). E[b] by weights of 2/(3+1): 0, 0.5, 0.75. E[T] = 3. So the next closes at |θ| ≥ 3 · 0.75 = 2.25.
  it("close when the imbalance reaches what is expected", () => {
    const { bars, builder } = build("tickImbalance", "3", prices(1, 2, 3, 4, 3, 4, 5, 6));
    expect(bars.map(({ tradeCount }) => tradeCount)).toEqual([3, 5]);
    expect(builder.imbalance?.expectedTrades).toBeCloseTo(3 + (2 / 21) * 2, 12);
  });

  it("give a trade at an unchanged price the sign of the last change", () => {
    // θ: +1 +1 +1
    expect(
      build("tickImbalance", "3", prices(1, 2, 3, 4, 4, 4)).bars.map((b) => b.tradeCount),
    ).toEqual([3, 3]);
  });

  it("believe a venue that says who took", () => {
    const sell = { aggressor: "sell" } as const;
    const trades = [1, 2, 3, 4, 5, 6].map((price) => tick(price, String(price), "2", sell));
    const { builder } = build("volumeImbalance", "3", trades);
    expect(builder.imbalance?.sign).toBe(-1);
    expect(builder.imbalance?.expectedSigned).toBe(-2);
  });
});

describe("a series built from bars", () => {
  const bar = (minute: number, volume: string): Bar => ({
    symbol: "X",
    timeframe: "1m",
    startMs: T0 + minute * 60_000,
    open: "10",
    high: "12",
    low: "9",
    close: "11",
    volume,
    vwap: "10.5",
    tradeCount: 7,
    source: "vendor",
  });

  it("counts each bar as one trade", () => {
    const first = buildWithBar(newBuilder("X", { kind: "volume", size: "100" }), bar(0, "60"));
    const second = buildWithBar(first.builder, bar(1, "50.5"));
    expect(second.closed).toEqual([
      {
        symbol: "X",
        kind: "volume",
        size: "100",
        sequence: 0,
        startMs: T0,
        endMs: T0 + 119_999,
        open: "10",
        high: "12",
        low: "9",
        close: "11",
        volume: "110.5",
        vwap: "10.5",
        tradeCount: 14,
        source: "vendor",
      },
    ]);
  });
});

describe("a size", () => {
  it("is above 0, and a count where trades are counted", () => {
    expect(sizeFault({ kind: "volume", size: "0.001" })).toBeNull();
    expect(sizeFault({ kind: "volume", size: "0" })).toBe("must be above 0");
    expect(sizeFault({ kind: "tick", size: "2.5" })).toContain("integer");
    expect(sizeFault({ kind: "tickImbalance", size: "1e10" })).toContain("integer");
    expect(() => newBuilder("X", { kind: "tick", size: "-1" })).toThrow("above 0");
  });

  it("that no safe integer holds is counted exactly all the same", () => {
    const size = "12345678901234567890.123456789";
    let builder = newBuilder("X", { kind: "volume", size });
    const half = countedTrade(tick(0, "99999999999999999999.1", "6172839450617283945.0617283945"));
    builder = buildWith(builder, half).builder;
    const { closed } = buildWith(builder, half);
    expect(closed).toMatchObject([{ volume: size, vwap: "99999999999999999999.1" }]);
  });
});
