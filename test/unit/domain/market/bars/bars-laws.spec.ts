import * as fc from "fast-check";
import type { Bar, Timeframe } from "../../../../../domain/market/bar.ts";
import { barOf } from "../../../../../domain/market/bars/time-bar.ts";
import {
  SPECIAL_BAR_KINDS,
  type SpecialBar,
} from "../../../../../domain/market/bars/special-bar.ts";
import { buildWith, newBuilder } from "../../../../../domain/market/bars/special-builder.ts";
import { sumText } from "../../../../../domain/market/bars/fixed.ts";
import { joinBars } from "../../../../../domain/market/bars/join-bars.ts";
import {
  noBars,
  type SymbolBars,
  takeTrades,
} from "../../../../../domain/market/bars/symbol-bars.ts";
import { countedTrade } from "../../../../../domain/market/bars/tally.ts";
import type { TradeTick } from "../../../../../domain/market/quote.ts";
import { add, dec, Decimal, multiply, text } from "../../../../../domain/shared/decimal.ts";
import { build, tick } from "./support.ts";

const MINUTE = 60_000;
/** From what float64 holds to what it never could, and below zero. */
const decimal = (min: number) =>
  fc
    .tuple(fc.bigInt({ min: BigInt(min), max: 10n ** 18n }), fc.nat(12))
    .map(([units, places]) => text(dec(units.toString()).times(`1e-${places}`)));
const small = fc
  .integer({ min: -5_000, max: 5_000 })
  .map((cents) => text(dec(cents).dividedBy(100)));
const price = fc.oneof(
  { weight: 4, arbitrary: small },
  { weight: 1, arbitrary: decimal(-1_000_000) },
);
const size = fc.oneof(fc.nat(1_000).map(String), decimal(0));

const trades = fc
  .array(fc.record({ gap: fc.nat(90_000), price, size }), { minLength: 1, maxLength: 60 })
  .map((list) => {
    let at = 0;
    return list.map((one) => tick((at += one.gap + 1), one.price, one.size));
  });

const sum = (values: readonly string[]) => values.reduce(add, "0");
const none = () => -Infinity;

function finals(order: readonly TradeTick[], timeframes: readonly Timeframe[]): Map<string, Bar> {
  const watch = { timeframes, special: [], quotes: null };
  const bars = new Map<string, Bar>();
  const lastMs = new Map<Timeframe, number>();
  let state: SymbolBars = noBars(watch, "X");
  for (const trade of order) {
    const { bars: next, steps } = takeTrades(
      state,
      [trade],
      (timeframe) => lastMs.get(timeframe) ?? -Infinity,
    );
    state = JSON.parse(JSON.stringify(next)) as SymbolBars;
    for (const { type, bar } of steps) {
      bars.set(`${bar.timeframe} ${bar.startMs}`, bar);
      if (type === "closed") lastMs.set(bar.timeframe, bar.startMs);
    }
  }
  for (const open of Object.values(state.openBars)) {
    bars.set(`${open.timeframe} ${open.startMs}`, barOf(open));
  }
  return bars;
}

