import type { ActorRef, Misfire, ReminderFiring } from "../../domain/shared/decider.ts";
import type { StoredReminder, Turn } from "../../domain/shared/journal.ts";
import type { Timer } from "../clock.ts";
import type { ActorCaller } from "./client.ts";
import { bodyHash, uuidv5 } from "./ids.ts";
import type { ActorPorts } from "./ports.ts";

const NAMESPACE = "0e1a2c9d-7b3f-4c61-9a54-3d8f2b6e7a10";
const HORIZON_MS = 60_000;
const RELOAD_MS = 20_000;
const LOAD_LIMIT = 10_000;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;
/** A wall clock that is set again makes every wait that was reckoned by it wrong: none is longer than this. */
const WAIT_MAX_MS = 5_000;

type Firing = ReminderFiring & { readonly nextDueMs: number | null };

/**
 * Fires the reminders of the shards that this node owns. Rows are written with the event that wants them and leave with the
 * turn that took their firing; this keeps those of the next minute in memory. Firing twice is harmless: the
 * command's id is made of stream, name and due time.
 */
export class ReminderScheduler {
  readonly #ports: ActorPorts;
  readonly #shards: () => readonly number[];
  readonly #shardOf: (ref: ActorRef) => number;
  readonly #call: ActorCaller;
  readonly #armed = new Map<string, StoredReminder>();
  readonly #firing = new Set<string>();
  /** `retryAtMs` is monotonic time */
  readonly #failed = new Map<string, { readonly times: number; readonly retryAtMs: number }>();
  /** set, moved or removed while the store was being read: what it said of them is out of date */
  readonly #changed = new Set<string>();
  #wakeTimer: Timer | null = null;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #reloadTimer: Timer | null = null;
  #reloading: Promise<void> = Promise.resolve();
  #nextReload: Promise<void> | null = null;
  #isStopped = false;

  constructor(
    ports: ActorPorts,
    shards: () => readonly number[],
    shardOf: (ref: ActorRef) => number,
    call: ActorCaller,
  ) {
    this.#ports = ports;
    this.#shards = shards;
    this.#shardOf = shardOf;
    this.#call = call;
  }

  start(): void {
    void this.reload().finally(() => {
      if (this.#isStopped) return;
      this.#reloadTimer = this.#ports.clock.setTimer(RELOAD_MS, () => this.start());
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#reloadTimer?.cancel();
    this.#wakeTimer?.cancel();
  }

  isArmed(ref: ActorRef, name: string, dueMs: number): boolean {
    return this.#armed.get(keyOf(ref, name))?.dueMs === dueMs;
  }

  /**
   * Reads what is due soon: at start, after taking shards over, and now and then. One reading after another; all who ask
   * before one begins share it.
   */
  reload(): Promise<void> {
    this.#nextReload ??= this.#reloading.then(() => {
      this.#nextReload = null;
      this.#reloading = this.#load();
      return this.#reloading;
    });
    return this.#nextReload;
  }

  /** What a committed turn changed. */
  committed(turn: Turn): void {
    for (const fired of turn.fired) this.#advance(turn.ref, fired.name, fired.nextDueMs);
    for (const change of turn.reminders) {
      if ("cancel" in change) this.#drop(keyOf(turn.ref, change.cancel));
      else {
        const { set: name, dueMs, everyMs = null, misfire, command } = change;
        this.#arm({ ref: turn.ref, name, dueMs, everyMs, misfire, command });
      }
    }
  }

  /** A turn of the actor may have been committed without our hearing of it: what it canceled must not fire. */
  doubt(ref: ActorRef): Promise<void> {
    this.#dropAll((reminder) => reminder.ref.type === ref.type && reminder.ref.id === ref.id);
    return this.reload();
  }

  /** Another owner may change the reminders of these shards from now on. */
  lost(shards: readonly number[]): void {
    const lost = new Set(shards);
    this.#dropAll((reminder) => lost.has(this.#shardOf(reminder.ref)));
  }

  async #load(): Promise<void> {
    const shards = this.#shards();
    if (shards.length === 0) return;
    this.#changed.clear();
    try {
      const untilMs = this.#ports.clock.now() + HORIZON_MS;
      const due = await this.#ports.reminders.due(shards, untilMs, LOAD_LIMIT);
      this.#replace(due, due.length < LOAD_LIMIT ? untilMs : (due.at(-1)?.dueMs ?? 0) - 1);
    } catch (error) {
      this.#ports.log.warn("reminders could not be read", { error });
    }
  }

