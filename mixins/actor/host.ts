import type { ActorRef } from "../../domain/shared/decider.ts";
import { StoreUnavailable } from "../../domain/shared/errors.ts";
import type {
  ActivationRequest,
  ActivationResult,
  AppendResult,
  Snapshot,
  Turn,
} from "../../domain/shared/journal.ts";
import { Activation } from "./activation.ts";
import type { Habitat } from "./activation.ts";
import { Batcher } from "./batcher.ts";
import type { Answer, CommandEnvelope, Envelope } from "./envelope.ts";
import { ActorError } from "./errors.ts";
import { shardOf } from "./ids.ts";
import type { Part } from "./joint.ts";
import type { ActorKind } from "./kind.ts";
import type { ActorOptions, ActorPorts } from "./ports.ts";

export interface HostHooks {
  epochOf(shard: number): number | null;
  isArmed(ref: ActorRef, name: string, dueMs: number): boolean;
  committed(turn: Turn): void;
  remindersInDoubt(ref: ActorRef): Promise<void>;
  /** the store knows a newer owner of the shard than this node under the epoch that it believes in */
  fenced(shard: number): void;
}

export interface ActivationInfo {
  readonly type: string;
  readonly id: string;
  readonly shard: number;
  readonly version: number;
  readonly waiting: number;
  readonly idleMs: number;
}

/** An actor that was put last is not put last again before this part of all that fit in have had a turn. */
const LRU_SLACK = 8;

/** The actors that are in memory on this node, and the group commit that they share. */
export class ActorHost {
  readonly #ports: ActorPorts;
  readonly #options: ActorOptions;
  readonly #kinds: ReadonlyMap<string, ActorKind>;
  readonly #hooks: HostHooks;
  /** in order of last use, oldest first, but for uses that came too soon after another to matter */
  readonly #activations = new Map<string, Activation>();
  readonly #quarantined = new Set<string>();
  readonly #habitat: Habitat;
  readonly #snapshots: Batcher<Snapshot, true>;
  readonly #pendingSnapshots = new Set<Promise<unknown>>();
  #waiting = 0;
  #uses = 0;
  #isDraining = false;

  constructor(
    ports: ActorPorts,
    options: ActorOptions,
    kinds: readonly ActorKind[],
    hooks: HostHooks,
  ) {
    this.#ports = ports;
    this.#options = options;
    this.#kinds = new Map(kinds.map((kind) => [kind.type, kind]));
    this.#hooks = hooks;
    this.#snapshots = new Batcher({ lanes: 1, maxBatch: 64 }, (items) =>
      this.#saveSnapshots(items),
    );
    this.#habitat = this.#makeHabitat();
    ports.metrics.onRender(() => this.#measure());
  }

