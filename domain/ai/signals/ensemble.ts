import type { Ensemble } from "./definition.ts";
import { hold, shown, type Verdict } from "./verdict.ts";

/** A member that cannot say leans nowhere. */
export interface Vote {
  readonly weight: number;
  readonly lean: number | null;
}

interface Count {
  /** −1..1 */
  readonly score: number;
  /** share of the weights that lean as the score does */
  readonly agreement: number;
}

/**
 * A vote of rules by what they lean to: buy when the weighted mean comes to the threshold with enough of the weights on its side, sell
 * when it comes to its negative so. Members that cannot say are not counted, and the vote is void when they are half of the weights or
 * more.
 *
 * `strength` is the size of the mean, `lean` the mean.
 */
export function ensemble(
  { threshold, agreement }: Ensemble,
  before: readonly Vote[],
  now: readonly Vote[],
): Verdict {
  const count = countOf(now);
  if (count === null) return hold("half of the votes or more are missing");
  const side = sideOf(count, threshold, agreement);
  const last = countOf(before);
  const words = `the vote is ${shown(count.score)} with ${shown(count.agreement)} of the weights behind it`;
  if (side === 0) return hold(`${words}, which decides nothing`, count.score);
  if (last !== null && sideOf(last, threshold, agreement) === side)
    return hold(`${words}, as at the close before`, count.score);
  return {
    side: side > 0 ? "buy" : "sell",
    goal: side > 0 ? "long" : "short",
    strength: Math.min(1, Math.abs(count.score)),
    lean: count.score,
    reason: words,
  };
}

function sideOf({ score, agreement }: Count, threshold: number, least: number): number {
  return Math.abs(score) >= threshold && agreement >= least ? Math.sign(score) : 0;
}

function countOf(votes: readonly Vote[]): Count | null {
  const all = sum(votes, () => 1);
  const cast = votes.filter(({ lean }) => lean !== null);
  const weights = sum(cast, () => 1);
  if (2 * weights <= all) return null;
  const score = sum(cast, ({ lean }) => lean ?? 0) / weights;
  const behind = cast.filter(({ lean }) => Math.sign(lean ?? 0) === Math.sign(score));
  return { score, agreement: score === 0 ? 0 : sum(behind, () => 1) / weights };
}

function sum(votes: readonly Vote[], of: (vote: Vote) => number): number {
  return votes.reduce((total, vote) => total + vote.weight * of(vote), 0);
}
