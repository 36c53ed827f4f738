/**
 * The brain of the parent order: it sends slices by its strategy, each as an order of its own that the portfolio checks, and is
 * what its children have done.
 *
 * - A slice is begun once: its place in the order names its children, so that a repeated reminder, a late answer of the market
 *   or a second life of the node sends nothing twice. A slice is late once the next is due; a late one is not sent, and what
 *   it should have done is caught up by the strategy's rule. The last may be late by the length of the schedule.
 * - What a child was given is free again only when the child has said that it is closed. Children with a price are canceled
 *   when the next slice begins, at a pause and at the end; those without one are left to fill or to end by themselves.
 * - A refused child is not the end: its quantity is caught up. Three in a row pause the parent, with an alarm; of those that are
 *   refused because no price is fresh it takes sixty, so that a node that comes back finds its prices first.
 * - A split rests its limit orders until its time is over or all have closed, and then takes what is left.
 * - A pause sends nothing more. Resuming moves a schedule that spreads by the length of the pause; others keep their clock.
 * - A fill after the end still counts.
 *
 * Effects: `placeChild` (NewOrder), `cancelChild` (CancelChildPayload), `observe` (ObservePayload, answered by `Act`).
 */
import type { ChildReported } from "../../order/messages.ts";
import type { Decider, Env } from "../../shared/decider.ts";
import { invariant, Refusal } from "../../shared/errors.ts";
import type { Json } from "../../shared/json.ts";
import { firstDifference } from "../../shared/same-content.ts";
import { CHILDREN_MAX } from "../algorithms/parameters.ts";
import type { MarketSeen, ParentCommand, ParentEvent, ParentReply } from "./messages.ts";
import { childOf, observeFor } from "./child-order.ts";
import { isRefusedTooOften, refusalsText } from "./refusals.ts";
import { decideSlice, needsMarket } from "./slice.ts";
import type { Piece } from "./slice-terms.ts";
import {
  type Child,
  evolve,
  isEnded,
  isOpen,
  type ParentState,
  type StartedParent,
} from "./state.ts";
import { summarize } from "./summary.ts";
import { cancelAll, cancelPriced, Turn } from "./turn.ts";
import {
  currentIndex,
  dueMsOf,
  endMsOf,
  isTimed,
  isTooLate,
  lifeEndMsOf,
  restEndMsOf,
  ROUNDS_MAX,
} from "./timing.ts";

export const parent: Decider<ParentState, ParentCommand, ParentEvent, ParentReply> = {
  initial: () => ({ phase: "unstarted" }),
  decide(state, command, env) {
    const turn = new Turn(state, env);
    takeIn(turn, command);
    return turn.decision();
  },
  evolve,
};

const FULL = `it has ${String(CHILDREN_MAX)} children, and an order has no more`;

/** @throws Refusal ORDER_EXISTS, ORDER_NOT_FOUND or ORDER_CLOSED */
function takeIn(turn: Turn, command: ParentCommand): void {
  switch (command.type) {
    case "Start":
    case "RecordDenial":
      return birth(turn, command);
    case "Pause":
      return pause(turn, command.requestedBy);
    case "Resume":
      return resume(turn, command.requestedBy);
    case "RequestCancel":
      return requestCancel(turn, command.requestedBy);
    case "RunSlice":
      return runSlice(turn, command.index);
    case "Act":
      return act(turn, command.index, command.market);
    case "ChildReported":
      return childReported(turn, command);
  }
}

function birth(
  turn: Turn,
  command: Extract<ParentCommand, { readonly type: "Start" | "RecordDenial" }>,
): void {
  const { state, env } = turn;
  const { order, strategy } = command;
  invariant(order.orderId === env.actor.id, `parent ${env.actor.id}: found ${order.orderId}`);
  if (state.phase !== "unstarted") return refuseOther(state, { order, strategy }, env);
  if (command.type === "RecordDenial") {
    turn.add({ type: "ParentDenied", order, strategy, reasons: command.reasons });
    return;
  }
  const { facts, schedule } = command;
  turn.add({ type: "ParentStarted", order, strategy, facts, schedule });
  drive(turn);
  // Its next looks are a second apart, the first is now.
  if (strategy.name === "sniper") turn.wake(0, env.nowMs);
}

type Born = Exclude<ParentState, { readonly phase: "unstarted" }>;

