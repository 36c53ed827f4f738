import * as fc from "fast-check";
import { KERNELS } from "../../../../domain/features/catalogue.ts";
import type { BarFloats, FeatureValue, Kernel } from "../../../../domain/features/kernel.ts";
import type { Json } from "../../../../domain/shared/json.ts";
import { SP500 } from "./sp500-bars.ts";

const all = [...KERNELS.values()].map((kernel) => [kernel.name, kernel] as const);
const defaultsOf = (kernel: Kernel) => kernel.parameters.map((parameter) => parameter.default);

const thaw = (state: Json): Json => JSON.parse(JSON.stringify(state)) as Json; // what was put in
const keep = (state: Json): Json => state;

function run(kernel: Kernel, bars: readonly BarFloats[], between = keep): FeatureValue[] {
  let state = kernel.init(defaultsOf(kernel));
  return bars.map((bar) => {
    const step = kernel.update(between(state), bar);
    state = step.state;
    return step.value;
  });
}

const numbersOf = (value: FeatureValue): readonly (number | null)[] =>
  typeof value === "object" && value !== null ? Object.values(value) : [value];

const DAY_MS = 86_400_000;
const series = (count: number, of: (index: number) => Partial<BarFloats>): BarFloats[] =>
  Array.from({ length: count }, (_, index) => ({
    open: 100,
    high: 100,
    low: 100,
    close: 100,
    volume: 10,
    startMs: index * (DAY_MS / 4),
    benchmark: 100 + (index % 3),
    ...of(index),
  }));

const wave = (index: number) => {
  const close = 100 + 9 * Math.sin(index * index);
  return { open: 100, high: close + 3, low: Math.min(close, 100) - 1, close };
};

/** Markets that have happened, and in which a formula divides by nothing. */
const MARKETS: { readonly [market: string]: readonly BarFloats[] } = {
  "that never moves": series(250, () => ({ benchmark: 50 })),
  "that never trades": series(250, (index) => ({ ...wave(index), volume: 0 })),
  "that never moves or trades": series(250, () => ({ volume: 0 })),
  "that costs nothing": series(250, () => ({ open: 0, high: 0, low: 0, close: 0 })),
  "with negative prices, as of oil on 2020-04-20": series(250, (index) => {
    const close = -30 + 9 * Math.sin(index);
    return { open: close - 1, high: close + 2, low: close - 2, close };
  }),
  "that crosses zero": series(250, (index) => {
    const close = (index % 7) - 3;
    return { open: close, high: close + (index % 2), low: close, close };
  }),
  "that falls still": series(400, (index) => (index < 150 ? wave(index) : {})),
  "with a benchmark that has gaps": series(250, (index) => ({
    ...wave(index),
    benchmark: index % 5 === 0 ? Number.NaN : 100 + (index % 4),
  })),
  "with prices of 1e-9 and volumes of 1e12": series(250, (index) => {
    const { open, high, low, close } = wave(index);
    const tiny = (price: number) => price * 1e-11;
    return { open: tiny(open), high: tiny(high), low: tiny(low), close: tiny(close), volume: 1e12 };
  }),
};

