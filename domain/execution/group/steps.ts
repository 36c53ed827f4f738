import type { NewOrder } from "../../order/new-order.ts";
import { text } from "../../shared/decimal.ts";
import { invariant } from "../../shared/errors.ts";
import type { Json } from "../../shared/json.ts";
import { attemptId } from "./attempt-id.ts";
import type { AmendChildPayload, CancelChildPayload } from "./messages.ts";
import { nextStep, type Step } from "./plan.ts";
import type { StartedGroup } from "./state.ts";
import { goneFrom } from "./targets.ts";
import { PATIENCE_MS, type Turn } from "./turn.ts";

/** Brings each leg a step nearer to what it should be. No step changes what another leg should be: fills alone do. */
export function settle(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== "started") return;
  for (const index of state.legs.keys()) {
    const step = turn.state.phase === "started" ? nextStep(turn.state, index) : null;
    if (step !== null) take(turn, state, index, step);
  }
}

function take(turn: Turn, state: StartedGroup, leg: number, step: Step): void {
  switch (step.step) {
    case "place": {
      const order = childOf(state, leg, text(step.orderQty));
      turn.add({ type: "LegPlaced", leg, order, gone: text(goneFrom(state, leg)) });
      // sound: an order is plain JSON
      return turn.effect("placeChild", order as unknown as Json);
    }
    case "amend":
      return amend(turn, state, leg, step);
    case "cancel": {
      const { orderId } = step.attempt;
      turn.add({ type: "LegCancelRequested", leg, orderId, cause: step.cause });
      const payload: CancelChildPayload = { orderId, requestedBy: requesterOf(state) };
      turn.effect("cancelChild", payload);
      return turn.wake(leg, turn.env.nowMs + PATIENCE_MS);
    }
  }
}

function requesterOf({ canceledBy, terms }: StartedGroup): string {
  return canceledBy ?? terms.requestedBy;
}

function amend(
  turn: Turn,
  state: StartedGroup,
  leg: number,
  { attempt, orderQty }: Extract<Step, { readonly step: "amend" }>,
): void {
  const { orderId, orderQty: basedOn } = attempt;
  const quantity = text(orderQty);
  const amendId = turn.env.id(`amend:${orderId}`);
  const gone = text(goneFrom(state, leg));
  turn.add({ type: "LegAmendRequested", leg, orderId, amendId, orderQty: quantity, gone });
  const payload: AmendChildPayload = {
    portfolioId: state.terms.portfolioId,
    orderId,
    amendId,
    changes: { orderQty: quantity },
    basedOn,
  };
  turn.effect("amendChild", payload);
  turn.wake(leg, turn.env.nowMs + PATIENCE_MS);
}

function childOf({ terms, legs }: StartedGroup, leg: number, orderQty: string): NewOrder {
  const spec = terms.legs[leg];
  invariant(spec !== undefined, `group ${terms.groupId} has no leg ${leg}`);
  const attempt = legs[leg]?.attempts.length ?? 0;
  const orderId = attemptId(spec.order.orderId, attempt);
  // A client's own name for the order belongs to its first attempt.
  const clOrdId = attempt === 0 ? spec.order.clOrdId : orderId;
  return { ...spec.order, orderId, clOrdId, orderQty };
}
