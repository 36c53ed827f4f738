/**
 * The brain of the order actor: what an order becomes as we submit and cancel it and as the venue reports on it. Reports
 * may arrive twice, late or in any order; the same set of them leads to the same order.
 *
 * Effects: `submit` (SubmitPayload), `replace` (ReplacePayload) and `cancel` (CancelPayload) for the broker adapter;
 * ApplyFill, ConcludeAmend and ReleaseHold for the portfolio, which may receive them in any order: a fill that comes after
 * the release still counts; ChildReported for the order's parent, after each change.
 */
import type { Decider, Decision, Effect, Env } from "../shared/decider.ts";
import { Refusal, invariant } from "../shared/errors.ts";
import type { PortfolioCommand } from "../portfolio/messages.ts";
import type { ExecutionReport } from "./execution-report.ts";
import { type DecimalString, dec } from "../shared/decimal.ts";
import type {
  ApprovedTerms,
  CancelPayload,
  ChildReported,
  OrderCommand,
  OrderEvent,
  OrderReply,
  ReplacePayload,
  ReportOf,
  SubmitPayload,
} from "./messages.ts";
import type { ApprovedOrder, NewOrder, OrderTerms } from "./new-order.ts";
import { type OrderState, type PlacedOrder, evolve, summarize } from "./order-state.ts";
import { isClosed, isResting, nextStatus } from "./order-status.ts";
import { particularsOf } from "./particulars.ts";
import { judge } from "./report-check.ts";
import { firstDifference } from "../shared/same-content.ts";

export const order: Decider<OrderState, OrderCommand, OrderEvent, OrderReply> = {
  initial: () => ({ phase: "unplaced" }),
  decide(state, command, env) {
    const outcome = outcomeOf(state, command, env);
    const after = outcome.events.reduce(
      (before, event) => evolve(before, record(event, env)),
      state,
    );
    const { events, effects, refused } = outcome;
    const words = events.length === 0 ? [] : tellParent(env.actor.id, after);
    const all = words.length === 0 ? effects : [...(effects ?? []), ...words];
    return {
      events,
      ...(all !== undefined && { effects: all }),
      reply: { order: summarize(env.actor.id, after), ...(refused !== undefined && { refused }) },
    };
  },
  evolve,
};

type Outcome = Omit<Decision<OrderEvent, OrderReply>, "reply"> & Pick<OrderReply, "refused">;

const NOTHING: Outcome = { events: [] };

/** @throws Refusal ORDER_EXISTS, ORDER_NOT_FOUND or ORDER_CLOSED */
function outcomeOf(state: OrderState, command: OrderCommand, env: Env): Outcome {
  switch (command.type) {
    case "Place":
      return place(state, command.order, env);
    case "RecordDenial":
      return isRepeatedBirth(state, "denied", command.order, env)
        ? NOTHING
        : {
            events: [{ type: "OrderDenied", order: command.order, reasons: command.reasons }],
          };
    case "StartSubmit":
      return startSubmit(placed(state, env), command.attempt);
    case "ApplyReport":
      return applyReport(placed(state, env), command.report, env);
    case "MarkUnknown":
      return markUnknown(placed(state, env), command.text);
    case "RequestCancel":
      if (command.ifOpen === true && isOver(state)) return NOTHING;
      return requestCancel(placed(state, env), command.requestedBy, env);
    case "RequestReplace":
      return requestReplace(placed(state, env), command, env);
  }
}

/** The first attempt begins with the order: both are on record before the broker is called, in one commit. */
function place(state: OrderState, approved: ApprovedOrder, env: Env): Outcome {
  if (isRepeatedBirth(state, "placed", approved, env)) return NOTHING;
  return {
    events: [
      { type: "OrderPlaced", order: approved },
      { type: "SubmitStarted", attempt: 1 },
    ],
    effects: [{ kind: "submit", payload: submitPayload(approved) }],
  };
}

