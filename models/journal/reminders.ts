import type { Pool } from "pg";
import type { Message, Misfire } from "../../domain/shared/decider.ts";
import type { ReminderStore, StoredReminder } from "../../domain/shared/journal.ts";
import { ask, storeCall } from "./failures.ts";
import { refOf } from "./stream-id.ts";

export function createReminderStore(pool: Pool): ReminderStore {
  return { due: (shards, untilMs, limit) => storeCall(() => due(pool, shards, untilMs, limit)) };
}

interface ReminderRow {
  readonly stream_id: string;
  readonly name: string;
  readonly due_at: number;
  readonly every_ms: number | null;
  readonly misfire: Misfire;
  readonly command: Message;
}

async function due(
  pool: Pool,
  shards: readonly number[],
  untilMs: number,
  limit: number,
): Promise<readonly StoredReminder[]> {
  const answer = await ask<ReminderRow>(pool, {
    name: "reminders-due",
    text: `SELECT stream_id, name, due_at, every_ms, misfire, command FROM act.reminder
            WHERE due_at <= to_timestamp($2::numeric / 1000) AND shard = ANY ($1) ORDER BY due_at LIMIT $3`,
    values: [shards, untilMs, limit],
  });
  return answer.rows.map((row) => ({
    ref: refOf(row.stream_id),
    name: row.name,
    dueMs: row.due_at,
    everyMs: row.every_ms,
    misfire: row.misfire,
    command: row.command,
  }));
}
