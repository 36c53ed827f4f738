import type {
  CancelPayload,
  OrderCommand,
  ReplacePayload,
  SubmitPayload,
} from "../../domain/order/messages.ts";
import { order } from "../../domain/order/order.ts";
import { summarize } from "../../domain/order/order-state.ts";
import type { OrderState } from "../../domain/order/order-state.ts";
import type { ActorRef, Recorded } from "../../domain/shared/decider.ts";
import type { LedgerEntry, Projection } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { ActorCaller } from "../../mixins/actor/client.ts";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { defineActor } from "../../mixins/actor/kind.ts";
import type { ActorKind, EffectRun } from "../../mixins/actor/kind.ts";
import { paperVenueKind } from "../../services/execution/brokers/paper.broker.ts";
import { portfolioKind } from "../../services/risk/portfolio-kind.ts";
import { counterKind } from "../support/counter.ts";
import type { CounterEvent, CounterState } from "../support/counter.ts";
import type { SubmitAnswer } from "./exchange.ts";
import { VENUE } from "./exchange.ts";

/** What the effects of a node reach. */
export interface Outside {
  readonly call: ActorCaller;
  readonly now: () => number;
  submit(order: SubmitPayload): Promise<SubmitAnswer>;
  cancel(order: CancelPayload): Promise<void>;
  replace(order: ReplacePayload): Promise<SubmitAnswer>;
  /** somebody who counts */
  witness(effectId: string, payload: Json): Promise<void>;
}

/** The production deciders, and a counter whose every amount is its own. */
export function simulatedKinds(outside: Outside): readonly ActorKind[] {
  return [
    portfolioKind(),
    paperVenueKind(),
    simulatedOrders(outside),
    counterKind({
      work: ({ payload }, { effectId }) => outside.witness(effectId, payload),
      project: projectCounter,
    }),
  ];
}

function simulatedOrders(outside: Outside): ActorKind {
  return defineActor({
    type: "order",
    schemaVersion: 2,
    decider: order,
    summarize: (id, state) => summaryOf(id, state),
    project: ({ id }, state) => projectOrder(id, state),
    urgent: new Set(["ApplyReport", "RequestCancel", "MarkUnknown"] as const),
    effects: {
      // sound: the order's decider made it
      submit: ({ payload }, run) => submit(outside, payload as unknown as SubmitPayload, run),
      // sound: the order's decider made it
      replace: ({ payload }, run) => replace(outside, payload as unknown as ReplacePayload, run),
      cancel: ({ payload }) => {
        // sound: the order's decider made it
        const asked = payload as unknown as CancelPayload;
        return asked.venue === VENUE ? outside.cancel(asked) : cancelOnPaper(outside, asked);
      },
    },
  });
}

function summaryOf(id: string, state: OrderState): Json {
  // sound: a summary is made of strings, numbers and nulls
  return (state.phase === "unplaced" ? null : summarize(id, state)) as unknown as Json;
}

function projectOrder(id: string, state: OrderState): Projection {
  if (state.phase === "unplaced") return { view: null, ledger: [], trades: [] };
  const { tenantId, portfolioId, symbol, ordStatus, createdAtMs } = summarize(id, state);
  const doc = summaryOf(id, state);
  const view = {
    tenantId,
    ownerId: null,
    portfolioId,
    symbol,
    status: ordStatus,
    createdAtMs,
    doc,
  };
  return { view, ledger: [], trades: [] };
}