/** What the market was at the time of each request may differ; what was asked for may not. */
function refuseOther(state: Born, asked: Pick<Born, "order" | "strategy">, env: Env): void {
  const known = { order: state.order, strategy: state.strategy };
  const field = firstDifference(known, asked);
  if (field === null) return;
  const message = `order ${env.actor.id} exists with another ${field}`;
  throw new Refusal("conflict", "ORDER_EXISTS", message, { orderId: env.actor.id, field });
}

/** @throws Refusal ORDER_NOT_FOUND without a parent, ORDER_CLOSED for one that has ended */
function openParent({ state, env }: Turn): StartedParent {
  const { id } = env.actor;
  if (state.phase === "unstarted") {
    throw new Refusal("notFound", "ORDER_NOT_FOUND", `there is no order ${id}`);
  }
  if (state.phase === "denied" || isEnded(state)) {
    throw new Refusal("conflict", "ORDER_CLOSED", `order ${id} is closed`, {
      ordStatus: summarize(state)?.ordStatus ?? "denied",
    });
  }
  return state;
}

function pause(turn: Turn, requestedBy: string): void {
  const state = openParent(turn);
  if (!isRunning(state)) return;
  turn.add({ type: "ParentPaused", requestedBy, reason: null, alarm: false });
  cancelPriced(turn);
  turn.sleep();
}

function resume(turn: Turn, requestedBy: string): void {
  const { pausedAtMs, strategy, canceledBy } = openParent(turn);
  if (pausedAtMs === null || canceledBy !== null) return;
  const spreads =
    (strategy.name === "twap" || strategy.name === "implementationShortfall") &&
    (strategy.parameters.catchUp ?? "spread") === "spread";
  const shiftMs = spreads ? turn.env.nowMs - pausedAtMs : 0;
  turn.add({ type: "ParentResumed", requestedBy, shiftMs });
  drive(turn);
}

function requestCancel(turn: Turn, requestedBy: string): void {
  const { canceledBy } = openParent(turn);
  if (canceledBy !== null) return;
  turn.add({ type: "ParentCancelRequested", requestedBy });
  cancelAll(turn, () => true);
  turn.sleep();
}

function isRunning(state: StartedParent): boolean {
  return (
    state.pausedAtMs === null &&
    state.canceledBy === null &&
    !state.isScheduleOver &&
    !isEnded(state)
  );
}

/** A reminder that comes twice, or for a slice that has begun, does nothing. */
function runSlice(turn: Turn, index: number): void {
  const state = turn.started;
  if (state === null || !isRunning(state) || index !== state.nextIndex) return;
  if (state.children.length >= CHILDREN_MAX) return end(turn, FULL);
  const { nowMs } = turn.env;
  const lifeEndMs = isTimed(state) ? null : lifeEndMsOf(state);
  if (isTimed(state) && index >= state.schedule.length) return end(turn, "the schedule is over");
  if (lifeEndMs !== null && nowMs >= lifeEndMs) return end(turn, "its time in force is over");
  const due = dueMsOf(state, index, nowMs);
  if (state.strategy.name === "smartRouting" && state.children.some(isOpen))
    return takeBack(turn, due);
  if (state.strategy.name === "pov" && due === null) return end(turn, "the end time is over");
  begin(turn, state, index);
}

/** What is open is free again when it has closed, and no sooner: then the next round begins. */
function takeBack(turn: Turn, dueMs: number | null): void {
  if (dueMs !== null && turn.env.nowMs >= dueMs) cancelPriced(turn);
  drive(turn);
}

function begin(turn: Turn, state: StartedParent, index: number): void {
  const { nowMs } = turn.env;
  const current = currentIndex(state, index, nowMs);
  if (isTooLate(state, current, nowMs)) {
    turn.add({ type: "SliceBegun", index: current, missed: current - index + 1 });
    return end(turn, "the last slice was too late to be sent");
  }
  // A sniper looks every second: a look that finds nothing leaves no trace.
  if (state.strategy.name === "sniper") turn.effect("observe", observeFor(state, current));
  else {
    turn.add({ type: "SliceBegun", index: current, missed: current - index });
    cancelPriced(turn);
    if (needsMarket(state, current)) turn.effect("observe", observeFor(state, current));
    else decide(turn, current, null);
  }
  drive(turn);
}

