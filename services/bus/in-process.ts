import type { OutboxEvent } from "../../domain/shared/journal.ts";
import type { LiveFeed } from "../live-feed.ts";
import type { Distribution } from "./distribution.ts";

/** Without NATS: everybody who listens is in this process. */
export class InProcessBus implements Distribution {
  readonly link = null;
  readonly #live: LiveFeed;

  constructor(live: LiveFeed) {
    this.#live = live;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  async publish(events: readonly OutboxEvent[]): Promise<void> {
    for (const { type, handle } of this.#live.watchers)
      for (const event of events) if (event.ref.type === type) handle(event);
    await this.#live.put(events);
  }
}
