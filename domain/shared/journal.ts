import type { ActorRef, Effect, Message, Misfire, ReminderChange } from "./decider.ts";
import type { DecimalString } from "./decimal.ts";
import type { Json } from "./json.ts";

/**
 * The journal is what an actor host asks of a store. `models/journal` keeps the promise on PostgreSQL. Nothing here
 * does I/O.
 */
export interface Journal {
  /** Claims the streams for the epoch of their shard and loads snapshot and tail. */
  activate(requests: readonly ActivationRequest[]): Promise<readonly ActivationResult[]>;
  /**
   * Appends whole turns, all or nothing per turn, in one transaction for the lot or in several. Of two turns for one stream
   * one at most is written.
   * @throws UnknownOutcome when the connection was lost before the answer, StoreUnavailable when nothing was written
   */
  append(turns: readonly Turn[]): Promise<readonly AppendResult[]>;
  findCommands(ref: ActorRef, commandIds: readonly string[]): Promise<readonly StoredCommand[]>;
  /** Events of one stream in version order, those recorded up to and including `untilMs`. */
  history(ref: ActorRef, untilMs?: number, afterVersion?: number): Promise<readonly StoredEvent[]>;
  saveSnapshots(snapshots: readonly Snapshot[]): Promise<void>;
}

export interface ActivationRequest {
  readonly ref: ActorRef;
  readonly shard: number;
  readonly epoch: number;
  readonly schemaVersion: number;
}

export type ActivationResult =
  | {
      readonly status: "ok";
      readonly version: number;
      readonly hash: string;
      readonly snapshot: {
        readonly version: number;
        readonly atMs: number;
        readonly state: Json;
      } | null;
      /** after the snapshot, or all of them */
      readonly events: readonly StoredEvent[];
    }
  | { readonly status: "fenced" };

export interface StoredEvent {
  readonly version: number;
  readonly type: string;
  readonly event: Message;
  readonly atMs: number;
  readonly commandId: string;
  /** sha256 over the hash before it and this event, hex */
  readonly hash: string;
}

export interface StoredCommand {
  readonly commandId: string;
  readonly bodyHash: string;
  readonly version: number;
  readonly reply: Json;
}

export interface Turn {
  readonly ref: ActorRef;
  readonly shard: number;
  readonly epoch: number;
  readonly expectedVersion: number;
  readonly atMs: number;
  /** hash of the last event of the turn */
  readonly hash: string;
  readonly events: readonly StoredEvent[];
  readonly commands: readonly StoredCommand[];
  readonly effects: readonly { readonly effectId: string; readonly effect: Effect }[];
  readonly reminders: readonly ReminderChange[];
  /** reminders whose firing this turn took: removed, or advanced to `nextDueMs`, if still due at `dueMs` */
  readonly fired: readonly {
    readonly name: string;
    readonly dueMs: number;
    readonly nextDueMs: number | null;
  }[];
  readonly projection: Projection;
}

export type AppendResult =
  | { readonly status: "ok" }
  /** one of the turn's command ids is on record already: nothing was written */
  | { readonly status: "duplicate" }
  | { readonly status: "conflict" }
  | { readonly status: "fenced" }
  /** the store refuses what the turn would write, now and always: nothing of it was written, the other turns were */
  | { readonly status: "refused"; readonly error: unknown };

export interface Snapshot {
  readonly ref: ActorRef;
  readonly version: number;
  /** time of the last event in it */
  readonly atMs: number;
  readonly schemaVersion: number;
  readonly state: Json;
}

/** Rows written in the transaction of the turn, so that no crash can part them from their events. */
export interface Projection {
  /** the actor as lists and queries see it; null leaves the row as it is */
  readonly view: ActorView | null;
  readonly ledger: readonly LedgerEntry[];
  readonly trades: readonly TradeRow[];
}

export interface ActorView {
  readonly tenantId: string;
  readonly ownerId: string | null;
  readonly portfolioId: string | null;
  readonly symbol: string | null;
  readonly status: string;
  readonly createdAtMs: number;
  readonly doc: Json;
}

