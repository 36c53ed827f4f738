/**
 * The split of Cont and Kukanov (cont-kukanov.ts) under one more constraint: market order and limit orders are together exactly
 * the quantity, M + Σ L_k = S. Then nothing can fill more than was ordered, λₒ is never paid, and the cost falls apart by venue:
 *
 *   E[cost] = (h + f)·M + Σ_k (λᵤ·L_k − (h + r_k + λᵤ)·E[filled_k]),   E[filled_k] = Σ_{j ≤ L_k} P(ξ_k ≥ Q_k + j) on the grid,
 *
 * so that venue by venue the least cost of each number of resting steps follows from that of the venues before (Bellman). That
 * is exact on every grid, also where a larger order is cheaper by the unit than a smaller one (a maker fee above h + λᵤ).
 */
import type { QueueVenue, Split, SplitTerms } from "./cont-kukanov.ts";
import { outflowReaches } from "./outflow.ts";

/** Differences below it are rounding. */
const NOISE = 1e-12;

/** So many steps rest at the venues so far, at the least cost. */
interface Resting {
  readonly limits: readonly number[];
  readonly cost: number;
}

/**
 * The least expected cost on a grid of `steps` steps with M + Σ L_k = S. Of equal costs the one with the larger market order,
 * then with the smaller orders at the later venues.
 * @param steps at least 1
 * @throws RangeError for other steps
 */
export function splitExactly(terms: SplitTerms, steps: number): Split {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`steps: expected at least 1, found ${String(steps)}`);
  }
  const { quantity, halfSpread, takerFee } = terms;
  const unit = quantity / steps;
  const nothing: readonly (Resting | null)[] = Array.from({ length: steps + 1 }, (_, rested) =>
    rested === 0 ? { limits: [], cost: 0 } : null,
  );
  const best = terms.venues
    .map((venue) => limitCosts(terms, venue, steps))
    .reduce(withVenue, nothing)
    .flatMap((found, rested) => {
      if (found === null) return [];
      const { limits, cost } = found;
      const market = steps - rested;
      return [{ limits, market, cost: cost + (halfSpread + takerFee) * market * unit }];
    })
    .reduce((a, b) => (isCheaper(b.cost, a.cost) ? b : a));
  return {
    market: best.market * unit,
    limits: best.limits.map((limit) => limit * unit),
    expectedCost: best.cost,
  };
}

/** Of L = 0 … steps resting at the venue, what is not filled in the end included. */
function limitCosts(
  { quantity, halfSpread, underPenalty }: SplitTerms,
  { queue, rebate, outflow }: QueueVenue,
  steps: number,
): readonly number[] {
  const unit = quantity / steps;
  const costs = [0];
  for (let limit = 1; limit <= steps; limit += 1) {
    const chance = outflowReaches(outflow, queue + limit * unit);
    const marginal = underPenalty - (halfSpread + rebate + underPenalty) * chance;
    costs.push((costs.at(-1) ?? 0) + marginal * unit);
  }
  return costs;
}

function withVenue(
  before: readonly (Resting | null)[],
  costs: readonly number[],
): readonly (Resting | null)[] {
  return before.map((_, rested) => {
    let best: Resting | null = null;
    for (let limit = 0; limit <= rested; limit += 1) {
      const others = before[rested - limit] ?? null;
      if (others === null) continue;
      const cost = others.cost + (costs[limit] ?? 0);
      if (best === null || isCheaper(cost, best.cost)) {
        best = { limits: [...others.limits, limit], cost };
      }
    }
    return best;
  });
}

function isCheaper(cost: number, than: number): boolean {
  return cost < than - NOISE * Math.abs(than);
}
