import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  NatsError,
  RetentionPolicy,
  StorageType,
  nanos,
} from "nats";
import type { Consumer, NatsConnection, StreamConfig, StreamInfo } from "nats";
import type { OutboxEvent } from "../../domain/shared/journal.ts";
import { againHeaders, encodeEvent, messageId } from "./event-message.ts";
import type { BusNames } from "./event-message.ts";

export interface StreamSettings {
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly replicas: number;
  /** in which a message id is known again */
  readonly duplicateWindowMs: number;
}

/** The last message that the server said it has. */
export interface Acked {
  readonly sequence: number;
  readonly messageId: string;
}

const PUBLISH_MS = 2_000;
/** of the server's limit, which counts the headers too */
const HEADERS_BYTES = 1_024;
/** The server's numbers for a stream, a consumer and a message that are not there. */
const NOT_FOUND: ReadonlySet<number | undefined> = new Set([10_059, 10_014, 10_037]);
const UNACKED_MAX = 2_000;
const ACK_MS = 15_000;

/** The JetStream stream of all events: what it is made like, what goes into it, who reads it. */
export class EventStream {
  readonly #names: BusNames;
  readonly #settings: StreamSettings;

  constructor(names: BusNames, settings: StreamSettings) {
    this.#names = names;
    this.#settings = settings;
  }

  /** Makes it if it is not there, and sets its limits. @returns its creation time, by which it is known from its successors */
  async ensure(connection: NatsConnection): Promise<string> {
    const manager = await connection.jetstreamManager({ checkAPI: false });
    const wanted = this.#config();
    const info = await found(manager.streams.info(this.#names.stream));
    if (info === null) return (await manager.streams.add(wanted)).created;
    if (!isAs(info, wanted)) await manager.streams.update(this.#names.stream, wanted);
    return info.created;
  }

  /** Deletes it with its consumers and makes it anew. */
  async recreate(connection: NatsConnection): Promise<string> {
    const manager = await connection.jetstreamManager({ checkAPI: false });
    await found(manager.streams.delete(this.#names.stream));
    return this.ensure(connection);
  }

  /** Whether what was acknowledged is still there, or has been dropped for its age: a server that crashed may have lost it. */
  async has(connection: NatsConnection, acked: Acked): Promise<boolean> {
    const manager = await connection.jetstreamManager({ checkAPI: false });
    const { state } = await manager.streams.info(this.#names.stream);
    if (state.last_seq < acked.sequence) return false;
    if (state.first_seq > acked.sequence) return true;
    const query = { seq: acked.sequence };
    const message = await found(manager.streams.getMessage(this.#names.stream, query));
    return message === null || message.header.get("Nats-Msg-Id") === acked.messageId;
  }

  /**
   * Publishes all at once and waits for every answer. On a failure nobody knows which of the others were taken: the whole
   * must be repeated, and what is there twice is known by its message id, or by its version.
   * @returns the newest that the server has
   */
  async send(
    connection: NatsConnection,
    events: readonly OutboxEvent[],
    isAgain = false,
  ): Promise<Acked | null> {
    const client = connection.jetstream();
    const maxBytes = (connection.info?.max_payload ?? 1_048_576) - HEADERS_BYTES;
    const sent = events.map(async (event) => {
      const msgID = messageId(event);
      const ack = await client.publish(this.#names.event(event), encodeEvent(event, maxBytes), {
        msgID,
        timeout: PUBLISH_MS,
        ...(isAgain && { headers: againHeaders() }),
      });
      return { sequence: ack.seq, messageId: msgID };
    });
    let newest: Acked | null = null;
    for (const acked of await Promise.all(sent))
      if (newest === null || acked.sequence > newest.sequence) newest = acked;
    return newest;
  }

  /** A durable consumer of one actor type's events; the nodes that read it share them. It is made if it is not there. */
  async reader(connection: NatsConnection, name: string, type: string): Promise<Consumer> {
    const { stream } = this.#names;
    const manager = await connection.jetstreamManager({ checkAPI: false });
    if ((await found(manager.consumers.info(stream, name))) === null) {
      await this.ensure(connection);
      await manager.consumers.add(stream, {
        durable_name: name,
        filter_subject: this.#names.eventsOf(type),
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ACK_MS),
        deliver_policy: DeliverPolicy.All,
        max_ack_pending: UNACKED_MAX,
      });
    }
    return connection.jetstream().consumers.get(stream, name);
  }

  #config(): Partial<StreamConfig> & { readonly name: string } {
    const { maxAgeMs, maxBytes, replicas, duplicateWindowMs } = this.#settings;
    return {
      name: this.#names.stream,
      subjects: [this.#names.events],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_age: nanos(maxAgeMs),
      max_bytes: maxBytes,
      num_replicas: replicas,
      duplicate_window: nanos(Math.min(duplicateWindowMs, maxAgeMs)),
    };
  }
}

const CHANGEABLE = ["max_age", "max_bytes", "num_replicas", "duplicate_window"] as const;

function isAs({ config }: StreamInfo, wanted: Partial<StreamConfig>): boolean {
  return CHANGEABLE.every((field) => config[field] === wanted[field]);
}

/** Null for an error that says that there is no such thing. */
async function found<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof NatsError && NOT_FOUND.has(error.api_error?.err_code)) return null;
    throw error;
  }
}
