import { dec, text } from "../../domain/shared/decimal.ts";
import { firstDifference } from "../../domain/shared/same-content.ts";
import { chainHash } from "../../mixins/actor/ids.ts";
import type { ActorKind } from "../../mixins/actor/kind.ts";
import { replay } from "../../mixins/actor/replay.ts";
import { refOf } from "../../models/journal/stream-id.ts";
import type { Bus } from "./bus.ts";
import type { Exchange } from "./exchange.ts";
import { VENUE } from "./exchange.ts";
import type { SimulatedNode } from "./node.ts";
import { imbalance } from "./store/books.ts";
import { toEvent } from "./store/journal.ts";
import type { EventRow, Tables } from "./store/tables.ts";
import type { Trace } from "./trace.ts";
import type { Watcher } from "./watcher.ts";
import type { Workload } from "./workload.ts";

export interface Evidence {
  readonly trace: Trace;
  readonly tables: Tables;
  readonly kinds: readonly ActorKind[];
  readonly watcher: Watcher;
  readonly bus: Bus;
  readonly exchange: Exchange;
  readonly workload: Workload;
  /** what the world counted: effect ids by amount */
  readonly witnessed: ReadonlyMap<number, ReadonlySet<string>>;
  readonly nodes: readonly SimulatedNode[];
}

/** What must hold when all has come to rest. */
export function audit(evidence: Evidence): void {
  for (const [stream, events] of evidence.tables.events) auditStream(evidence, stream, events);
  for (const { request, answer } of evidence.watcher.answers.values())
    evidence.watcher.checkRecord(request, answer);
  auditAmounts(evidence);
  auditBooks(evidence);
  auditExchange(evidence);
  for (const { nodeId, quarantined } of evidence.nodes) {
    const isWell = quarantined.length === 0;
    evidence.trace.check("nothing breaks", isWell, () => `${nodeId}: ${quarantined.join()}`);
  }
}

function auditStream(evidence: Evidence, stream: string, events: readonly EventRow[]): void {
  const { trace, tables, bus } = evidence;
  const relayed = bus.heads.get(stream) ?? 0;
  trace.check(
    "relay order is stream order",
    relayed === events.length,
    () => `${stream} has ${events.length} events, ${relayed} were relayed`,
  );
  const row = tables.streams.get(stream);
  const isWhole = row?.version === events.length && isChain(stream, events, row.hash);
  trace.check("streams replay", isWhole, () => `${stream}: versions or hashes are broken`);
  if (isWhole) auditReplay(evidence, stream, events);
  auditCommands(evidence, stream, events);
}

function isChain(stream: string, events: readonly EventRow[], head: string): boolean {
  let hash = "";
  for (const [i, event] of events.entries()) {
    const { version, type, atMs, commandId, data } = event;
    if (version !== i + 1) return false;
    hash = chainHash(hash, { stream: refOf(stream), version, type, atMs, commandId, data });
    if (hash !== event.hash) return false;
  }
  return hash === head;
}

/** The events alone make the state that the last turn was seen to make. */
function auditReplay(evidence: Evidence, stream: string, rows: readonly EventRow[]): void {
  const { trace, tables, kinds } = evidence;
  const ref = refOf(stream);
  const kind = kinds.find(({ type }) => type === ref.type);
  const view = tables.views.get(stream);
  if (!kind || !view) return;
  const past = { status: "ok", version: rows.length, hash: "", snapshot: null } as const;
  const { state } = replay(kind, ref.id, { ...past, events: rows.map(toEvent) });
  const field = firstDifference(kind.summarize(ref.id, state), view.doc);
  trace.check("streams replay", field === null, () => `${stream} replays to another ${field}`);
}

