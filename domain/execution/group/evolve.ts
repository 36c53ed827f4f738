import { isClosed } from "../../order/order-status.ts";
import type { NewOrder } from "../../order/new-order.ts";
import type { Recorded } from "../../shared/decider.ts";
import { dec, type DecimalString, subtract } from "../../shared/decimal.ts";
import type { ChildStanding, GroupAlarm, GroupEvent, GroupTerms, LegDenial } from "./messages.ts";
import {
  type Attempt,
  type ChildRequest,
  FAILURES_MAX,
  type GroupState,
  isPlacedAtStart,
  type LegState,
  type StartedGroup,
  type UnstartedGroup,
} from "./state.ts";

const ALARMS_KEPT = 20;

export function evolve(state: GroupState, { event, atMs }: Recorded<GroupEvent>): GroupState {
  if (state.phase === "unstarted") return born(state, event, atMs);
  if (state.phase === "denied") return state;
  return { ...changed(state, event, atMs), updatedAtMs: atMs };
}

function born(state: UnstartedGroup, event: GroupEvent, atMs: number): GroupState {
  switch (event.type) {
    case "EarlyReportKept":
      return { ...state, early: [...state.early, event.report] };
    case "GroupDenied":
      return { phase: "denied", terms: event.terms, denied: event.denied, createdAtMs: atMs };
    case "GroupStarted":
      return started(event.terms, event.denied, atMs);
    case "LegPlaced":
    case "ChildChanged":
    case "LegAmendRequested":
    case "LegCancelRequested":
    case "LegFailed":
    case "LegResumed":
    case "LegsOverfilled":
    case "GroupCancelRequested":
      return state;
  }
}

function started(terms: GroupTerms, denied: readonly LegDenial[], atMs: number): StartedGroup {
  const legs = terms.legs.map(({ role, order }) => {
    if (!isPlacedAtStart(role)) return UNPLACED;
    const denial = denied.find(({ orderId }) => orderId === order.orderId);
    const attempt = newAttempt(order, "0");
    return denial === undefined
      ? { ...UNPLACED, attempts: [attempt] }
      : {
          ...UNPLACED,
          attempts: [{ ...attempt, ordStatus: "denied" as const, reasons: denial.reasons }],
        };
  });
  return {
    phase: "started",
    terms,
    legs,
    canceledBy: null,
    excess: "0",
    alarms: [],
    createdAtMs: atMs,
    updatedAtMs: atMs,
  };
}

const UNPLACED: LegState = { attempts: [], failures: 0, isWaiting: false, isGivenUp: false };

function newAttempt({ orderId, orderQty }: NewOrder, gone: DecimalString): Attempt {
  return {
    orderId,
    sequence: 0,
    ordStatus: "pendingNew",
    orderQty,
    cumQty: "0",
    notional: "0",
    fees: "0",
    text: null,
    reasons: [],
    takenAmendId: null,
    asked: orderQty,
    gone,
    request: null,
  };
}

function changed(state: StartedGroup, event: GroupEvent, atMs: number): StartedGroup {
  switch (event.type) {
    case "GroupStarted":
    case "GroupDenied":
    case "EarlyReportKept":
      return state;
    case "LegPlaced":
      return withLeg(state, event.leg, (leg) => ({
        ...leg,
        attempts: [...leg.attempts, newAttempt(event.order, event.gone)],
      }));
    case "ChildChanged":
      return heard(state, event);
    case "LegAmendRequested": {
      const { amendId, orderQty, gone } = event;
      return withRequest(state, event, { what: "amend", amendId, orderQty, gone, isSeen: false });
    }
    case "LegCancelRequested": {
      const { cause } = event;
      return withRequest(state, event, { what: "cancel", cause, isSeen: false, isRefused: false });
    }
    case "LegFailed":
      return failed(state, event, atMs);
    case "LegResumed":
      return withLeg(state, event.leg, (leg) => ({
        ...leg,
        isWaiting: false,
        attempts: leg.attempts.map(withoutRefusal),
      }));
    case "LegsOverfilled": {
      const { filled, wanted } = event;
      const words = `the legs were filled for ${filled} instead of ${wanted}`;
      const alarm = { event: event.type, role: null, orderId: null, text: words, atMs };
      return { ...withAlarm(state, alarm), excess: subtract(filled, wanted) };
    }
    case "GroupCancelRequested":
      return { ...state, canceledBy: event.requestedBy };
  }
}

type Heard = Extract<GroupEvent, { readonly type: "ChildChanged" }>;

