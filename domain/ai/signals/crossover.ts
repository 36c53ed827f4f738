import type { Crossover } from "./definition.ts";
import { hold, type Moment, shown, type Verdict } from "./verdict.ts";

/**
 * Buy when the fast line was at or below the slow one and is now above, sell when it was at or above and is now below. (A line that
 * only touches and turns back counts as crossing, as in Pine Script's `ta.crossover`.)
 *
 * `strength` is 1: the rule knows all or nothing. `lean` is the side on which the fast line stands.
 * @throws RangeError when a line is not finite
 */
export function crossover({ fast, slow }: Crossover, previous: Moment, present: Moment): Verdict {
  const before = gapOf(previous, fast, slow);
  const now = gapOf(present, fast, slow);
  if (now === null) return hold(`${fast} or ${slow} is warming up`);
  const lean = Math.sign(now);
  if (before === null) return hold(`${fast} or ${slow} is warming up`, lean);
  const [up, down] = [before <= 0 && now > 0, before >= 0 && now < 0];
  const lines = `${fast} ${valueOf(present, fast)}, ${slow} ${valueOf(present, slow)}`;
  if (!up && !down) {
    const place = now > 0 ? "stays above" : now < 0 ? "stays below" : "meets";
    return hold(`${fast} ${place} ${slow} (${lines})`, lean);
  }
  const reason = `${fast} crossed ${up ? "above" : "below"} ${slow} (${lines})`;
  return { side: up ? "buy" : "sell", goal: up ? "long" : "short", strength: 1, lean, reason };
}

function valueOf({ values }: Moment, column: string): string {
  return shown(values[column] ?? Number.NaN);
}

function gapOf({ values }: Moment, fast: string, slow: string): number | null {
  const [one, other] = [values[fast] ?? null, values[slow] ?? null];
  if (one === null || other === null) return null;
  const gap = one - other;
  if (!Number.isFinite(gap))
    throw new RangeError(`expected finite lines, found ${one} and ${other}`);
  return gap;
}