/** An answer for a slice that is not waiting any more comes too late. */
function act(turn: Turn, index: number, market: MarketSeen): void {
  const state = turn.started;
  if (state === null || !isRunning(state)) return;
  const isSniper = state.strategy.name === "sniper";
  if (isSniper ? index !== state.nextIndex : index !== state.openIndex) return;
  if (isSniper) {
    if (decideSlice(state, index, market, turn.env.nowMs).pieces.length === 0) return;
    turn.add({ type: "SliceBegun", index, missed: 0 });
  }
  decide(turn, index, market);
  drive(turn);
}

function decide(turn: Turn, index: number, market: MarketSeen | null): void {
  const state = turn.started;
  if (state === null) return;
  const { pieces, reason, volume } = decideSlice(state, index, market, turn.env.nowMs);
  for (const piece of pieces) place(turn, index, piece);
  turn.add({ type: "SliceDecided", index, volume, reason });
}

function place(turn: Turn, index: number, piece: Piece): void {
  const state = turn.started;
  if (state === null) return;
  const order = childOf(state, piece);
  turn.add({ type: "ChildPlaced", index, order });
  // sound: an order is plain JSON
  turn.effect("placeChild", order as unknown as Json);
}

/** Late and repeated reports change nothing; those of others are not ours. */
function childReported(turn: Turn, report: ChildReported): void {
  const state = turn.started;
  const child = state?.children.find(({ orderId }) => orderId === report.orderId);
  if (child === undefined || report.sequence <= child.standing.sequence) return;
  const { sequence, ordStatus, cumQty, notional, fees, text, reasons } = report;
  const standing = { sequence, ordStatus, cumQty, notional, fees, text, reasons };
  turn.add({ type: "ChildChanged", orderId: report.orderId, standing });
  drive(turn);
}

/** What follows from how things stand: an alarm, the end, the next slice or a time to wake for it. */
function drive(turn: Turn): void {
  const state = turn.started;
  if (state === null || state.canceledBy !== null) return;
  if (isEnded(state)) return turn.sleep();
  if (!isRunning(state)) return;
  if (isRefusedTooOften(state)) return alarm(turn, state);
  switch (state.strategy.name) {
    case "twap":
    case "vwap":
    case "implementationShortfall":
    case "pov":
    case "sniper":
      return turn.wake(state.nextIndex, wakeMs(state, turn.env.nowMs));
    case "iceberg":
    case "smartRouting":
      return follow(turn, state);
  }
}

function wakeMs(state: StartedParent, nowMs: number): number {
  return dueMsOf(state, state.nextIndex, nowMs) ?? endMsOf(state);
}

/** The strategies without a clock: the next slice when the one before is complete or canceled. */
function follow(turn: Turn, state: StartedParent): void {
  if (state.openIndex !== null) return;
  if (state.children.some(isOpen)) return rest(turn, state);
  const lifeEndMs = lifeEndMsOf(state) ?? Infinity;
  if (state.children.some(hasOutlived(state)) || turn.env.nowMs >= lifeEndMs) {
    return end(turn, "its time in force is over");
  }
  const isLastRound = state.strategy.name === "smartRouting" && state.nextIndex >= ROUNDS_MAX;
  if (isLastRound) return end(turn, "the venues did not have more of it");
  const retryMs = dueMsOf(state, state.nextIndex, turn.env.nowMs);
  if (state.children.length >= CHILDREN_MAX) return end(turn, FULL);
  const isFirst = state.nextIndex === 0;
  if (isFirst) return turn.wake(0, turn.env.nowMs);
  if (retryMs === null) begin(turn, state, state.nextIndex);
  else turn.wake(state.nextIndex, retryMs);
}

function rest(turn: Turn, state: StartedParent): void {
  const endMs = restEndMsOf(state);
  if (endMs !== null) turn.wake(state.nextIndex, endMs);
}

/** An IOC expires when it is not filled at once, and nothing follows from it. */
function hasOutlived({ strategy }: StartedParent): (child: Child) => boolean {
  const isRouted = strategy.name === "smartRouting";
  return ({ rests, standing }) => standing.ordStatus === "expired" && (rests === true || !isRouted);
}

function alarm(turn: Turn, state: StartedParent): void {
  const reason = refusalsText(state);
  turn.add({ type: "ParentPaused", requestedBy: "system", reason, alarm: true });
  cancelPriced(turn);
  turn.sleep();
}

function end(turn: Turn, reason: string): void {
  turn.add({ type: "ScheduleEnded", reason });
  cancelPriced(turn);
  turn.sleep();
}
