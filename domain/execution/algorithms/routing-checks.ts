/** What the parameters of smart routing must keep to: each method has its own, and takes no other's. */
import { fitImpact } from "../routing/impact.ts";
import { readOutflow } from "../routing/outflow.ts";
import { FIXED_COST_VENUES_MAX, hasFixedCost } from "../routing/taker.ts";
import type { Venue } from "../routing/venue.ts";
import type { FieldFault } from "./fields.ts";
import { outOfRange } from "./parameter-checks.ts";
import type { ParametersOf, RoutingMethod } from "./parameters.ts";

type Parameters = ParametersOf<"smartRouting">;

/** The search is over every pair of venues and every step: more would keep the node busy for seconds. */
const SPLIT_VENUES_MAX = 4;

const SPLIT_FIELDS = [
  "halfSpread",
  "takerFee",
  "underfillPenalty",
  "overfillPenalty",
  "restSeconds",
  "oversubscribed",
] as const;
/** What one method alone understands of a venue. */
const VENUE_FIELDS = [
  ["impact", "impact"],
  ["queue", "split"],
] as const;

export function routingFaults(parameters: Parameters): readonly FieldFault[] {
  const { method = "take", venues = [] } = parameters;
  return [
    ...foreignFaults(parameters, method),
    ...nameFaults(venues),
    ...methodFaults(parameters, method),
  ];
}

function methodFaults(parameters: Parameters, method: RoutingMethod): readonly FieldFault[] {
  const { venues = [] } = parameters;
  switch (method) {
    case "take":
      return fixedCostFaults(venues);
    case "impact":
      return venues.flatMap(linearFaults);
    case "split":
      return splitFaults(parameters);
  }
}

function foreignFaults(parameters: Parameters, method: RoutingMethod): readonly FieldFault[] {
  const { venues = [], limit } = parameters;
  const ofSplit = SPLIT_FIELDS.filter((field) => parameters[field] !== undefined);
  const ofVenues = VENUE_FIELDS.filter(([, owner]) => owner !== method).flatMap(([field, owner]) =>
    venues.flatMap((venue, index) =>
      venue[field] === undefined ? [] : [belongsTo(venuePath(index, field), owner)],
    ),
  );
  return [
    ...(method === "split" ? [] : ofSplit.map((field) => belongsTo(field, "split"))),
    ...(method === "split" && limit !== undefined
      ? [invalid("limit", "is not of method split, which counts from the mid")]
      : []),
    ...ofVenues,
  ];
}

function nameFaults(venues: readonly Venue[]): readonly FieldFault[] {
  const names = venues.map(({ name }) => name);
  return names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [invalid(venuePath(index, "name"), "must be unique")],
  );
}

function fixedCostFaults(venues: readonly Venue[]): readonly FieldFault[] {
  const most = FIXED_COST_VENUES_MAX;
  if (venues.filter(hasFixedCost).length <= most) return [];
  return [
    outOfRange("venues", `must have at most ${String(most)} with feePerOrder or minQuantity`),
  ];
}

/** Which side's levels they are does not matter to whether they show a slope. */
function linearFaults(venue: Venue, index: number): readonly FieldFault[] {
  const fixed = (["feePerOrder", "minQuantity"] as const).filter(
    (field) => venue[field] !== undefined,
  );
  const isKnown = venue.impact !== undefined || fitImpact(venue, "buy") !== null;
  return [
    ...fixed.map((field) => invalid(venuePath(index, field), "is not of method impact")),
    ...(isKnown
      ? []
      : [
          required(venuePath(index, "impact"), "is required where fewer than two prices are shown"),
        ]),
  ];
}

function splitFaults(parameters: Parameters): readonly FieldFault[] {
  const { venues } = parameters;
  const penalties = (["underfillPenalty", "overfillPenalty"] as const).filter(
    (field) => parameters[field] === undefined,
  );
  return [
    ...penalties.map((field) => required(field, "is required by method split")),
    ...(venues === undefined ? [required("venues", "is required by method split")] : []),
    ...(venues === undefined || venues.length <= SPLIT_VENUES_MAX
      ? []
      : [outOfRange("venues", `must be at most ${String(SPLIT_VENUES_MAX)} for method split`)]),
    ...(venues ?? []).flatMap(queueFaults),
  ];
}

function queueFaults({ queue }: Venue, index: number): readonly FieldFault[] {
  if (queue === undefined) {
    return [required(venuePath(index, "queue"), "is required by method split")];
  }
  const outflow = readOutflow(queue.outflow);
  return "fault" in outflow ? [invalid(venuePath(index, "queue.outflow"), outflow.fault)] : [];
}

function venuePath(index: number, field: string): string {
  return `venues[${String(index)}].${field}`;
}

function belongsTo(path: string, method: RoutingMethod): FieldFault {
  return invalid(path, `belongs to method ${method}`);
}

function invalid(path: string, message: string): FieldFault {
  return { path, code: "INVALID_VALUE", message };
}

function required(path: string, message: string): FieldFault {
  return { path, code: "REQUIRED", message };
}