  get kinds(): readonly string[] {
    return [...this.#kinds.keys()];
  }

  get residents(): readonly ActivationInfo[] {
    const nowMs = this.#ports.clock.monotonicMs();
    return [...this.#activations.values()].map((a) => ({
      type: a.ref.type,
      id: a.ref.id,
      shard: a.shard,
      version: a.version,
      waiting: a.waiting,
      idleMs: a.isBusy ? 0 : Math.round(nowMs - a.idleSinceMs),
    }));
  }

  get quarantined(): readonly string[] {
    return [...this.#quarantined];
  }

  shardOf(ref: ActorRef): number {
    return shardOf(ref, this.#options.pools);
  }

  /** Takes a command or a read for an actor of this node. Answers once what it did is durable. */
  deliver(envelope: Envelope): Promise<Answer> {
    const { ref } = envelope;
    const kind = this.#kinds.get(ref.type);
    if (!kind) return refuse("UNKNOWN_ACTOR_TYPE", `no actor type ${ref.type} on this node`);
    const name = `${ref.type}:${ref.id}`;
    if (!isStorable(ref.id)) return refuse("COMMAND_FAILED", `${JSON.stringify(name)} is no name`);
    if (this.#quarantined.has(name)) return refuse("STREAM_QUARANTINED", `${name} is quarantined`);
    if (this.#isDraining) return refuse("NOT_OWNER", "this node is shutting down");
    const shard = this.shardOf(ref);
    if (this.#hooks.epochOf(shard) === null)
      return refuse("NOT_OWNER", `this node does not own shard ${shard}`);
    if (this.#waiting >= this.#options.nodeMax && !isUrgent(kind, envelope)) {
      return refuse("NODE_OVERLOADED", `${this.#waiting} commands are waiting on this node`);
    }
    const activation = this.#touch(kind, ref, name);
    const answer = envelope.kind === "read" ? activation.readAtRest() : null;
    return answer === null ? this.#enqueue(activation, envelope) : Promise.resolve(answer);
  }

  #enqueue(activation: Activation, envelope: Envelope): Promise<Answer> {
    this.#waiting += 1;
    let isWaiting = true;
    const told =
      <T>(tell: (what: T) => void) =>
      (what: T): void => {
        // A turn that breaks rejects those too that have been answered.
        if (isWaiting) this.#waiting -= 1;
        isWaiting = false;
        tell(what);
      };
    return new Promise((resolve, reject) => {
      activation.push({ envelope, resolve: told(resolve), reject: told(reject) });
    });
  }

  /** Only an actor that is in memory can take part, or one that is to be born on a shard of ours. */
  #invite(envelope: CommandEnvelope): Part | null {
    const { ref, isBirth } = envelope;
    const kind = this.#kinds.get(ref.type);
    const name = `${ref.type}:${ref.id}`;
    if (!kind || kind.isSoft || this.#isDraining || this.#quarantined.has(name)) return null;
    if (!this.#activations.has(name)) {
      const isOurs = this.#hooks.epochOf(this.shardOf(ref)) !== null;
      if (!isBirth || !isOurs || !isStorable(ref.id)) return null;
    }
    return this.#touch(kind, ref, name).takePart(envelope);
  }

  #touch(kind: ActorKind, ref: ActorRef, name: string): Activation {
    const known = this.#activations.get(name);
    // Room is made before the new one comes in, or it might be the only idle one and go at once.
    if (!known && this.#activations.size >= this.#options.residentMax) this.#evictOldest();
    const activation = known ?? new Activation(kind, ref, this.shardOf(ref), this.#habitat);
    this.#uses += 1;
    if (known && this.#uses - known.usedAt < this.#options.residentMax / LRU_SLACK) return known;
    activation.usedAt = this.#uses;
    this.#activations.delete(name);
    this.#activations.set(name, activation);
    return activation;
  }

  #evictOldest(): void {
    for (const activation of this.#activations.values()) {
      if (activation.isBusy) continue;
      activation.passivate();
      return;
    }
  }

  /** Drops the actors of shards that are no longer ours. */
  abandonShards(shards: readonly number[]): void {
    const lost = new Set(shards);
    for (const activation of this.#activations.values()) {
      if (!lost.has(activation.shard)) continue;
      activation.abandon(new ActorError("NOT_OWNER", `shard ${activation.shard} was lost`));
    }
  }

  /** Finishes the turns of shards that this node owns no more for new ones; what waits is sent to their next owner. */
  async retireShards(shards: readonly number[]): Promise<void> {
    const leaving = new Set(shards);
    const left = () => [...this.#activations.values()].filter(({ shard }) => leaving.has(shard));
    while (left().some((activation) => activation.isBusy)) await this.#ports.clock.sleep(1);
    for (const activation of left()) activation.passivate();
  }

  /** Lets go of actors that have been idle. Called now and then by the system's sweeper. */
  sweep(): void {
    const oldest = this.#ports.clock.monotonicMs() - this.#options.idleMs;
    for (const activation of this.#activations.values()) {
      if (!activation.isBusy && activation.idleSinceMs < oldest) activation.passivate();
    }
  }

  /** Takes nothing more, finishes the turns at hand, keeps snapshots. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    while ([...this.#activations.values()].some((activation) => activation.isBusy)) {
      await this.#ports.clock.sleep(5);
    }
    for (const activation of this.#activations.values()) activation.passivate();
    await Promise.allSettled(this.#pendingSnapshots);
  }

  #makeHabitat(): Habitat {
    const { journal, metrics, clock } = this.#ports;
    const { commitLanes, commitBatchMax } = this.#options;
    const appends = new Batcher<Turn, AppendResult>(
      { lanes: commitLanes, maxBatch: commitBatchMax },
      async (turns) => {
        const startMs = clock.monotonicMs();
        const results = await journal.append(turns);
        metrics.batchSize(turns.length);
        metrics.commitMs(clock.monotonicMs() - startMs);
        this.#noteFences(turns, results);
        return results;
      },
    );
    const activations = new Batcher<ActivationRequest, ActivationResult>(
      { lanes: 2, maxBatch: commitBatchMax },
      async (requests) => {
        const results = await journal.activate(requests);
        this.#noteFences(requests, results);
        return results;
      },
    );
    return {
      ports: this.#ports,
      options: this.#options,
      epochOf: (shard) => this.#hooks.epochOf(shard),
      activate: (request) => activations.add(request),
      append: (turn) => appends.add(turn),
      invite: (envelope) => this.#invite(envelope),
      findCommands: (ref, ids) => journal.findCommands(ref, ids),
      saveSnapshot: (snapshot) => this.#keep(snapshot),
      isArmed: (ref, name, dueMs) => this.#hooks.isArmed(ref, name, dueMs),
      committed: (turn) => this.#hooks.committed(turn),
      remindersInDoubt: (ref) => this.#hooks.remindersInDoubt(ref),
      gone: (activation, isQuarantined) => this.#gone(activation, isQuarantined),
    };
  }

  #noteFences(
    asked: readonly { readonly shard: number; readonly epoch: number }[],
    results: readonly { readonly status: string }[],
  ): void {
    results.forEach(({ status }, i) => {
      const of = asked[i];
      if (status === "fenced" && of && this.#hooks.epochOf(of.shard) === of.epoch)
        this.#hooks.fenced(of.shard);
    });
  }

  #gone(activation: Activation, isQuarantined: boolean): void {
    const name = `${activation.ref.type}:${activation.ref.id}`;
    if (this.#activations.get(name) === activation) this.#activations.delete(name);
    if (!isQuarantined) return;
    this.#quarantined.add(name);
    this.#ports.log.error("a stream is quarantined: it cannot be replayed", {
      actor: name,
    });
  }

  #keep(snapshot: Snapshot): void {
    const saving = this.#snapshots.add(snapshot).catch((error: unknown) => {
      // A snapshot only spares a replay: losing one loses nothing.
      if (!(error instanceof StoreUnavailable))
        this.#ports.log.warn("a snapshot was not kept", { error });
    });
    this.#pendingSnapshots.add(saving);
    void saving.finally(() => this.#pendingSnapshots.delete(saving));
  }

  async #saveSnapshots(items: readonly Snapshot[]): Promise<readonly true[]> {
    // One row a stream: of two snapshots in a batch the newer counts.
    const latest = new Map(items.map((item) => [`${item.ref.type}:${item.ref.id}`, item]));
    await this.#ports.journal.saveSnapshots([...latest.values()]);
    this.#ports.probe("snapshot.saved");
    return items.map(() => true);
  }

  #measure(): void {
    const counts = new Map([...this.#kinds.keys()].map((type) => [type, 0]));
    for (const { kind } of this.#activations.values())
      counts.set(kind.type, (counts.get(kind.type) ?? 0) + 1);
    for (const [type, count] of counts) this.#ports.metrics.active(count, { type });
    this.#ports.metrics.mailboxDepth(this.#waiting);
  }
}

/** Ids come from outside; one that the store cannot hold would fail the claims of all that share its batch. */
function isStorable(id: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return id.isWellFormed() && !/[\u0000-\u001f]/u.test(id);
}

function isUrgent(kind: ActorKind, envelope: Envelope): boolean {
  return envelope.kind === "command" && kind.isUrgent(envelope.command);
}

function refuse(code: ActorError["code"], message: string): Promise<never> {
  return Promise.reject(new ActorError(code, message));
}
