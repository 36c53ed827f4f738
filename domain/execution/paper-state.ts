import type { SubmitPayload } from "../order/messages.ts";
import type { Recorded } from "../shared/decider.ts";
import { type DecimalString, add, dec } from "../shared/decimal.ts";
import { type BarHistory, withBar } from "./bar-history.ts";
import type { VenueOrder } from "./book.ts";
import {
  type OpenOrders,
  findOpen,
  place,
  placeLast,
  walkOn,
  withAccepted,
  without,
} from "./open-orders.ts";
import type { Depth } from "./depth.ts";
import type { HeldReport } from "./paper-line.ts";
import type {
  Amended,
  AmendAnswer,
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
  /** the latest bars, where the account's slippage is made of them */
  readonly history: BarHistory;
  /** of a market that shows its book; null of others */
  readonly depth: Depth | null;
  /** reports on their way, the first sent first */
  readonly held: readonly HeldReport[];
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
  readonly amended?: Amended;
}

export function evolve(
  state: PaperVenueState,
  { event }: Recorded<PaperVenueEvent>,
): PaperVenueState {
  const next = apply(state, event);
  if (!("passage" in event) || event.passage === undefined) return next;
  return { ...next, held: [...next.held, { ...event.passage, report: event.report }] };
}

function apply(state: PaperVenueState, event: PaperVenueEvent): PaperVenueState {
  switch (event.type) {
    case "VenueOrderAccepted":
      return { ...state, open: withAccepted(state.open, event) };
    case "VenueOrderRejected":
      return rejected(state, event.order, event.report.text);
    case "VenueMarketSeen":
      return see(state, event.seen);
    case "VenueDepthSeen":
      return { ...state, depth: event.depth };
    case "VenueReportsArrived":
      return { ...state, held: state.held.filter((each) => !isAmong(each, event.execIds)) };
    case "VenueCancelSent":
      return change(state, event.clOrdId, { cancelAtMs: event.arrivesMs });
    case "VenueOrderSetOff":
      return change(state, event.report.clOrdId, { isSetOff: true, hasRested: event.rests });
    case "VenueOrderFilled":
      return fill(state, event);
    case "VenueOrderCanceled":
      return close(state, event.report.clOrdId, "canceled", event.report.text);
    case "VenueOrderExpired":
      return close(state, event.report.clOrdId, "expired", event.report.text);
    case "VenueOrderReplaced":
      return replaced(state, event);
    case "VenueReplaceRejected":
      return answered(state, event.report);
    case "VenueCancelRejected":
    case "VenueReplaceRepeated":
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
  const untouched = order.isSetOff === true ? "triggered" : "new";
  return { ...base, ordStatus: cumQty === "0" ? untouched : "partiallyFilled", text: null };
}

function isAmong({ report }: HeldReport, execIds: readonly string[]): boolean {
  return execIds.includes(report.execId);
}

function see(state: PaperVenueState, seen: MarketSeen): PaperVenueState {
  const open = walkOn(state.open, seen);
  if (seen.by === "quote") return { ...state, open, quoteMs: seen.timeMs };
  const history = seen.bar === undefined ? state.history : withBar(state.history, seen.bar);
  return { ...state, open, history, barEndMs: seen.endMs };
}

function change(
  state: PaperVenueState,
  clOrdId: string,
  changes: Partial<VenueOrder>,
): PaperVenueState {
  const order = findOpen(state.open, clOrdId);
  return order === undefined
    ? state
    : { ...state, open: place(state.open, { ...order, ...changes }) };
}

/** At once, or when it came to the market. */
function rejected(state: PaperVenueState, submitted: SubmitPayload, text: string): PaperVenueState {
  const order = findOpen(state.open, submitted.clOrdId);
  if (order !== undefined) return close(state, submitted.clOrdId, "rejected", text);
  const closed = {
    submitted,
    venueOrderId: null,
    ordStatus: "rejected",
    cumQty: "0",
    text,
  } as const;
  return remember(state, closed);
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
    ? end(state, order, closedOrder(filled, "filled", null))
    : { ...state, open: place(state.open, filled) };
}

type Replaced = Extract<PaperVenueEvent, { readonly type: "VenueOrderReplaced" }>;

function replaced(state: PaperVenueState, event: Replaced): PaperVenueState {
  const { order: submitted, keepsPlace, activeFromMs, report } = event;
  const before = findOpen(state.open, submitted.clOrdId);
  if (before === undefined) return state;
  const order = { ...before, submitted, ...amendedBy(before, report) };
  const open = keepsPlace
    ? place(state.open, order)
    : placeLast(state.open, { ...order, activeFromMs, hasRested: false });
  return { ...state, open };
}

/** An order that was refused an amendment stands as it was. */
function answered(state: PaperVenueState, report: AmendAnswer): PaperVenueState {
  const order = findOpen(state.open, report.clOrdId);
  return order === undefined
    ? state
    : { ...state, open: place(state.open, { ...order, ...amendedBy(order, report) }) };
}

function amendedBy(
  { submitted, amended }: Pick<VenueOrder, "submitted" | "amended">,
  answer: AmendAnswer,
): { readonly amended: Amended } {
  const latest = answer.revision === null ? (amended?.answer ?? null) : answer;
  return { amended: { original: amended?.original ?? submitted, answer: latest } };
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
  return order === undefined ? state : end(state, order, closedOrder(order, ordStatus, text));
}

function closedOrder(
  { submitted, venueOrderId, cumQty, amended }: VenueOrder,
  ordStatus: ClosedStatus,
  text: string | null,
): ClosedOrder {
  const closed = { submitted, venueOrderId, ordStatus, cumQty, text };
  return amended === undefined ? closed : { ...closed, amended };
}

function end(state: PaperVenueState, order: VenueOrder, closed: ClosedOrder): PaperVenueState {
  return remember({ ...state, open: without(state.open, order) }, closed);
}

function remember(state: PaperVenueState, order: ClosedOrder): PaperVenueState {
  return { ...state, closed: [...state.closed, order].slice(-REMEMBERED_ORDERS) };
}
