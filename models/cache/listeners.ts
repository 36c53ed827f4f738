import { parseJson } from "./json.ts";
import type { Listener } from "./ports.ts";

/** Who listens to what, in this process. A key is a channel, or a prefix of channels. */
export class Listeners {
  // Wrapped, so that one function subscribed twice is called twice.
  readonly #byKey = new Map<string, Set<{ readonly listener: Listener }>>();
  readonly #onError: (error: Error) => void;

  constructor(onError: (error: Error) => void) {
    this.#onError = onError;
  }

  /** @returns a function that ends it, and says whether `key` has lost its last listener by that */
  add(key: string, listener: Listener): () => boolean {
    const entry = { listener };
    const entries = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, entries.add(entry));
    return () => {
      const wasLast = entries.delete(entry) && entries.size === 0;
      if (wasLast) this.#byKey.delete(key);
      return wasLast;
    };
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  keys(): Iterable<string> {
    return this.#byKey.keys();
  }

  clear(): void {
    this.#byKey.clear();
  }

  /** @param text the message as JSON; each listener gets an object of its own */
  tell(key: string, channel: string, text: string): void {
    for (const { listener } of this.#byKey.get(key) ?? []) this.#tellOne(listener, channel, text);
  }

  #tellOne(listener: Listener, channel: string, text: string): void {
    try {
      listener(parseJson(text), channel);
    } catch (error) {
      this.#onError(new Error(`a listener of ${channel} failed`, { cause: error }));
    }
  }
}
