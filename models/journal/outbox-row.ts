import type { ActorRef, Message } from "../../domain/shared/decider.ts";
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
  return new RelayedEvent(row);
}

/** A class, because an object that is made with a getter of its own costs several times as much, in time and in memory. */
class RelayedEvent implements OutboxEvent {
  readonly ref: ActorRef;
  readonly shard: number;
  readonly version: number;
  readonly type: string;
  readonly atMs: number;
  readonly commandId: string;
  readonly hash: string;
  readonly tx: string;
  readonly pos: string;
  readonly #data: string;
  #event: Message | null = null;

  constructor(row: OutboxRow) {
    this.ref = refOf(row.stream_id);
    this.shard = row.shard;
    this.version = row.version;
    this.type = row.type;
    this.atMs = row.at;
    this.commandId = row.cmd_id;
    this.hash = row.hash;
    this.tx = row.tx;
    this.pos = row.pos;
    this.#data = row.data;
  }

  get event(): Message {
    // sound: what the journal wrote of an event
    this.#event ??= JSON.parse(this.#data) as Message;
    return this.#event;
  }
}
