import type { TradeTick } from "../quote.ts";

/** The ids of the newest trades per source, oldest first, by which a repeat is known. Plain JSON. */
export type SeenTrades = { readonly [source: string]: SeenOfSource };

interface SeenOfSource {
  readonly ids: readonly string[];
  /** the newest event time among them: a trade after it cannot be one of them */
  readonly newestMs: number;
}

/** A repeat of an older trade than these is not known as one. A reconnect repeats far fewer. */
const SEEN_MAX = 2_000;
/** One symbol has few sources; a stranger that makes up names does not grow the state. */
const SOURCES_MAX = 8;

/** Tells repeats from news among trades that came together, and what is known after them. */
export class RepeatCheck {
  readonly #seen: SeenTrades;
  readonly #new = new Map<string, NewOfSource>();

  constructor(seen: SeenTrades) {
    this.#seen = seen;
  }

  /** Whether the trade was seen; it is from now on. A trade without an id is never taken for a repeat. */
  isRepeat({ source, tradeId, tsEventMs }: TradeTick): boolean {
    if (tradeId === undefined) return false;
    const fresh = this.#of(source);
    if (tsEventMs <= fresh.newestMs && fresh.has(tradeId)) return true;
    fresh.add(tradeId, tsEventMs);
    return false;
  }

  after(): SeenTrades {
    if (this.#new.size === 0) return this.#seen;
    const kept = Object.entries(this.#seen).filter(([source]) => !this.#new.has(source));
    const changed = [...this.#new].map(([source, fresh]) => [source, fresh.merged()] as const);
    return Object.fromEntries([...kept, ...changed].slice(-SOURCES_MAX));
  }

  #of(source: string): NewOfSource {
    const known = this.#new.get(source);
    if (known !== undefined) return known;
    // An own property only: a source may be called anything.
    const seen = Object.hasOwn(this.#seen, source) ? this.#seen[source] : undefined;
    const fresh = new NewOfSource(seen ?? { ids: [], newestMs: -Infinity });
    this.#new.set(source, fresh);
    return fresh;
  }
}

class NewOfSource {
  newestMs: number;
  readonly #old: readonly string[];
  readonly #added: string[] = [];
  /** made when it is first asked: a stream in order never asks */
  #index: Set<string> | null = null;

  constructor({ ids, newestMs }: SeenOfSource) {
    this.#old = ids;
    this.newestMs = newestMs;
  }

  has(id: string): boolean {
    this.#index ??= new Set([...this.#old, ...this.#added]);
    return this.#index.has(id);
  }

  add(id: string, atMs: number): void {
    this.#added.push(id);
    this.#index?.add(id);
    if (atMs > this.newestMs) this.newestMs = atMs;
  }

  merged(): SeenOfSource {
    const ids = [...this.#old, ...this.#added];
    return { ids: ids.slice(-SEEN_MAX), newestMs: this.newestMs };
  }
}
