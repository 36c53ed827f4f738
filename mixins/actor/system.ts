import type { ActorRef } from "../../domain/shared/decider.ts";
import type { AcquiredShard, Member, ShardOwner, Turn } from "../../domain/shared/journal.ts";
import { invariant } from "../../domain/shared/errors.ts";
import type { Timer } from "../clock.ts";
import { ActorClient } from "./client.ts";
import { Duty } from "./duty.ts";
import type { Work } from "./duty.ts";
import { EffectRunner } from "./effect-runner.ts";
import { ActorHost } from "./host.ts";
import type { ActivationInfo } from "./host.ts";
import { poolOf } from "./ids.ts";
import type { ActorKind } from "./kind.ts";
import { Ownership } from "./ownership.ts";
import { DEFAULT_OPTIONS } from "./ports.ts";
import type { ActorOptions, ActorPorts } from "./ports.ts";
import { Relay } from "./relay.ts";
import { ReminderScheduler } from "./reminder-scheduler.ts";
import { OwnerRouter } from "./router.ts";
import type { Transport } from "./router.ts";

const SWEEP_MS = 10_000;
const EFFECTS_PATIENCE_MS = 1_000;
const DUTY_RETRY_MS = 1_000;

export interface ActorSystemConfig {
  readonly ports: ActorPorts;
  /** hosted by this node; without any it owns nothing, and still reaches every actor */
  readonly kinds: readonly ActorKind[];
  readonly options: Partial<ActorOptions> & { readonly nodeId: string };
  readonly transport?: Transport;
}

/** The actor layer of one node. A process alone is a cluster of one: it leases, claims and routes like any other. */
export class ActorSystem {
  readonly client: ActorClient;
  readonly host: ActorHost;
  readonly #ports: ActorPorts;
  readonly #options: ActorOptions;
  readonly #ownership: Ownership;
  readonly #router: OwnerRouter;
  readonly #transport: Transport | undefined;
  readonly #effects: EffectRunner;
  readonly #reminders: ReminderScheduler;
  readonly #relay: Relay;
  readonly #handlers: ReadonlyMap<string, ActorKind["effects"]>;
  /** those that this node hosts */
  readonly #pools: ReadonlySet<number>;
  readonly #duties = new Set<Duty>();
  /** ended before their shards are given up */
  readonly #endedDuties = new Set<Duty>();
  #isStopping = false;
  #sweepTimer: Timer | null = null;
  #dutyTimer: Timer | null = null;

  constructor({ ports, kinds, options, transport }: ActorSystemConfig) {
    const settings: ActorOptions = { ...DEFAULT_OPTIONS, ...options };
    this.#ports = ports;
    this.#options = settings;
    this.#transport = transport;
    this.#handlers = new Map(kinds.map((kind) => [kind.type, kind.effects]));
    this.#pools = new Set(kinds.map(({ type }) => poolOf(type, settings.pools)));
    this.#ownership = new Ownership(
      ports,
      settings,
      [...this.#pools].toSorted((a, b) => a - b),
      {
        lost: (shards) => this.#lost(shards),
        gained: (shards) => this.#gained(shards),
        leaving: (shards) => this.#endDuties(shards),
        relinquish: (shards) => this.#relinquish(shards),
        membersChanged: (members, before) => this.#router.membersChanged(members, before),
      },
    );
    const shards = () => this.#ownership.shards();
    this.host = new ActorHost(ports, settings, kinds, {
      epochOf: (shard) => this.#ownership.epochOf(shard),
      isArmed: (ref, name, dueMs) => this.#reminders.isArmed(ref, name, dueMs),
      committed: (turn) => this.#committed(turn),
      remindersInDoubt: (ref) => this.#reminders.doubt(ref),
      fenced: (shard) => this.#ownership.disown(shard),
    });
    this.#router = new OwnerRouter(
      settings.nodeId,
      ports.clock,
      this.host,
      this.#ownership,
      transport,
    );
    this.client = new ActorClient(ports, this.#router);
    const effectHost = {
      shards,
      handler: (type: string, kind: string) => this.#handlers.get(type)?.[kind],
    };
    this.#effects = new EffectRunner(ports, effectHost, this.client.call);
    const shardOf = (ref: ActorRef) => this.host.shardOf(ref);
    this.#reminders = new ReminderScheduler(ports, shards, shardOf, this.client.call);
    this.#relay = new Relay(ports, shards);
  }

  async start(): Promise<void> {
    await this.#ownership.start();
    this.#effects.start();
    this.#reminders.start();
    this.#relay.start();
    this.#sweep();
    this.#watchDuties();
  }

  /**
   * Gives every shard to the other nodes while this one still answers and can reach them: no request is lost by a rolling
   * restart. Without others it does nothing, and `stop` ends the work.
   * @returns whether there were others
   */
  async handOver(): Promise<boolean> {
    const isGiven = await this.#ownership.handOver();
    if (isGiven) await this.#effects.stop(EFFECTS_PATIENCE_MS);
    return isGiven;
  }

