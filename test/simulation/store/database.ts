import type { Random } from "../random.ts";
import { trueTimeMs } from "../machine.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Trace } from "../trace.ts";
import { Tables } from "./tables.ts";
import { Transactions } from "./transactions.ts";
import type { Transaction } from "./transactions.ts";

/** The safeguards that can be taken out, one at a time, to see whether the simulator notices. */
export const MUTATIONS = [
  "epoch check",
  "version check",
  "command dedupe",
  "output gate",
  "xmin bound",
] as const;
export type Mutation = (typeof MUTATIONS)[number];

/** How fast the store is. */
export interface Pace {
  readonly workMs: number;
  readonly commitMs: number;
  /** how often a commit takes long, and how long then */
  readonly slow: number;
  readonly slowMs: number;
}

/** Somebody at the other end of a connection: told when the server drops it. */
export interface Connected {
  dropped(): void;
}

/** One PostgreSQL server: what is committed stays, what is under way is lost with it when it goes down. */
export class Database {
  readonly tables = new Tables();
  readonly transactions: Transactions;
  readonly mutation: Mutation | null;
  readonly connections = new Set<Connected>();
  isUp = true;
  /** no commit ends before */
  stalledUntilMs = 0;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #trace: Trace;
  #pace: Pace;
  #nextPos = 1;

  constructor(
    scheduler: Scheduler,
    random: Random,
    trace: Trace,
    options: { readonly pace: Pace; readonly mutation: Mutation | null },
  ) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#trace = trace;
    this.#pace = options.pace;
    this.mutation = options.mutation;
    this.transactions = new Transactions(scheduler);
  }

  /** Its own clock: never set. */
  nowMs(): number {
    return trueTimeMs(this.#scheduler);
  }

  nextPos(): number {
    return this.#nextPos++;
  }

  /** The time that a statement takes before it commits. */
  work(tx: Transaction): Promise<void> {
    return this.transactions.pause(tx, this.#random.exponential(this.#pace.workMs));
  }

  /** The time between the last write of a transaction and its being seen by others. */
  async flush(tx: Transaction): Promise<void> {
    const { commitMs, slow, slowMs } = this.#pace;
    const isSlow = this.#random.chance(slow);
    if (isSlow) this.#trace.fault("slow commit");
    const usualMs = this.#random.exponential(commitMs);
    const stallMs = Math.max(0, this.stalledUntilMs - this.#scheduler.nowMs);
    await this.transactions.pause(
      tx,
      usualMs + (isSlow ? this.#random.between(0, slowMs) : 0) + stallMs,
    );
  }

  /** Runs a statement in a transaction of its own; `body` answers with what is written at the commit. */
  async transact<T>(
    body: (tx: Transaction) => Promise<{ readonly answer: T; readonly write: () => void }>,
  ): Promise<T> {
    const tx = this.transactions.begin();
    try {
      await this.work(tx);
      const { answer, write } = await body(tx);
      await this.flush(tx);
      write();
      return answer;
    } finally {
      this.transactions.end(tx);
    }
  }

  crash(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.transactions.abortAll();
    for (const connection of this.connections) connection.dropped();
    this.connections.clear();
  }

  restart(): void {
    this.isUp = true;
  }

  calm(): void {
    this.isUp = true;
    this.stalledUntilMs = 0;
    this.#pace = { ...this.#pace, slow: 0 };
  }
}
