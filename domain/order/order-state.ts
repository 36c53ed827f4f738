import type { Recorded } from "../shared/decider.ts";
import {
  Decimal,
  type DecimalString,
  add,
  dec,
  multiply,
  subtract,
  text,
} from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import type { ExecutionReport } from "./execution-report.ts";
import { fingerprint } from "./fingerprint.ts";
import type { OrderEvent, OrderStatus, OrderSummary, ReportOf } from "./messages.ts";
import type { ApprovedOrder, Denial, NewOrder } from "./new-order.ts";
import { type RestingStatus, type StatusEvent, isClosed, nextStatus } from "./order-status.ts";

/** Plain JSON. */
export type OrderState = UnplacedOrder | DeniedOrder | PlacedOrder;

interface UnplacedOrder {
  readonly phase: "unplaced";
}

interface DeniedOrder {
  readonly phase: "denied";
  readonly order: NewOrder;
  readonly reasons: readonly Denial[];
  readonly createdAtMs: number;
}

export interface PlacedOrder {
  readonly phase: "placed";
  readonly order: ApprovedOrder;
  readonly ordStatus: OrderStatus;
  /** beneath a pending request */
  readonly previousStatus: RestingStatus | null;
  readonly cumQty: DecimalString;
  /** Σ lastQty · lastPx, exact, multiplier not included: what avgPx is derived from */
  readonly notional: DecimalString;
  readonly fees: DecimalString;
  readonly venueOrderId: string | null;
  readonly text: string | null;
  /** execId → fingerprint of its values */
  readonly seen: { readonly [execId: string]: string };
  /** the reports that an alarm has been raised for, so that each is raised once */
  readonly alarmed: readonly string[];
  /** the highest attempt that was started; 0 while the broker has never been called */
  readonly attempts: number;
  /** who wants it canceled as soon as the venue has it */
  readonly cancelQueuedBy: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export function evolve(state: OrderState, recorded: Recorded<OrderEvent>): OrderState {
  const { event, atMs } = recorded;
  if (event.type === "OrderPlaced") return born(event.order, atMs);
  if (event.type === "OrderDenied") {
    return { phase: "denied", order: event.order, reasons: event.reasons, createdAtMs: atMs };
  }
  return state.phase === "placed"
    ? { ...state, ...changes(state, event), updatedAtMs: atMs }
    : state;
}

/** What callers and lists see. @throws Refusal ORDER_NOT_FOUND while no order was placed under this id */
export function summarize(id: string, state: OrderState): OrderSummary {
  switch (state.phase) {
    case "unplaced":
      throw new Refusal("notFound", "ORDER_NOT_FOUND", `there is no order ${id}`);
    case "denied":
      return {
        ...asAsked(id, state),
        ...NOTHING_DONE,
        ordStatus: "denied",
        reasons: state.reasons,
      };
    case "placed":
      return { ...asAsked(id, state), ...asItStands(state), reasons: [] };
  }
}

export function alarmKey(report: ExecutionReport): string {
  return `${report.execId}|${fingerprint(report)}`;
}

/** orderQty − cumQty while more may be filled; 0 once closed. */
function leavesQty(state: PlacedOrder): DecimalString {
  return isClosed(state.ordStatus) ? "0" : subtract(state.order.orderQty, state.cumQty);
}

function isLastFill(state: PlacedOrder, lastQty: DecimalString): boolean {
  return dec(state.cumQty).plus(lastQty).equals(state.order.orderQty);
}

function born(order: ApprovedOrder, atMs: number): PlacedOrder {
  return {
    phase: "placed",
    order,
    ordStatus: "pendingNew",
    previousStatus: null,
    cumQty: "0",
    notional: "0",
    fees: "0",
    venueOrderId: null,
    text: null,
    seen: {},
    alarmed: [],
    attempts: 0,
    cancelQueuedBy: null,
    createdAtMs: atMs,
    updatedAtMs: atMs,
  };
}

type LaterEvent = Exclude<OrderEvent, { readonly type: "OrderPlaced" | "OrderDenied" }>;

function changes(state: PlacedOrder, event: LaterEvent): Partial<PlacedOrder> {
  switch (event.type) {
    case "SubmitStarted":
      return { ...step(state, "submitStarted"), attempts: event.attempt };
    case "OrderMarkedUnknown":
      return step(state, "markedUnknown");
    case "CancelQueued":
      return { ...step(state, "cancelQueued"), cancelQueuedBy: event.requestedBy };
    case "CancelRequested":
      return { ...step(state, "cancelRequested"), cancelQueuedBy: null };
    case "OrderFilled":
      return fill(state, event.report);
    case "OrderAccepted":
      return { ...heard(state, event.report), venueOrderId: event.report.venueOrderId };
    case "CancelRejected":
      return heard(state, event.report);
    case "OrderCanceled":
    case "OrderExpired":
    case "OrderRejected":
      return { ...heard(state, event.report), text: event.report.text };
    case "ReportConflicted":
    case "OverfillRefused":
      return { alarmed: [...state.alarmed, alarmKey(event.report)] };
  }
}

function fill(state: PlacedOrder, report: ReportOf<"trade">): Partial<PlacedOrder> {
  return {
    ...heard(state, report),
    cumQty: add(state.cumQty, report.lastQty),
    notional: add(state.notional, multiply(report.lastQty, report.lastPx)),
    fees: add(state.fees, report.fees),
  };
}

function heard(state: PlacedOrder, report: ExecutionReport): Partial<PlacedOrder> {
  return {
    ...step(state, statusEventOf(state, report)),
    seen: { ...state.seen, [report.execId]: fingerprint(report) },
  };
}

/** The row of the status table that a report stands for. */
export function statusEventOf(state: PlacedOrder, report: ExecutionReport): StatusEvent {
  switch (report.execType) {
    case "new":
      return "accepted";
    case "trade":
      return isLastFill(state, report.lastQty) ? "fullFill" : "partialFill";
    case "canceled":
    case "expired":
    case "rejected":
    case "cancelRejected":
      return report.execType;
  }
}

/** An event is a fact: where the table has no step for one, the status stays. */
function step(state: PlacedOrder, event: StatusEvent): Partial<PlacedOrder> {
  const next = nextStatus({ ordStatus: state.ordStatus, previous: state.previousStatus }, event);
  if (next === null || next.ordStatus === "unplaced") return {};
  const status = { ordStatus: next.ordStatus, previousStatus: next.previous };
  return isClosed(next.ordStatus) ? { ...status, cancelQueuedBy: null } : status;
}

function asAsked(id: string, state: PlacedOrder | DeniedOrder) {
  const { order } = state;
  return {
    orderId: id,
    clOrdId: order.clOrdId,
    tenantId: order.tenantId,
    portfolioId: order.portfolioId,
    symbol: order.symbol,
    side: order.side,
    ordType: order.ordType,
    timeInForce: order.timeInForce,
    orderQty: order.orderQty,
    price: order.price ?? null,
    placedBy: order.placedBy,
    signalId: order.signalId ?? null,
    createdAtMs: state.createdAtMs,
    updatedAtMs: state.phase === "placed" ? state.updatedAtMs : state.createdAtMs,
  };
}

const NOTHING_DONE = {
  cumQty: "0",
  leavesQty: "0",
  avgPx: null,
  fees: "0",
  currency: null,
  venue: null,
  venueOrderId: null,
  text: null,
} as const;

function asItStands(state: PlacedOrder) {
  return {
    ordStatus: state.ordStatus,
    cumQty: state.cumQty,
    leavesQty: leavesQty(state),
    avgPx: averagePrice(state),
    fees: state.fees,
    currency: state.order.currency,
    venue: state.order.venue,
    venueOrderId: state.venueOrderId,
    text: state.text,
  };
}

/** Rounded half to even to 12 decimals, from the exact notional: roundings never add up. */
function averagePrice(state: PlacedOrder): DecimalString | null {
  const cumQty = dec(state.cumQty);
  if (cumQty.isZero()) return null;
  const exact = dec(state.notional).dividedBy(cumQty);
  return text(exact.toDecimalPlaces(12, Decimal.ROUND_HALF_EVEN));
}
