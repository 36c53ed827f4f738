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
import type { ApprovedTerms, OrderEvent, OrderStatus, OrderSummary, ReportOf } from "./messages.ts";
import type { ApprovedOrder, Denial, NewOrder } from "./new-order.ts";
import { particularsOf } from "./particulars.ts";
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
  /** sent to the venue, and neither taken nor refused yet */
  readonly amendment: PendingAmendment | null;
  /** amendments sent so far */
  readonly revisions: number;
  /** the latest that the venue took; absent: none */
  readonly takenAmendId?: string;
  /** events so far: tells its parent which of two words is the newer */
  readonly sequence: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

interface PendingAmendment {
  readonly amendId: string;
  readonly terms: ApprovedTerms;
  /** the venue has made the order smaller since it was asked: the answer, which is older, does not make it larger again */
  readonly shrunkTo?: DecimalString;
}

export function evolve(state: OrderState, recorded: Recorded<OrderEvent>): OrderState {
  const { event, atMs } = recorded;
  if (event.type === "OrderPlaced") return born(event.order, atMs);
  if (event.type === "OrderDenied") {
    return { phase: "denied", order: event.order, reasons: event.reasons, createdAtMs: atMs };
  }
  return state.phase === "placed"
    ? { ...state, ...changes(state, event), sequence: state.sequence + 1, updatedAtMs: atMs }
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

/**
 * The most that the venue may fill: while an amendment is under way, whichever quantity is the larger, as fills of the new
 * terms may overtake the word that they are taken.
 */
export function mostQty({ order, amendment }: PlacedOrder): DecimalString {
  return amendment === null
    ? order.orderQty
    : text(Decimal.max(order.orderQty, amendment.terms.orderQty));
}

function isLastFill(state: PlacedOrder, lastQty: DecimalString): boolean {
  return dec(state.cumQty).plus(lastQty).equals(mostQty(state));
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
    amendment: null,
    revisions: 0,
    sequence: 1,
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
      return cancelRejected(state, event.report);
    case "OrderTriggered":
      return heard(state, event.report);
    case "ReplaceRequested": {
      const { amendId, terms, revision } = event;
      return {
        ...step(state, "replaceRequested"),
        amendment: { amendId, terms },
        revisions: revision,
      };
    }
    case "OrderReplaced":
      return replaced(state, event.report);
    case "ReplaceRejected":
      return { ...heard(state, event.report), amendment: amendmentAfter(state, event.report) };
    case "ReplaceRefused":
      return {};
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

/** The terms are the venue's: they may be what was asked for, or its own. */
function replaced(state: PlacedOrder, report: ReportOf<"replaced">): Partial<PlacedOrder> {
  const { price, stopPx, venueOrderId } = report;
  const orderQty = quantityAfter(state, report);
  const { hold, price: _, stopPx: __, ...rest } = state.order;
  const amendment = amendmentAfter(state, report);
  const asked = amendment === null ? state.amendment : null;
  const worstPrice = asked === null ? hold.worstPrice : asked.terms.worstPrice;
  // sound: its hold was checked with these terms, or the venue made the order smaller by itself
  const order = {
    ...rest,
    hold: { ...hold, worstPrice },
    orderQty,
    ...(price !== null && { price }),
    ...(stopPx !== null && { stopPx }),
  } as ApprovedOrder;
  const takenAmendId = asked?.amendId ?? state.takenAmendId;
  return {
    ...heard(state, report),
    order,
    venueOrderId,
    amendment,
    ...(takenAmendId !== undefined && { takenAmendId }),
  };
}

/**
 * By itself a venue only ever makes an order smaller, and its words may come in another order than it spoke them: what it
 * took away after an amendment may be heard before the answer.
 */
function quantityAfter(
  { order, amendment, revisions }: PlacedOrder,
  { revision, orderQty }: ReportOf<"replaced">,
): DecimalString {
  if (revision === null) return smaller(order.orderQty, orderQty);
  return revision === revisions ? smaller(orderQty, amendment?.shrunkTo ?? orderQty) : orderQty;
}

function smaller(a: DecimalString, b: DecimalString): DecimalString {
  return text(Decimal.min(a, b));
}

/** Null once it is answered. */
function amendmentAfter(
  { amendment, revisions }: PlacedOrder,
  report: ReportOf<"replaced" | "replaceRejected">,
): PendingAmendment | null {
  if (amendment === null || report.revision === revisions) return null;
  return report.execType === "replaced" && report.revision === null
    ? { ...amendment, shrunkTo: smaller(report.orderQty, amendment.shrunkTo ?? report.orderQty) }
    : amendment;
}

/** An amendment that the cancel overtook is still to be answered. */
function cancelRejected(
  state: PlacedOrder,
  report: ReportOf<"cancelRejected">,
): Partial<PlacedOrder> {
  const after = heard(state, report);
  return state.amendment === null
    ? after
    : { ...after, ...step({ ...state, ...after }, "replaceRequested") };
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
    case "replaced":
    case "replaceRejected":
      return statusEventOfAnswer(state, report);
    case "triggered":
    case "canceled":
    case "expired":
    case "rejected":
    case "cancelRejected":
      return report.execType;
  }
}

/** The quantity that an amendment leaves may be filled already: then it was the last word. */
function statusEventOfAnswer(
  state: PlacedOrder,
  report: ReportOf<"replaced" | "replaceRejected">,
): StatusEvent {
  if (isClosed(state.ordStatus)) return report.execType;
  const isOurs = state.amendment !== null && report.revision === state.revisions;
  const mostAfter = isOurs || state.amendment === null ? "0" : state.amendment.terms.orderQty;
  const quantity =
    report.execType === "replaced" ? quantityAfter(state, report) : state.order.orderQty;
  const isFilled =
    state.cumQty !== "0" &&
    dec(state.cumQty).greaterThanOrEqualTo(Decimal.max(quantity, mostAfter));
  if (isFilled) return "fullFill";
  // What answers nothing that is under way leaves the request pending.
  return isOurs || state.amendment === null ? report.execType : "accepted";
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
    ...particularsOf(order),
    ...(order.brokerAccountId !== undefined && { brokerAccountId: order.brokerAccountId }),
    ...(order.parent !== undefined && { parent: order.parent }),
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