/** The events of one command stand together and end where its record says. */
function auditCommands(
  { trace, tables }: Evidence,
  stream: string,
  rows: readonly EventRow[],
): void {
  const blocks = new Map<string, { last: number; isOne: boolean }>();
  for (const { commandId, version } of rows) {
    const block = blocks.get(commandId);
    const isOne = block === undefined || (block.isOne && block.last === version - 1);
    blocks.set(commandId, { last: version, isOne });
  }
  const records = tables.commands.get(stream);
  for (const [commandId, { last, isOne }] of blocks) {
    const record = records?.get(commandId);
    // Commands that are harmless to repeat by nature leave no record.
    if (record === undefined) continue;
    trace.check(
      "one effect per command",
      isOne && record.version === last,
      () => `${commandId} acted more than once on ${stream}`,
    );
  }
}

/** Each amount was sent under one command id, and is found as often as that command adds it once. */
function auditAmounts({ trace, tables, workload, witnessed }: Evidence): void {
  const added = new Map<number, number>();
  for (const [stream, rows] of tables.events) {
    if (!stream.startsWith("counter:")) continue;
    for (const { type, data } of rows) {
      if (type !== "Added") continue;
      // sound: an event of the counter
      const { amount } = JSON.parse(data) as { readonly amount: number };
      added.set(amount, (added.get(amount) ?? 0) + 1);
    }
  }
  for (const [amount, { command, commandId }] of workload.asked) {
    const found = added.get(amount) ?? 0;
    const effects = witnessed.get(amount)?.size ?? 0;
    const once = command.type === "AddAndTell" ? 2 : 1;
    const wanted = command.type === "AddAndWork" && found > 0 ? 1 : 0;
    trace.check(
      "one effect per command",
      (found === 0 || found === once) && effects === wanted,
      () => `${command.type} ${commandId} was found ${found} times, with ${effects} effects`,
    );
  }
}

function auditBooks({ trace, tables }: Evidence): void {
  const broken = imbalance(tables.ledger.values());
  trace.check("ledger balances", broken === null, () => String(broken));
  const cash = new Map<string, ReturnType<typeof dec>>();
  for (const { portfolioId, account, debit, credit } of tables.ledger.values()) {
    if (account !== "cash" && !account.startsWith("unsettled:")) continue;
    cash.set(portfolioId, (cash.get(portfolioId) ?? dec(0)).plus(debit).minus(credit));
  }
  for (const [stream, { doc }] of tables.views) {
    const ref = refOf(stream);
    if (ref.type !== "portfolio") continue;
    // sound: the summary of a portfolio
    const stated = (doc as { readonly cash: string }).cash;
    const booked = text(cash.get(ref.id) ?? dec(0));
    const say = (): string => `${stream} has ${stated} in cash, its ledger says ${booked}`;
    trace.check("ledger balances", stated === booked, say);
  }
}

/** Every fill is booked once, and every order stands as the broker has it. */
function auditExchange({ trace, tables, exchange }: Evidence): void {
  const booked = [...tables.trades.values()].filter(({ venue }) => venue === VENUE);
  for (const { execId, orderId, quantity } of booked) {
    const fill = exchange.fills.get(execId);
    const isRight = fill?.orderId === orderId && fill.lastQty === quantity;
    trace.check("one order per client id", isRight, () => `trade ${execId} is not the broker's`);
  }
  trace.check(
    "one order per client id",
    booked.length === exchange.fills.size,
    () => `${exchange.fills.size} fills at the broker, ${booked.length} booked`,
  );
  for (const [clOrdId, { cumQty, terms }] of exchange.orders) {
    // sound: the summary of an order
    const doc = tables.views.get(`order:${clOrdId}`)?.doc as
      | { readonly cumQty?: string; readonly orderQty?: string }
      | undefined;
    const say = (): string =>
      `order ${clOrdId}: ${text(cumQty)} of ${terms.orderQty} filled at the broker, ${doc?.cumQty} of ${doc?.orderQty} on record`;
    const isRight = doc?.cumQty === text(cumQty) && doc.orderQty === terms.orderQty;
    trace.check("one order per client id", isRight, say);
  }
}
