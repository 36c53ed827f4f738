import { randomUUID } from "node:crypto";
import type { ActorRef } from "../../../../domain/shared/decider.ts";
import type { LedgerEntry, Turn } from "../../../../domain/shared/journal.ts";
import { chainHash, shardOf } from "../../../../mixins/actor/ids.ts";

/** the hash of a body */
const BODY = "b0d1".repeat(16);
const AT_MS = 1_700_000_000_000;

/** A turn as a host would write it: `count` events, one command. */
export function turnOf(
  id: string,
  start: { readonly version: number; readonly hash: string },
  details: Partial<Turn> & { readonly count?: number; readonly commandId?: string } = {},
): Turn {
  const ref: ActorRef = { type: "counter", id };
  const { count = 1, commandId = randomUUID(), ...rest } = details;
  const events: Turn["events"][number][] = [];
  let hash = start.hash;
  for (let i = 1; i <= count; i++) {
    const version = start.version + i;
    const event = { type: "Added", amount: version };
    const data = JSON.stringify(event);
    hash = chainHash(hash, { stream: ref, version, type: "Added", atMs: AT_MS, commandId, data });
    events.push({ version, type: "Added", event, atMs: AT_MS, commandId, hash });
  }
  return {
    ref,
    shard: shardOf(ref, {}),
    epoch: 1,
    expectedVersion: start.version,
    atMs: AT_MS,
    hash,
    events,
    commands: [{ commandId, bodyHash: BODY, version: start.version + count, reply: { n: count } }],
    effects: [],
    reminders: [],
    fired: [],
    projection: { view: null, ledger: [], trades: [] },
    joined: [],
    ...rest,
  };
}

export const START = { version: 0, hash: "" };

/** Where a stream stands once the turn is written. */
export function after(turn: Turn): { readonly version: number; readonly hash: string } {
  return { version: turn.expectedVersion + turn.events.length, hash: turn.hash };
}

export function ledgerOf(debit: string, credit: string): readonly LedgerEntry[] {
  const transactionId = randomUUID();
  const entry = {
    transactionId,
    portfolioId: "pf-1",
    currency: "USD",
    memo: "a test",
    orderId: null,
    tradeId: null,
    atMs: AT_MS,
  };
  return [
    { ...entry, index: 0, account: "cash", debit, credit: "0" },
    { ...entry, index: 1, account: "equity", debit: "0", credit },
  ];
}
