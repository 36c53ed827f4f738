import { KERNELS } from "../../../../domain/features/catalogue.ts";
import type { BarFloats, FeatureValue, Kernel } from "../../../../domain/features/kernel.ts";

const BARS = 40_000;
/** Enough for every average to have forgotten how it began. */
const TAIL = 3_000;
/** Sums since the first bar: their level is their history. */
const CUMULATIVE = new Set(["obv", "vpt", "adl"]);

/** A random walk with gaps, quiet times and a shock of a millionfold price now and then. */
function walk(): readonly BarFloats[] {
  let seed = 7;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  let close = 1000;
  return Array.from({ length: BARS }, (_, index) => {
    const isShock = index % 20_000 === 10_000;
    const open = close * (1 + (random() - 0.5) / 100);
    close = Math.max(100, open * (1 + (random() - 0.5) / 50));
    const times = isShock ? 1e6 : 1;
    return {
      open: open * times,
      high: Math.max(open, close) * (1 + random() / 100) * times,
      low: Math.min(open, close) * (1 - random() / 100) * times,
      close: close * times,
      volume: Math.floor(random() * 1e6) + 1,
      startMs: index * 60_000,
      benchmark: close * (1 + (random() - 0.5) / 10),
    };
  });
}

function last(kernel: Kernel, bars: readonly BarFloats[]): FeatureValue {
  let state = kernel.init(kernel.parameters.map((parameter) => parameter.default));
  let value: FeatureValue = null;
  for (const bar of bars) ({ state, value } = kernel.update(state, bar));
  return value;
}

const numbersOf = (value: FeatureValue): readonly number[] =>
  typeof value === "object" && value !== null ? Object.values(value).map(Number) : [Number(value)];

describe(`after ${BARS} bars`, () => {
  const bars = walk();
  const lasting = [...KERNELS.values()].filter(({ name }) => !CUMULATIVE.has(name));

  it.each(lasting.map((kernel) => [kernel.name, kernel] as const))(
    "%s is what a fresh start gives, to 1e-9",
    (name, kernel) => {
      const whole = numbersOf(last(kernel, bars));
      const fresh = numbersOf(last(kernel, bars.slice(-TAIL)));
      // A session begins with its day, 1,440 bars; what oscillates about 0 is measured against its prices or volumes.
      const scale = { adosc: 1e6, forceindex: 1e6 }[name] ?? Math.max(...fresh.map(Math.abs), 1e-6);
      for (const [line, value] of fresh.entries()) {
        expect(Math.abs((whole[line] ?? Number.NaN) - value) / scale).toBeLessThanOrEqual(1e-9);
      }
    },
  );
});
