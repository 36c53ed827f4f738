import { type JsMsg, connect } from "nats";
import { busNames, decodeEvent } from "../../../services/bus/event-message.ts";
import type { Cluster } from "./cluster.ts";

export interface TapFinding {
  /** messages in the stream */
  readonly messages: number;
  /** of an event that was there before */
  readonly repeated: number;
  /** events that came before their predecessor in the same actor's stream */
  readonly outOfOrder: number;
  /** events on record that never came */
  readonly missing: number;
}

/** Reads what JetStream has of the outbox and holds it against the event table. */
export class EventTap {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async read(): Promise<TapFinding> {
    const rows = await this.#cluster.sql<{ id: string }>(
      "SELECT stream_id || ':' || version AS id FROM act.event",
    );
    const missing = new Set(rows.map(({ id }) => id));
    const seen = new Set<string>();
    const lastOf = new Map<string, number>();
    let messages = 0;
    let repeated = 0;
    let outOfOrder = 0;
    for (const message of await this.#messages()) {
      const { ref, version } = decodeEvent(message.data);
      const stream = `${ref.type}:${ref.id}`;
      const id = `${stream}:${version}`;
      messages += 1;
      missing.delete(id);
      if (seen.has(id)) repeated += 1;
      // A repeat of a whole run of events is in order with itself, and no news.
      else if (version !== (lastOf.get(stream) ?? 0) + 1) outOfOrder += 1;
      if (!seen.has(id)) lastOf.set(stream, version);
      seen.add(id);
    }
    return { messages, repeated, outOfOrder, missing: missing.size };
  }

  async #messages(): Promise<readonly JsMsg[]> {
    const connection = await connect({ servers: this.#cluster.nats.url });
    try {
      const { stream } = busNames("qa");
      const manager = await connection.jetstreamManager();
      const { messages } = (await manager.streams.info(stream)).state;
      const consumer = await connection.jetstream().consumers.get(stream);
      const found: JsMsg[] = [];
      while (found.length < messages) {
        const before = found.length;
        const wanted = Math.min(1_000, messages - before);
        const batch = await consumer.fetch({ max_messages: wanted, expires: 5_000 });
        for await (const message of batch) found.push(message);
        if (found.length === before) throw new Error(`${stream} does not give what it has`);
      }
      return found;
    } finally {
      await connection.close();
    }
  }
}
