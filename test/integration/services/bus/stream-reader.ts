import { NatsError } from "nats";
import type { NatsConnection } from "nats";
import { decodeEvent } from "../../../../services/bus/event-message.ts";
import type { ReceivedEvent } from "../../../../services/bus/event-message.ts";

interface StoredMessage {
  readonly subject: string;
  readonly event: ReceivedEvent;
  /** `id:version` */
  readonly name: string;
}

/** What a namespace's stream holds of these actors, in its order. */
export async function streamOf(
  connection: NatsConnection,
  namespace: string,
  ids: readonly string[],
): Promise<readonly StoredMessage[]> {
  const { streams } = await connection.jetstreamManager();
  const name = `${namespace.toUpperCase()}_EVENTS`;
  const { state } = await streams.info(name);
  const stored: StoredMessage[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    try {
      const { subject, data } = await streams.getMessage(name, { seq });
      const event = decodeEvent(data);
      if (ids.includes(event.ref.id))
        stored.push({ subject, event, name: `${event.ref.id}:${event.version}` });
    } catch (error) {
      // Deleted by itself.
      if (!(error instanceof NatsError)) throw error;
    }
  }
  return stored;
}
