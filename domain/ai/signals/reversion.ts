import { clamp, hold, shown, type Verdict } from "./verdict.ts";

export interface ReversionTerms {
  /** what is measured, for reasons */
  readonly name: string;
  readonly entry: number;
  readonly exit: number;
}

/**
 * A measure that is expected to come back to 0: buy when it falls to −entry, sell when it rises to +entry. What was bought ends when it
 * rises to −exit, what was sold short when it falls to +exit.
 *
 * `strength` of an entry is its distance in entries over 2, at most 1: 0.5 at the threshold. Of an end it is 1. `lean` is the
 * distance in entries, turned round, −1..1.
 */
export function reversion(
  { name, entry, exit }: ReversionTerms,
  before: number | null,
  now: number | null,
): Verdict {
  if (now === null || before === null) return hold(`${name} is warming up`);
  const lean = clamp(-now / entry, -1, 1);
  const strength = clamp(Math.abs(now) / (2 * entry), 0, 1);
  const at = `${name} at ${shown(now)}`;
  if (before > -entry && now <= -entry)
    return { side: "buy", goal: "long", strength, lean, reason: `${at} fell to -${entry}` };
  if (before < entry && now >= entry)
    return { side: "sell", goal: "short", strength, lean, reason: `${at} rose to ${entry}` };
  if (before < -exit && now >= -exit)
    return { side: "sell", goal: "flat", strength: 1, lean, reason: `${at} came back from below` };
  if (before > exit && now <= exit)
    return { side: "buy", goal: "flat", strength: 1, lean, reason: `${at} came back from above` };
  return hold(`${at} crosses nothing`, lean);
}
