/** A map that forgets what was longest unused once it holds more than `maxEntries`. */
export class Lru<V> {
  // A Map iterates in insertion order: the first key is the one longest unused.
  readonly #entries = new Map<string, V>();
  readonly #maxEntries: number;
  /** the last of them, while it is known: what is asked for again and again need not be moved each time */
  #newest: string | null = null;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined && key !== this.#newest) this.#moveToEnd(key, value);
    return value;
  }

  set(key: string, value: V): void {
    if (key === this.#newest) this.#entries.set(key, value);
    else this.#moveToEnd(key, value);
    if (this.#entries.size <= this.#maxEntries) return;
    for (const oldest of this.#entries.keys()) {
      this.delete(oldest);
      return;
    }
  }

  delete(key: string): boolean {
    if (key === this.#newest) this.#newest = null;
    return this.#entries.delete(key);
  }

  /** Longest unused first. */
  entries(): IterableIterator<[string, V]> {
    return this.#entries.entries();
  }

  clear(): void {
    this.#newest = null;
    this.#entries.clear();
  }

  #moveToEnd(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = key;
  }
}
