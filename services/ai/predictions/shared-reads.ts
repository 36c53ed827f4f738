/**
 * Reads that many want at once. Who asks while one is under way gets the next, which begins when that has ended and is one for all who
 * wait: everybody is told what was so after they asked, as if each had read alone.
 */
export class SharedReads<V> {
  readonly #running = new Map<string, Promise<V>>();
  readonly #next = new Map<string, Promise<V>>();

  read(key: string, load: () => Promise<V>): Promise<V> {
    const running = this.#running.get(key);
    if (running === undefined) return this.#begin(key, load);
    const waiting = this.#next.get(key);
    if (waiting !== undefined) return waiting;
    const next = running.then(ignore, ignore).then(() => {
      this.#next.delete(key);
      return this.#begin(key, load);
    });
    this.#next.set(key, next);
    return next;
  }

  #begin(key: string, load: () => Promise<V>): Promise<V> {
    const read = load().finally(() => {
      if (this.#running.get(key) === read) this.#running.delete(key);
    });
    this.#running.set(key, read);
    return read;
  }
}

function ignore(): void {
  // Whoever began that read is told how it ended.
}
