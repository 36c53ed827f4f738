import { group as decider } from "../../domain/execution/group/group.ts";
import type { GroupSummary } from "../../domain/execution/group/messages.ts";
import type { GroupState } from "../../domain/execution/group/state.ts";
import { summarize } from "../../domain/execution/group/summary.ts";
import { isClosed } from "../../domain/order/order-status.ts";
import type { Projection } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import { type ActorKind, defineActor } from "../../mixins/actor/kind.ts";
import type { NodeContext } from "../context.ts";
import { NOTHING_SHOWN, shownAs } from "./shown-as.ts";
import { amendChildEffect, cancelChildEffect, placeChildEffect } from "./place-child.ts";

/** Raise it when the shape of a group's state changes. */
const SCHEMA_VERSION = 1;

/** Orders that depend on one another: `domain/execution/group`. */
export function groupKind(node: NodeContext): ActorKind {
  return defineActor({
    type: "group",
    schemaVersion: SCHEMA_VERSION,
    decider,
    summarize: (_, state) => toJson(summarize(state)),
    project: (_, state) => project(state),
    urgent: new Set(["ChildReported", "RequestCancel"] as const),
    effects: {
      placeChild: placeChildEffect(node),
      amendChild: amendChildEffect(node),
      cancelChild: cancelChildEffect(node, isChildClosed),
    },
  });
}

function toJson(summary: GroupSummary | null): Json {
  // sound: a summary is made of strings, numbers, nulls and lists of such
  return summary as unknown as Json;
}

function project(state: GroupState): Projection {
  const summary = summarize(state);
  if (summary === null) return NOTHING_SHOWN;
  const symbols = new Set(summary.legs.map(({ symbol }) => symbol));
  const [symbol] = symbols;
  const only = symbols.size === 1 ? (symbol ?? null) : null;
  return shownAs(toJson(summary), { ...summary, symbol: only });
}

function isChildClosed(group: Json, orderId: string): boolean {
  // sound: the summary of a group
  const found = group as unknown as GroupSummary | null;
  const leg = found?.legs.find((one) => one.orderIds.includes(orderId));
  if (leg === undefined) return false;
  return leg.orderId !== orderId || (leg.ordStatus !== null && isClosed(leg.ordStatus));
}
