import type { ActorRef } from "../../domain/shared/decider.ts";
import type { ShardOwner, Turn } from "../../domain/shared/journal.ts";
import type { Timer } from "../clock.ts";
import { ActorClient } from "./client.ts";
import type { Router } from "./client.ts";
import { EffectRunner } from "./effect-runner.ts";
import { ActorError } from "./errors.ts";
import { ActorHost } from "./host.ts";
import type { ActivationInfo } from "./host.ts";
import { shardOf } from "./ids.ts";
import type { ActorKind } from "./kind.ts";
import { Ownership } from "./ownership.ts";
import type { Membership } from "./ownership.ts";
import { DEFAULT_OPTIONS } from "./ports.ts";
import type { ActorOptions, ActorPorts } from "./ports.ts";
import { Relay } from "./relay.ts";
import { ReminderScheduler } from "./reminder-scheduler.ts";

const SWEEP_MS = 10_000;
const EFFECTS_PATIENCE_MS = 1_000;

/** Brings an envelope to another node. Absent in a process without a transporter: there is no other node. */
export interface Transport {
  send: (
    nodeId: string,
    envelope: Parameters<ActorHost["deliver"]>[0],
  ) => ReturnType<ActorHost["deliver"]>;
}

export interface ActorSystemConfig {
  readonly ports: ActorPorts;
  readonly kinds: readonly ActorKind[];
  readonly options: Partial<ActorOptions> & { readonly nodeId: string };
  readonly membership: Membership;
  readonly transport?: Transport;
}

/** The actor layer of one node. A process alone is a cluster of one: it leases, claims and routes like any other. */
export class ActorSystem {
  readonly client: ActorClient;
  readonly host: ActorHost;
  readonly #ports: ActorPorts;
  readonly #ownership: Ownership;
  readonly #effects: EffectRunner;
  readonly #reminders: ReminderScheduler;
  readonly #relay: Relay;
  readonly #handlers: ReadonlyMap<string, ActorKind["effects"]>;
  readonly #nodeId: string;
  #sweepTimer: Timer | null = null;

  constructor({ ports, kinds, options, membership, transport }: ActorSystemConfig) {
    const settings: ActorOptions = { ...DEFAULT_OPTIONS, ...options };
    this.#ports = ports;
    this.#nodeId = settings.nodeId;
    this.#handlers = new Map(kinds.map((kind) => [kind.type, kind.effects]));
    this.#ownership = new Ownership(ports, settings, membership, {
      onLost: (shards) => this.#lost(shards),
      onGained: () => this.#gained(),
    });
    const shards = () => this.#ownership.shards();
    this.host = new ActorHost(ports, settings, kinds, {
      epochOf: (shard) => this.#ownership.epochOf(shard),
      isArmed: (ref, name, dueMs) => this.#reminders.isArmed(ref, name, dueMs),
      committed: (turn) => this.#committed(turn),
      remindersInDoubt: (ref) => this.#reminders.doubt(ref),
    });
    this.client = new ActorClient(
      ports,
      new OwnerRouter(this.#nodeId, this.host, this.#ownership, transport),
    );
    const effectHost = {
      shards,
      handler: (type: string, kind: string) => this.#handlers.get(type)?.[kind],
    };
    this.#effects = new EffectRunner(ports, effectHost, this.client.call);
    this.#reminders = new ReminderScheduler(ports, shards, this.client.call);
    this.#relay = new Relay(ports, shards);
  }

  async start(): Promise<void> {
    await this.#ownership.start();
    this.#effects.start();
    this.#reminders.start();
    this.#relay.start();
    this.#sweep();
  }

  /** Drains: no new turns, the present ones finished, effects and relay flushed, snapshots kept, leases given back. */
  async stop(): Promise<void> {
    this.#sweepTimer?.cancel();
    this.#reminders.stop();
    // An effect that has begun may want to tell an actor how it ended.
    await this.#effects.stop(EFFECTS_PATIENCE_MS);
    await this.host.drain();
    await this.#effects.stop();
    await this.#relay.stop();
    await this.#ownership.release();
  }

  /** Whether every shard that this node should own is held: until then it is not ready. */
  get isReady(): boolean {
    return this.#ownership.isComplete;
  }

  get status(): ActorStatus {
    return {
      nodeId: this.#nodeId,
      types: this.host.kinds,
      shardsOwned: this.#ownership.shards().length,
      residents: this.host.residents.length,
      effectsRunning: this.#effects.running,
      outboxLag: this.#relay.lag,
      quarantined: this.host.quarantined,
    };
  }

  /**
   * Waits until the effects of these actors that are under way now are done, or all effects without `refs`: for a caller
   * whose next step must not overtake what its last one led to. Sees this node's effects only.
   */
  settled(patienceMs: number, refs?: readonly ActorRef[]): Promise<void> {
    return this.#effects.settled(patienceMs, refs);
  }

  residents(): readonly ActivationInfo[] {
    return this.host.residents;
  }

  owners(): Promise<readonly ShardOwner[]> {
    return this.#ownership.owners();
  }

  shardOf(ref: ActorRef): number {
    return shardOf(ref);
  }

  #committed(turn: Turn): void {
    this.#effects.committed(turn);
    this.#reminders.committed(turn);
    this.#relay.committed(turn);
  }

  #lost(shards: readonly number[]): void {
    this.host.abandonShards(shards);
    this.#reminders.lost(shards);
    this.#relay.lost(shards);
  }

  #gained(): void {
    void this.#effects.poll(true);
    void this.#reminders.reload();
    this.#relay.gained();
  }

  #sweep(): void {
    this.#sweepTimer = this.#ports.clock.setTimer(SWEEP_MS, () => {
      this.host.sweep();
      this.#sweep();
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

/** Routes by the leases: to this node's host when it holds the shard, to the holder that the store names otherwise. */
class OwnerRouter implements Router {
  readonly #nodeId: string;
  readonly #host: ActorHost;
  readonly #ownership: Ownership;
  readonly #transport: Transport | undefined;
  #owners = new Map<number, string>();

  constructor(
    nodeId: string,
    host: ActorHost,
    ownership: Ownership,
    transport: Transport | undefined,
  ) {
    this.#nodeId = nodeId;
    this.#host = host;
    this.#ownership = ownership;
    this.#transport = transport;
  }

  async send(
    shard: number,
    envelope: Parameters<ActorHost["deliver"]>[0],
  ): ReturnType<ActorHost["deliver"]> {
    const isOurs = this.#ownership.epochOf(shard) !== null;
    const owner = isOurs ? this.#nodeId : this.#owners.get(shard);
    if (owner === undefined || owner === this.#nodeId) return this.#host.deliver(envelope);
    if (!this.#transport)
      throw new ActorError(
        "NOT_OWNER",
        `shard ${shard} is owned by ${owner}, which cannot be reached`,
      );
    return this.#transport.send(owner, envelope);
  }

  async refresh(): Promise<void> {
    try {
      const owners = await this.#ownership.owners();
      this.#owners = new Map(
        owners.flatMap((o) => (o.owner === null ? [] : [[o.shard, o.owner] as const])),
      );
    } catch {
      // Who owns what is a hint; the retry that follows finds out.
    }
  }
}