function heard(state: StartedGroup, { leg: index, orderId, standing }: Heard): StartedGroup {
  const before = state.legs[index];
  const attempt = before?.attempts.find((one) => one.orderId === orderId);
  if (before === undefined || attempt === undefined) return state;
  const hasFilled = dec(standing.cumQty).greaterThan(attempt.cumQty);
  const after = withLeg(state, index, (leg) => ({
    ...leg,
    failures: hasFilled || takenBy(attempt, standing) !== null ? 0 : leg.failures,
    isGivenUp: isGivenUp(leg, attempt, standing),
    attempts: leg.attempts.map((one) => (one === attempt ? told(attempt, standing) : one)),
  }));
  return hasFilled ? withFreshStart(after, index) : after;
}

/** The amendment that we asked for, once it is taken. */
function takenBy({ request }: Attempt, { takenAmendId }: ChildStanding) {
  return request?.what === "amend" && request.amendId === takenAmendId ? request : null;
}

function isGivenUp(leg: LegState, attempt: Attempt, { ordStatus }: ChildStanding): boolean {
  if (ordStatus === "pendingCancel" && attempt.request?.what !== "cancel") return true;
  return isClosed(ordStatus) ? leg.isGivenUp : ordStatus === "pendingCancel" && leg.isGivenUp;
}

function told(attempt: Attempt, standing: ChildStanding): Attempt {
  const taken = takenBy(attempt, standing);
  return {
    orderId: attempt.orderId,
    ...standing,
    asked: taken?.orderQty ?? attempt.asked,
    gone: taken?.gone ?? attempt.gone,
    request: taken === null ? seen(attempt.request, standing) : null,
  };
}

function seen(request: ChildRequest | null, { ordStatus }: ChildStanding): ChildRequest | null {
  const pending = request?.what === "amend" ? "pendingReplace" : "pendingCancel";
  return request !== null && ordStatus === pending ? { ...request, isSeen: true } : request;
}

/** A leg that was not tried again any more is, once there is more for it to do. */
function withFreshStart(state: StartedGroup, source: number): StartedGroup {
  const role = state.terms.legs[source]?.role;
  if (role !== "entry" && role !== "first") return state;
  const legs = state.legs.map((leg) =>
    leg.failures >= FAILURES_MAX ? { ...leg, failures: 0, isWaiting: false } : leg,
  );
  return { ...state, legs };
}

type Failed = Extract<GroupEvent, { readonly type: "LegFailed" }>;

function failed(state: StartedGroup, event: Failed, atMs: number): StartedGroup {
  const { leg: index, orderId, step, failures, retryAtMs } = event;
  const after = withLeg(state, index, (leg) => ({
    ...leg,
    failures,
    isWaiting: step !== "cancel" && (retryAtMs === null || retryAtMs > atMs),
    attempts: leg.attempts.map((one) => (one.orderId === orderId ? refused(one, step) : one)),
  }));
  const role = state.terms.legs[index]?.role ?? null;
  return retryAtMs === null
    ? withAlarm(after, { event: event.type, role, orderId, text: event.text, atMs })
    : after;
}

function refused(attempt: Attempt, step: Failed["step"]): Attempt {
  const { request } = attempt;
  switch (step) {
    case "placement":
      return attempt;
    case "amendment":
      return request?.what === "amend" ? { ...attempt, request: null } : attempt;
    case "cancel":
      return request?.what === "cancel"
        ? { ...attempt, request: { ...request, isRefused: true } }
        : attempt;
  }
}

function withoutRefusal(attempt: Attempt): Attempt {
  const { request } = attempt;
  return request?.what === "cancel" && request.isRefused ? { ...attempt, request: null } : attempt;
}

function withRequest(
  state: StartedGroup,
  { leg: index, orderId }: { readonly leg: number; readonly orderId: string },
  request: ChildRequest,
): StartedGroup {
  return withLeg(state, index, (leg) => ({
    ...leg,
    attempts: leg.attempts.map((one) => (one.orderId === orderId ? { ...one, request } : one)),
  }));
}

function withLeg(
  state: StartedGroup,
  index: number,
  change: (leg: LegState) => LegState,
): StartedGroup {
  return { ...state, legs: state.legs.map((leg, i) => (i === index ? change(leg) : leg)) };
}

function withAlarm(state: StartedGroup, alarm: GroupAlarm): StartedGroup {
  return { ...state, alarms: [...state.alarms, alarm].slice(-ALARMS_KEPT) };
}
