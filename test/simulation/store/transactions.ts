import type { Scheduler } from "../scheduler.ts";

/** The server went down under a statement: nothing of it was written. */
export class Aborted extends Error {
  override readonly name = "Aborted";
}

export interface Transaction {
  /** given with the first write, as PostgreSQL does: their order is not the order of the commits */
  xid: number | null;
  isOver: boolean;
  readonly locks: string[];
}

interface Held {
  readonly by: Transaction;
  readonly waiting: (() => void)[];
}

/** Transaction numbers and row locks. */
export class Transactions {
  readonly #scheduler: Scheduler;
  readonly #running = new Set<Transaction>();
  readonly #held = new Map<string, Held>();
  #nextXid = 1;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  begin(): Transaction {
    const tx: Transaction = { xid: null, isOver: false, locks: [] };
    this.#running.add(tx);
    return tx;
  }

  xidOf(tx: Transaction): number {
    tx.xid ??= this.#nextXid++;
    return tx.xid;
  }

  /** All below are over: what pg_snapshot_xmin says. */
  get xmin(): number {
    let oldest = this.#nextXid;
    for (const { xid } of this.#running) if (xid !== null) oldest = Math.min(oldest, xid);
    return oldest;
  }

  /** Waits until nobody else holds the row. @throws Aborted */
  async lock(tx: Transaction, row: string): Promise<void> {
    this.xidOf(tx);
    for (;;) {
      const held = this.#held.get(row);
      if (held === undefined) {
        this.#held.set(row, { by: tx, waiting: [] });
        tx.locks.push(row);
        return;
      }
      if (held.by === tx) return;
      await new Promise<void>((resolve) => held.waiting.push(resolve));
      if (tx.isOver) throw new Aborted();
    }
  }

  /** @throws Aborted */
  async pause(tx: Transaction, ms: number): Promise<void> {
    await this.#scheduler.sleep(ms);
    if (tx.isOver) throw new Aborted();
  }

  end(tx: Transaction): void {
    tx.isOver = true;
    this.#running.delete(tx);
    // Once: after a crash of the server they are others' when the statement hears of its end.
    for (const row of tx.locks.splice(0)) {
      const held = this.#held.get(row);
      this.#held.delete(row);
      for (const wake of held?.waiting ?? []) wake();
    }
  }

  abortAll(): void {
    const running = [...this.#running];
    for (const tx of running) tx.isOver = true;
    for (const tx of running) this.end(tx);
  }
}
