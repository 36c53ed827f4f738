import type { Clock, Timer } from "../../mixins/clock.ts";
import type { Scheduler } from "./scheduler.ts";

const EPOCH_MS = 1_700_000_000_000;

/** The wall clock that everybody would agree on. */
export function trueTimeMs(scheduler: Scheduler): number {
  return Math.floor(EPOCH_MS + scheduler.nowMs);
}

/** A computer that nodes run on, one process after another. Its clock is its own. */
export class Machine {
  readonly nodeId: string;
  /** how fast its clocks go */
  readonly rate: number;
  /** how far its wall clock is off */
  skewMs = 0;
  process: Process | null = null;
  readonly #scheduler: Scheduler;
  #boots = 0;

  constructor(nodeId: string, scheduler: Scheduler, rate: number) {
    this.nodeId = nodeId;
    this.rate = rate;
    this.#scheduler = scheduler;
  }

  monotonicMs(): number {
    return this.#scheduler.nowMs * this.rate;
  }

  wallMs(): number {
    return Math.floor(EPOCH_MS + this.#scheduler.nowMs * this.rate + this.skewMs);
  }

  boot(): Process {
    this.#boots += 1;
    this.process = new Process(this, `${this.nodeId}#${this.#boots}`, this.#scheduler);
    return this.process;
  }
}

export interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One run of a node. Everything that reaches its code from outside passes here: once it is dead nothing does, so that its
 * code stands still for ever at whatever it was waiting for; while it is frozen, what comes waits.
 */
export class Process {
  readonly machine: Machine;
  readonly name: string;
  readonly clock: Clock;
  isAlive = true;
  readonly #scheduler: Scheduler;
  #waiting: (() => void)[] | null = null;
  readonly #dying: (() => void)[] = [];

  constructor(machine: Machine, name: string, scheduler: Scheduler) {
    this.machine = machine;
    this.name = name;
    this.#scheduler = scheduler;
    this.clock = {
      now: () => machine.wallMs(),
      monotonicMs: () => machine.monotonicMs(),
      setTimer: (ms, fn) => this.#setTimer(ms, fn),
      sleep: (ms) => new Promise((resolve) => this.#setTimer(ms, resolve)),
    };
  }

  get nodeId(): string {
    return this.machine.nodeId;
  }

  get isFrozen(): boolean {
    return this.#waiting !== null;
  }

  deliver(fn: () => void): void {
    if (!this.isAlive) return;
    if (this.#waiting) this.#waiting.push(fn);
    else fn();
  }

  /** A promise that is kept from outside. What the dead ask for is not even sent. */
  promise<T>(begin: (settle: Settle<T>) => void): Promise<T> {
    if (!this.isAlive) return new Promise<T>(() => undefined);
    return new Promise<T>((resolve, reject) => {
      begin({
        resolve: (value) => this.deliver(() => resolve(value)),
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever was thrown, as it was thrown
        reject: (error) => this.deliver(() => reject(error)),
      });
    });
  }

  freeze(): void {
    this.#waiting ??= [];
  }

  resume(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const fn of waiting) this.#scheduler.after(0, () => this.deliver(fn));
  }

  /** What the world sees of its end. */
  onDeath(fn: () => void): void {
    this.#dying.push(fn);
  }

  kill(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#waiting = null;
    if (this.machine.process === this) this.machine.process = null;
    for (const fn of this.#dying) fn();
  }

  #setTimer(ms: number, fn: () => void): Timer {
    let isCanceled = false;
    const task = this.#scheduler.after(Math.max(0, ms) / this.machine.rate, () =>
      this.deliver(() => {
        // Canceled while it waited for the process to go on.
        if (!isCanceled) fn();
      }),
    );
    return {
      cancel: () => {
        isCanceled = true;
        task.cancel();
      },
    };
  }
}
