import { dec } from "../../shared/decimal.ts";
import { chooseStrategy } from "./choose.ts";
import type { FieldFault } from "./fields.ts";
import { LOTS_MAX } from "./lots.ts";
import { outOfRange } from "./parameter-checks.ts";
import type { Strategy } from "./parameters.ts";
import { planIceberg, planSniper } from "./plan-reactive.ts";
import { planRouting } from "./plan-routing.ts";
import { planPov, planShortfall, planTwap, planVwap } from "./plan-timed.ts";
import type { Planned, PlanResult, PlanTerms } from "./plan-types.ts";

const NAMED = "as asked";

/**
 * What an order would do under a strategy: a preview. Nothing here sends anything.
 * @returns faults with the paths of the preview's request, `quantity` and `parameters.…`
 */
export function planStrategy(terms: PlanTerms): Planned {
  const lotFault = quantityFault(terms);
  if (lotFault !== null) return { faults: [lotFault] };
  const { strategy, reason } = choiceOf(terms);
  const result = planOf(strategy, terms);
  if ("own" in result) return { plan: { strategy, reason, ...result.own } };
  if ("insufficient" in result) return result;
  return { faults: result.faults.map((fault) => ({ ...fault, path: `parameters.${fault.path}` })) };
}

function quantityFault({ quantity, instrument }: PlanTerms): FieldFault | null {
  const lots = dec(quantity).dividedBy(instrument.lotSize);
  if (!lots.greaterThan(0)) return outOfRange("quantity", "must be above 0");
  if (!lots.isInteger()) {
    return outOfRange("quantity", `must be a multiple of the lot, ${instrument.lotSize}`);
  }
  return lots.greaterThan(LOTS_MAX)
    ? outOfRange("quantity", `must be at most ${String(LOTS_MAX)} lots`)
    : null;
}

function choiceOf(terms: PlanTerms): { readonly strategy: Strategy; readonly reason: string } {
  if (terms.strategy !== null) return { strategy: terms.strategy, reason: NAMED };
  if (terms.venues === null) return chooseStrategy(terms);
  return {
    strategy: { name: "smartRouting", parameters: {} },
    reason: "venues were given, so the cheapest of what they display is taken",
  };
}

function planOf(strategy: Strategy, terms: PlanTerms): PlanResult {
  switch (strategy.name) {
    case "twap":
      return planTwap(strategy.parameters, terms);
    case "vwap":
      return planVwap(strategy.parameters, terms);
    case "pov":
      return planPov(strategy.parameters, terms);
    case "implementationShortfall":
      return planShortfall(strategy.parameters, terms);
    case "iceberg":
      return planIceberg(strategy.parameters, terms);
    case "sniper":
      return planSniper(strategy.parameters, terms);
    case "smartRouting":
      return planRouting(strategy.parameters, terms);
  }
}
