import type { CancelPayload, OrderSummary } from "../../domain/order/messages.ts";
import { order as decider } from "../../domain/order/order.ts";
import { summarize } from "../../domain/order/order-state.ts";
import type { OrderState } from "../../domain/order/order-state.ts";
import type { Projection } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import { defineActor } from "../../mixins/actor/kind.ts";
import type { ActorKind, EffectHandler } from "../../mixins/actor/kind.ts";
import type { NodeContext } from "../context.ts";
import { submitEffect } from "./submit-order.ts";

/** Raise it when the shape of an order's state changes. */
const SCHEMA_VERSION = 1;
/** A broker may ask for patience; whoever waits for it here holds up nobody. */
const CANCEL_MS = 30_000;

export function orderKind(node: NodeContext): ActorKind {
  return defineActor({
    type: "order",
    schemaVersion: SCHEMA_VERSION,
    decider,
    summarize: (id, state) => toJson(summaryOf(id, state)),
    project: ({ id }, state) => project(id, state),
    urgent: new Set(["ApplyReport", "RequestCancel", "MarkUnknown"] as const),
    effects: { submit: submitEffect(node), cancel: cancelEffect(node) },
  });
}

function summaryOf(id: string, state: OrderState): OrderSummary | null {
  return state.phase === "unplaced" ? null : summarize(id, state);
}

function toJson(summary: OrderSummary | null): Json {
  // sound: a summary is made of strings, numbers and nulls
  return summary as unknown as Json;
}

function project(id: string, state: OrderState): Projection {
  const summary = summaryOf(id, state);
  if (summary === null) return { view: null, ledger: [], trades: [] };
  return {
    view: {
      tenantId: summary.tenantId,
      ownerId: null,
      portfolioId: summary.portfolioId,
      symbol: summary.symbol,
      status: summary.ordStatus,
      createdAtMs: summary.createdAtMs,
      doc: toJson(summary),
    },
    ledger: [],
    trades: [],
  };
}

/** A cancel may be repeated: the broker answers the second with a report that changes nothing. */
function cancelEffect(node: NodeContext): EffectHandler {
  return async ({ payload }) => {
    // sound: the order's decider made it
    const order = payload as unknown as CancelPayload;
    await node.broker.call("brokers.cancel", { order }, { timeout: CANCEL_MS });
  };
}