describe.each(all)("%s", (_, kernel) => {
  it.each(Object.keys(MARKETS))("is null or a number in a market %s", (market) => {
    const values = run(kernel, MARKETS[market] ?? []).flatMap(numbersOf);
    expect(values.filter((value) => value !== null && !Number.isFinite(value))).toEqual([]);
  });

  it("has its lines from the first bar on, and values exactly after its warm-up", () => {
    const values = run(kernel, SP500.slice(0, 200)).map(numbersOf);
    const warmup = kernel.warmup(defaultsOf(kernel));
    const lines = kernel.lines?.length ?? 1;
    expect(new Set(values.map((row) => row.length))).toEqual(new Set([lines]));
    expect(values.slice(0, warmup).filter((row) => !row.includes(null))).toEqual([]);
    expect(values.slice(warmup).filter((row) => row.includes(null))).toEqual([]);
  });

  it("goes on identically after its state went through JSON, at every bar", () => {
    const bars = SP500.slice(0, 160);
    expect(run(kernel, bars, thaw)).toEqual(run(kernel, bars));
  });

  it("refuses a bar with a value that is not finite and is none the worse for it", () => {
    let state = kernel.init(defaultsOf(kernel));
    for (const bar of SP500.slice(0, 40)) state = kernel.update(state, bar).state;
    const before = JSON.stringify(state);
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const bar = { ...wave(1), volume: 1, low: bad };
      expect(() => kernel.update(state, bar)).toThrow("expected finite");
    }
    expect(JSON.stringify(state)).toBe(before);
  });

  it("refuses parameters out of bounds and the wrong number of them", () => {
    const defaults = defaultsOf(kernel);
    expect(() => kernel.init([...defaults, 3])).toThrow(RangeError);
    for (const [at, { min, max, isInteger }] of kernel.parameters.entries()) {
      for (const bad of [min - 0.5, max + 1, Number.NaN, ...(isInteger ? [min + 0.5] : [])]) {
        expect(() => kernel.init(defaults.with(at, bad))).toThrow(RangeError);
      }
    }
  });

  it("says where it comes from and what it does at its edges", () => {
    expect(kernel.description.length).toBeGreaterThan(10);
    expect(kernel.source.length).toBeGreaterThan(5);
    expect(kernel.edge.length).toBeGreaterThan(5);
  });
});

describe("every indicator at once", () => {
  const price = fc.double({ min: -1000, max: 1000, noNaN: true });
  const bars = fc.array(
    fc.record({
      open: price,
      high: price,
      low: price,
      close: price,
      volume: price,
      benchmark: price,
    }),
    { maxLength: 60 },
  );

  it("is never NaN or infinite, and goes on identically after JSON, whatever the bars", () => {
    fc.assert(
      fc.property(bars, fc.nat(59), (list, cut) => {
        for (const kernel of KERNELS.values()) {
          let index = 0;
          const values = run(kernel, list);
          const revived = run(kernel, list, (state) => (index++ === cut ? thaw(state) : state));
          expect(revived).toEqual(values);
          const wrong = values.flatMap(numbersOf).filter((v) => v !== null && !Number.isFinite(v));
          expect([kernel.name, wrong]).toEqual([kernel.name, []]);
        }
      }),
      { numRuns: 15 },
    );
  });

  it("does not look ahead: the last bar changes nothing before it", () => {
    const bars200 = SP500.slice(0, 200);
    const other = { ...wave(3), volume: 5, startMs: SP500[199]?.startMs, benchmark: 3 };
    for (const kernel of KERNELS.values()) {
      const changed = run(kernel, bars200.with(199, other));
      expect(changed.slice(0, 199)).toEqual(run(kernel, bars200).slice(0, 199));
    }
  });

  it("has a state of at most 1 kB, but for those whose windows are larger, and none that grows", () => {
    const sizes = all.map(([name, kernel]) => {
      let state = kernel.init(defaultsOf(kernel));
      let largest = 0;
      for (const [index, bar] of SP500.slice(0, 1500).entries()) {
        state = kernel.update(state, bar).state;
        if (index % 50 === 0) largest = Math.max(largest, JSON.stringify(state).length);
      }
      return [name, largest] as const;
    });
    const large = sizes.filter(([, bytes]) => bytes > 1024);
    // Three windows of logarithms, each at full precision.
    expect(large.map(([name]) => name)).toEqual(["yangzhang"]);
    expect(Math.max(...sizes.map(([, bytes]) => bytes))).toBeLessThan(2048);
  });
});

describe("vwap", () => {
  it("begins anew at 00:00 UTC, and has no value without a time", () => {
    const quarter = DAY_MS / 4;
    const bars = [10, 20, 30, 40, 7].map((close, index) => ({
      open: close,
      high: close,
      low: close,
      close,
      volume: index + 1,
      startMs: index * quarter,
    }));
    const vwap = KERNELS.get("vwap");
    if (vwap === undefined) throw new Error("expected vwap");
    expect(run(vwap, bars)).toEqual([10, 50 / 3, 140 / 6, 30, 7]);
    expect(
      run(
        vwap,
        bars.map((bar) => ({ ...bar, startMs: undefined })),
      ),
    ).toEqual(bars.map(() => null));
  });
});
