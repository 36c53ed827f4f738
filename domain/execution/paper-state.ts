import type { SubmitPayload } from "../order/messages.ts";
import type { Recorded } from "../shared/decider.ts";
import { type DecimalString, add, dec } from "../shared/decimal.ts";
import type { VenueOrder } from "./book.ts";
import { type OpenOrders, findOpen, place, walkOn, withAccepted, without } from "./open-orders.ts";
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
  readonly open: OpenOrders;
  /** the last to close last */
  readonly closed: readonly ClosedOrder[];
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
      return { ...state, open: withAccepted(state.open, event) };
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
  const closed = () => state.closed.find(({ submitted }) => submitted.clOrdId === clOrdId);
  return findOpen(state.open, clOrdId) ?? closed() ?? null;
}

export function summarizeOrder(order: VenueOrder | ClosedOrder): VenueOrderSummary {
  const { clOrdId, orderId } = order.submitted;
  const { venueOrderId, cumQty } = order;
  const base = { clOrdId, orderId, venueOrderId, cumQty };
  if ("ordStatus" in order) return { ...base, ordStatus: order.ordStatus, text: order.text };
  return { ...base, ordStatus: cumQty === "0" ? "new" : "partiallyFilled", text: null };
}

function see(state: PaperVenueState, seen: MarketSeen): PaperVenueState {
  const open = walkOn(state.open, seen);
  return seen.by === "bar"
    ? { ...state, open, barEndMs: seen.endMs }
    : { ...state, open, quoteMs: seen.timeMs };
}

function fill(
  state: PaperVenueState,
  event: Extract<PaperVenueEvent, { readonly type: "VenueOrderFilled" }>,
): PaperVenueState {
  const { clOrdId, lastQty } = event.report;
  const order = findOpen(state.open, clOrdId);
  if (order === undefined) return state;
  const { feesAccrued } = event;
  const filled = { ...order, cumQty: add(order.cumQty, lastQty), feesAccrued };
  return isComplete(filled)
    ? remember(state, closedOrder(filled, "filled", null))
    : { ...state, open: place(state.open, filled) };
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
  const order = findOpen(state.open, clOrdId);
  return order === undefined ? state : remember(state, closedOrder(order, ordStatus, text));
}

function closedOrder(
  { submitted, venueOrderId, cumQty }: VenueOrder,
  ordStatus: ClosedStatus,
  text: string | null,
): ClosedOrder {
  return { submitted, venueOrderId, ordStatus, cumQty, text };
}

function remember(state: PaperVenueState, order: ClosedOrder): PaperVenueState {
  return {
    ...state,
    open: without(state.open, order.submitted),
    closed: [...state.closed, order].slice(-REMEMBERED_ORDERS),
  };
}
