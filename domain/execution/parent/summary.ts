import { attemptId } from "../group/attempt-id.ts";
import { priceText } from "../tca/benchmarks.ts";
import type { NewOrder } from "../../order/new-order.ts";
import type { OrderStatus } from "../../order/messages.ts";
import { type Decimal, dec, type DecimalString, text } from "../../shared/decimal.ts";
import type { ChildSummary, ParentSummary, RunState } from "./messages.ts";
import {
  type Child,
  type DeniedParent,
  filledOf,
  isEnded,
  isFilled,
  type ParentState,
  type StartedParent,
} from "./state.ts";
import { dueMsOf, plannedCount } from "./timing.ts";

/** A view and an answer show no more children: a long order would be written whole at each of its turns. */
export const CHILDREN_SHOWN = 20;

/** Of all its children, also of those that a view does not show: a child is named by its place. */
export function childIdsOf({ orderId, strategy }: ParentSummary): readonly string[] {
  return Array.from({ length: strategy.childCount }, (_, place) => attemptId(orderId, place + 1));
}

/**
 * Null before its birth. Quantities and money are computed from the children.
 * @param most so many children are listed, the newest
 */
export function summarize(state: ParentState, most = Infinity): ParentSummary | null {
  switch (state.phase) {
    case "unstarted":
      return null;
    case "denied":
      return deniedSummary(state);
    case "started":
      return startedSummary(state, most);
  }
}

function deniedSummary(state: DeniedParent): ParentSummary {
  return {
    ...termsOf(state.order),
    ordStatus: "denied",
    cumQty: "0",
    leavesQty: "0",
    avgPx: null,
    fees: "0",
    currency: null,
    reasons: state.reasons,
    text: null,
    createdAtMs: state.createdAtMs,
    updatedAtMs: state.updatedAtMs,
    strategy: {
      ...state.strategy,
      state: "ended",
      progress: 0,
      slices: { planned: null, begun: 0, missed: 0 },
      nextSliceAtMs: null,
      arrivalPrice: null,
      childCount: 0,
      children: [],
      note: null,
    },
  };
}

function startedSummary(state: StartedParent, most: number): ParentSummary {
  const { order, strategy, facts, children, totals } = state;
  const filled = filledOf(state);
  const status = statusOf(state);
  const hasEnded = isEnded(state);
  return {
    ...termsOf(order),
    ordStatus: status,
    cumQty: text(filled),
    leavesQty: hasEnded ? "0" : text(dec(order.orderQty).minus(filled)),
    avgPx: averageOf(dec(totals.notional), filled),
    fees: totals.fees,
    currency: facts.instrument.currency,
    reasons: children.at(-1)?.standing.reasons ?? [],
    text: state.note,
    createdAtMs: state.createdAtMs,
    updatedAtMs: state.updatedAtMs,
    strategy: {
      ...strategy,
      state: runStateOf(state),
      progress: filled.dividedBy(order.orderQty).toNumber(),
      slices: { planned: plannedCount(state), begun: state.nextIndex, missed: state.missed },
      nextSliceAtMs:
        runStateOf(state) === "running" ? dueMsOf(state, state.nextIndex, state.updatedAtMs) : null,
      arrivalPrice: facts.arrivalPrice,
      childCount: children.length,
      children: children.slice(-most).map(childSummary),
      note: state.note,
    },
  };
}

/** FIX words for a whole that works through its parts. */
function statusOf(state: StartedParent): OrderStatus {
  if (isFilled(state)) return "filled";
  if (isEnded(state)) return state.canceledBy === null ? "expired" : "canceled";
  if (state.canceledBy !== null) return "pendingCancel";
  return filledOf(state).isZero() ? "new" : "partiallyFilled";
}

function runStateOf(state: StartedParent): RunState {
  if (isEnded(state)) return "ended";
  if (state.canceledBy !== null || state.isScheduleOver) return "ending";
  return state.pausedAtMs === null ? "running" : "paused";
}

function childSummary(child: Child): ChildSummary {
  const { standing } = child;
  return {
    orderId: child.orderId,
    slice: child.slice,
    quantity: child.orderQty,
    price: child.price,
    venue: child.venue,
    placedAtMs: child.placedAtMs,
    ordStatus: standing.ordStatus,
    cumQty: standing.cumQty,
    avgPx: averageOf(dec(standing.notional), dec(standing.cumQty)),
    fees: standing.fees,
    text: standing.text,
    reasons: standing.reasons,
  };
}

function averageOf(notional: Decimal, quantity: Decimal): DecimalString | null {
  return quantity.isZero() ? null : priceText(notional.dividedBy(quantity));
}

function termsOf(order: NewOrder) {
  return {
    orderId: order.orderId,
    clOrdId: order.clOrdId,
    tenantId: order.tenantId,
    portfolioId: order.portfolioId,
    symbol: order.symbol,
    side: order.side,
    ordType: order.ordType,
    timeInForce: order.timeInForce,
    orderQty: order.orderQty,
    price: order.price ?? null,
    ...(order.brokerAccountId !== undefined && { brokerAccountId: order.brokerAccountId }),
    venue: order.exDestination ?? null,
    venueOrderId: null,
    placedBy: order.placedBy,
    signalId: order.signalId ?? null,
  };
}