  /** Drains: no new turns, the present ones finished, effects and relay flushed, snapshots kept, leases given back. */
  async stop(): Promise<void> {
    // Shards may still come to this node: no duty begins for them.
    this.#isStopping = true;
    this.#sweepTimer?.cancel();
    this.#dutyTimer?.cancel();
    await Promise.all([...this.#duties].map((duty) => duty.set(false)));
    this.#reminders.stop();
    // An effect that has begun may want to tell an actor how it ended.
    await this.#effects.stop(EFFECTS_PATIENCE_MS);
    await this.host.drain();
    await this.#effects.stop(EFFECTS_PATIENCE_MS);
    await this.#relay.stop();
    await this.#ownership.release();
  }

  /**
   * Has a work done by the node that owns `ref`'s shard, of those that register it: here while it is this one.
   * @param ref names the work like an actor; no actor needs to be there
   * @returns takes the work back, and answers once nothing of it goes on here
   * @throws Error when its shard is one that no node like this one can own: nobody would do it
   */
  onDuty(ref: ActorRef, work: Work): () => Promise<void> {
    const pool = poolOf(ref.type, this.#options.pools);
    invariant(this.#pools.has(pool), `a node that does ${ref.type} hosts pool ${pool}`);
    const duty = new Duty(`${ref.type}:${ref.id}`, this.host.shardOf(ref), work, this.#ports.log);
    this.#duties.add(duty);
    void duty.set(this.#owns(duty));
    return () => {
      this.#duties.delete(duty);
      return duty.set(false);
    };
  }

  /** Whether every shard that this node should own is held: until then it is not ready. */
  get isReady(): boolean {
    return this.#ownership.isComplete;
  }

  get status(): ActorStatus {
    return {
      nodeId: this.#options.nodeId,
      types: this.host.kinds,
      shardsOwned: this.#ownership.shards().length,
      residents: this.host.residents.length,
      effectsRunning: this.#effects.running,
      outboxLag: this.#relay.lag,
      quarantined: this.host.quarantined,
    };
  }

  /**
   * Waits until the effects of these actors that are under way now are done, wherever they live, or all effects of this node
   * without `refs`: for a caller whose next step must not overtake what its last one led to.
   */
  async settled(patienceMs: number, refs?: readonly ActorRef[]): Promise<void> {
    if (refs === undefined) return this.#effects.settled(patienceMs);
    const byNode = Map.groupBy(refs, (ref) => this.ownerOf(ref));
    await Promise.all(
      [...byNode].map(async ([nodeId, theirs]) => {
        const isHere = nodeId === this.#options.nodeId || nodeId === null;
        if (isHere) await this.settledHere(patienceMs, theirs);
        else await this.#transport?.settle(nodeId, theirs, patienceMs);
      }),
    );
  }

  /** As `settled`, for actors of this node. */
  settledHere(patienceMs: number, refs: readonly ActorRef[]): Promise<void> {
    return this.#effects.settled(patienceMs, refs);
  }

  /** The node that the actor lives on, as far as this one knows. */
  ownerOf(ref: ActorRef): string | null {
    return this.#router.ownerOf(this.host.shardOf(ref));
  }

  members(): readonly Member[] {
    return this.#ownership.members;
  }

  residents(): readonly ActivationInfo[] {
    return this.host.residents;
  }

  owners(): Promise<readonly ShardOwner[]> {
    return this.#ownership.owners();
  }

  shardOf(ref: ActorRef): number {
    return this.host.shardOf(ref);
  }

  #owns(duty: Duty): boolean {
    if (this.#isStopping) return false;
    return this.#ownership.epochOf(duty.shard) !== null && !this.#endedDuties.has(duty);
  }

  #committed(turn: Turn): void {
    this.#effects.committed(turn);
    this.#reminders.committed(turn);
    this.#relay.committed(turn);
  }

  #lost(shards: readonly number[]): void {
    this.host.abandonShards(shards);
    this.#forget(shards);
    for (const duty of this.#duties) void duty.set(this.#owns(duty));
  }

  async #endDuties(shards: readonly number[]): Promise<void> {
    const leaving = new Set(shards);
    const duties = [...this.#duties].filter(({ shard }) => leaving.has(shard));
    for (const duty of duties) this.#endedDuties.add(duty);
    await Promise.all(duties.map((duty) => duty.set(false)));
  }

  async #relinquish(shards: readonly number[]): Promise<void> {
    this.#reminders.lost(shards);
    await this.host.retireShards(shards);
    // Behind the last turn, which may have added to both.
    this.#forget(shards);
  }

  #forget(shards: readonly number[]): void {
    this.#reminders.lost(shards);
    this.#relay.lost(shards);
    const gone = new Set(shards);
    for (const duty of this.#endedDuties) if (gone.has(duty.shard)) this.#endedDuties.delete(duty);
  }

  #gained(shards: readonly AcquiredShard[]): void {
    // What a dead owner had begun is nobody's; one that left in good order may be ending it.
    void this.#effects.poll(shards.some(({ isOrphaned }) => isOrphaned));
    void this.#reminders.reload();
    this.#relay.gained();
    for (const duty of this.#duties) void duty.set(this.#owns(duty));
  }

  #sweep(): void {
    this.#sweepTimer = this.#ports.clock.setTimer(SWEEP_MS, () => {
      this.host.sweep();
      this.#sweep();
    });
  }

  /** A duty that could not begin is tried again; one whose lease ran out unnoticed ends. */
  #watchDuties(): void {
    this.#dutyTimer = this.#ports.clock.setTimer(DUTY_RETRY_MS, () => {
      // Ended for nothing: its shard stayed here after all.
      if (!this.#ownership.isGiving) this.#endedDuties.clear();
      for (const duty of this.#duties)
        if (duty.isRunning !== this.#owns(duty)) void duty.set(this.#owns(duty));
      this.#watchDuties();
    });
  }
}

export interface ActorStatus {
  readonly nodeId: string;
  readonly types: readonly string[];
  readonly shardsOwned: number;
  readonly residents: number;
  readonly effectsRunning: number;
  readonly outboxLag: number;
  readonly quarantined: readonly string[];
}
