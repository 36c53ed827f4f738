import type { ExecutionReport } from "../../domain/order/execution-report.ts";
import type {
  CancelPayload,
  OrderCommand,
  OrderSummary,
  SubmitPayload,
} from "../../domain/order/messages.ts";
import { order as decider } from "../../domain/order/order.ts";
import { summarize } from "../../domain/order/order-state.ts";
import type { OrderState } from "../../domain/order/order-state.ts";
import type { ActorRef } from "../../domain/shared/decider.ts";
import type { Projection } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import { uuidv5 } from "../../mixins/actor/ids.ts";
import { defineActor } from "../../mixins/actor/kind.ts";
import type { ActorKind, EffectHandler, EffectRun } from "../../mixins/actor/kind.ts";
import type { NodeContext } from "../context.ts";
import type { SubmitOutcome } from "./brokers/broker.ts";

/** Raise it when the shape of an order's state changes. */
const SCHEMA_VERSION = 1;

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

/**
 * Sends an order to its broker, until its fate there is known. The attempt is committed before the call, so that a crash in
 * between is known for what it is; every attempt has the same client order id, so that the broker has one order at most.
 */
function submitEffect(node: NodeContext): EffectHandler {
  return async ({ payload }, run) => {
    // sound: the order's decider made it
    const submit = payload as unknown as SubmitPayload;
    // The first attempt is on record with the order itself.
    if (run.attempts > 0) {
      await tell(
        node,
        run,
        { type: "StartSubmit", attempt: run.attempts + 1 },
        `start:${run.attempts}`,
      );
    }
    const outcome = await attempt(node, submit, run);
    if (outcome.outcome === "rejected") {
      await tell(
        node,
        run,
        { type: "ApplyReport", report: rejection(node, submit, run, outcome) },
        "rejected",
      );
    }
  };
}

async function attempt(
  node: NodeContext,
  order: SubmitPayload,
  run: EffectRun,
): Promise<SubmitOutcome> {
  try {
    const marketTimeMs = await node.broker.call<number | null, { symbol: string }>(
      "symbols.marketTime",
      {
        symbol: order.symbol,
      },
    );
    return await node.broker.call<SubmitOutcome, unknown>("brokers.submit", {
      order,
      marketTimeMs,
    });
  } catch (error) {
    const text = `the call to ${order.venue} failed: ${String(error)}`;
    await tell(node, run, { type: "MarkUnknown", text }, `unknown:${run.attempts}`);
    throw error;
  }
}

function rejection(
  node: NodeContext,
  { clOrdId, orderId, venue }: SubmitPayload,
  { effectId }: EffectRun,
  { reason, text }: SubmitOutcome & { readonly outcome: "rejected" },
): ExecutionReport {
  return {
    execId: `${effectId}:rejected`,
    venue,
    clOrdId,
    orderId,
    transactTimeMs: node.clock.now(),
    execType: "rejected",
    ordRejReason: reason,
    text,
  };
}

/** A cancel may be repeated: the broker answers the second with a report that changes nothing. */
function cancelEffect(node: NodeContext): EffectHandler {
  return async ({ payload }) => {
    // sound: the order's decider made it
    await node.broker.call("brokers.cancel", { order: payload as unknown as CancelPayload });
  };
}

async function tell(
  node: NodeContext,
  run: EffectRun,
  command: OrderCommand,
  name: string,
): Promise<void> {
  const ref: ActorRef = run.ref;
  await node.actors.call(ref, command, { commandId: uuidv5(run.effectId, name) });
}
