/**
 * The brain of the group actor: orders that depend on one another. It hears of every change of its children, works out what
 * each leg is to be filled for, and places, amends or cancels until that is so. A venue that knows groups (`ocoGroup`) does
 * the same by itself, in the turn of the fill; what it takes from a leg is not taken twice.
 *
 * Reports of children come late, twice and out of order: of each child the highest `sequence` counts. Whatever is asked of
 * a child is an absolute quantity or a cancel, one at a time, and only when the child's last report calls for it.
 *
 * What fails (a leg denied by the portfolio or rejected by its broker, an amendment refused) is tried again after 0.25, 1, 4,
 * 16 and 64 s, under new ids; making an order smaller at once, and after three refusals it is canceled and placed anew.
 * After that an alarm is raised, and nothing is tried until the order that the leg depends on is filled further. A cancel
 * is asked for until the order is closed.
 *
 * - bracket: the exits stand for what was entered and not left. An entry that ends with a part of it leaves them; one that
 *   ends with nothing ends the group. A fill after its end still counts.
 * - members with `unwind` beside them stand or fall together: when one ends without all of its quantity, the others are
 *   canceled and what was filled is undone at the market.
 * - Who cancels a leg cancels that leg: it is not placed again, and its siblings stay. Who cancels the entry cancels what was
 *   not entered. Who cancels the group cancels every open order, protection included.
 *
 * Effects: `placeChild` (NewOrder), `amendChild` (AmendChildPayload), `cancelChild` (CancelChildPayload).
 */
import type { ChildReported } from "../../order/messages.ts";
import { isClosed } from "../../order/order-status.ts";
import { Decimal, text, ZERO } from "../../shared/decimal.ts";
import type { Decider, Env } from "../../shared/decider.ts";
import { invariant, Refusal } from "../../shared/errors.ts";
import { firstDifference } from "../../shared/same-content.ts";
import { evolve } from "./evolve.ts";
import { fail } from "./fail.ts";
import type { ChildStanding, GroupCommand, GroupEvent, GroupReply } from "./messages.ts";
import { isGroupClosed, isOverdue, isRefused } from "./plan.ts";
import { type Attempt, FAILURES_MAX, type GroupState, hasFailed } from "./state.ts";
import { settle } from "./steps.ts";
import { filledTogether, isExit, poolOf, targetOf } from "./targets.ts";
import { find, PATIENCE_MS, Turn } from "./turn.ts";

export const group: Decider<GroupState, GroupCommand, GroupEvent, GroupReply> = {
  initial: () => ({ phase: "unstarted", early: [] }),
  decide(state, command, env) {
    const turn = new Turn(state, env);
    takeIn(turn, command);
    return turn.decision();
  },
  evolve,
};

/** @throws Refusal GROUP_EXISTS, GROUP_NOT_FOUND or GROUP_CLOSED */
function takeIn(turn: Turn, command: GroupCommand): void {
  switch (command.type) {
    case "Start":
    case "RecordDenial":
      return birth(turn, command);
    case "ChildReported":
      return childReported(turn, command);
    case "ChildAmendRefused":
      return amendRefused(turn, command);
    case "RequestCancel":
      return requestCancel(turn, command.requestedBy);
    case "Wake":
      return wake(turn, command.leg);
  }
}

type Command<T extends GroupCommand["type"]> = Extract<GroupCommand, { readonly type: T }>;

function birth(turn: Turn, { type, terms, denied }: Command<"Start" | "RecordDenial">): void {
  const { state, env } = turn;
  invariant(terms.groupId === env.actor.id, `group ${env.actor.id}: found ${terms.groupId}`);
  if (state.phase !== "unstarted") return refuseOther(state, { terms, denied }, env);
  turn.add({ type: type === "Start" ? "GroupStarted" : "GroupDenied", terms, denied });
  if (type === "Start") for (const report of state.early) hear(turn, report);
  settle(turn);
}

function refuseOther(
  state: Exclude<GroupState, { readonly phase: "unstarted" }>,
  { terms }: Pick<Command<"Start">, "terms" | "denied">,
  env: Env,
): void {
  const field = firstDifference(state.terms, terms);
  if (field === null) return;
  const message = `group ${env.actor.id} exists with another ${field}`;
  throw new Refusal("conflict", "GROUP_EXISTS", message, { field });
}

