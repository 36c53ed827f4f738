import type { SubmitPayload } from "../order/messages.ts";
import type { Recorded } from "../shared/decider.ts";
import { type DecimalString, add, dec } from "../shared/decimal.ts";
import type { FeeSchedule } from "./fees.ts";
import { arrivalPrice, beginsMs, endsMs, isEligible, isMarketable, sessionDay } from "./market.ts";
import type {
  ClosedStatus,
  MarketSeen,
  PaperVenueEvent,
  VenueOrderSummary,
} from "./paper-messages.ts";

/** Closed orders whose client ids are still recognised: the window within which the venue's ids are unique. */
export const REMEMBERED_ORDERS = 1_000;

/** Plain JSON, and bounded: open orders and the latest closed ones. */
export interface PaperVenueState {
  /** end of the newest bar seen, epoch ms; null before the first */
  readonly barEndMs: number | null;
  readonly quoteMs: number | null;
  /** by acceptance: time priority */
  readonly open: readonly VenueOrder[];
  /** the last to close last */
  readonly closed: readonly ClosedOrder[];
}

export interface VenueOrder {
  readonly submitted: SubmitPayload;
  readonly fees: FeeSchedule;
  readonly venueOrderId: string;
  /** no bar or quote that began before it is offered to the order; walks on with what has been offered */
  readonly activeFromMs: number | null;
  /** UTC date (days since the epoch) of the first bar or quote offered; a day order ends with it */
  readonly sessionDay: number | null;
  /** a limit that was not marketable when it was offered a price: from then on it makes, before it takes */
  readonly hasRested: boolean;
  readonly cumQty: DecimalString;
  /** exact, before rounding */
  readonly feesAccrued: DecimalString;
}

export interface ClosedOrder {
  readonly submitted: SubmitPayload;
  readonly venueOrderId: string | null;
  readonly ordStatus: ClosedStatus;
  readonly cumQty: DecimalString;
  readonly text: string | null;
}

export function evolve(
  state: PaperVenueState,
  { event }: Recorded<PaperVenueEvent>,
): PaperVenueState {
  switch (event.type) {
    case "VenueOrderAccepted":
      return { ...state, open: [...state.open, accepted(event)] };
    case "VenueOrderRejected":
      return remember(state, {
        submitted: event.order,
        venueOrderId: null,
        ordStatus: "rejected",
        cumQty: "0",
        text: event.report.text,
      });
    case "VenueMarketSeen":
      return see(state, event.seen);
    case "VenueOrderFilled":
      return fill(state, event);
    case "VenueOrderCanceled":
      return close(state, event.report.clOrdId, "canceled", event.report.text);
    case "VenueOrderExpired":
      return close(state, event.report.clOrdId, "expired", event.report.text);
    case "VenueCancelRejected":
      return state;
  }
}

export function findOrder(state: PaperVenueState, clOrdId: string) {
  const isIt = (order: VenueOrder | ClosedOrder) => order.submitted.clOrdId === clOrdId;
  return state.open.find(isIt) ?? state.closed.find(isIt) ?? null;
}

export function summarizeOrder(order: VenueOrder | ClosedOrder): VenueOrderSummary {
  const { clOrdId, orderId } = order.submitted;
  const { venueOrderId, cumQty } = order;
  const base = { clOrdId, orderId, venueOrderId, cumQty };
  if ("ordStatus" in order) return { ...base, ordStatus: order.ordStatus, text: order.text };
  return { ...base, ordStatus: cumQty === "0" ? "new" : "partiallyFilled", text: null };
}

function accepted(
  event: Extract<PaperVenueEvent, { readonly type: "VenueOrderAccepted" }>,
): VenueOrder {
  return {
    submitted: event.order,
    fees: event.fees,
    venueOrderId: event.report.venueOrderId,
    activeFromMs: event.activeFromMs,
    sessionDay: null,
    hasRested: false,
    cumQty: "0",
    feesAccrued: "0",
  };
}

function see(state: PaperVenueState, seen: MarketSeen): PaperVenueState {
  const open = state.open.map((order) => walk(order, seen));
  return seen.by === "bar"
    ? { ...state, open, barEndMs: seen.endMs }
    : { ...state, open, quoteMs: seen.timeMs };
}

/** What has been offered is not offered again, nor anything that began before its end. */
function walk(order: VenueOrder, seen: MarketSeen): VenueOrder {
  if (order.activeFromMs === null) return { ...order, activeFromMs: endsMs(seen) };
  const price = arrivalPrice(seen, order.submitted.side);
  if (price === null || !isEligible(order, seen)) return order;
  return {
    ...order,
    activeFromMs: endsMs(seen),
    sessionDay: order.sessionDay ?? sessionDay(beginsMs(seen)),
    hasRested: order.hasRested || !isMarketable(order.submitted, price),
  };
}

function fill(
  state: PaperVenueState,
  event: Extract<PaperVenueEvent, { readonly type: "VenueOrderFilled" }>,
): PaperVenueState {
  const { clOrdId, lastQty } = event.report;
  const isIt = (order: VenueOrder) => order.submitted.clOrdId === clOrdId;
  const open = state.open.map((order) =>
    isIt(order)
      ? { ...order, cumQty: add(order.cumQty, lastQty), feesAccrued: event.feesAccrued }
      : order,
  );
  const filled = open.find((order) => isIt(order) && isComplete(order));
  return filled === undefined
    ? { ...state, open }
    : close({ ...state, open }, clOrdId, "filled", null);
}

function isComplete(order: VenueOrder): boolean {
  return dec(order.cumQty).greaterThanOrEqualTo(order.submitted.orderQty);
}

function close(
  state: PaperVenueState,
  clOrdId: string,
  ordStatus: ClosedStatus,
  text: string | null,
): PaperVenueState {
  const order = state.open.find(({ submitted }) => submitted.clOrdId === clOrdId);
  if (order === undefined) return state;
  const { submitted, venueOrderId, cumQty } = order;
  const open = state.open.filter((other) => other !== order);
  return remember({ ...state, open }, { submitted, venueOrderId, ordStatus, cumQty, text });
}

function remember(state: PaperVenueState, order: ClosedOrder): PaperVenueState {
  return { ...state, closed: [...state.closed, order].slice(-REMEMBERED_ORDERS) };
}