/** False for the first birth, true for its repeat. @throws Refusal ORDER_EXISTS when it is another order */
function isRepeatedBirth(
  state: OrderState,
  phase: "placed" | "denied",
  asked: NewOrder,
  env: Env,
): boolean {
  const { id } = env.actor;
  invariant(asked.orderId === id, `order ${id}: expected its own order, found ${asked.orderId}`);
  if (state.phase === "unplaced") return false;
  const field = state.phase === phase ? firstDifference(state.order, asked) : "status";
  if (field === null) return true;
  throw new Refusal(
    "conflict",
    "ORDER_EXISTS",
    `order ${env.actor.id} exists with another ${field}`,
    {
      orderId: env.actor.id,
      field,
    },
  );
}

function isOver(state: OrderState): boolean {
  return state.phase === "denied" || (state.phase === "placed" && isClosed(state.ordStatus));
}

/** Silent once the venue has spoken: the sender reads the status and does not call. */
function startSubmit(state: PlacedOrder, attempt: number): Outcome {
  const isWanted = nextStatus(pairOf(state), "submitStarted") !== null && attempt > state.attempts;
  return isWanted ? { events: [{ type: "SubmitStarted", attempt }] } : NOTHING;
}

/** Silent when a report overtook the failure of the call: then the fate is known. */
function markUnknown(state: PlacedOrder, text: string): Outcome {
  return nextStatus(pairOf(state), "markedUnknown") === null
    ? NOTHING
    : { events: [{ type: "OrderMarkedUnknown", text }] };
}

function requestCancel(state: PlacedOrder, requestedBy: string, env: Env): Outcome {
  if (isClosed(state.ordStatus)) {
    const message = `order ${env.actor.id} is ${state.ordStatus}`;
    throw new Refusal("conflict", "ORDER_CLOSED", message, { ordStatus: state.ordStatus });
  }
  if (nextStatus(pairOf(state), "cancelRequested") !== null) {
    return {
      events: [{ type: "CancelRequested", requestedBy }],
      effects: [cancelEffect(state, env)],
    };
  }
  const isQueueable =
    nextStatus(pairOf(state), "cancelQueued") !== null && state.cancelQueuedBy === null;
  return isQueueable ? { events: [{ type: "CancelQueued", requestedBy }] } : NOTHING;
}

/**
 * The portfolio has approved it, and holds for both: so this never throws, and what is not sent is told to the portfolio.
 * One amendment at a time: the terms of a second would stand on what the first may still change.
 */
function requestReplace(
  state: PlacedOrder,
  {
    amendId,
    terms,
    basedOn,
    basedOnCumQty,
    requestedBy,
  }: Extract<OrderCommand, { readonly type: "RequestReplace" }>,
  env: Env,
): Outcome {
  const refused = whyNotAmendable(state, terms, { basedOn, basedOnCumQty });
  if (refused !== null)
    return {
      events: [{ type: "ReplaceRefused", amendId, text: refused }],
      effects: [tellPortfolio(state, { type: "ConcludeAmend", orderId: env.actor.id, amendId })],
      refused,
    };
  const revision = state.revisions + 1;
  return {
    events: [{ type: "ReplaceRequested", amendId, revision, terms, requestedBy }],
    effects: [replaceEffect(state, terms, revision)],
  };
}

interface BasedOn {
  readonly basedOn: DecimalString | undefined;
  readonly basedOnCumQty: DecimalString | undefined;
}

function whyNotAmendable(
  state: PlacedOrder,
  { orderQty }: OrderTerms,
  { basedOn = state.order.orderQty, basedOnCumQty = state.cumQty }: BasedOn,
): string | null {
  if (isClosed(state.ordStatus)) return `the order is ${state.ordStatus}`;
  if (state.amendment !== null) return "another amendment is under way";
  if (nextStatus(pairOf(state), "replaceRequested") === null)
    return `the order is ${state.ordStatus}`;
  if (dec(orderQty).lessThanOrEqualTo(state.cumQty)) return `${state.cumQty} of it is filled`;
  if (!dec(basedOn).equals(state.order.orderQty))
    return `its quantity is ${state.order.orderQty} now, not ${basedOn}`;
  if (!dec(basedOnCumQty).equals(state.cumQty))
    return `${state.cumQty} of it is filled now, not ${basedOnCumQty}`;
  return null;
}

