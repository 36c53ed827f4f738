import type { Decision, Env, Recorded } from "../../../../domain/shared/decider.ts";
import type { ExecutionReport } from "../../../../domain/order/execution-report.ts";
import type {
  OrderCommand,
  OrderEvent,
  OrderReply,
  ReportOf,
} from "../../../../domain/order/messages.ts";
import type { ApprovedOrder, NewOrder } from "../../../../domain/order/new-order.ts";
import { order } from "../../../../domain/order/order.ts";
import type { OrderState } from "../../../../domain/order/order-state.ts";

export const NOW_MS = 1_700_000_000_000;

function envOf(commandId: string, actorId = "o-1", type = "order"): Env {
  return {
    actor: { type, id: actorId },
    nowMs: NOW_MS,
    commandId,
    id: (name) => `${commandId}/${name}`,
    random: () => 0.5,
  };
}

export function newOrder(changes: Partial<NewOrder> = {}): NewOrder {
  return {
    orderId: "o-1",
    clOrdId: "c-1",
    tenantId: "t-1",
    portfolioId: "pf-1",
    symbol: "AAPL",
    side: "buy",
    ordType: "limit",
    orderQty: "10",
    price: "100",
    timeInForce: "gtc",
    placedBy: "user-1",
    ...changes,
  };
}

export function approvedOrder(changes: Partial<NewOrder> = {}): ApprovedOrder {
  const asked = newOrder(changes);
  const fields = {
    ...asked,
    hold: {
      orderId: asked.orderId,
      symbol: asked.symbol,
      side: asked.side,
      quantity: asked.orderQty,
      cash: "1000.1",
      currency: "USD",
      worstPrice: "100",
    },
    venue: "PAPER",
    currency: "USD",
    multiplier: "1",
    lotSize: "1",
    assetClass: "equity",
  } as const;
  if (!isApproved(fields)) throw new Error("unreachable");
  return fields;
}

/** The brand exists in types only; in a test nobody else checks the order. */
function isApproved(fields: object): fields is ApprovedOrder {
  return "hold" in fields;
}

export function report<T extends ExecutionReport["execType"]>(
  execType: T,
  execId: string,
  changes: Partial<ReportOf<T>> = {},
): ReportOf<T> {
  const fields: unknown = {
    execId,
    venue: "PAPER",
    clOrdId: "o-1",
    orderId: "o-1",
    transactTimeMs: NOW_MS,
    execType,
    ...DETAILS[execType],
    ...changes,
  };
  if (!isReport(fields, execType)) throw new Error("unreachable");
  return fields;
}

/** DETAILS holds, per execType, exactly the fields that its report has beside the common ones. */
function isReport<T extends ExecutionReport["execType"]>(
  fields: unknown,
  execType: T,
): fields is ReportOf<T> {
  return (
    typeof fields === "object" &&
    fields !== null &&
    "execType" in fields &&
    fields.execType === execType
  );
}

const DETAILS = {
  new: { venueOrderId: "v-1" },
  trade: {
    lastQty: "4",
    lastPx: "99.5",
    fees: "0.04",
    currency: "USD",
    liquidity: "taker",
    settlementDate: "2023-11-16",
  },
  canceled: { text: "canceled" },
  expired: { text: "expired" },
  rejected: { ordRejReason: "halted", text: "the market is halted" },
  cancelRejected: { text: "too late to cancel" },
  triggered: {},
  replaced: { revision: 1, venueOrderId: "v-1", orderQty: "10", price: "100", stopPx: null },
  replaceRejected: { revision: 1, text: "too late to replace" },
} as const;

export type OrderDecision = Decision<OrderEvent, OrderReply>;

export function recorded(event: OrderEvent, index = 0): Recorded<OrderEvent> {
  return { event, version: index + 1, atMs: NOW_MS, commandId: `given-${index}` };
}

export function stateAfter(events: readonly OrderEvent[]): OrderState {
  return events
    .map(recorded)
    .reduce((state, event) => order.evolve(state, event), order.initial("o-1"));
}

/** `given(events).when(command)`: what the order actor decides after them. */
export function given(...events: readonly OrderEvent[]) {
  return {
    when(command: OrderCommand, commandId = "cmd-1"): OrderDecision {
      return order.decide(stateAfter(events), command, envOf(commandId));
    },
  };
}

/** Sends the commands in turn, as the actor's host does. */
export function run(commands: readonly OrderCommand[], start: OrderState = order.initial("o-1")) {
  const decisions: OrderDecision[] = [];
  let state = start;
  for (const [index, command] of commands.entries()) {
    const decision = order.decide(state, command, envOf(`cmd-${index}`));
    state = decision.events
      .map(recorded)
      .reduce((before, event) => order.evolve(before, event), state);
    decisions.push(decision);
  }
  return { state, decisions };
}

export const PLACED: OrderEvent = { type: "OrderPlaced", order: approvedOrder() };
export const ACCEPTED: OrderEvent = { type: "OrderAccepted", report: report("new", "e-new") };
export const apply = (of: ExecutionReport): OrderCommand => ({ type: "ApplyReport", report: of });
