/** The plans of smart routing, by its three methods. */
import { dec, text } from "../../shared/decimal.ts";
import { type Split, type SplitTerms, splitVenues } from "../routing/cont-kukanov.ts";
import { impactRoute } from "../routing/impact.ts";
import { readOutflow } from "../routing/outflow.ts";
import { type RouteTerms, savingOf, takerRoute } from "../routing/taker.ts";
import type { Venue } from "../routing/venue.ts";
import { lotsOf, quantityOf } from "./lots.ts";
import type { ParametersOf } from "./parameters.ts";
import { moneyOf, spreadOf } from "./plan-cost.ts";
import type { Plan, PlanResult, PlanTerms } from "./plan-types.ts";

type Parameters = ParametersOf<"smartRouting">;

const NOT_WITHIN = "the venues do not display all of it within the limit";
/** Of the grid on which a split is looked for; fewer lots are fewer steps. */
const STEPS = 40;

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

function planSplit(
  { halfSpread, takerFee = 0, underfillPenalty = 0, overfillPenalty = 0 }: Parameters,
  venues: readonly Venue[],
  terms: PlanTerms,
): PlanResult {
  const { instrument, quantity, facts } = terms;
  const spread = spreadOf(facts);
  const half = halfSpread ?? (spread === null ? null : spread / 2);
  if (half === null) return { insufficient: "smartRouting: the market shows no bid and ask" };
  const asked: SplitTerms = {
    quantity: Number(quantity),
    halfSpread: half,
    takerFee,
    underPenalty: underfillPenalty,
    overPenalty: overfillPenalty,
    venues: venues.flatMap(queueOf),
  };
  const steps = Math.min(STEPS, lotsOf(quantity, instrument.lotSize));
  const found = splitVenues(asked, steps);
  return {
    own: {
      ...ordersOf(found, venues, terms),
      expectedCost: moneyOf(found.expectedCost, instrument),
      costModel: "contKukanov",
      unscheduled: "0",
      notes: [
        "the cost is against the mid, penalties included",
        `optimal in steps of a ${String(steps)}th of the order`,
        "limit orders that all fill may be more than the order: a preview only, it is not executed",
      ],
    },
  };
}

function queueOf({ name, queue }: Venue): SplitTerms["venues"] {
  if (queue === undefined) return [];
  const outflow = readOutflow(queue.outflow);
  if ("fault" in outflow) throw new RangeError(`${name}: ${outflow.fault}`);
  return [{ name, queue: queue.ahead, rebate: queue.rebate, outflow }];
}

/** In whole lots: limit orders are rounded down, and what that leaves out goes to the market order. */
function ordersOf(
  { market, limits }: Split,
  venues: readonly Venue[],
  { instrument, quantity, nowMs }: PlanTerms,
): Pick<Plan, "schedule" | "split"> {
  const { lotSize } = instrument;
  const whole = lotsOf(quantity, lotSize);
  const inLots = (units: number): number =>
    dec(units).dividedBy(lotSize).toDecimalPlaces(9).floor().toNumber();
  const resting = limits.map(inLots);
  const lost = whole - inLots(market) - resting.reduce((sum, lots) => sum + lots, 0);
  const parts = venues.flatMap(({ name }, index) => {
    const lots = resting[index] ?? 0;
    return lots > 0 ? [{ venue: name, quantity: quantityOf(lots, lotSize) }] : [];
  });
  const atMarket = quantityOf(inLots(market) + Math.max(0, lost), lotSize);
  return {
    schedule: [
      ...(atMarket === "0" ? [] : [{ atMs: nowMs, quantity: atMarket }]),
      ...parts.map((part) => ({ atMs: nowMs, ...part })),
    ],
    split: { market: atMarket, limits: parts },
  };
}
