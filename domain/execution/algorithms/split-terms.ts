/** From the parameters of method split to the problem that is solved, and from its solution to lots. */
import type { DecimalString } from "../../shared/decimal.ts";
import type { Split, SplitTerms } from "../routing/cont-kukanov.ts";
import { splitExactly } from "../routing/exact-split.ts";
import { readOutflow } from "../routing/outflow.ts";
import type { Venue } from "../routing/venue.ts";
import type { MarketFacts } from "./facts.ts";
import { splitByWeight } from "./lots.ts";
import type { ParametersOf } from "./parameters.ts";
import { spreadOf } from "./plan-cost.ts";

/** Of the grid on which a split is looked for; fewer lots are fewer steps. */
const STEPS = 40;

export function splitSteps(lots: number): number {
  return Math.min(STEPS, lots);
}

/**
 * Null where neither the parameters nor the market tell the spread.
 * @throws RangeError for an outflow that is none
 */
export function splitTermsOf(
  {
    halfSpread,
    takerFee = 0,
    underfillPenalty = 0,
    overfillPenalty = 0,
    venues = [],
  }: ParametersOf<"smartRouting">,
  quantity: DecimalString,
  market: Pick<MarketFacts, "quote">,
): SplitTerms | null {
  const spread = spreadOf(market);
  const half = halfSpread ?? (spread === null ? null : spread / 2);
  if (half === null) return null;
  return {
    quantity: Number(quantity),
    halfSpread: half,
    takerFee,
    underPenalty: underfillPenalty,
    overPenalty: overfillPenalty,
    venues: venues.flatMap(queueOf),
  };
}

function queueOf({ name, queue }: Venue): SplitTerms["venues"] {
  if (queue === undefined) return [];
  const outflow = readOutflow(queue.outflow);
  if ("fault" in outflow) throw new RangeError(`${name}: ${outflow.fault}`);
  return [{ name, queue: queue.ahead, rebate: queue.rebate, outflow }];
}

/**
 * The split that is executed: market order and limit orders in whole lots, by the largest remainder, together exactly `lots`.
 * The cost is that of the parts before they were rounded.
 * @param lots at least 1
 */
export function splitInLots(terms: SplitTerms, lots: number): Split {
  const { market, limits, expectedCost } = splitExactly(terms, splitSteps(lots));
  const [crossed = 0, ...resting] = splitByWeight(lots, [market, ...limits]);
  return { market: crossed, limits: resting, expectedCost };
}
