import type { ConsumerMessages, JsMsg, NatsConnection } from "nats";
import type { OutboxEvent } from "../../domain/shared/journal.ts";
import type { Clock } from "../../mixins/clock.ts";
import {
  findPositions,
  lockConsumer,
  registerConsumer,
  savePositions,
} from "../../models/journal/consumers.ts";
import type { Transaction } from "../../models/journal/consumers.ts";
import { readGaps } from "../../models/journal/event-feed.ts";
import type { Pool } from "../../models/postgres/pool.ts";
import { inTransaction } from "../../models/postgres/transaction.ts";
import type { Logger } from "../logging.ts";
import { decodeEvent, streamIdOf } from "./event-message.ts";
import type { ReceivedEvent } from "./event-message.ts";
import type { EventStream } from "./event-stream.ts";
import type { NatsLink } from "./nats-link.ts";
import { fillGaps, sift } from "./sift.ts";

const BATCH = 500;
const FETCH_MS = 5_000;
const RETRY_MS = 500;

export interface ConsumerOptions {
  /** one name in the installation: the nodes that run it share the work */
  readonly name: string;
  /** of the actors whose events it wants */
  readonly type: string;
  /** where a consumer that nobody has run before begins */
  readonly begins: "first" | "now";
  /**
   * Takes events it has not had, in version order of each stream, none left out. What it writes through `client` is
   * committed with the consumer's position, once; anything else may happen again when the node ends in between.
   */
  readonly handle: (events: readonly OutboxEvent[], client: Transaction) => Promise<void> | void;
}

interface ConsumerPorts {
  readonly link: NatsLink;
  readonly stream: EventStream;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Logger;
  /** messages that wait in the stream */
  readonly lag: (count: number) => void;
}

/**
 * Hands each event to a handler, by (stream, version): whatever the bus repeats, reorders or loses. The bus says when there
 * is something; what has been handled is on record in PostgreSQL, and so is what is missing.
 */
export class DurableConsumer {
  readonly #options: ConsumerOptions;
  readonly #ports: ConsumerPorts;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #stopFetch: (() => void) | null = null;

  constructor(options: ConsumerOptions, ports: ConsumerPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  /** @throws Error when PostgreSQL cannot be reached: where it begins is then not known */
  async start(): Promise<void> {
    await registerConsumer(this.#ports.pool, this.#options.name, this.#options.begins);
    this.#running = this.#run();
  }

  /** Finishes the batch at hand, if it can be. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#stopFetch?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { link, clock, log } = this.#ports;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (link.isUp) await this.#fetch(link.connection);
        else await clock.sleep(RETRY_MS, signal).catch(() => undefined);
      } catch (err) {
        if (signal.aborted) return;
        if (link.isUp) log.warn({ err, consumer: this.#options.name }, "events wait");
        await clock.sleep(RETRY_MS, signal).catch(() => undefined);
      }
    }
  }

  /** Takes what is there; waits for it a while. */
  async #fetch(connection: NatsConnection): Promise<void> {
    const { link, stream } = this.#ports;
    const reader = await link.whileUp(
      stream.reader(connection, this.#options.name, this.#options.type),
    );
    const messages = await reader.fetch({ max_messages: BATCH, expires: FETCH_MS });
    this.#stopFetch = () => messages.stop();
    const taking = this.#takeAll(messages);
    try {
      await link.whileUp(taking);
    } finally {
      // It would wait for messages over a connection that is gone.
      messages.stop();
      await taking.catch(() => undefined);
    }
  }

  async #takeAll(messages: ConsumerMessages): Promise<void> {
    let batch: JsMsg[] = [];
    for await (const message of messages) {
      batch.push(message);
      // The one at hand counts as pending. Whatever has arrived by now goes together.
      if (messages.getPending() > 1) continue;
      await this.#take(batch);
      batch = [];
    }
    if (batch.length > 0) await this.#take(batch);
  }

  /** Tried until it succeeds: what is given up here would come again only when JetStream has waited for the answer. */
  async #take(messages: readonly JsMsg[]): Promise<void> {
    const { pool, link, clock, log, lag } = this.#ports;
    const events = messages.flatMap((message) => this.#decode(message) ?? []);
    for (;;) {
      this.#stopping.signal.throwIfAborted();
      try {
        await inTransaction(pool, (client) => this.#handle(client, events));
        break;
      } catch (err) {
        log.warn({ err, consumer: this.#options.name }, "events wait");
        await clock.sleep(RETRY_MS, this.#stopping.signal);
      }
    }
    // Whatever is not acknowledged comes again, and is known.
    if (link.isUp) for (const message of messages) message.ack();
    lag(messages.at(-1)?.info.pending ?? 0);
  }

  /** Under the consumer's lock: two nodes that were given parts of one stream take them one after the other. */
  async #handle(client: Transaction, events: readonly ReceivedEvent[]): Promise<void> {
    const { name, handle } = this.#options;
    const began = await lockConsumer(client, name);
    const mine = events.filter(({ tx }) => BigInt(tx) >= BigInt(began));
    const streamIds = [...new Set(mine.map(({ ref }) => streamIdOf(ref)))];
    const known = await findPositions(client, name, streamIds);
    const { fresh, gaps, positions } = sift(mine, (streamId) => known.get(streamId) ?? 0);
    if (positions.size === 0) return;
    await handle(fillGaps(fresh, await readGaps(client, gaps, began)), client);
    await savePositions(client, name, positions);
  }

  #decode(message: JsMsg): ReceivedEvent | null {
    try {
      return decodeEvent(message.data);
    } catch (err) {
      this.#ports.log.error({ err, subject: message.subject }, "a message is no event of ours");
      return null;
    }
  }
}