/** As services/execution/order-kind.ts does it: the fate of a call that failed is unknown, and the same id is sent again. */
async function submit(outside: Outside, asked: SubmitPayload, run: EffectRun): Promise<void> {
  const tell = (command: OrderCommand, name: string) =>
    // One run may fail with other words than the one before it, under the same name.
    outside.call(run.ref, command, {
      commandId: uuidv5(run.effectId, name),
      bodyHash: bodyHash(name),
    });
  if (run.attempts > 0)
    await tell({ type: "StartSubmit", attempt: run.attempts + 1 }, `start:${run.attempts}`);
  try {
    const answer = await (asked.venue === VENUE
      ? outside.submit(asked)
      : submitOnPaper(outside, asked));
    if (answer.outcome === "accepted") return;
    const { clOrdId, orderId, venue } = asked;
    const ids = { execId: `${run.effectId}:rejected`, venue, clOrdId, orderId };
    const reason = { ordRejReason: "venue", text: answer.text };
    const report = {
      ...ids,
      transactTimeMs: outside.now(),
      execType: "rejected",
      ...reason,
    } as const;
    await tell({ type: "ApplyReport", report }, "rejected");
  } catch (error) {
    await tell({ type: "MarkUnknown", text: String(error) }, `unknown:${run.attempts}`);
    throw error;
  }
}

export function paperVenueOf(symbol: string): ActorRef {
  return { type: "venue", id: `PAPER:${symbol}` };
}

async function submitOnPaper(outside: Outside, asked: SubmitPayload): Promise<SubmitAnswer> {
  const command = { type: "Submit", order: asked } as const;
  const commandId = uuidv5(asked.orderId, "submit");
  await outside.call(paperVenueOf(asked.symbol), command, { commandId, isDeduplicated: false });
  return { outcome: "accepted" };
}

/** As services/execution/order-kind.ts does it. */
async function replace(outside: Outside, asked: ReplacePayload, run: EffectRun): Promise<void> {
  const { venue, clOrdId, orderId, symbol } = asked.after;
  if (venue !== VENUE) {
    const command = { type: "Replace", order: asked } as const;
    const commandId = uuidv5(orderId, `replace:${asked.revision}`);
    await outside.call(paperVenueOf(symbol), command, { commandId, isDeduplicated: false });
    return;
  }
  const answer = await outside.replace(asked);
  if (answer.outcome === "accepted") return;
  const command: OrderCommand = {
    type: "ApplyReport",
    report: {
      execId: `${run.effectId}:replaceRejected`,
      venue,
      clOrdId,
      orderId,
      transactTimeMs: outside.now(),
      execType: "replaceRejected",
      revision: asked.revision,
      text: answer.text,
    },
  };
  const name = "replaceRejected";
  const options = { commandId: uuidv5(run.effectId, name), bodyHash: bodyHash(name) };
  await outside.call(run.ref, command, options);
}

async function cancelOnPaper(outside: Outside, asked: CancelPayload): Promise<void> {
  const command = { type: "Cancel", order: asked } as const;
  const commandId = uuidv5(asked.orderId, "cancel");
  await outside.call(paperVenueOf(asked.symbol), command, { commandId, isDeduplicated: false });
}

/** Both sides of every amount, and the counter as it stands. */
function projectCounter(
  ref: ActorRef,
  state: CounterState,
  recorded: readonly Recorded<CounterEvent>[],
): Projection {
  const view = {
    tenantId: "t",
    ownerId: null,
    portfolioId: null,
    symbol: null,
    status: "open",
    createdAtMs: 0,
    doc: { ...state },
  };
  return { view, ledger: recorded.flatMap((each) => entriesOf(ref, each)), trades: [] };
}

function entriesOf(ref: ActorRef, recorded: Recorded<CounterEvent>): readonly LedgerEntry[] {
  const { event, version, commandId, atMs } = recorded;
  if (event.type !== "Added") return [];
  const transactionId = uuidv5(commandId, `${ref.id}:${version}`);
  const side = (index: number, account: string, debit: number, credit: number): LedgerEntry => ({
    transactionId,
    index,
    portfolioId: ref.id,
    account,
    currency: "USD",
    debit: String(debit),
    credit: String(credit),
    memo: "",
    orderId: null,
    tradeId: null,
    atMs,
  });
  return [side(0, "cash", event.amount, 0), side(1, "equity", 0, event.amount)];
}
