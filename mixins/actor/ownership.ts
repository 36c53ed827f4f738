import { StoreUnavailable } from "../../domain/shared/errors.ts";
import type { LeaseSession, ShardOwner } from "../../domain/shared/journal.ts";
import type { Timer } from "../clock.ts";
import { SHARD_COUNT } from "./ids.ts";
import { wantedShards } from "./placement.ts";
import type { ActorOptions, ActorPorts } from "./ports.ts";

const REOPEN_MS = 200;

interface Held {
  readonly epoch: number;
}

/** Who is up, as far as this node knows. A hint for placement only: the leases decide. */
export interface Membership {
  members(): readonly string[];
}

/**
 * The shards that this node owns, by leases in the store. A lease counts until `leaseMarginMs` before its end, by this
 * node's monotonic clock read before the renewal was sent; after that the node has stopped itself, whatever it believes.
 * A session or a lease that was lost is a new incarnation: nothing of the old one is kept.
 */
export class Ownership {
  readonly #ports: Pick<ActorPorts, "clock" | "leases" | "log" | "newId" | "metrics">;
  readonly #options: ActorOptions;
  readonly #membership: Membership;
  readonly #onLost: (shards: readonly number[]) => void;
  readonly #onGained: (shards: readonly number[]) => void;
  readonly #held = new Map<number, Held>();
  #validUntilMs = 0;
  #session: LeaseSession | null = null;
  #timer: Timer | null = null;
  #isStopped = false;
  #isTicking = false;
  #renewing: Promise<void> = Promise.resolve();

  constructor(
    ports: Pick<ActorPorts, "clock" | "leases" | "log" | "newId" | "metrics">,
    options: ActorOptions,
    membership: Membership,
    hooks: {
      readonly onLost: (shards: readonly number[]) => void;
      readonly onGained: (shards: readonly number[]) => void;
    },
  ) {
    this.#ports = ports;
    this.#options = options;
    this.#membership = membership;
    this.#onLost = hooks.onLost;
    this.#onGained = hooks.onGained;
    ports.metrics.onRender(() => {
      ports.metrics.shardsOwned(this.shards().length);
      ports.metrics.leaseMarginMs(Math.max(0, this.#validUntilMs - ports.clock.monotonicMs()));
    });
  }

  epochOf(shard: number): number | null {
    if (this.#ports.clock.monotonicMs() >= this.#validUntilMs) return null;
    return this.#held.get(shard)?.epoch ?? null;
  }

  /** Shards owned now, with a lease that still counts. */
  shards(): readonly number[] {
    return this.#ports.clock.monotonicMs() < this.#validUntilMs ? [...this.#held.keys()] : [];
  }

  /** True once every shard that this node should own is held. */
  get isComplete(): boolean {
    return this.shards().length >= this.#wanted().length;
  }

  async owners(): Promise<readonly ShardOwner[]> {
    return (await this.#session?.owners()) ?? [];
  }

  async start(): Promise<void> {
    await this.#begin();
    this.#schedule();
  }

  /** Gives all shards back; to be called after the last turn. */
  async release(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#renewing;
    const shards = [...this.#held.keys()];
    this.#held.clear();
    this.#validUntilMs = 0;
    const session = this.#session;
    this.#session = null;
    if (!session) return;
    try {
      await session.release(shards);
    } catch (error) {
      this.#ports.log.warn("leases could not be given back: they lapse by themselves", { error });
    }
    // Its end alone lets others take what is still leased.
    await session.close().catch(() => undefined);
  }

  #wanted(): readonly number[] {
    return wantedShards(this.#options.nodeId, this.#membership.members(), SHARD_COUNT);
  }

  async #begin(): Promise<void> {
    const { leases, newId, log } = this.#ports;
    let isLost = false;
    const session = await leases.open(this.#options.nodeId, newId(), () => {
      isLost = true;
      this.#sessionLost();
    });
    // Lost before it was ours to keep: nobody would tell us again.
    if (isLost) throw new StoreUnavailable("the lease session was lost as it began");
    this.#session = session;
    const freed = await session.expireDead();
    if (freed > 0) log.info("leases of a vanished process were freed", { shards: freed });
    await this.#renew();
  }

  #sessionLost(): void {
    if (this.#isStopped) return;
    this.#ports.log.warn("the lease session was lost: a new incarnation begins");
    this.#session = null;
    this.#forgetAll();
    if (!this.#isTicking) this.#schedule();
  }

  #forgetAll(): void {
    const shards = [...this.#held.keys()];
    this.#held.clear();
    this.#validUntilMs = 0;
    if (shards.length > 0) this.#onLost(shards);
  }

  #schedule(): void {
    this.#timer?.cancel();
    if (this.#isStopped) return;
    const { renewEveryMs } = this.#options;
    // Without a session this node can do nothing: it need not wait for the next renewal to seek one.
    const inMs = this.#session === null ? Math.min(renewEveryMs, REOPEN_MS) : renewEveryMs;
    this.#timer = this.#ports.clock.setTimer(inMs, () => {
      this.#renewing = this.#tick().finally(() => this.#schedule());
    });
  }

  async #tick(): Promise<void> {
    this.#isTicking = true;
    try {
      if (this.#session === null) await this.#begin();
      else await this.#renew();
    } catch (error) {
      this.#ports.log.warn("leases could not be renewed", { error });
    } finally {
      this.#isTicking = false;
    }
    // Lapsed: what was held may be another's by now, even if the next renewal gets it back.
    if (this.#held.size > 0 && this.#ports.clock.monotonicMs() >= this.#validUntilMs)
      this.#forgetAll();
  }

  async #renew(): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    const sentMs = this.#ports.clock.monotonicMs();
    if (this.#held.size > 0 && sentMs >= this.#validUntilMs) this.#forgetAll();
    const wanted = this.#wanted();
    if (this.#held.size < wanted.length) await session.expireDead();
    const held = await session.acquire(wanted, this.#options.leaseTtlMs);
    if (session !== this.#session || this.#isStopped) return;
    this.#validUntilMs = sentMs + this.#options.leaseTtlMs - this.#options.leaseMarginMs;
    this.#replace(new Map(held.map(({ shard, epoch }) => [shard, { epoch }])));
  }

  #replace(next: ReadonlyMap<number, Held>): void {
    const lost = [...this.#held].filter(([shard, { epoch }]) => next.get(shard)?.epoch !== epoch);
    const gained = [...next].filter(([shard, { epoch }]) => this.#held.get(shard)?.epoch !== epoch);
    for (const [shard] of lost) this.#held.delete(shard);
    if (lost.length > 0) this.#onLost(lost.map(([shard]) => shard));
    for (const [shard, held] of gained) this.#held.set(shard, held);
    if (gained.length > 0) this.#onGained(gained.map(([shard]) => shard));
  }
}
