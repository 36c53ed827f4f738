import type { Sample } from "../learning/sample.ts";

const BARS = 22;
const BARS_MIN = 10;

/**
 * The deviation of a symbol's return over the horizon, from the log returns of the 22 bars up to the row: what residuals of returns are
 * divided by, so that an interval is wide in a storm and narrow in a calm.
 * @returns NaN where fewer than 10 returns are known, or none moved
 */
export function returnScale({ symbol, logReturn }: Sample, row: number, horizon: number): number {
  let [squares, count] = [0, 0];
  for (let i = row; i > row - BARS && i >= 0 && symbol[i] === symbol[row]; i -= 1) {
    const value = logReturn[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    squares += value * value;
    count += 1;
  }
  return count >= BARS_MIN && squares > 0 ? Math.sqrt((squares / count) * horizon) : Number.NaN;
}
