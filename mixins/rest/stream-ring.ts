/** The last so many entries, oldest first, and what was the last to be forgotten. */
export class Ring<E extends { readonly sequence: number }> {
  #lostSequence = 0;
  readonly #entries: E[] = [];
  #oldest = 0;
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(entry: E): void {
    if (this.#entries.length < this.#capacity) {
      this.#entries.push(entry);
      return;
    }
    this.#lostSequence = this.#entries[this.#oldest]?.sequence ?? 0;
    this.#entries[this.#oldest] = entry;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
  }

  hasAllAfter(sequence: number): boolean {
    return this.#lostSequence <= sequence;
  }

  /** Finds the place in log n: after an outage everybody comes back at once. */
  after(sequence: number): readonly E[] {
    const count = this.#entries.length;
    let [from, to] = [0, count];
    while (from < to) {
      const middle = (from + to) >> 1;
      const entry = this.#entries[(this.#oldest + middle) % count];
      if (entry !== undefined && entry.sequence > sequence) to = middle;
      else from = middle + 1;
    }
    const start = this.#oldest + from;
    if (start >= count) return this.#entries.slice(start - count, this.#oldest);
    return [...this.#entries.slice(start), ...this.#entries.slice(0, this.#oldest)];
  }
}
