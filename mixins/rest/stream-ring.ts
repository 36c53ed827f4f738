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

  after(sequence: number): readonly E[] {
    const inOrder = [...this.#entries.slice(this.#oldest), ...this.#entries.slice(0, this.#oldest)];
    return inOrder.filter((entry) => entry.sequence > sequence);
  }
}
