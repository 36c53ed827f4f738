import type { ExecutionReport } from "../../domain/order/execution-report.ts";
import type {
  OrderCommand,
  OrderEvent,
  OrderReply,
  OrderSummary,
  SubmitPayload,
} from "../../domain/order/messages.ts";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import type { EffectHandler, EffectRun } from "../../mixins/actor/kind.ts";
import { createJournal } from "../../models/journal/journal.ts";
import type { NodeContext } from "../context.ts";
import { withIds } from "../logging.ts";
import type { BrokerIds, Sending, SubmitOutcome } from "./brokers/broker.ts";

/** Beyond the first sending. */
const RESENDS_MAX = 3;
/** A broker may ask for patience; whoever waits for it here holds up nobody. */
const SEND_MS = 30_000;

const ACCEPTED: SubmitOutcome = { outcome: "accepted" };

/** What is on record of sending an order; a sending is on record before it is made. */
interface Sendings {
  readonly count: number;
  readonly lastAtMs: number;
}

/**
 * Sends an order to its broker, until its fate there is known. The attempt is committed before the call, so that a crash in
 * between is known for what it is; every attempt has the same client order id, so that the broker has one order at most.
 *
 * After a call whose outcome is not known the broker is asked for the order, later each time. Found: it has it. Not found
 * for longer than its quiet period: it is sent again, three times at most; after that it is only asked for, an operator is
 * told, and the order stays unknown. It is never assumed to be rejected.
 */
export function submitEffect(node: NodeContext): EffectHandler {
  const alarmed = new Set<string>();
  return async ({ payload }, run) => {
    // sound: the order's decider made it
    const order = payload as unknown as SubmitPayload;
    const outcome = await attempt({ node, order, run, alarmed });
    if (outcome.outcome === "rejected") {
      const report = rejection(node, order, run, outcome);
      await tell(node, run, { type: "ApplyReport", report }, "rejected");
    }
  };
}

/** One run of the effect. */
interface Attempt {
  readonly node: NodeContext;
  readonly order: SubmitPayload;
  readonly run: EffectRun;
  /** the orders whose alarm has been raised here */
  readonly alarmed: Set<string>;
}

async function attempt(it: Attempt): Promise<SubmitOutcome> {
  const { node, order, run } = it;
  try {
    // The first sending is on record with the order itself.
    return await (run.attempts === 0 ? sendFirst(it) : sendAgain(it));
  } catch (error) {
    const text = `the call to ${order.venue} failed: ${String(error)}`;
    await tell(node, run, { type: "MarkUnknown", text }, `unknown:${run.attempts}`);
    throw error;
  }
}

async function sendFirst({ node, order }: Attempt): Promise<SubmitOutcome> {
  return send(node, order, { marketTimeMs: await marketTime(node, order), isRepeat: false });
}

async function sendAgain(it: Attempt): Promise<SubmitOutcome> {
  const { node, order } = it;
  const { venue, accountId } = order;
  const address = { venue, ...(accountId !== undefined && { accountId }) };
  const ids = await node.broker.call<BrokerIds | null, unknown>("brokers.ids", address);
  if (await isThere(it, ids)) return ACCEPTED;
  // Before a sending is on record: without an answer to this nothing is sent, and the sendings are numbered.
  const marketTimeMs = await marketTime(node, order);
  if (!(await mayResend(it, ids))) return ACCEPTED;
  return send(node, order, { marketTimeMs, isRepeat: true });
}

async function isThere({ node, order }: Attempt, ids: BrokerIds | null): Promise<boolean> {
  if (ids === null || !ids.queryByClientId) return false;
  return node.broker.call<boolean, unknown>("brokers.find", { order }, { timeout: SEND_MS });
}

/**
 * Puts the next sending on record. False when a report has told the order's fate in the meantime.
 * @throws StillUnknown while the order may not be sent again
 */
async function mayResend(it: Attempt, ids: BrokerIds | null): Promise<boolean> {
  const { node, order, run } = it;
  // It was sent to a broker that is not there any more: nobody can be asked, and nobody may refuse it.
  if (ids === null) throw new StillUnknown(`no broker trades on ${order.venue} now`);
  const { count, lastAtMs } = await sendingsOf(node, run);
  if (ids.queryByClientId) {
    if (count > RESENDS_MAX) throw giveUp(it, count);
    if (node.clock.now() - lastAtMs < ids.quietMs)
      throw new StillUnknown(`it does not show order ${order.orderId}, and may yet`);
  }
  const next = { type: "StartSubmit", attempt: count + 1 } as const;
  const after = await tell(node, run, next, `start:${next.attempt}`);
  return after.ordStatus === "pendingNew" || after.ordStatus === "unknown";
}

class StillUnknown extends Error {
  constructor(message: string) {
    super(message);
    this.name = "StillUnknown";
  }
}

function giveUp({ node, order, alarmed }: Attempt, sendings: number): StillUnknown {
  const { orderId, venue } = order;
  if (!alarmed.has(orderId)) {
    alarmed.add(orderId);
    withIds(node.log, { actor: `order:${orderId}`, orderId }).error(
      { alarm: "orderUnresolved", venue, sendings },
      "an order stays unknown: it is asked for, and not sent again",
    );
  }
  return new StillUnknown(`order ${orderId} was sent ${sendings} times and is not to be found`);
}

async function sendingsOf(node: NodeContext, { ref }: EffectRun): Promise<Sendings> {
  const history = await createJournal(node.pool).history(ref);
  const started = history.filter(
    ({ type }) => type === ("SubmitStarted" satisfies OrderEvent["type"]),
  );
  return { count: started.length, lastAtMs: started.at(-1)?.atMs ?? 0 };
}

async function marketTime(node: NodeContext, { symbol }: SubmitPayload): Promise<number | null> {
  return node.broker.call<number | null, { symbol: string }>("symbols.marketTime", { symbol });
}

async function send(
  node: NodeContext,
  order: SubmitPayload,
  sending: Sending,
): Promise<SubmitOutcome> {
  return node.broker.call<SubmitOutcome, unknown>(
    "brokers.submit",
    { order, sending },
    { timeout: SEND_MS },
  );
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

async function tell(
  node: NodeContext,
  run: EffectRun,
  command: OrderCommand,
  name: string,
): Promise<OrderSummary> {
  const { reply } = await node.actors.call(run.ref, command, {
    commandId: uuidv5(run.effectId, name),
    // A successor says the same step in other words, and at another time.
    bodyHash: bodyHash(name),
  });
  // sound: the order's decider replies so to every command
  return (reply as unknown as OrderReply).order;
}
