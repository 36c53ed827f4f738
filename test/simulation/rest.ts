import { streamId } from "../../models/journal/stream-id.ts";
import type { Clients } from "./clients.ts";
import type { Exchange } from "./exchange.ts";
import type { Database } from "./store/database.ts";
import { unrelayed } from "./store/work.ts";

/** Those who may have something left to do. */
interface Busy {
  readonly clients: Clients;
  readonly exchange: Exchange;
  readonly database: Database;
}

/** Whether nothing is left to be done. */
export function isAtRest(busy: Busy): boolean {
  return restlessness(busy).length === 0;
}

/** What is left to be done. */
export function restlessness({ clients, exchange, database }: Busy): readonly string[] {
  const { tables } = database;
  const nowMs = database.nowMs();
  const left: string[] = [];
  if (!clients.isIdle) left.push("clients wait for answers");
  if (!exchange.isQuiet) left.push("reports have not been taken");
  for (const [id, { ref, effect, lastError }] of tables.effects)
    left.push(`effect ${id} of ${streamId(ref)}: ${effect} ${lastError}`);
  for (const { ref, name, dueMs } of tables.reminders.values())
    if (dueMs < nowMs - 1_000) left.push(`reminder ${name} of ${streamId(ref)} is late`);
  for (const shard of tables.feed.keys())
    if (unrelayed(database, shard).length > 0) left.push(`shard ${shard} has events to relay`);
  return left;
}
