import type { Pool, PoolClient } from "pg";
import type { Message } from "../../domain/shared/decider.ts";
import * as store from "./plain-store.ts";
import { takeTurn } from "./turn.ts";
import type { Kept } from "./turn.ts";
import { WORKLOADS } from "../driven/workloads.ts";
import type { WorkloadName } from "../driven/workloads.ts";

/** One command in one transaction: the row locked, then state, event and command id written. */
export async function send(
  pool: Pool,
  workload: WorkloadName,
  key: string,
  commandId: string,
  command: Message,
): Promise<unknown> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query("BEGIN");
    const reply = await carryOut(client, workload, key, commandId, command);
    await client.query("COMMIT");
    return reply;
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw failure;
  } finally {
    // A connection that failed is not used again: its transaction ends with it.
    client.release(failure);
  }
}

async function carryOut(
  client: PoolClient,
  workload: WorkloadName,
  key: string,
  commandId: string,
  command: Message,
): Promise<unknown> {
  const id = store.rowId(workload, key);
  const { rows } = await client.query<Kept>({ name: "lock", text: store.LOCK, values: [id] });
  const turn = takeTurn(WORKLOADS[workload].kind, key, rows[0] ?? null, commandId, command);
  const values = [
    id,
    turn.version,
    ...[turn.state, turn.event].map(json),
    commandId,
    json(turn.reply),
  ];
  const recorded = await client.query({ name: "record", text: store.RECORD, values });
  if (recorded.rowCount === 1) return turn.reply;
  const before = await client.query<{ reply: unknown }>(store.REPLY, [id, commandId]);
  return before.rows[0]?.reply;
}

function json(value: unknown): string {
  return JSON.stringify(value);
}