  /** @param untilMs up to when `stored` is complete: what it does not have up to then is no longer set */
  #replace(stored: readonly StoredReminder[], untilMs: number): void {
    const present = new Set(stored.map(({ ref, name }) => keyOf(ref, name)));
    const isStale = (key: string, { dueMs }: StoredReminder) =>
      dueMs <= untilMs && !present.has(key) && !this.#changed.has(key);
    for (const [key, reminder] of this.#armed) if (isStale(key, reminder)) this.#armed.delete(key);
    const owned = new Set(this.#shards());
    for (const reminder of stored) {
      const isNews = !this.#changed.has(keyOf(reminder.ref, reminder.name));
      if (isNews && owned.has(this.#shardOf(reminder.ref))) this.#arm(reminder);
    }
  }

  #advance(ref: ActorRef, name: string, nextDueMs: number | null): void {
    const key = keyOf(ref, name);
    const reminder = this.#armed.get(key);
    this.#drop(key);
    if (reminder && nextDueMs !== null) this.#arm({ ...reminder, dueMs: nextDueMs });
  }

  #arm(reminder: StoredReminder): void {
    const key = keyOf(reminder.ref, reminder.name);
    this.#changed.add(key);
    if (this.#armed.get(key)?.dueMs !== reminder.dueMs) this.#drop(key);
    // Later ones are read again when their minute comes.
    if (reminder.dueMs > this.#ports.clock.now() + HORIZON_MS) return;
    this.#armed.set(key, reminder);
    this.#wakeBy(this.#fireAtMs(key, reminder));
  }

  #drop(key: string): void {
    this.#changed.add(key);
    this.#armed.delete(key);
    this.#failed.delete(key);
  }

  #dropAll(isMeant: (reminder: StoredReminder) => boolean): void {
    for (const [key, reminder] of this.#armed) if (isMeant(reminder)) this.#drop(key);
  }

  #fireAtMs(key: string, { dueMs }: StoredReminder): number {
    const { clock } = this.#ports;
    const failed = this.#failed.get(key);
    if (failed === undefined) return dueMs;
    return Math.max(dueMs, clock.now() + failed.retryAtMs - clock.monotonicMs());
  }

  #wakeBy(atMs: number): void {
    if (this.#isStopped || atMs >= this.#wakeAtMs) return;
    this.#wakeTimer?.cancel();
    this.#wakeAtMs = atMs;
    const inMs = Math.min(WAIT_MAX_MS, Math.max(0, atMs - this.#ports.clock.now()));
    this.#wakeTimer = this.#ports.clock.setTimer(inMs, () => this.#fireDue());
  }

  #fireDue(): void {
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#ports.clock.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [key, reminder] of this.#armed) {
      if (this.#firing.has(key)) continue;
      const atMs = this.#fireAtMs(key, reminder);
      if (atMs > nowMs) nextMs = Math.min(nextMs, atMs);
      else void this.#fire(key, reminder, nowMs);
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#wakeBy(nextMs);
  }

  async #fire(key: string, reminder: StoredReminder, nowMs: number): Promise<void> {
    this.#firing.add(key);
    const { ref, name, dueMs, command } = reminder;
    const firing = firingOf(reminder, nowMs);
    this.#ports.metrics.reminderLateMs(firing.lateMs);
    this.#ports.probe("reminder.due");
    try {
      await this.#call(ref, command, {
        commandId: uuidv5(NAMESPACE, `${ref.type}:${ref.id}|${name}|${dueMs}`),
        bodyHash: bodyHash(command),
        firing,
      });
      // A repeat that was answered from the record has advanced nothing in memory.
      if (this.isArmed(ref, name, dueMs)) this.#advance(ref, name, firing.nextDueMs);
    } catch (error) {
      this.#retryLater(key, reminder, error);
    } finally {
      this.#firing.delete(key);
      const next = this.#armed.get(key);
      if (next) this.#wakeBy(this.#fireAtMs(key, next));
    }
  }

  /** Later each time: a command that its actor cannot carry out would otherwise fire without a pause. */
  #retryLater(key: string, { ref, name, dueMs }: StoredReminder, error: unknown): void {
    if (!this.isArmed(ref, name, dueMs)) return;
    const times = (this.#failed.get(key)?.times ?? 0) + 1;
    const inMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(times - 1, 10));
    this.#failed.set(key, { times, retryAtMs: this.#ports.clock.monotonicMs() + inMs });
    this.#ports.log.warn("a reminder could not be delivered and will be tried again", {
      actor: `${ref.type}:${ref.id}`,
      name,
      retryInMs: inMs,
      error,
    });
  }
}

function keyOf(ref: ActorRef, name: string): string {
  return `${ref.type}:${ref.id}|${name}`;
}

/** What a late firing means, by the reminder's misfire rule. */
export function firingOf(reminder: StoredReminder, nowMs: number): Firing {
  const { name, dueMs, everyMs, misfire } = reminder;
  const lateMs = Math.max(0, nowMs - dueMs);
  const isSkipped = isSkip(misfire) && lateMs > misfire.skipAfterMs;
  if (everyMs === null) return { name, dueMs, lateMs, missed: 0, isSkipped, nextDueMs: null };
  if (misfire === "fireAll")
    return { name, dueMs, lateMs, missed: 0, isSkipped, nextDueMs: dueMs + everyMs };
  // One firing stands for every occurrence up to now; the next one lies in the future.
  const missed = Math.floor(lateMs / everyMs);
  return { name, dueMs, lateMs, missed, isSkipped, nextDueMs: dueMs + (missed + 1) * everyMs };
}

function isSkip(misfire: Misfire): misfire is { readonly skipAfterMs: number } {
  return typeof misfire === "object";
}
