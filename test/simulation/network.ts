import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Trace } from "./trace.ts";

/** How bad the network of a run is. */
export interface Weather {
  readonly delayMs: number;
  readonly drop: number;
  readonly duplicate: number;
  /** how often something is late, and by how much at most */
  readonly late: number;
  readonly lateMs: number;
}

const CALM: Weather = { delayMs: 0.5, drop: 0, duplicate: 0, late: 0, lateMs: 0 };

/** Carries messages between named places. Each takes a time of its own, so that they overtake each other. */
export class Network {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #blocked = new Map<string, (() => void)[]>();
  #weather: Weather;

  constructor(scheduler: Scheduler, random: Random, trace: Trace, weather: Weather) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#trace = trace;
    this.#weather = weather;
  }

  /** Nothing passes in this direction until it is healed. */
  cut(from: string, to: string): void {
    const link = `${from}>${to}`;
    if (!this.#blocked.has(link)) this.#blocked.set(link, []);
  }

  heal(from: string, to: string): void {
    const link = `${from}>${to}`;
    const held = this.#blocked.get(link) ?? [];
    this.#blocked.delete(link);
    // What TCP kept is sent again, in its order.
    held.forEach((deliver, i) => this.#scheduler.after(1 + i * 0.01, deliver));
  }

  /** No fault from now on. */
  calm(): void {
    this.#weather = CALM;
    for (const link of this.#blocked.keys()) {
      const [from = "", to = ""] = link.split(">");
      this.heal(from, to);
    }
  }

  isCut(from: string, to: string): boolean {
    return this.#blocked.has(`${from}>${to}`);
  }

  /** A message that may be lost, doubled or late. */
  send(from: string, to: string, deliver: () => void): void {
    const { drop, duplicate } = this.#weather;
    if (this.isCut(from, to)) return;
    if (this.#random.chance(drop)) {
      this.#trace.fault("drop", `${from}>${to}`);
      return;
    }
    this.#scheduler.after(this.#delayMs(), deliver);
    if (!this.#random.chance(duplicate)) return;
    this.#trace.fault("duplicate", `${from}>${to}`);
    this.#scheduler.after(this.#delayMs(), deliver);
  }

  /** Bytes on a connection: never lost while it stands, but kept back while the way is cut. */
  stream(from: string, to: string, deliver: () => void): void {
    this.#scheduler.after(this.#delayMs(), () => {
      const held = this.#blocked.get(`${from}>${to}`);
      if (held) held.push(deliver);
      else deliver();
    });
  }

  #delayMs(): number {
    const { delayMs, late, lateMs } = this.#weather;
    const usualMs = this.#random.exponential(delayMs);
    if (!this.#random.chance(late)) return usualMs;
    this.#trace.fault("late");
    return usualMs + this.#random.between(0, lateMs);
  }
}
