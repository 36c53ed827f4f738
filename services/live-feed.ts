import type { Pool } from "../models/postgres/pool.ts";
import type { OutboxEvent } from "../domain/shared/journal.ts";
import type { EventBus } from "../mixins/actor/ports.ts";
import type { StreamMessage, StreamSource } from "../mixins/rest/stream-channels.ts";
import { findViews } from "../models/views.ts";
import type { StoredView } from "../models/views.ts";

type Listener = (message: StreamMessage) => void;
/** What the streams are told of an event, given its actor and that actor's portfolio as they stand. */
export type Teller = (
  event: OutboxEvent,
  actor: StoredView,
  portfolio: StoredView | null,
) => readonly StreamMessage[];

/**
 * Facts for those who listen: committed events that the outbox relays, and market data as it comes. Nothing here is durable:
 * a listener who must not miss anything reads the record.
 */
export class LiveFeed implements EventBus, StreamSource {
  readonly #listeners = new Set<Listener>();
  readonly #tellers = new Map<string, Teller>();
  readonly #watchers: ((event: OutboxEvent) => void)[] = [];
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** @param type of the actors whose events this teller puts into words */
  register(type: string, teller: Teller): void {
    this.#tellers.set(type, teller);
  }

  /** Shows every relayed event, whether or not anybody listens to streams. */
  watch(watcher: (event: OutboxEvent) => void): void {
    this.#watchers.push(watcher);
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(message: StreamMessage): void {
    for (const listener of this.#listeners) listener(message);
  }

  /** Events in commit order; each is told with its actor's view, which may be newer than the event. */
  async publish(events: readonly OutboxEvent[]): Promise<void> {
    for (const watcher of this.#watchers) for (const event of events) watcher(event);
    const told = events.filter((event) => this.#tellers.has(event.ref.type));
    if (told.length === 0 || this.#listeners.size === 0) return;
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
    for (const message of messages) this.tell(message);
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
