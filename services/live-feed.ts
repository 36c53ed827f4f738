import type { Pool } from "../models/postgres/pool.ts";
import type { OutboxEvent } from "../domain/shared/journal.ts";
import type { Hearing, StreamMessage, StreamSource } from "../mixins/rest/stream-channels.ts";
import { findViews } from "../models/views.ts";
import type { StoredView } from "../models/views.ts";

type Listener = (message: StreamMessage) => void;
/** What the streams are told of an event, given its actor and that actor's portfolio as they stand. */
export type Teller = (
  event: OutboxEvent,
  actor: StoredView,
  portfolio: StoredView | null,
) => readonly StreamMessage[];

/** Wants every event of a type of actor, once in the whole installation, whether or not anybody listens to streams. */
export interface Watcher {
  /** its name in the installation, on every node that has it */
  readonly consumer: string;
  readonly type: string;
  readonly handle: (event: OutboxEvent) => void;
}

/**
 * Facts for those who listen on this node: committed events, put into words, and market data as it comes. Nothing here is
 * durable: a listener who must not miss anything reads the record. How facts get here from other nodes is the bus's affair.
 */
export class LiveFeed implements StreamSource {
  readonly #listeners = new Map<Listener, Hearing>();
  readonly #watchers: Watcher[] = [];
  readonly #pool: Pool;
  readonly #tellers: ReadonlyMap<string, Teller>;
  #carry: Listener = () => undefined;

  /** @param tellers by the type of the actors whose events they put into words */
  constructor(pool: Pool, tellers: ReadonlyMap<string, Teller>) {
    this.#pool = pool;
    this.#tellers = tellers;
  }

  /** Before the node's bus starts. */
  watch(watcher: Watcher): void {
    this.#watchers.push(watcher);
  }

  get watchers(): readonly Watcher[] {
    return this.#watchers;
  }

  subscribe(listener: Listener, hearing: Hearing): () => void {
    this.#listeners.set(listener, hearing);
    return () => this.#listeners.delete(listener);
  }

  /** Whether anybody wants to be told of committed events. */
  get isHeard(): boolean {
    return [...this.#listeners.values()].includes("everything");
  }

  /** Tells the other nodes too, if there is a bus that does. */
  carryBy(carry: Listener): void {
    this.#carry = carry;
  }

  /** A fact of this node, for the listeners of all. */
  tell(message: StreamMessage): void {
    this.hear(message);
    this.#carry(message);
  }

  /** A fact for the listeners of this node. */
  hear(message: StreamMessage): void {
    for (const listener of this.#listeners.keys()) listener(message);
  }

  /** Puts events into words, in their order; each is told with its actor's view, which may be newer than the event. */
  async put(events: readonly OutboxEvent[]): Promise<void> {
    const told = events.filter((event) => this.#tellers.has(event.ref.type));
    if (told.length === 0 || !this.isHeard) return;
    const actors = await viewsById(
      this.#pool,
      told.map((event) => event.ref),
    );
    const portfolioIds = [...actors.values()].flatMap((view) => view.portfolioId ?? []);
    const portfolios = await viewsById(
      this.#pool,
      [...new Set(portfolioIds)].map((id) => ({ type: "portfolio", id })),
    );
    for (const event of told) this.#put(event, actors, portfolios);
  }

  #put(
    event: OutboxEvent,
    actors: ReadonlyMap<string, StoredView>,
    portfolios: ReadonlyMap<string, StoredView>,
  ): void {
    const actor = actors.get(keyOf(event.ref));
    if (actor === undefined) return;
    const portfolio = portfolios.get(keyOf({ type: "portfolio", id: actor.portfolioId ?? "" }));
    const messages = this.#tellers.get(event.ref.type)?.(event, actor, portfolio ?? null) ?? [];
    for (const message of messages) this.hear(message);
  }
}

function keyOf(ref: { readonly type: string; readonly id: string }): string {
  return `${ref.type}:${ref.id}`;
}

async function viewsById(
  pool: Pool,
  refs: readonly { readonly type: string; readonly id: string }[],
): Promise<ReadonlyMap<string, StoredView>> {
  const unique = new Map(refs.map((ref) => [keyOf(ref), ref]));
  const views = await findViews(pool, [...unique.values()]);
  return new Map(views.map((view) => [keyOf(view), view]));
}
