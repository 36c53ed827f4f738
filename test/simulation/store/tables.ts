import type { ActorRef, Misfire } from "../../../domain/shared/decider.ts";
import type {
  ActorView,
  LedgerEntry,
  StoredCommand,
  TradeRow,
} from "../../../domain/shared/journal.ts";

export interface StreamRow {
  readonly shard: number;
  version: number;
  epoch: number;
  hash: string;
}

export interface EventRow {
  readonly ref: ActorRef;
  readonly version: number;
  readonly shard: number;
  readonly type: string;
  /** JSON, as it was hashed */
  readonly data: string;
  readonly commandId: string;
  readonly hash: string;
  readonly atMs: number;
  readonly tx: number;
  readonly pos: number;
}

export interface EffectRow {
  readonly ref: ActorRef;
  readonly shard: number;
  readonly effect: string;
  attempts: number;
  /** by the clock of the database; null: parked */
  dueMs: number | null;
  lastError: string | null;
}

export interface ReminderRow {
  readonly ref: ActorRef;
  readonly name: string;
  readonly shard: number;
  readonly dueMs: number;
  readonly everyMs: number | null;
  readonly misfire: Misfire;
  readonly command: string;
}

export interface SnapshotRow {
  readonly version: number;
  readonly schemaVersion: number;
  readonly atMs: number;
  readonly state: string;
}

export interface Cursor {
  readonly tx: number;
  readonly pos: number;
}

/** Rows that are committed. */
export class Tables {
  readonly streams = new Map<string, StreamRow>();
  readonly events = new Map<string, EventRow[]>();
  readonly commands = new Map<string, Map<string, StoredCommand>>();
  /** by scope and key: the body that it came with */
  readonly requestKeys = new Map<string, string>();
  readonly snapshots = new Map<string, SnapshotRow>();
  readonly effects = new Map<string, EffectRow>();
  readonly reminders = new Map<string, ReminderRow>();
  readonly views = new Map<string, ActorView & { readonly version: number }>();
  readonly ledger = new Map<string, LedgerEntry>();
  readonly trades = new Map<string, TradeRow>();
  /** by shard, in the order of (tx, pos) */
  readonly feed = new Map<number, EventRow[]>();
  readonly cursors = new Map<number, Cursor>();
}

export function isBehind(row: Cursor, other: Cursor): boolean {
  return row.tx < other.tx || (row.tx === other.tx && row.pos < other.pos);
}

/** Puts a row where (tx, pos) wants it: a transaction may commit long after a later one. */
export function intoFeed(feed: EventRow[], row: EventRow): void {
  let at = feed.length;
  for (let before = feed[at - 1]; before && isBehind(row, before); before = feed[at - 1]) at -= 1;
  feed.splice(at, 0, row);
}
