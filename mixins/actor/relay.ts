import type { OutboxEvent, Turn } from "../../domain/shared/journal.ts";
import type { Timer } from "../clock.ts";
import type { ActorPorts } from "./ports.ts";

const BATCH = 500;
const SWEEP_MS = 2_000;
const RETRY_MIN_MS = 3;
const RETRY_MAX_MS = 100;
const FAILED_MS = 250;

/**
 * Carries committed events from the event table to the bus, in commit order per stream, at least once. Commits of this node
 * wake it; a sweep over all owned shards finds what a crash, or another node's commit, left behind.
 */
export class Relay {
  readonly #ports: ActorPorts;
  readonly #shards: () => readonly number[];
  /** events of this node's commits that have not been relayed, by shard */
  readonly #pending = new Map<number, number>();
  #isRunning = false;
  #isStopped = false;
  #sweepTimer: Timer | null = null;
  #needsSweep = true;

  constructor(ports: ActorPorts, shards: () => readonly number[]) {
    this.#ports = ports;
    this.#shards = shards;
    ports.metrics.onRender(() => ports.metrics.outboxLag(this.lag));
  }

  get lag(): number {
    let sum = 0;
    for (const count of this.#pending.values()) sum += count;
    return sum;
  }

  start(): void {
    this.#sweepTimer = this.#ports.clock.setTimer(SWEEP_MS, () => {
      this.#needsSweep = true;
      this.#wake();
      if (!this.#isStopped) this.start();
    });
    this.#wake();
  }

  /** Relays what is committed, as far as the bus takes it, and stops. */
  async stop(): Promise<void> {
    this.#sweepTimer?.cancel();
    const deadlineMs = this.#ports.clock.monotonicMs() + 1_000;
    while (this.lag > 0 && this.#ports.clock.monotonicMs() < deadlineMs)
      await this.#ports.clock.sleep(5);
    this.#isStopped = true;
    while (this.#isRunning) await this.#ports.clock.sleep(2);
  }

  committed(turn: Turn): void {
    if (turn.events.length === 0) return;
    this.#pending.set(turn.shard, (this.#pending.get(turn.shard) ?? 0) + turn.events.length);
    this.#wake();
  }

  gained(): void {
    this.#needsSweep = true;
    this.#wake();
  }

  lost(shards: readonly number[]): void {
    for (const shard of shards) this.#pending.delete(shard);
  }

  #wake(): void {
    if (!this.#isRunning && !this.#isStopped) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      let waitMs = RETRY_MIN_MS;
      while (!this.#isStopped) {
        const isSweep = this.#needsSweep;
        const shards = isSweep ? this.#shards() : [...this.#pending.keys()];
        if (shards.length === 0) return;
        const count = await this.#attempt(shards, isSweep);
        if (count > 0) waitMs = RETRY_MIN_MS;
        else if (this.#pending.size > 0 && !(await this.#isSettled())) {
          // Committed but not visible below the oldest running transaction yet: it will be in a moment.
          await this.#ports.clock.sleep(waitMs);
          waitMs = Math.min(RETRY_MAX_MS, waitMs * 2);
        }
      }
    } finally {
      // In the same breath as the decision to end, or a commit in between would wake nobody.
      this.#isRunning = false;
    }
  }

  async #attempt(shards: readonly number[], isSweep: boolean): Promise<number> {
    try {
      const count = await this.#step(shards);
      if (isSweep && count < BATCH) this.#needsSweep = false;
      return count;
    } catch (error) {
      this.#ports.log.warn("events could not be relayed", { error });
      await this.#ports.clock.sleep(FAILED_MS);
      return 0;
    }
  }

  /**
   * Whether nothing of what is pending is left in the outbox. An event may be read before its commit is heard of here, and
   * is then counted as pending when it has long been relayed.
   */
  async #isSettled(): Promise<boolean> {
    const before = [...this.#pending];
    try {
      if (await this.#ports.outbox.hasMore(before.map(([shard]) => shard))) return false;
    } catch {
      return false;
    }
    for (const [shard, count] of before)
      if (this.#pending.get(shard) === count) this.#pending.delete(shard);
    return true;
  }

  async #step(shards: readonly number[]): Promise<number> {
    const events = await this.#ports.outbox.read(shards, BATCH);
    if (events.length === 0) return 0;
    await this.#ports.bus.publish(events);
    this.#ports.probe("relay.published");
    await this.#ports.outbox.advance(events);
    this.#ports.probe("relay.advanced");
    for (const event of events) this.#relayed(event);
    return events.length;
  }

  #relayed({ shard }: OutboxEvent): void {
    const left = (this.#pending.get(shard) ?? 0) - 1;
    if (left > 0) this.#pending.set(shard, left);
    else this.#pending.delete(shard);
  }
}
