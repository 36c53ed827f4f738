import type { Momentum } from "./definition.ts";
import { clamp, hold, type Moment, shown, type Verdict } from "./verdict.ts";

export function momentumColumns({ lookback, skip, volatility }: Momentum): readonly string[] {
  const skipped = skip > 0 ? [`returns_${skip}`] : [];
  return [`returns_${lookback}`, ...skipped, `volatility_${volatility}`];
}

/**
 * The return from `lookback` to `skip` bars ago over what such a return deviates by (the volatility a bar times the root of its bars):
 * buy when it rises above the threshold, sell when it falls below its negative. (The skip: Jegadeesh 1990; scaling by volatility:
 * Moskowitz, Ooi and Pedersen 2012.)
 *
 * `strength` is half the score's size, at most 1; `lean` the same with its sign.
 */
export function momentum(rule: Momentum, previous: Moment, present: Moment): Verdict {
  const [before, now] = [scoreOf(rule, previous), scoreOf(rule, present)];
  const name = `momentum over ${rule.lookback} bars`;
  if (before === null || now === null) return hold(`${name} is warming up`);
  const { threshold } = rule;
  const lean = clamp(now / 2, -1, 1);
  const strength = Math.abs(lean);
  const at = `${name} is ${shown(now)} deviations`;
  if (before <= threshold && now > threshold)
    return { side: "buy", goal: "long", strength, lean, reason: `${at}, now above ${threshold}` };
  if (before >= -threshold && now < -threshold)
    return {
      side: "sell",
      goal: "short",
      strength,
      lean,
      reason: `${at}, now below -${threshold}`,
    };
  return hold(`${at}, which crosses nothing`, lean);
}

/** Null in the warm-up, and where nothing moved. */
function scoreOf({ lookback, skip, volatility }: Momentum, { values }: Moment): number | null {
  const whole = values[`returns_${lookback}`] ?? null;
  const recent = skip === 0 ? 0 : (values[`returns_${skip}`] ?? null);
  const deviation = values[`volatility_${volatility}`] ?? null;
  if (whole === null || recent === null || deviation === null) return null;
  const score = ((1 + whole) / (1 + recent) - 1) / (deviation * Math.sqrt(lookback - skip));
  return Number.isFinite(score) ? score : null;
}
