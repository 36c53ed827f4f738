import { normalQuantile } from "./distributions.ts";
import { lnGamma, upperGamma } from "./special.ts";

/**
 * The quantile of χ²: Wilson & Hilferty's start (1931), then Newton's steps on the logarithm of x inside a shrinking bracket,
 * each on the smaller of the two tails.
 * @param p       in (0, 1)
 * @param degrees positive, not necessarily whole
 */
export function chiSquareQuantile(p: number, degrees: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`expected a probability within (0, 1), found ${p}`);
  if (!(degrees > 0)) throw new RangeError(`expected positive degrees, found ${degrees}`);
  const shape = degrees / 2;
  const spread = 2 / (9 * degrees);
  const cube = 1 - spread + normalQuantile(p) * Math.sqrt(spread);
  // Of the lower end of few degrees the first term of the series is the better start: P = (x/2)^a / Γ(a + 1).
  const low = 2 * Math.exp((Math.log(p) + lnGamma(shape + 1)) / shape);
  let x = cube > 0.1 ? degrees * cube ** 3 : low;
  let [from, to] = [0, Infinity];
  for (let step = 0; step < 100; step += 1) {
    const tail = upperGamma(shape, x / 2);
    const error = p > 0.5 ? 1 - p - tail : 1 - tail - p;
    if (error > 0) to = x;
    else from = x;
    const density = Math.exp((shape - 1) * Math.log(x / 2) - x / 2 - lnGamma(shape)) / 2;
    const newton = x * Math.exp(-error / (density * x));
    const isInside = newton > from && newton < to && Number.isFinite(newton);
    const next = isInside ? newton : Number.isFinite(to) ? (from + to) / 2 : x * 2;
    if (Math.abs(next - x) <= 1e-13 * x) return next;
    x = next;
  }
  return x;
}