function applyReport(state: PlacedOrder, report: ExecutionReport, env: Env): Outcome {
  const verdict = judge(env.actor.id, state, report);
  switch (verdict.verdict) {
    case "seen":
      return NOTHING;
    case "alarm":
      return { events: [verdict.alarm] };
    case "fresh":
      return applyFresh(state, report, env);
  }
}

function applyFresh(state: PlacedOrder, report: ExecutionReport, env: Env): Outcome {
  const event = eventOf(report);
  const after = evolve(state, record(event, env));
  if (after.phase !== "placed") return { events: [event] };
  const queued = dueCancel(after, env);
  return {
    events: [event, ...queued.events],
    effects: [...portfolioEffects(state, after, report), ...(queued.effects ?? [])],
  };
}

/** A cancel that waited for the venue to have the order. */
function dueCancel(state: PlacedOrder, env: Env): Outcome {
  return state.cancelQueuedBy !== null && isResting(state.ordStatus)
    ? requestCancel(state, state.cancelQueuedBy, env)
    : NOTHING;
}

/** The fill first; then what an amendment leaves to hold; the rest of the hold goes when the order closes, once. */
function portfolioEffects(
  before: PlacedOrder,
  after: PlacedOrder,
  report: ExecutionReport,
): readonly Effect[] {
  const hasClosed = !isClosed(before.ordStatus) && isClosed(after.ordStatus);
  return [
    ...(report.execType === "trade" ? [tellPortfolio(after, applyFill(after, report))] : []),
    ...(hasClosed ? [] : concludeAmend(before, after, report)),
    ...(hasClosed ? [tellPortfolio(after, releaseHold(after, report))] : []),
  ];
}

function applyFill(state: PlacedOrder, report: ReportOf<"trade">): PortfolioCommand {
  const { symbol, side, multiplier, parent } = state.order;
  const positionId = state.order.positionId ?? (parent?.type === "algo" ? parent.id : undefined);
  const position = positionId === undefined ? {} : { positionId };
  return { type: "ApplyFill", report, symbol, side, multiplier, ...position };
}

/** Also when the venue changed the order by itself: what it needs to hold has changed. */
function concludeAmend(
  before: PlacedOrder,
  after: PlacedOrder,
  report: ExecutionReport,
): readonly Effect[] {
  if (report.execType !== "replaced" && report.execType !== "replaceRejected") return [];
  const { orderId } = report;
  const amendId = after.amendment === null ? before.amendment?.amendId : undefined;
  const terms = report.execType === "replaced" ? { terms: termsOf(after) } : {};
  const command = {
    type: "ConcludeAmend",
    orderId,
    ...(amendId && { amendId }),
    ...terms,
  } as const;
  return [tellPortfolio(after, command)];
}

function termsOf({ order: { orderQty, price, stopPx } }: PlacedOrder): OrderTerms {
  return { orderQty, price: price ?? null, stopPx: stopPx ?? null };
}

function releaseHold(state: PlacedOrder, report: ExecutionReport): PortfolioCommand {
  const { ordStatus: reason, cumQty } = state;
  return { type: "ReleaseHold", orderId: report.orderId, reason, cumQty };
}

function tellPortfolio(state: PlacedOrder, command: PortfolioCommand): Effect {
  const to = { type: "portfolio", id: state.order.portfolioId };
  return { kind: "tell", to, command, isJoint: true };
}

