import type { Sample } from "../../../../../domain/ai/learning/sample.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";

export const DAY_MS = 86_400_000;

/** Rows of one symbol with these log returns, a day apart from 1970-01-01, and features in columns. */
export function sampleOf(
  logReturns: readonly number[],
  columns: readonly (readonly number[])[],
): Sample {
  const rows = logReturns.length;
  return {
    x: {
      rows,
      columns: columns.length,
      data: Float64Array.from({ length: rows * columns.length }, (_, i) => {
        const column = columns[i % columns.length];
        return column?.[Math.floor(i / columns.length)] ?? Number.NaN;
      }),
    },
    symbol: new Int32Array(rows),
    closeMs: Float64Array.from({ length: rows }, (_, i) => i * DAY_MS),
    logReturn: Float64Array.from(logReturns),
    variance: Float64Array.from(logReturns, (value) => value * value),
  };
}

/** Noise, with a feature that tells the next return's sign three times of four and one that tells nothing. */
export function hintedSample(rows: number, seed: number): Sample {
  const random = RandomStream.of(seed, 0);
  const returns = Array.from({ length: rows }, () => 0.01 * random.normal());
  const hint = returns.map((_, i) => {
    const sign = Math.sign(returns[i + 1] ?? 0);
    return (random.uniform() < 0.75 ? sign : -sign) + 0.1 * random.normal();
  });
  const noise = returns.map(() => random.normal());
  return sampleOf(returns, [hint, noise]);
}
