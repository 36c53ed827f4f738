import { isClosed, isResting } from "../../order/order-status.ts";
import { type Decimal, ZERO } from "../../shared/decimal.ts";
import type { CancelCause } from "./messages.ts";
import { type Attempt, type LegState, FAILURES_MAX, type StartedGroup, filledOf } from "./state.ts";
import { isBroken, isOver, targetOf } from "./targets.ts";

/** What a leg needs now. Quantities of orders are absolute, so that asking twice is harmless. */
export type Step =
  | { readonly step: "place"; readonly orderQty: Decimal }
  | { readonly step: "amend"; readonly attempt: Attempt; readonly orderQty: Decimal }
  | { readonly step: "cancel"; readonly attempt: Attempt; readonly cause: CancelCause };

/** A broker that has refused so often to make an order smaller is asked to cancel it. */
const SHRINKS_MAX = 3;

/** One step at a time: the next follows from what the child says of this one. Null: the leg is as it should be, or waits. */
export function nextStep(state: StartedGroup, index: number): Step | null {
  const leg = state.legs[index];
  if (leg === undefined) return null;
  const attempt = leg.attempts.at(-1);
  const open = attempt === undefined || isClosed(attempt.ordStatus) ? null : attempt;
  if (state.canceledBy !== null) return open === null ? null : cancel(open, "requested");
  const target = targetOf(state, index);
  if (target === null) return open !== null && isBroken(state) ? cancel(open, "excess") : null;
  const wanted = target.minus(filledOf(leg));
  return open === null ? place(state, index, wanted) : resize(state, index, open, wanted);
}

function cancel(attempt: Attempt, cause: CancelCause): Step | null {
  return attempt.request?.what === "cancel" ? null : { step: "cancel", attempt, cause };
}

function place(state: StartedGroup, index: number, wanted: Decimal): Step | null {
  const isWaiting = state.legs[index]?.isWaiting === true;
  if (isWaiting || wanted.lessThanOrEqualTo(ZERO) || isOver(state, index)) return null;
  return { step: "place", orderQty: wanted };
}

function resize(
  state: StartedGroup,
  index: number,
  attempt: Attempt,
  wanted: Decimal,
): Step | null {
  if (wanted.lessThanOrEqualTo(ZERO)) return cancel(attempt, "excess");
  const orderQty = wanted.plus(attempt.cumQty);
  const isSettled = attempt.request === null && isResting(attempt.ordStatus);
  if (!isSettled || orderQty.equals(attempt.orderQty)) return null;
  const isLarger = orderQty.greaterThan(attempt.orderQty);
  return canAmend(state, index, isLarger)
    ? isLarger && state.legs[index]?.isWaiting === true
      ? null
      : { step: "amend", attempt, orderQty }
    : cancel(attempt, "resize");
}

function canAmend({ terms, legs }: StartedGroup, index: number, isLarger: boolean): boolean {
  const failures = legs[index]?.failures ?? 0;
  return terms.legs[index]?.canReplace === true && (isLarger || failures < SHRINKS_MAX);
}

/** Nothing is open, nothing is to be placed, and nothing is going to be tried again. */
export function isGroupClosed(state: StartedGroup): boolean {
  return state.legs.every((leg, i) => isQuiet(state, leg, i));
}

function isQuiet(state: StartedGroup, leg: LegState, index: number): boolean {
  const last = leg.attempts.at(-1);
  if (last !== undefined && !isClosed(last.ordStatus)) return false;
  if (state.canceledBy !== null || leg.failures >= FAILURES_MAX) return true;
  const wanted = targetOf(state, index)?.minus(filledOf(leg)) ?? ZERO;
  return wanted.lessThanOrEqualTo(ZERO) || isOver(state, index);
}

/** Whether a request of ours has come to nothing although the child did not say so. */
export function isOverdue({ request, ordStatus }: Attempt): boolean {
  if (request === null || isClosed(ordStatus)) return false;
  return request.what === "amend"
    ? ordStatus !== "pendingReplace"
    : !request.isRefused && isResting(ordStatus);
}

/** Whether the child has said that what we asked for was under way, and is not any more, without having been done. */
export function isRefused(before: Attempt, after: Attempt): boolean {
  return before.request?.isSeen === true && isOverdue(after);
}
