import * as fc from "fast-check";
import { ema } from "../../../../domain/features/ema.ts";
import type { BarFloats, Kernel } from "../../../../domain/features/kernel.ts";
import { computeSeries } from "../../../../domain/features/pipeline.ts";
import { rsi } from "../../../../domain/features/rsi.ts";
import { sma } from "../../../../domain/features/sma.ts";
import reference from "../../../fixtures/indicators/sp500-talib.json" with { type: "json" };
import stockcharts from "../../../fixtures/indicators/stockcharts.json" with { type: "json" };

type Values = readonly (number | null)[];

const barOf = (close: number): BarFloats => ({
  open: close,
  high: close,
  low: close,
  close,
  volume: 1,
});

function series(feature: string, closes: readonly number[]): Values {
  const columns = { open: closes, high: closes, low: closes, close: closes, volume: closes };
  return computeSeries([feature], columns)[feature] ?? [];
}

const rounded = (values: Values, places: number) =>
  values.map((value) => (value === null ? null : Number(value.toFixed(places))));

/** The largest difference; infinite when one has a value where the other has null. */
function distance(found: Values, expected: Values): number {
  if (found.length !== expected.length) return Infinity;
  const gaps = expected.map((value, index) => {
    const other = found[index] ?? null;
    if (value === null || other === null) return value === other ? 0 : Infinity;
    return Math.abs(value - other);
  });
  return Math.max(0, ...gaps);
}

describe("published worked examples, sources in the fixture", () => {
  const { averages, strength } = stockcharts;

  it("sma_10 equals the StockCharts table", () => {
    expect(rounded(series("sma_10", averages.closes), 2)).toEqual(averages.sma_10);
  });

  it("ema_10 equals the StockCharts table", () => {
    expect(rounded(series("ema_10", averages.closes), 2)).toEqual(averages.ema_10);
  });

  it("rsi_14 equals the StockCharts table", () => {
    const values = series("rsi_14", strength.closes);
    expect(distance(values, strength.rsi_14)).toBeLessThanOrEqual(0.005);
  });
});

describe("400 closes of the S&P 500 from 2000-01-03", () => {
  it.each(["sma_20", "ema_12", "rsi_14"] as const)("%s equals TA-Lib at every bar", (feature) => {
    expect(distance(series(feature, reference.closes), reference[feature])).toBeLessThanOrEqual(
      1e-9,
    );
  });
});

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const wilder = (moves: readonly number[], t: number, n: number) => {
  let average = mean(moves.slice(0, n));
  for (const move of moves.slice(n, t)) average += (move - average) / n;
  return average;
};

describe("textbook definitions, written down independently", () => {
  const closes = fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { maxLength: 120 });
  const periods = fc.integer({ min: 2, max: 30 });
  it("sma is the mean of the last n closes", () => {
    fc.assert(
      fc.property(closes, periods, (values, n) => {
        const expected = values.map((_, t) =>
          t < n - 1 ? null : mean(values.slice(t - n + 1, t + 1)),
        );
        expect(distance(series(`sma_${String(n)}`, values), expected)).toBeLessThanOrEqual(1e-8);
      }),
    );
  });

  it("ema is α Σ (1 − α)^k close[t − k], with the seed's weight on the first mean", () => {
    fc.assert(
      fc.property(closes, periods, (values, n) => {
        const alpha = 2 / (n + 1);
        const expected = values.map((_, t) => {
          if (t < n - 1) return null;
          let sum = (1 - alpha) ** (t - n + 1) * mean(values.slice(0, n));
          for (let k = 0; k <= t - n; k += 1)
            sum += alpha * (1 - alpha) ** k * (values[t - k] ?? 0);
          return sum;
        });
        expect(distance(series(`ema_${String(n)}`, values), expected)).toBeLessThanOrEqual(1e-8);
      }),
    );
  });

  it("rsi is 100 − 100 / (1 + RS) of Wilder's averages", () => {
    // Whole numbers: no close differs from the one before by less than TA-Lib calls nothing.
    const whole = fc.array(fc.integer({ min: -500, max: 500 }), { maxLength: 100 });
    fc.assert(
      fc.property(whole, periods, (values, n) => {
        const changes = values.slice(1).map((value, index) => value - (values[index] ?? 0));
        const up = changes.map((change) => Math.max(change, 0));
        const down = changes.map((change) => Math.max(-change, 0));
        const expected = values.map((_, t) => {
          if (t < n) return null;
          const [gain, loss] = [wilder(up, t, n), wilder(down, t, n)];
          if (gain + loss < 1e-14) return 0;
          return 100 - 100 / (1 + gain / loss);
        });
        expect(distance(series(`rsi_${String(n)}`, values), expected)).toBeLessThanOrEqual(1e-7);
      }),
    );
  });
});

