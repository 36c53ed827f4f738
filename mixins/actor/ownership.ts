import { LeaseLapsed, StoreUnavailable } from "../../domain/shared/errors.ts";
import type {
  AcquiredShard,
  LeaseSession,
  Member,
  ShardOwner,
} from "../../domain/shared/journal.ts";
import type { Timer } from "../clock.ts";
import { Placement } from "./placement.ts";
import type { ActorOptions, ActorPorts } from "./ports.ts";

const REOPEN_MS = 200;
/** Given up at a time, so that actors wait for their own hand-over only. */
const HAND_OVER_BATCH = 256;

export interface OwnershipHooks {
  /** Gone at once, and maybe another's already. */
  readonly lost: (shards: readonly number[]) => void;
  readonly gained: (shards: readonly AcquiredShard[]) => void;
  /** Before shards are given up, while they still take work. */
  readonly leaving: (shards: readonly number[]) => Promise<void>;
  /** Ends all work on shards that are being given up. Their epochs are not to be had any more by then. */
  readonly relinquish: (shards: readonly number[]) => Promise<void>;
  readonly membersChanged: (members: readonly Member[], before: readonly Member[]) => void;
}

type OwnershipPorts = Pick<ActorPorts, "clock" | "leases" | "log" | "newId" | "metrics">;

/**
 * The shards that this node owns, by its member's lease in the store. The lease counts until `leaseMarginMs` before its end,
 * by this node's monotonic clock read before the beat was sent; after that the node has stopped itself, whatever it
 * believes. A session or a lease that was lost is a new incarnation: nothing of the old one is kept.
 */
export class Ownership {
  readonly #ports: OwnershipPorts;
  readonly #options: ActorOptions;
  readonly #pools: readonly number[];
  readonly #hooks: OwnershipHooks;
  readonly #epochs = new Map<number, number>();
  /** being given up: no new work begins on them */
  readonly #leaving = new Set<number>();
  #validUntilMs = 0;
  #session: LeaseSession | null = null;
  #members: readonly Member[] = [];
  #placement = new Placement([]);
  #wanted: readonly number[] = [];
  #timer: Timer | null = null;
  #ticking: Promise<void> | null = null;
  #isNudged = false;
  #isDraining = false;
  #isStopped = false;
  #isGiving = false;
  #giving: Promise<void> = Promise.resolve();

