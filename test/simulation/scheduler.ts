export interface Task {
  cancel(): void;
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  fn: (() => void) | null;
}

/**
 * Owns time: nothing happens but what was put here, one thing after another in order of time, and all that one thing
 * wakes comes to rest before the next begins. No event loop turns, no real timers: the same puts give the same run.
 */
export class Scheduler {
  readonly #heap: Entry[] = [];
  #nowMs = 0;
  #order = 0;
  #done = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** things that happened so far */
  get events(): number {
    return this.#done;
  }

  after(ms: number, fn: () => void): Task {
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, fn };
    this.#push(entry);
    return { cancel: () => void (entry.fn = null) };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets time pass until `untilMs`, or until nothing is left to happen. */
  run(untilMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          if (!this.#advance(untilMs)) {
            resolve();
            return;
          }
        } catch (error) {
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever was thrown, as it was thrown
          reject(error);
          return;
        }
        // The tick begins when the microtasks are used up, those that they make themselves too.
        queueMicrotask(() => process.nextTick(step));
      };
      step();
    });
  }

  /** @returns whether something happened */
  #advance(untilMs: number): boolean {
    for (let next = this.#heap[0]; next && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#pop();
      if (next.fn === null) continue;
      this.#nowMs = next.atMs;
      this.#done += 1;
      next.fn();
      return true;
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
    return false;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const [leftAt, rightAt] = [2 * at + 1, 2 * at + 2];
      const left = heap[leftAt];
      const right = heap[rightAt];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (child === undefined || !isBefore(child, last)) break;
      heap[at] = child;
      at = isRight ? rightAt : leftAt;
    }
    heap[at] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
