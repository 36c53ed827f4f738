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
   * Appends whole turns, all or nothing per turn with those joined to it, in one transaction for the lot or in several. Of two turns for one stream
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
  /** the event's JSON as it was hashed, to be stored to the byte; left out by those who read */
  readonly data?: string;
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
  /** kept with the hash of the body, or the turn is refused when the key is on record with another */
  readonly requestKey?: RequestKey;
}

/** An idempotency key of a client: it comes with one body, whatever actor the request goes to. */
export interface RequestKey {
  /** whose key it is, and for what */
  readonly scope: string;
  readonly key: string;
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
  /** turns of other actors that this one led to: written with it, in one transaction, or nothing of it is; they have none */
  readonly joined: readonly Turn[];
}

export type AppendResult =
  | { readonly status: "ok" }
  /** one of the turn's command ids is on record already: nothing was written */
  | { readonly status: "duplicate" }
  | { readonly status: "conflict" }
  | { readonly status: "fenced" }
  /** something stands against the turn or one joined to it: nothing of them was written, and apart they may be */
  | { readonly status: "apart" }
  /** the store refuses what the turn would write, now and always: nothing of it was written, the other turns were */
  | { readonly status: "refused"; readonly error: unknown };

export interface Snapshot {
  readonly ref: ActorRef;
  readonly version: number;
  /** time of the last event in it */
  readonly atMs: number;
  readonly schemaVersion: number;
  readonly state: Json;
  /** the state as JSON text, where somebody has written it already */
  readonly json?: string;
}

/** Rows written in the transaction of the turn, so that no crash can part them from their events. */
export interface Projection {
  /** the actor as lists and queries see it; null leaves the row as it is */
  readonly view: ActorView | null;
  readonly ledger: readonly LedgerEntry[];
  readonly trades: readonly TradeRow[];
  /** what became of trades on record; absent: of none */
  readonly tradeChanges?: readonly TradeChange[];
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
  /** absent, as in trades of old: its money moved with the fill */
  readonly settlementStatus?: "pending" | "settled";
  /** the trade that it is a part of */
  readonly allocatedFrom?: string;
}

/** A trade on record is never changed but for what comes after it. */
export interface TradeChange {
  readonly tradeId: string;
  readonly settlement?: { readonly status: "settled" | "failed"; readonly atMs: number };
  /** in place of those on record */
  readonly allocations?: readonly AllocationRow[];
}

/** A part of a trade that was given to another portfolio, where it is a trade under the allocation's id. */
export interface AllocationRow {
  readonly allocationId: string;
  readonly portfolioId: string;
  readonly quantity: DecimalString;
  /** its share */
  readonly fees: DecimalString;
  /** `refused`: the other portfolio could not take it, and everything came back */
  readonly status: "pending" | "taken" | "refused";
  /** why it was refused */
  readonly reason?: string;
}

/** What a node asks of the store about who is up and who owns what. The database clock is the only clock. */
export interface LeaseStore {
  /**
   * Begins an incarnation: registers the member, with a lease of `ttlMs`, and takes the session lock whose loss tells the
   * others that this process is gone.
   * @throws StoreUnavailable, also while another process is alive under the same node id
   */
  open(member: NewMember, hooks: LeaseHooks): Promise<LeaseSession>;
}

export interface NewMember {
  readonly nodeId: string;
  /** UUID of this run of the process, or of the part of it since its lease was last lost */
  readonly incarnation: string;
  /** groups of actor types that the node hosts */
  readonly pools: readonly number[];
  readonly ttlMs: number;
}

export interface LeaseHooks {
  /** called once when the session drops */
  readonly onLost: () => void;
  /** a member came or went, or shards were given back: worth a beat */
  readonly onChange: () => void;
}

export interface LeaseSession {
  /**
   * Renews this member's lease, ends those of members that are gone, and tells who is left.
   * @throws LeaseLapsed when this incarnation's own lease has ended: whatever it held may be another's
   */
  beat(ttlMs: number): Promise<readonly Member[]>;
  /** Takes those of the given shards that no living member owns. */
  acquire(shards: readonly number[]): Promise<readonly AcquiredShard[]>;
  release(shards: readonly number[]): Promise<void>;
  /** A draining member keeps what it owns until it gives it back, and is given nothing. */
  announce(state: Member["state"]): Promise<void>;
  /** owners as the store has them, of all shards in order */
  owners(): Promise<readonly ShardOwner[]>;
  close(): Promise<void>;
}

export interface Member {
  readonly nodeId: string;
  readonly incarnation: string;
  readonly pools: readonly number[];
  readonly state: "up" | "draining";
  /** shards that an operator wants here while the member is up */
  readonly pins: readonly number[];
}

export interface AcquiredShard {
  readonly shard: number;
  /** grows with every change of owner */
  readonly epoch: number;
  /** its last owner is dead, rather than gone in good order: what it had begun is nobody's */
  readonly isOrphaned: boolean;
}

export interface ShardOwner {
  readonly shard: number;
  /** null: given back, and not taken yet */
  readonly owner: string | null;
  readonly epoch: number;
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
  /** whether any of the given shards has events that are not relayed yet, visible or not */
  hasMore(shards: readonly number[]): Promise<boolean>;
}

export interface OutboxEvent extends StoredEvent {
  readonly ref: ActorRef;
  readonly shard: number;
  /** xid8 and identity as text: the cursor */
  readonly tx: string;
  readonly pos: string;
}
