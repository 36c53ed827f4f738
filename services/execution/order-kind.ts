import type { ExecutionReport } from "../../domain/order/execution-report.ts";
import type {
  CancelPayload,
  OrderCommand,
  OrderSummary,
  ReplacePayload,
} from "../../domain/order/messages.ts";
import { order as decider } from "../../domain/order/order.ts";
import { summarize } from "../../domain/order/order-state.ts";
import type { OrderState } from "../../domain/order/order-state.ts";
import type { Projection } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { defineActor } from "../../mixins/actor/kind.ts";
import type { ActorKind, EffectHandler } from "../../mixins/actor/kind.ts";
import type { NodeContext } from "../context.ts";
import type { ReplaceOutcome } from "./brokers/broker.ts";
import { NOTHING_SHOWN, shownAs } from "./shown-as.ts";
import { submitEffect } from "./submit-order.ts";

/** Raise it when the shape of an order's state changes. */
const SCHEMA_VERSION = 2;
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
    effects: {
      submit: submitEffect(node),
      replace: replaceEffect(node),
      cancel: cancelEffect(node),
    },
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
  if (summary === null) return NOTHING_SHOWN;
  return shownAs(toJson(summary), { ...summary, status: summary.ordStatus });
}

/** An amendment may be repeated: the broker knows its revision. What it refuses leaves the order as it was. */
function replaceEffect(node: NodeContext): EffectHandler {
  return async ({ payload }, { effectId, ref }) => {
    // sound: the order's decider made it
    const replace = payload as unknown as ReplacePayload;
    const outcome = await node.broker.call<ReplaceOutcome, unknown>(
      "brokers.replace",
      { order: replace },
      { timeout: CANCEL_MS },
    );
    if (outcome.outcome === "accepted") return;
    const { venue, clOrdId, orderId } = replace.before;
    const report: ExecutionReport = {
      execId: `${effectId}:replaceRejected`,
      venue,
      clOrdId,
      orderId,
      transactTimeMs: node.clock.now(),
      execType: "replaceRejected",
      revision: replace.revision,
      text: `${outcome.reason}: ${outcome.text}`,
    };
    const command: OrderCommand = { type: "ApplyReport", report };
    const name = "replaceRejected";
    // A second run words it anew, and at another time.
    const options = { commandId: uuidv5(effectId, name), bodyHash: bodyHash(name) };
    await node.actors.call(ref, command, options);
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
