import type { Policy } from "./agents/learner.ts";
import type { TradingSeries } from "./env/market.ts";
import { costRate, type TradingTerms } from "./env/terms.ts";
import { type Decide, score, type Scores, type ScoreSpread, spreadOf } from "./evaluation.ts";
import { noveltyOf, type Outlook } from "./prepare.ts";
import { agentRule, buyAndHold, randomRule, thresholdRule } from "./rules.ts";

/** The policy that a seed gave. */
export interface SeededPolicy {
  readonly seed: number;
  readonly policy: Policy;
}

/** How an agent did over a range, beside what asks for no learning. All of it net of costs, on the same bars. */
export interface Comparison {
  readonly bars: number;
  readonly startMs: number;
  readonly endMs: number;
  /** bars that were too unlike the training range for the agent to act upon */
  readonly novelBars: number;
  /** all seeds as one, as the agent acts */
  readonly agent: Scores;
  readonly seeds: readonly { readonly seed: number; readonly scores: Scores }[];
  readonly spread: ScoreSpread;
  readonly buyAndHold: Scores;
  readonly threshold: Scores;
  readonly random: ScoreSpread;
}

/** @param markets at least one; @param policies at least one */
export function compare(
  markets: readonly TradingSeries[],
  policies: readonly SeededPolicy[],
  terms: TradingTerms,
  outlook: Outlook,
): Comparison {
  const cost = costRate(terms);
  const scored = (rule: Decide): Scores => score(markets, rule, cost, outlook.unit);
  const seeds = policies.map(({ seed, policy }) => ({
    seed,
    scores: scored(agentRule([policy], terms, outlook)),
  }));
  const random = policies.map(({ seed }) => scored(randomRule(terms, seed)));
  const closes = markets.flatMap(({ closeMs }) => [closeMs[0] ?? 0, closeMs.at(-1) ?? 0]);
  return {
    bars: markets.reduce((sum, { rows }) => sum + rows, 0),
    startMs: Math.min(...closes),
    endMs: Math.max(...closes),
    novelBars: novelBars(markets, outlook),
    agent: scored(
      agentRule(
        policies.map(({ policy }) => policy),
        terms,
        outlook,
      ),
    ),
    seeds,
    spread: spreadOf(seeds.map(({ scores }) => scores)),
    buyAndHold: scored(buyAndHold),
    threshold: scored(thresholdRule(terms)),
    random: spreadOf(random),
  };
}

function novelBars(markets: readonly TradingSeries[], outlook: Outlook): number {
  const columns = outlook.features.length;
  let count = 0;
  for (const { rows, features } of markets)
    for (let row = 0; row < rows; row += 1)
      if (noveltyOf(features.subarray(row * columns, (row + 1) * columns), outlook) > 1) count += 1;
  return count;
}
