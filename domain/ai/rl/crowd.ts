import type { Policy } from "./agents/learner.ts";
import { positionsOf, type TradingTerms } from "./env/terms.ts";

/** What the policies of all seeds make of an observation together. */
export interface Verdict {
  readonly action: number;
  /** of each action: the mean of its probabilities (PPO), or the share of policies that take it */
  readonly shares: readonly number[];
  /** mean of what the policies hold each action to be worth, in units of the reward; null of PPO */
  readonly values: readonly number[] | null;
}

/** Shares that differ by less are one. */
const EVEN = 1e-9;

/**
 * The policies of an agent's seeds as one: none is singled out for what it happened to earn. Of actions with the same share the one that keeps
 * the position is taken, else the one that holds least.
 * @param policies at least one
 */
export class Crowd {
  readonly #policies: readonly Policy[];
  readonly #positions: readonly number[];

  constructor(policies: readonly Policy[], { positions }: Pick<TradingTerms, "positions">) {
    this.#policies = policies;
    this.#positions = positionsOf(positions);
  }

  judge(observation: Float64Array, held: number): Verdict {
    const choices = this.#policies.map((policy) => policy.choose(observation));
    const mean = (of: (index: number, action: number) => number): readonly number[] =>
      this.#positions.map(
        (_, action) =>
          choices.reduce((sum, _choice, index) => sum + of(index, action), 0) / choices.length,
      );
    const shares = mean((index, action) => {
      const choice = choices[index];
      return choice?.probabilities?.[action] ?? (choice?.action === action ? 1 : 0);
    });
    const hasValues = choices.every(({ values }) => values !== null);
    const values = hasValues
      ? mean((index, action) => choices[index]?.values?.[action] ?? 0)
      : null;
    return { action: this.#leading(shares, held), shares, values };
  }

  #leading(shares: readonly number[], held: number): number {
    const top = Math.max(...shares);
    const tied = shares.flatMap((share, action) => (share >= top - EVEN ? [action] : []));
    const size = (action: number): number => Math.abs(this.#positions[action] ?? 0);
    const kept = tied.find((action) => this.#positions[action] === held);
    return kept ?? tied.reduce((best, action) => (size(action) < size(best) ? action : best));
  }
}
