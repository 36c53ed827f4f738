import { isClosed } from "../../order/order-status.ts";
import { dec, subtract, text } from "../../shared/decimal.ts";
import type { GroupLeg, GroupStatus, GroupSummary, LegSummary } from "./messages.ts";
import { isGroupClosed } from "./plan.ts";
import {
  type DeniedGroup,
  filledOf,
  type GroupState,
  type LegState,
  type StartedGroup,
} from "./state.ts";
import { targetOf } from "./targets.ts";

/** How a group stands. @returns null for one that was never started */
export function summarize(state: GroupState): GroupSummary | null {
  switch (state.phase) {
    case "unstarted":
      return null;
    case "denied":
      return { ...heading(state), ...summarizeDenied(state) };
    case "started":
      return { ...heading(state), ...summarizeStarted(state) };
  }
}

function heading({ terms, createdAtMs }: DeniedGroup | StartedGroup) {
  const { groupId, kind, tenantId, portfolioId, requestedBy, trigger, mode } = terms;
  return {
    groupId,
    kind,
    tenantId,
    portfolioId,
    requestedBy,
    trigger: trigger ?? null,
    mode: mode ?? null,
    createdAtMs,
  };
}

function summarizeDenied({ terms, denied, createdAtMs }: DeniedGroup) {
  const legs = terms.legs.map((spec) => {
    const denial = denied.find(({ orderId }) => orderId === spec.order.orderId);
    const reasons = denial?.reasons ?? [];
    const ordStatus = reasons.length > 0 ? ("denied" as const) : null;
    return { ...unplaced(spec), targetQty: "0", ordStatus, reasons };
  });
  return { status: "denied" as const, legs, alarms: [], updatedAtMs: createdAtMs };
}

function summarizeStarted(state: StartedGroup) {
  const { terms, legs, alarms, updatedAtMs } = state;
  return {
    status: statusOf(state),
    legs: terms.legs.flatMap((spec, i) => {
      const leg = legs[i];
      return leg === undefined ? [] : [summarizeLeg(state, spec, leg, i)];
    }),
    alarms,
    updatedAtMs,
  };
}

function statusOf(state: StartedGroup): GroupStatus {
  if (isGroupClosed(state)) return "closed";
  return state.canceledBy === null ? "active" : "canceling";
}

function summarizeLeg(
  state: StartedGroup,
  spec: GroupLeg,
  leg: LegState,
  index: number,
): LegSummary {
  const last = leg.attempts.at(-1);
  const target = targetOf(state, index) ?? dec(spec.order.orderQty);
  const cumQty = text(filledOf(leg));
  const isOpen = last !== undefined && !isClosed(last.ordStatus);
  return {
    ...unplaced(spec),
    orderId: last?.orderId ?? spec.order.orderId,
    orderIds: leg.attempts.map(({ orderId }) => orderId),
    targetQty: text(target),
    cumQty,
    workingQty: isOpen ? subtract(last.orderQty, last.cumQty) : "0",
    ordStatus: last?.ordStatus ?? null,
    reasons: last?.reasons ?? [],
    text: last?.text ?? null,
  };
}

function unplaced({ role, order }: GroupLeg): LegSummary {
  return {
    role,
    orderId: order.orderId,
    orderIds: [],
    symbol: order.symbol,
    side: order.side,
    ordType: order.ordType,
    timeInForce: order.timeInForce,
    price: order.price ?? null,
    stopPx: order.stopPx ?? null,
    targetQty: order.orderQty,
    cumQty: "0",
    workingQty: "0",
    ordStatus: null,
    reasons: [],
    text: null,
  };
}