/** One side of a double entry. Within a transaction Σ debit = Σ credit per currency; the database enforces it. */
export interface LedgerEntry {
  readonly transactionId: string;
  readonly index: number;
  readonly portfolioId: string;
  readonly account: string;
  readonly currency: string;
  readonly debit: DecimalString;
  readonly credit: DecimalString;
  readonly memo: string;
  readonly orderId: string | null;
  readonly tradeId: string | null;
  readonly atMs: number;
}

export interface TradeRow {
  readonly tradeId: string;
  readonly execId: string;
  readonly venue: string;
  readonly orderId: string;
  readonly portfolioId: string;
  readonly tenantId: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly price: DecimalString;
  readonly quantity: DecimalString;
  readonly fees: DecimalString;
  readonly currency: string;
  readonly liquidity: "maker" | "taker";
  /** at the venue */
  readonly executedAtMs: number;
  /** when we learnt of it */
  readonly recordedAtMs: number;
  /** ISO date */
  readonly settlementDate: string;
  readonly realizedPnl: DecimalString;
}

/** What a node asks of the store about who owns what. The database clock is the only clock. */
export interface LeaseStore {
  /**
   * Begins an incarnation: registers the member and takes the session lock whose loss tells the others that this process
   * is gone. `onLost` is called once when the session drops.
   */
  open(nodeId: string, incarnation: string, onLost: () => void): Promise<LeaseSession>;
}

export interface LeaseSession {
  /** Takes free or expired shards among those given and renews those held: `ttlMs` from now. */
  acquire(shards: readonly number[], ttlMs: number): Promise<readonly HeldShard[]>;
  release(shards: readonly number[]): Promise<void>;
  /** Expires the leases of incarnations whose session is gone. Returns how many shards that freed. */
  expireDead(): Promise<number>;
  /** owners as the store has them */
  owners(): Promise<readonly ShardOwner[]>;
  close(): Promise<void>;
}

export interface HeldShard {
  readonly shard: number;
  readonly epoch: number;
}

export interface ShardOwner {
  readonly shard: number;
  readonly owner: string | null;
  readonly epoch: number;
  /** by the database clock; 0 when it has lapsed */
  readonly leaseMsLeft: number;
}

export interface EffectStore {
  /**
   * Due effects of the given shards, oldest first; with `areOrphaned` those too that whoever committed them was about to
   * run, because it is gone.
   */
  due(
    shards: readonly number[],
    limit: number,
    areOrphaned: boolean,
  ): Promise<readonly PendingEffect[]>;
  forget(effectIds: readonly string[]): Promise<void>;
  /** Records a failed attempt. `retryInMs` null parks the effect for an operator. */
  postpone(effectId: string, error: string, retryInMs: number | null): Promise<void>;
}

export interface PendingEffect {
  readonly effectId: string;
  readonly ref: ActorRef;
  readonly effect: Effect;
  readonly attempts: number;
}

export interface ReminderStore {
  /** Reminders of the given shards due up to `untilMs`, earliest first. */
  due(
    shards: readonly number[],
    untilMs: number,
    limit: number,
  ): Promise<readonly StoredReminder[]>;
}

export interface StoredReminder {
  readonly ref: ActorRef;
  readonly name: string;
  readonly dueMs: number;
  readonly everyMs: number | null;
  readonly misfire: Misfire;
  readonly command: Message;
}

/** The event table read as an outbox: each event once it can no longer be overtaken, in commit order per stream. */
export interface Outbox {
  read(shards: readonly number[], limit: number): Promise<readonly OutboxEvent[]>;
  advance(events: readonly OutboxEvent[]): Promise<void>;
  /** events not relayed yet, over the given shards */
  lag(shards: readonly number[]): Promise<number>;
}

export interface OutboxEvent extends StoredEvent {
  readonly ref: ActorRef;
  readonly shard: number;
  /** xid8 and identity as text: the cursor */
  readonly tx: string;
  readonly pos: string;
}
