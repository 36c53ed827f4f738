import type { Message } from "../../domain/shared/decider.ts";
import type { OutboxEvent } from "../../domain/shared/journal.ts";
import { refOf } from "./stream-id.ts";

/** A row of the event table `e` with its place in commit order. */
export interface OutboxRow {
  readonly stream_id: string;
  readonly version: number;
  readonly shard: number;
  readonly type: string;
  /** JSON: most events are relayed to nobody who looks into them */
  readonly data: string;
  readonly cmd_id: string;
  readonly hash: string;
  readonly at: number;
  readonly tx: string;
  readonly pos: string;
}

export const OUTBOX_COLUMNS =
  "e.stream_id, e.version, e.shard, e.type, e.data::text AS data, e.cmd_id, encode(e.hash, 'hex') AS hash, e.at, e.tx::text, e.pos::text";

export function toOutboxEvent(row: OutboxRow): OutboxEvent {
  let event: Message | null = null;
  return {
    ref: refOf(row.stream_id),
    shard: row.shard,
    version: row.version,
    type: row.type,
    get event(): Message {
      // sound: what the journal wrote of an event
      event ??= JSON.parse(row.data) as Message;
      return event;
    },
    atMs: row.at,
    commandId: row.cmd_id,
    hash: row.hash,
    tx: row.tx,
    pos: row.pos,
  };
}
