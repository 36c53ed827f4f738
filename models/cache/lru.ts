/** A map that forgets what was longest unused once it holds more than `maxEntries`. */
export class Lru<V> {
  // A Map iterates in insertion order: the first key is the one longest unused.
  readonly #entries = new Map<string, V>();
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.#moveToEnd(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.#moveToEnd(key, value);
    if (this.#entries.size <= this.#maxEntries) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  /** Longest unused first. */
  entries(): IterableIterator<[string, V]> {
    return this.#entries.entries();
  }

  clear(): void {
    this.#entries.clear();
  }

  #moveToEnd(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
  }
}