describe("bars of any kind", () => {
  it.each(SPECIAL_BAR_KINDS)("conserve volume, trades and sequence: %s", (kind) => {
    const count = ["tick", "tickImbalance", "volumeImbalance"].includes(kind);
    const sizes = count
      ? fc.integer({ min: 1, max: 9 }).map(String)
      : fc.constantFrom("0.37", "25", "900");
    fc.assert(
      fc.property(trades, sizes, (list, barSize) => {
        const { bars, builder } = build(kind, barSize, list);
        const open = builder.open === null ? "0" : sumText(builder.open.volume);
        expect(add(sum(bars.map(({ volume }) => volume)), open)).toBe(sum(list.map((t) => t.size)));
        const counted = bars.reduce((total, bar) => total + bar.tradeCount, 0);
        expect(counted + (builder.open?.tradeCount ?? 0)).toBe(list.length);
        expect(bars.map(({ sequence }) => sequence)).toEqual(bars.map((_, n) => n));
        expect(builder.sequence).toBe(bars.length);
      }),
      { numRuns: 300 },
    );
  });

  it("contain open and close between low and high, and Renko bricks join", () => {
    fc.assert(
      fc.property(trades, fc.constantFrom(...SPECIAL_BAR_KINDS), (list, kind) => {
        const { bars } = build(kind, "3", list);
        for (const bar of bars) {
          for (const inside of [bar.open, bar.close]) {
            expect(
              dec(bar.low).lessThanOrEqualTo(inside) && dec(bar.high).greaterThanOrEqualTo(inside),
            ).toBe(true);
          }
          if (kind === "renko") expect(dec(bar.high).minus(bar.low).toString()).toBe("3");
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("bars of the clock", () => {
  it("are the same in any order in which trades are at most three bars late", () => {
    const shuffled = trades.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.array(fc.nat(150_000), { minLength: list.length, maxLength: list.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([list, delays]) => {
        const arrival = new Map(
          list.map((trade, n) => [trade, trade.tsEventMs + (delays[n] ?? 0)]),
        );
        const order = list.toSorted((a, b) => (arrival.get(a) ?? 0) - (arrival.get(b) ?? 0));
        expect(finals(order, ["1m", "5m"])).toEqual(finals(list, ["1m", "5m"]));
      }),
      { numRuns: 300 },
    );
  });

  it("of five minutes are those of one minute joined", () => {
    fc.assert(
      fc.property(trades, (list) => {
        const bars = [...finals(list, ["1m", "5m"]).values()];
        const of = (timeframe: Timeframe) => bars.filter((bar) => bar.timeframe === timeframe);
        for (const five of of("5m")) {
          const [head, ...rest] = of("1m").filter(
            ({ startMs }) => startMs >= five.startMs && startMs < five.startMs + 5 * MINUTE,
          );
          if (head === undefined) throw new Error("expected a minute");
          const joined = rest.reduce(joinBars, head);
          const { vwap: a, timeframe: _, startMs: __, ...figures } = five;
          expect(joined).toMatchObject(figures);
          // Each minute's vwap is rounded at ten places, so the joined one may differ in the last.
          const isNear =
            a === undefined ||
            dec(joined.vwap ?? a)
              .minus(a)
              .abs()
              .lessThan("1e-8");
          expect(isNear).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("hold sums that are exact to the last digit", () => {
    fc.assert(
      fc.property(trades, (list) => {
        const day = noBars({ timeframes: ["1d"], special: [], quotes: null }, "X");
        const { bars } = takeTrades(day, list, none);
        const open = bars.openBars["1d"];
        if (open === undefined || open.tradeCount !== list.length) return;
        expect(sumText(open.volume)).toBe(sum(list.map((t) => t.size)));
        expect(sumText(open.turnover)).toBe(sum(list.map((t) => multiply(t.price, t.size))));
        const volume = sum(list.map((t) => t.size));
        if (volume !== "0") {
          const exact = dec(sum(list.map((t) => multiply(t.price, t.size)))).dividedBy(volume);
          expect(barOf(open).vwap).toBe(text(exact.toDecimalPlaces(10, Decimal.ROUND_HALF_EVEN)));
        }
        const high = list.reduce(
          (best, t) => (dec(t.price).greaterThan(best) ? t.price : best),
          list[0]?.price ?? "",
        );
        expect(open.high.text).toBe(high);
      }),
      { numRuns: 500 },
    );
  });

  it("come out the same in one batch and trade by trade, with all kinds of bars beside them", () => {
    const special = SPECIAL_BAR_KINDS.map((kind) => ({ kind, size: "3" }));
    const watch = { timeframes: ["1m", "1h"] as const, special, quotes: null };
    fc.assert(
      fc.property(trades, (list) => {
        const whole = takeTrades(noBars(watch, "X"), list, none);
        let state: SymbolBars = noBars(watch, "X");
        const closed: SpecialBar[] = [];
        for (const trade of list) {
          const taken = takeTrades(state, [trade], none);
          state = taken.bars;
          closed.push(...taken.closed);
        }
        expect(whole.bars.openBars).toEqual(state.openBars);
        expect(whole.bars.builders).toEqual(state.builders);
        const byName = (bars: typeof closed) => bars.map((bar) => JSON.stringify(bar)).toSorted();
        expect(byName([...whole.closed])).toEqual(byName(closed));
      }),
      { numRuns: 100 },
    );
  });

  it("end with what a builder of its own makes of the same trades", () => {
    const alone = build("volume", "50", [tick(1, "5", "30"), tick(2, "6", "30")]);
    const { closed } = takeTrades(
      noBars({ timeframes: [], special: [{ kind: "volume", size: "50" }], quotes: null }, "X"),
      [tick(1, "5", "30"), tick(2, "6", "30")],
      none,
    );
    expect(closed).toEqual(alone.bars);
    expect(
      buildWith(newBuilder("X", { kind: "tick", size: "1" }), countedTrade(tick(1, "5"))).closed,
    ).toHaveLength(1);
  });
});
