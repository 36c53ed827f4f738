/** The plans of smart routing, by its three methods. */
import { dec, text } from "../../shared/decimal.ts";
import { type Split, splitVenues } from "../routing/cont-kukanov.ts";
import { impactRoute } from "../routing/impact.ts";
import { type RouteTerms, savingOf, takerRoute } from "../routing/taker.ts";
import type { Venue } from "../routing/venue.ts";
import { lotsOf, quantityOf } from "./lots.ts";
import type { ParametersOf } from "./parameters.ts";
import { moneyOf } from "./plan-cost.ts";
import type { Plan, PlanResult, PlanTerms } from "./plan-types.ts";
import { splitInLots, splitSteps, splitTermsOf } from "./split-terms.ts";

type Parameters = ParametersOf<"smartRouting">;

const NOT_WITHIN = "the venues do not display all of it within the limit";

export function planRouting(parameters: Parameters, terms: PlanTerms): PlanResult {
  const venues = parameters.venues ?? terms.venues;
  if (venues === null)
    return { insufficient: "smartRouting: no venue was given, and none displays anything" };
  const routing: RouteTerms = {
    side: terms.side,
    quantity: terms.quantity,
    lotSize: terms.instrument.lotSize,
    venues,
    ...(parameters.limit !== undefined && { limit: parameters.limit }),
  };
  switch (parameters.method ?? "take") {
    case "take":
      return planTake(routing, terms);
    case "impact":
      return planImpact(routing, terms);
    case "split":
      return planSplit(parameters, venues, terms);
  }
}

function planTake(routing: RouteTerms, { side, instrument, nowMs }: PlanTerms): PlanResult {
  const route = takerRoute(routing);
  const money = dec(route.allIn).times(instrument.multiplier);
  return {
    own: {
      schedule: route.allocations.map((allocation) => ({ atMs: nowMs, ...allocation })),
      expectedCost: text(side === "buy" ? money : money.negated()),
      costModel: "displayedBook",
      unscheduled: route.unfilled,
      notes: route.unfilled === "0" ? [] : [NOT_WITHIN],
      allocations: route.allocations,
      saving: savingOf(routing, route),
      fees: route.fees,
    },
  };
}

function planImpact(routing: RouteTerms, { instrument, nowMs }: PlanTerms): PlanResult {
  const { tickSize } = instrument;
  const { allocations, unfilled, cost, unknown } = impactRoute({ ...routing, tickSize });
  if (unknown.length === routing.venues.length) {
    return { insufficient: "smartRouting: no venue shows two prices, from which to fit an impact" };
  }
  return {
    own: {
      schedule: allocations.map((allocation) => ({ atMs: nowMs, ...allocation })),
      expectedCost: moneyOf(cost, instrument),
      costModel: "linearImpact",
      unscheduled: unfilled,
      notes: [
        "the price of an allocation is the worst that the model expects at its venue",
        ...unknown.map((name) => `${name} is left out: it shows fewer than two prices`),
        ...(unfilled === "0" ? [] : [NOT_WITHIN]),
      ],
      allocations,
    },
  };
}

function planSplit(parameters: Parameters, venues: readonly Venue[], terms: PlanTerms): PlanResult {
  const { instrument, quantity, facts } = terms;
  const asked = splitTermsOf({ ...parameters, venues }, quantity, facts);
  if (asked === null) return { insufficient: "smartRouting: the market shows no bid and ask" };
  const lots = lotsOf(quantity, instrument.lotSize);
  const steps = splitSteps(lots);
  const oversubscribed = parameters.oversubscribed === true;
  const { expectedCost, ...parts } = oversubscribed
    ? roundedDown(splitVenues(asked, steps), terms)
    : splitInLots(asked, lots);
  return {
    own: {
      ...ordersOf(parts, venues, terms, oversubscribed),
      expectedCost: moneyOf(expectedCost, instrument),
      costModel: "contKukanov",
      unscheduled: "0",
      notes: [
        "the cost is against the mid, penalties included",
        `optimal in steps of a ${String(steps)}th of the order`,
        oversubscribed
          ? "limit orders that all fill may be more than the order: a preview only, it is not executed"
          : "market and limit orders are together the order: what still rests after restSeconds is canceled and taken",
      ],
    },
  };
}

/** In whole lots: limit orders are rounded down, and what that leaves out goes to the market order. */
function roundedDown(
  { market, limits, expectedCost }: Split,
  { instrument, quantity }: PlanTerms,
): Split {
  const { lotSize } = instrument;
  const inLots = (units: number): number =>
    dec(units).dividedBy(lotSize).toDecimalPlaces(9).floor().toNumber();
  const resting = limits.map(inLots);
  const lost =
    lotsOf(quantity, lotSize) - inLots(market) - resting.reduce((sum, lots) => sum + lots, 0);
  return { market: inLots(market) + Math.max(0, lost), limits: resting, expectedCost };
}

/** @param parts in lots */
function ordersOf(
  { market, limits }: Pick<Split, "market" | "limits">,
  venues: readonly Venue[],
  { instrument: { lotSize }, nowMs }: PlanTerms,
  oversubscribed: boolean,
): Pick<Plan, "schedule" | "split"> {
  const parts = venues.flatMap(({ name, queue }, index) => {
    const lots = limits[index] ?? 0;
    return lots > 0
      ? [{ venue: name, quantity: quantityOf(lots, lotSize), price: queue?.price }]
      : [];
  });
  const atMarket = quantityOf(market, lotSize);
  return {
    schedule: [
      ...(atMarket === "0" ? [] : [{ atMs: nowMs, quantity: atMarket }]),
      ...parts.map(({ venue, quantity, price }) => ({
        atMs: nowMs,
        venue,
        quantity,
        ...(price !== undefined && { price }),
      })),
    ],
    split: {
      oversubscribed,
      market: atMarket,
      limits: parts.map(({ venue, quantity }) => ({ venue, quantity })),
    },
  };
}
