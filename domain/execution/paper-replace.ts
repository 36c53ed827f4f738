/**
 * Amendments. An order that only gets smaller keeps its place in the queue; with another price, another trigger or more
 * quantity it goes behind all that are there, and nothing that was seen before the amendment can fill it on its new terms.
 * (order, revision) names an amendment: a repeat gets the answer of the first, under the same execId.
 */
import type { ReplacePayload, ReportOf, SubmitPayload } from "../order/messages.ts";
import type { Env } from "../shared/decider.ts";
import { dec } from "../shared/decimal.ts";
import type { VenueOrder } from "./book.ts";
import type { PaperVenueEvent } from "./paper-messages.ts";
import { findTermFault } from "./paper-faults.ts";
import { type ClosedOrder, type PaperVenueState, findOrder } from "./paper-state.ts";

interface Arrival {
  /** the market's time; null when none is known, and the report then carries the wall clock */
  readonly clockMs: number | null;
  /** how long the new terms take to the market, by market time; those of before are gone at once */
  readonly latencyMs: number;
}

export function replace(
  state: PaperVenueState,
  payload: ReplacePayload,
  { clockMs, latencyMs }: Arrival,
  env: Env,
): readonly PaperVenueEvent[] {
  const known = findOrder(state, payload.before.clOrdId);
  const answer = known?.amended?.answer ?? null;
  if (answer !== null && (answer.revision ?? 0) >= payload.revision)
    // An earlier one was answered before this one was asked for.
    return answer.revision === payload.revision
      ? [{ type: "VenueReplaceRepeated", report: answer }]
      : [];
  const atMs = clockMs ?? env.nowMs;
  if (known === null) return [refusal(payload, "there is no such order", atMs)];
  if (isClosed(known)) return [refusal(payload, "the order is closed", atMs)];
  const fault = findFault(known, payload);
  return [
    fault === null ? replacement(known, payload, atMs, latencyMs) : refusal(payload, fault, atMs),
  ];
}

function isClosed(order: VenueOrder | ClosedOrder): order is ClosedOrder {
  return "ordStatus" in order;
}

function findFault(order: VenueOrder, { before, after }: ReplacePayload): string | null {
  const { submitted, cumQty } = order;
  if (!dec(after.orderQty).greaterThan(cumQty)) return `${cumQty} of it is filled`;
  if (!dec(before.orderQty).equals(submitted.orderQty))
    return `its quantity is ${submitted.orderQty} now, not ${before.orderQty}`;
  if (order.cancelAtMs !== undefined) return "it is being canceled";
  if (order.isSetOff === true && !isSamePrice(submitted.stopPx ?? null, after.stopPx ?? null))
    return "it has been set off";
  if ((submitted.price === null) !== (after.price === null))
    return `a ${submitted.ordType} order has ${submitted.price === null ? "no" : "a"} limit`;
  return findTermFault(after)?.text ?? null;
}

function replacement(
  order: VenueOrder,
  { revision, after }: ReplacePayload,
  atMs: number,
  latencyMs: number,
): PaperVenueEvent {
  const { venueOrderId, submitted } = order;
  const { orderQty, price, stopPx = null } = after;
  const report: ReportOf<"replaced"> = {
    ...head(after, revision, "replaced", atMs),
    execType: "replaced",
    revision,
    venueOrderId,
    orderQty,
    price,
    stopPx,
  };
  const activeFromMs = order.activeFromMs === null ? null : atMs + latencyMs;
  const keepsPlace = isOnlySmaller(submitted, after);
  return { type: "VenueOrderReplaced", order: after, keepsPlace, activeFromMs, report };
}

function isOnlySmaller(before: SubmitPayload, after: SubmitPayload): boolean {
  return (
    dec(after.orderQty).lessThanOrEqualTo(before.orderQty) &&
    isSamePrice(before.price, after.price) &&
    isSamePrice(before.stopPx ?? null, after.stopPx ?? null)
  );
}

function isSamePrice(a: string | null, b: string | null): boolean {
  return a === null || b === null ? a === b : dec(a).equals(b);
}

function refusal(
  { revision, before }: ReplacePayload,
  words: string,
  atMs: number,
): PaperVenueEvent {
  const report: ReportOf<"replaceRejected"> = {
    ...head(before, revision, "replaceRejected", atMs),
    execType: "replaceRejected",
    revision,
    text: words,
  };
  return { type: "VenueReplaceRejected", report };
}

/** Named by order and revision, whatever the command's id. */
function head(
  { clOrdId, orderId, venue }: SubmitPayload,
  revision: number,
  kind: string,
  transactTimeMs: number,
) {
  return { execId: `${clOrdId}:r${revision}:${kind}`, venue, clOrdId, orderId, transactTimeMs };
}