/** Its newest word, so that the parent never needs to ask. */
function tellParent(id: string, state: OrderState): readonly Effect[] {
  if (state.phase === "unplaced" || state.order.parent === undefined) return [];
  const { ordStatus, orderQty, cumQty, fees, text, reasons } = summarize(id, state);
  const isPlaced = state.phase === "placed";
  const command: ChildReported = {
    type: "ChildReported",
    orderId: id,
    sequence: isPlaced ? state.sequence : 1,
    ordStatus,
    orderQty,
    cumQty,
    notional: isPlaced ? state.notional : "0",
    fees,
    text,
    reasons,
    ...(isPlaced && state.takenAmendId !== undefined && { takenAmendId: state.takenAmendId }),
  };
  const { parent } = state.order;
  return [{ kind: "tell", to: { type: parent.type, id: parent.id }, command, isJoint: true }];
}

function replaceEffect(state: PlacedOrder, terms: ApprovedTerms, revision: number): Effect {
  const before = submitPayload(state.order);
  const { price: _, stopPx: __, ...rest } = before;
  const { orderQty, price, stopPx, worstPrice } = terms;
  const after = { ...rest, orderQty, price, worstPrice, ...(stopPx !== null && { stopPx }) };
  const payload: ReplacePayload = { revision, venueOrderId: state.venueOrderId, before, after };
  return { kind: "replace", payload };
}

function cancelEffect(state: PlacedOrder, env: Env): Effect {
  const { venue, symbol, brokerAccountId } = state.order;
  const { venueOrderId } = state;
  const { id } = env.actor;
  const payload: CancelPayload = {
    ...(brokerAccountId !== undefined && { accountId: brokerAccountId }),
    clOrdId: id,
    orderId: id,
    venue,
    symbol,
    venueOrderId,
  };
  return { kind: "cancel", payload };
}

function submitPayload(approved: ApprovedOrder): SubmitPayload {
  const { tickSize, calendar, brokerAccountId } = approved;
  return {
    clOrdId: approved.orderId,
    orderId: approved.orderId,
    venue: approved.venue,
    symbol: approved.symbol,
    side: approved.side,
    ordType: approved.ordType,
    orderQty: approved.orderQty,
    price: approved.price ?? null,
    timeInForce: approved.timeInForce,
    worstPrice: approved.hold.worstPrice,
    currency: approved.currency,
    multiplier: approved.multiplier,
    lotSize: approved.lotSize,
    assetClass: approved.assetClass,
    ...particularsOf(approved),
    ...(tickSize !== undefined && { tickSize }),
    ...(calendar !== undefined && { calendar }),
    ...(brokerAccountId !== undefined && { accountId: brokerAccountId }),
  };
}

function eventOf(report: ExecutionReport): OrderEvent {
  switch (report.execType) {
    case "new":
      return { type: "OrderAccepted", report };
    case "trade":
      return { type: "OrderFilled", report };
    case "canceled":
      return { type: "OrderCanceled", report };
    case "expired":
      return { type: "OrderExpired", report };
    case "rejected":
      return { type: "OrderRejected", report };
    case "cancelRejected":
      return { type: "CancelRejected", report };
    case "triggered":
      return { type: "OrderTriggered", report };
    case "replaced":
      return { type: "OrderReplaced", report };
    case "replaceRejected":
      return { type: "ReplaceRejected", report };
  }
}

/** @throws Refusal ORDER_NOT_FOUND for an actor without an order, ORDER_CLOSED for a denied one */
function placed(state: OrderState, env: Env): PlacedOrder {
  const { id } = env.actor;
  switch (state.phase) {
    case "placed":
      return state;
    case "denied":
      throw new Refusal("conflict", "ORDER_CLOSED", `order ${id} is denied`, {
        ordStatus: "denied",
      });
    case "unplaced":
      throw new Refusal("notFound", "ORDER_NOT_FOUND", `there is no order ${id}`);
  }
}

function pairOf(state: PlacedOrder) {
  return { ordStatus: state.ordStatus, previous: state.previousStatus };
}

/** As the host will record it, to see the state that the reply speaks of. Version and id do not enter the state. */
function record(event: OrderEvent, env: Env) {
  return { event, version: 0, atMs: env.nowMs, commandId: env.commandId };
}