  /** @param pools that this node hosts */
  constructor(
    ports: OwnershipPorts,
    options: ActorOptions,
    pools: readonly number[],
    hooks: OwnershipHooks,
  ) {
    this.#ports = ports;
    this.#options = options;
    this.#pools = pools;
    this.#hooks = hooks;
    ports.metrics.onRender(() => {
      ports.metrics.shardsOwned(this.shards().length);
      ports.metrics.leaseMarginMs(Math.max(0, this.#validUntilMs - ports.clock.monotonicMs()));
    });
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** Whether the store knows of this node. */
  get isConnected(): boolean {
    return this.#session !== null;
  }

  epochOf(shard: number): number | null {
    if (!this.#isValid || this.#leaving.has(shard)) return null;
    return this.#epochs.get(shard) ?? null;
  }

  /** Shards owned now, with a lease that still counts. */
  shards(): readonly number[] {
    if (!this.#isValid) return [];
    const shards = [...this.#epochs.keys()];
    return this.#leaving.size === 0 ? shards : shards.filter((shard) => !this.#leaving.has(shard));
  }

  /** Who should own the shard, as far as this node knows: a hint. */
  likelyOwner(shard: number): string | null {
    return this.#placement.ownerOf(shard);
  }

  /** True once every shard that this node should own is held. */
  get isComplete(): boolean {
    return (
      this.#isValid && !this.#isDraining && this.#wanted.every((shard) => this.#epochs.has(shard))
    );
  }

  /** Whether shards are on their way to other members. */
  get isGiving(): boolean {
    return this.#isGiving || this.#isDraining;
  }

  async owners(): Promise<readonly ShardOwner[]> {
    return (await this.#session?.owners()) ?? [];
  }

  /** Without a store, or while a namesake lives, it goes on trying: the node is not ready until then. */
  async start(): Promise<void> {
    await this.#tickAlone();
  }

  /** The store holds something against our ownership of this shard: drop it, and take it anew if it is still free. */
  disown(shard: number): void {
    if (!this.#epochs.delete(shard)) return;
    this.#hooks.lost([shard]);
    void this.#giveBack([shard]);
  }

  /**
   * Gives everything to the other members, in good order, and takes nothing more.
   * @returns false when there is nobody to take it: it is kept then
   */
  async handOver(): Promise<boolean> {
    const hasHeirs = this.#placement.hasOthers(this.#options.nodeId, this.#pools);
    // A node without actors only says that it leaves.
    if (this.#pools.length > 0 && !hasHeirs) return false;
    this.#isDraining = true;
    try {
      await this.#session?.announce("draining");
    } catch (error) {
      this.#ports.log.warn("the drain could not be announced", { error });
    }
    await this.#ticking;
    await this.#giving;
    await this.#giveAll(() => [...this.#epochs.keys()]);
    return true;
  }

  /** Leaves; to be called after the last turn. What is still owned is the next one's, and so is what it had begun. */
  async release(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#ticking;
    await this.#giving;
    this.#epochs.clear();
    this.#validUntilMs = 0;
    const session = this.#session;
    this.#session = null;
    // Its end alone lets others take what is still leased.
    await session?.close().catch(() => undefined);
  }

  get #isValid(): boolean {
    return this.#ports.clock.monotonicMs() < this.#validUntilMs;
  }

  async #begin(): Promise<void> {
    const { leases, newId, clock } = this.#ports;
    const { nodeId, leaseTtlMs } = this.#options;
    const life = { isLost: false, isOurs: false };
    const sentMs = clock.monotonicMs();
    const session = await leases.open(
      { nodeId, incarnation: newId(), pools: this.#pools, ttlMs: leaseTtlMs },
      {
        onLost: () => {
          life.isLost = true;
          if (life.isOurs) this.#sessionLost();
        },
        onChange: () => this.#nudge(),
      },
    );
    // Lost before it was ours to keep: nobody would tell us again.
    if (life.isLost) throw new StoreUnavailable("the lease session was lost as it began");
    if (this.#isStopped) return void session.close().catch(() => undefined);
    life.isOurs = true;
    this.#session = session;
    this.#extend(sentMs);
    if (this.#isDraining) await session.announce("draining");
    await this.#beat(session);
  }

  #sessionLost(): void {
    // An incarnation that has ended closes its session itself.
    if (this.#isStopped || this.#session === null) return;
    this.#ports.log.warn("the lease session was lost: a new incarnation begins");
    this.#session = null;
    this.#forgetAll();
    if (this.#ticking === null) this.#schedule(REOPEN_MS);
  }

  #forgetAll(): void {
    const shards = [...this.#epochs.keys()];
    this.#epochs.clear();
    this.#validUntilMs = 0;
    if (shards.length > 0) this.#hooks.lost(shards);
  }

  #extend(sentMs: number): void {
    const { leaseTtlMs, leaseMarginMs } = this.#options;
    this.#validUntilMs = sentMs + leaseTtlMs - leaseMarginMs;
  }

  /** Something changed: the next beat is now. */
  #nudge(): void {
    if (this.#ticking === null) this.#schedule(0);
    else this.#isNudged = true;
  }

  #schedule(inMs: number): void {
    this.#timer?.cancel();
    if (this.#isStopped) return;
    this.#timer = this.#ports.clock.setTimer(inMs, () => void this.#tickAlone());
  }

  /** The first one too: of two at a time one could forget what the other goes on renewing. */
  #tickAlone(): Promise<void> {
    this.#isNudged = false;
    this.#ticking = this.#tick().finally(() => {
      this.#ticking = null;
      this.#schedule(this.#pauseMs());
    });
    return this.#ticking;
  }

  #pauseMs(): number {
    if (this.#isNudged) return 0;
    const { renewEveryMs } = this.#options;
    // Without a session this node can do nothing: it need not wait for the next beat to seek one.
    return this.#session === null ? Math.min(renewEveryMs, REOPEN_MS) : renewEveryMs;
  }

  async #tick(): Promise<void> {
    try {
      // Lapsed: what was held may be another's by now, even if the store would still renew it.
      if (this.#session !== null && !this.#isValid) await this.#endIncarnation();
      if (this.#session === null) await this.#begin();
      else await this.#beat(this.#session);
    } catch (error) {
      if (error instanceof LeaseLapsed) await this.#endIncarnation();
      this.#ports.log.warn("the lease could not be renewed", { error });
    }
    // The incarnation as well: to the store it would own them still, and nobody could take them.
    if (this.#epochs.size > 0 && !this.#isValid) await this.#endIncarnation();
  }

  async #endIncarnation(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    this.#forgetAll();
    if (session === null) return;
    this.#ports.log.warn("the lease has lapsed: a new incarnation begins");
    await session.close().catch(() => undefined);
  }

  async #beat(session: LeaseSession): Promise<void> {
    const sentMs = this.#ports.clock.monotonicMs();
    const members = await session.beat(this.#options.leaseTtlMs);
    if (session !== this.#session || this.#isStopped) return;
    this.#extend(sentMs);
    this.#see(members);
    if (this.#isDraining) return;
    await this.#takeMissing(session);
    this.#giveSurplus();
  }

  #see(members: readonly Member[]): void {
    if (JSON.stringify(members) === JSON.stringify(this.#members)) return;
    const before = this.#members;
    this.#members = members;
    this.#placement = new Placement(members);
    this.#wanted = this.#placement.sharesOf(this.#options.nodeId);
    this.#hooks.membersChanged(members, before);
  }

  async #takeMissing(session: LeaseSession): Promise<void> {
    const missing = this.#wanted.filter((shard) => !this.#epochs.has(shard));
    if (missing.length === 0) return;
    const acquired = await session.acquire(missing);
    if (session !== this.#session) return;
    // Kept in any case: whoever drains or stops meanwhile gives back what is in here.
    for (const { shard, epoch } of acquired) this.#epochs.set(shard, epoch);
    if (acquired.length > 0 && !this.#isStopped && !this.#isDraining) this.#hooks.gained(acquired);
  }

  /** What another member should have. */
  #surplus(): readonly number[] {
    if (this.#epochs.size === this.#wanted.length && this.isComplete) return [];
    const wanted = new Set(this.#wanted);
    return [...this.#epochs.keys()].filter(
      (shard) => !wanted.has(shard) && this.#placement.ownerOf(shard) !== null,
    );
  }

  /** Behind the beats, which go on meanwhile. */
  #giveSurplus(): void {
    if (this.#isGiving || this.#surplus().length === 0) return;
    this.#isGiving = true;
    this.#giving = this.#giveAll(() => this.#surplus()).finally(() => {
      this.#isGiving = false;
    });
  }

  async #giveAll(rest: () => readonly number[]): Promise<void> {
    await this.#quietly(this.#hooks.leaving(rest()));
    for (let batch = rest(); batch.length > 0; batch = rest())
      await this.#relinquish(batch.slice(0, HAND_OVER_BATCH));
  }

  async #relinquish(shards: readonly number[]): Promise<void> {
    for (const shard of shards) this.#leaving.add(shard);
    await this.#quietly(this.#hooks.relinquish(shards));
    for (const shard of shards) this.#epochs.delete(shard);
    await this.#giveBack(shards);
    for (const shard of shards) this.#leaving.delete(shard);
  }

  async #quietly(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#ports.log.error("work on a shard that is given up did not end well", { error });
    }
  }

  async #giveBack(shards: readonly number[]): Promise<void> {
    if (shards.length === 0) return;
    try {
      await this.#session?.release(shards);
    } catch (error) {
      this.#ports.log.warn("shards could not be given back: they lapse by themselves", { error });
    }
  }
}