const after = (closes: readonly number[]) => series("rsi_14", closes).at(-1);

describe("rsi at its edges", () => {
  const thirty = Array.from({ length: 30 }, (_, index) => index);

  it("is 0 in a market that never moved, as in TA-Lib", () => {
    expect(after(thirty.map(() => 5))).toBe(0);
  });

  it("is 100 without losses, 0 without gains, 50 when they are equal", () => {
    expect(after(thirty)).toBe(100);
    expect(after(thirty.map((index) => -index))).toBe(0);
    expect(series("rsi_2", [1, 2, 1]).at(-1)).toBe(50);
  });

  it("keeps its value, without NaN, when a moving market falls still for ever", () => {
    const still = [
      ...thirty.map((index) => (index % 3) - 50),
      ...Array.from({ length: 20_000 }, () => 7),
    ];
    const values = series("rsi_14", still).slice(14);
    expect(values.every((value) => value !== null && value >= 0 && value <= 100)).toBe(true);
    expect(values.at(-1)).toBe(0);
  });
});

const kernels: readonly Kernel[] = [sma, ema, rsi];

describe.each(kernels.map((kernel) => [kernel.name, kernel] as const))("%s", (_, kernel) => {
  it("refuses periods out of bounds, fractions and the wrong number of parameters", () => {
    for (const params of [[1], [1001], [2.5], [Number.NaN], [], [14, 3]]) {
      expect(() => kernel.init(params)).toThrow(RangeError);
    }
  });

  it("refuses a bar with a value that is not finite and is none the worse for it", () => {
    let state = kernel.init([3]);
    for (const close of [1, 2, 4]) state = kernel.update(state, barOf(close)).state;
    const before = JSON.stringify(state);
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      expect(() => kernel.update(state, { ...barOf(3), low: bad })).toThrow("expected finite");
    }
    expect(JSON.stringify(state)).toBe(before);
  });

  it("gives null exactly for its warm-up", () => {
    const values = series(`${kernel.name}_7`, [1, 2, 3, 2, 5, 6, 7, 8, 9, 10]);
    expect(values.filter((value) => value === null)).toHaveLength(kernel.warmup([7]));
    expect(values.slice(kernel.warmup([7]))).not.toContain(null);
  });

  it("has a state that does not grow with the history", () => {
    let state = kernel.init([20]);
    const sizes: number[] = [];
    for (let bar = 0; bar < 100_000; bar += 1) {
      state = kernel.update(state, barOf((bar * 7919) % 1000)).state;
      if (bar % 10_000 === 9_999) sizes.push(JSON.stringify(state).length);
    }
    expect(Math.max(...sizes)).toBeLessThan(500);
  });
});

describe("sma over a million bars", () => {
  it("drifts by no more than the rounding of one window", () => {
    let state = sma.init([50]);
    const recent: number[] = [];
    let value: number | null = null;
    for (let bar = 0; bar < 999_980; bar += 1) {
      // A price that jumps between magnitudes is what makes a running sum drift.
      const close = (bar % 1000 === 0 ? 1e9 : 1) * (1 + ((bar * 7919) % 997) / 997);
      recent.push(close);
      if (recent.length > 50) recent.shift();
      ({ state, value } = sma.update(state, barOf(close)));
    }
    const exact = recent.reduce((sum, close) => sum + close, 0) / 50;
    expect(Math.abs((value ?? 0) - exact)).toBeLessThan(1e-9);
  });
});