function childReported(turn: Turn, report: ChildReported): void {
  if (turn.state.phase === "unstarted") turn.add({ type: "EarlyReportKept", report });
  hear(turn, report);
  settle(turn);
}

/** Late and repeated reports change nothing. */
function hear(turn: Turn, report: ChildReported): void {
  const before = find(turn.state, report.orderId);
  if (before === null || report.sequence <= before.attempt.sequence) return;
  const { leg, attempt } = before;
  turn.add({
    type: "ChildChanged",
    leg,
    orderId: report.orderId,
    standing: standingOf(report),
  });
  judge(turn, leg, attempt);
  raiseOverfill(turn);
}

function standingOf(report: ChildReported): ChildStanding {
  const { sequence, ordStatus, orderQty, cumQty, notional, fees, reasons } = report;
  return {
    sequence,
    ordStatus,
    orderQty,
    cumQty,
    notional,
    fees,
    text: report.text,
    reasons,
    takenAmendId: report.takenAmendId ?? null,
  };
}

/** Whether what the child says is the failure of what we wanted of it. */
function judge(turn: Turn, leg: number, before: Attempt): void {
  const after = find(turn.state, before.orderId)?.attempt;
  if (after === undefined) return;
  if (hasFailed(after)) {
    if (!isClosed(before.ordStatus) && isWanted(turn.state, leg))
      fail(turn, leg, after, "placement");
  } else if (isRefused(before, after))
    fail(turn, leg, after, after.request?.what === "amend" ? "amendment" : "cancel");
}

/** Of orders that depend on nothing, and after a cancel of all, nothing is wanted but their end. */
function isWanted(state: GroupState, leg: number): boolean {
  return state.phase === "started" && state.canceledBy === null && targetOf(state, leg) !== null;
}

function raiseOverfill(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== "started") return;
  const exit = state.terms.legs.find(isExit);
  const wanted = exit === undefined ? null : poolOf(state, exit);
  if (wanted === null) return;
  const filled = filledTogether(state);
  const excess = Decimal.max(filled.minus(wanted), ZERO);
  if (excess.lessThanOrEqualTo(state.excess)) return;
  turn.add({ type: "LegsOverfilled", filled: text(filled), wanted: text(wanted) });
}

function amendRefused(turn: Turn, command: Command<"ChildAmendRefused">): void {
  const found = find(turn.state, command.orderId);
  const request = found?.attempt.request;
  if (found === null || request?.what !== "amend" || request.amendId !== command.amendId) return;
  fail(turn, found.leg, found.attempt, "amendment", command);
  settle(turn);
}

function requestCancel(turn: Turn, requestedBy: string): void {
  const { state, env } = turn;
  const { id } = env.actor;
  if (state.phase === "unstarted")
    throw new Refusal("notFound", "GROUP_NOT_FOUND", `there is no group ${id}`);
  if (state.phase === "denied" || isGroupClosed(state))
    throw new Refusal("conflict", "GROUP_CLOSED", `group ${id} is closed`);
  if (state.canceledBy !== null) return;
  turn.add({ type: "GroupCancelRequested", requestedBy });
  settle(turn);
}

/** Time to try again what failed, and to look after what was never answered. */
function wake(turn: Turn, leg: number): void {
  const { state, env } = turn;
  const attempt = state.phase === "started" ? state.legs[leg]?.attempts.at(-1) : undefined;
  if (attempt === undefined) return;
  const { request, ordStatus } = attempt;
  const isRefusedCancel = request?.what === "cancel" && request.isRefused;
  if (request === null || isRefusedCancel || isClosed(ordStatus))
    resume(turn, leg, isRefusedCancel);
  else if (isOverdue(attempt)) {
    const words = `nothing was heard of it for ${PATIENCE_MS} ms`;
    const step = request.what === "amend" ? "amendment" : "cancel";
    fail(turn, leg, attempt, step, { text: words, reasons: [] });
  } else turn.wake(leg, env.nowMs + PATIENCE_MS);
  settle(turn);
}

/** A leg that has failed too often is not woken by time. */
function resume(turn: Turn, index: number, isRefusedCancel: boolean): void {
  const { state } = turn;
  const leg = state.phase === "started" ? state.legs[index] : undefined;
  const isDue = leg?.isWaiting === true && leg.failures < FAILURES_MAX;
  if (isDue || isRefusedCancel) turn.add({ type: "LegResumed", leg: index });
}
