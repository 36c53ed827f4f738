import { LeaseLapsed } from "../../../../domain/shared/errors.ts";
import type {
  ActivationRequest,
  ActivationResult,
  AppendResult,
  Journal,
  LeaseStore,
  OutboxEvent,
  PendingEffect,
  Snapshot,
  StoredCommand,
  StoredReminder,
  Turn,
} from "../../../../domain/shared/journal.ts";
import type { ActorPorts } from "../../../../mixins/actor/ports.ts";

type StorePorts = Pick<ActorPorts, "journal" | "leases" | "effects" | "reminders" | "outbox">;

interface Stream {
  version: number;
  epoch: number;
  hash: string;
  readonly events: OutboxEvent[];
  readonly commands: Map<string, StoredCommand>;
}

/**
 * The promises of models/journal kept in memory, for tests of what the layer above makes of them: each answer can be held
 * back or replaced.
 */
export class MemoryStores implements StorePorts {
  readonly streams = new Map<string, Stream>();
  readonly snapshots = new Map<string, Snapshot>();
  readonly pendingEffects = new Map<string, PendingEffect & { isDue: boolean }>();
  readonly stored = new Map<string, StoredReminder>();
  readonly feed: OutboxEvent[] = [];
  relayed = 0;
  /** whether the newest events are hidden behind a transaction that is still running */
  visible = Number.POSITIVE_INFINITY;
  epoch = 1;
  isOwner = true;

  readonly journal: Journal = {
    activate: async (requests) => requests.map((request) => this.#claim(request)),
    append: async (turns) => turns.map((turn) => this.append(turn)),
    findCommands: async (ref, ids) => {
      const known = this.streams.get(nameOf(ref))?.commands;
      return ids.flatMap((id) => known?.get(id) ?? []);
    },
    history: async (ref) => this.streams.get(nameOf(ref))?.events ?? [],
    saveSnapshots: async (snapshots) => {
      for (const snapshot of snapshots) this.snapshots.set(nameOf(snapshot.ref), snapshot);
    },
  };

  readonly leases: LeaseStore = {
    open: async ({ nodeId, incarnation, pools }) => ({
      beat: async () => {
        if (!this.isOwner) throw new LeaseLapsed("another owns everything");
        return [{ nodeId, incarnation, pools, state: "up", pins: [] }];
      },
      acquire: async (shards) =>
        this.isOwner
          ? shards.map((shard) => ({ shard, epoch: this.epoch, isOrphaned: false }))
          : [],
      release: async () => undefined,
      announce: async () => undefined,
      owners: async () => [],
      close: async () => undefined,
    }),
  };

  readonly effects: ActorPorts["effects"] = {
    due: async () => [...this.pendingEffects.values()].filter(({ isDue }) => isDue),
    forget: async (ids) => {
      for (const id of ids) this.pendingEffects.delete(id);
    },
    postpone: async (id) => {
      const effect = this.pendingEffects.get(id);
      if (effect)
        this.pendingEffects.set(id, { ...effect, attempts: effect.attempts + 1, isDue: false });
    },
  };

  readonly reminders: ActorPorts["reminders"] = {
    due: async (_shards, untilMs) =>
      [...this.stored.values()].filter(({ dueMs }) => dueMs <= untilMs),
  };

  readonly outbox: ActorPorts["outbox"] = {
    read: async (_shards, limit) =>
      this.feed.slice(this.relayed, Math.min(this.relayed + limit, this.visible)),
    advance: async (events) => {
      this.relayed += events.length;
    },
    hasMore: async () => this.feed.length > this.relayed,
  };

  append(turn: Turn): AppendResult {
    if (turn.joined.length === 0) return this.#append(turn);
    const group = [turn, ...turn.joined];
    if (group.some((one) => this.#obstacle(one) !== null)) return { status: "apart" };
    for (const one of group) this.#append(one);
    return { status: "ok" };
  }

  #append(turn: Turn): AppendResult {
    const obstacle = this.#obstacle(turn);
    if (obstacle === null) this.#write(this.#stream(turn.ref, turn.epoch), turn);
    return obstacle ?? { status: "ok" };
  }

  /** Why the turn cannot be written. */
  #obstacle(turn: Turn): AppendResult | null {
    const stream = this.#stream(turn.ref, turn.epoch);
    if (stream.epoch > turn.epoch) return { status: "fenced" };
    if (stream.version !== turn.expectedVersion) return { status: "conflict" };
    if (turn.commands.some(({ commandId }) => stream.commands.has(commandId)))
      return { status: "duplicate" };
    return null;
  }

  #write(stream: Stream, turn: Turn): void {
    for (const event of turn.events) {
      const pos = String(this.feed.length + 1);
      const entry = { ...event, ref: turn.ref, shard: turn.shard, tx: pos, pos };
      stream.events.push(entry);
      this.feed.push(entry);
    }
    stream.version += turn.events.length;
    stream.hash = turn.hash;
    for (const command of turn.commands) stream.commands.set(command.commandId, command);
    for (const { effectId, effect } of turn.effects)
      this.pendingEffects.set(effectId, {
        effectId,
        ref: turn.ref,
        effect,
        attempts: 0,
        isDue: true,
      });
    this.#remind(turn);
  }

  #remind({ ref, fired, reminders }: Turn): void {
    for (const { name, dueMs } of fired) {
      const key = `${nameOf(ref)}|${name}`;
      if (this.stored.get(key)?.dueMs === dueMs) this.stored.delete(key);
    }
    for (const change of reminders) {
      if ("cancel" in change) this.stored.delete(`${nameOf(ref)}|${change.cancel}`);
      else {
        const { set: name, dueMs, everyMs = null, misfire, command } = change;
        this.stored.set(`${nameOf(ref)}|${name}`, { ref, name, dueMs, everyMs, misfire, command });
      }
    }
  }

  #claim({ ref, epoch, schemaVersion }: ActivationRequest): ActivationResult {
    const stream = this.#stream(ref, epoch);
    if (stream.epoch > epoch) return { status: "fenced" };
    stream.epoch = epoch;
    const snapshot = this.snapshots.get(nameOf(ref));
    const usable = snapshot?.schemaVersion === schemaVersion ? snapshot : null;
    return {
      status: "ok",
      version: stream.version,
      hash: stream.hash,
      snapshot: usable,
      events: stream.events.filter(({ version }) => version > (usable?.version ?? 0)),
    };
  }

  #stream(ref: Turn["ref"], epoch: number): Stream {
    const name = nameOf(ref);
    const stream = this.streams.get(name) ?? {
      version: 0,
      epoch,
      hash: "",
      events: [],
      commands: new Map(),
    };
    this.streams.set(name, stream);
    return stream;
  }
}

function nameOf(ref: { readonly type: string; readonly id: string }): string {
  return `${ref.type}:${ref.id}`;
}
