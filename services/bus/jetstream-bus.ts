import type { NatsConnection } from "nats";
import type { OutboxEvent } from "../../domain/shared/journal.ts";
import type { Clock, Timer } from "../../mixins/clock.ts";
import type { Metrics } from "../../mixins/metrics.ts";
import { noteStream, owe } from "../../models/journal/bus-stream.ts";
import type { Pool } from "../../models/postgres/pool.ts";
import type { LiveFeed } from "../live-feed.ts";
import type { Logger } from "../logging.ts";
import type { BusLink, Distribution } from "./distribution.ts";
import { DurableConsumer } from "./durable-consumer.ts";
import { busNames } from "./event-message.ts";
import { EventStream } from "./event-stream.ts";
import type { Acked, StreamSettings } from "./event-stream.ts";
import { LiveEvents } from "./live-events.ts";
import { LiveFacts } from "./live-facts.ts";
import { NatsLink } from "./nats-link.ts";
import { Republisher } from "./republish.ts";

export interface BusSettings extends StreamSettings {
  readonly servers: readonly string[];
  /** first word of all subjects; in capitals, of the stream's name */
  readonly namespace: string;
}

export interface BusPorts {
  readonly nodeId: string;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly live: LiveFeed;
  /** whether anybody may open a stream on this node */
  readonly hasStreams: boolean;
}

/** How often a node looks whether the stream is there and whether anything is owed to it. */
const TEND_MS = 5_000;
/** A server that crashed has lost what it had not written to disk: at most this much, see `sync_interval` of nats-server. */
const UNSYNCED_MS = 600_000;

/** Committed events over JetStream; facts over plain NATS. PostgreSQL has everything: what NATS loses is published again. */
export class JetStreamBus implements Distribution {
  readonly link: BusLink;
  readonly #settings: BusSettings;
  readonly #ports: BusPorts;
  readonly #name: string;
  readonly #link: NatsLink;
  readonly #stream: EventStream;
  readonly #republisher: Republisher;
  readonly #events: LiveEvents | null;
  readonly #facts: LiveFacts;
  #consumers: readonly DurableConsumer[] = [];
  readonly #publishMs: (value: number) => void;
  readonly #consumerLag: (value: number, labels: { readonly consumer: string }) => void;
  /** under way or done for this connection: the stream is there, and has what it said it has */
  #prepared: { readonly connection: NatsConnection; readonly done: Promise<string> } | null = null;
  #lastAcked: (Acked & { readonly created: string }) | null = null;
  #tendTimer: Timer | null = null;
  #isStopped = false;

  constructor(settings: BusSettings, ports: BusPorts) {
    const { clock, log, pool, live, metrics, nodeId } = ports;
    const names = busNames(settings.namespace);
    this.#settings = settings;
    this.#ports = ports;
    this.#name = names.stream;
    this.#link = new NatsLink({ servers: settings.servers, name: `${nodeId}:bus`, clock, log });
    this.#stream = new EventStream(names, settings);
    const shared = { link: this.#link, clock, log };
    this.#republisher = new Republisher({
      ...shared,
      name: names.stream,
      stream: this.#stream,
      pool,
    });
    this.#facts = new LiveFacts({ ...shared, names, live });
    this.#events = ports.hasStreams
      ? new LiveEvents(names.events, { live, pool, clock, log })
      : null;
    this.#publishMs = metrics.histogram("bus_publish_ms", "Time until JetStream has a batch");
    this.#consumerLag = metrics.gauge("consumer_lag", "Events that wait for a consumer");
    const connected = metrics.gauge("bus_connected", "1 while NATS is connected");
    metrics.onRender(() => connected(this.#link.isUp ? 1 : 0));
    this.link = {
      state: () => (this.#link.isUp ? { ok: true } : { ok: false, detail: "NATS is away" }),
      republish: (sinceMs = Number.NEGATIVE_INFINITY) => this.#republisher.fromScratch(sinceMs),
    };
  }

  async start(): Promise<void> {
    const { live, hasStreams } = this.#ports;
    await this.#events?.start();
    live.carryBy((message) => this.#facts.tell(message));
    this.#link.listen({
      up: (connection) => {
        void this.#events?.up(connection).catch(() => undefined);
        if (hasStreams) this.#facts.up(connection);
        this.#tend();
      },
      down: () => this.#events?.down(),
    });
    this.#link.start();
    this.#consumers = live.watchers.map(({ consumer: name, type, handle }) =>
      this.#consumer(name, type, handle),
    );
    await Promise.all(this.#consumers.map((consumer) => consumer.start()));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#tendTimer?.cancel();
    this.#facts.stop();
    this.#events?.stop();
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
    await this.#link.stop();
  }

  /**
   * This node's own listeners hear at once, also while NATS is away.
   * @throws BusAway, or whatever one of the messages met: the whole batch is to be published again
   */
  async publish(events: readonly OutboxEvent[]): Promise<void> {
    this.#events?.offer(events);
    const { connection } = this.#link;
    const startedMs = this.#ports.clock.monotonicMs();
    try {
      const created = await this.#prepare(connection);
      const acked = await this.#link.whileUp(this.#stream.send(connection, events));
      if (acked !== null) this.#noteAcked(acked, created);
    } catch (error) {
      // The stream may be gone: looked at before the next attempt.
      this.#prepared = null;
      throw error;
    }
    this.#publishMs(this.#ports.clock.monotonicMs() - startedMs);
  }

  #noteAcked(acked: Acked, created: string): void {
    const last = this.#lastAcked;
    if (last?.created === created && last.sequence > acked.sequence) return;
    this.#lastAcked = { ...acked, created };
  }

  #consumer(name: string, type: string, handle: (event: OutboxEvent) => void): DurableConsumer {
    const { pool, clock, log } = this.#ports;
    return new DurableConsumer(
      { name, type, begins: "now", handle: (events) => events.forEach((event) => handle(event)) },
      {
        link: this.#link,
        stream: this.#stream,
        pool,
        clock,
        log,
        lag: (count) => this.#consumerLag(count, { consumer: name }),
      },
    );
  }

  #prepare(connection: NatsConnection): Promise<string> {
    if (this.#prepared?.connection !== connection)
      this.#prepared = { connection, done: this.#link.whileUp(this.#check(connection)) };
    return this.#prepared.done;
  }

  /** Before anything is published over a new connection, so that a loss is not covered up by what comes after it. */
  async #check(connection: NatsConnection): Promise<string> {
    const { pool, clock, log } = this.#ports;
    const created = await this.#stream.ensure(connection);
    await noteStream(pool, this.#name, created, clock.now() - this.#settings.maxAgeMs);
    const last = this.#lastAcked;
    if (last?.created === created && !(await this.#stream.has(connection, last))) {
      log.error({ stream: this.#name, sequence: last.sequence }, "NATS has lost events");
      await owe(pool, this.#name, clock.now() - UNSYNCED_MS);
      this.#lastAcked = null;
    }
    return created;
  }

  /** Now and then, and at once on a new connection. */
  #tend(): void {
    this.#tendTimer?.cancel();
    if (this.#isStopped || !this.#link.isUp) return;
    void this.#look().catch((err: unknown) => {
      this.#prepared = null;
      if (this.#link.isUp) this.#ports.log.warn({ err }, "the stream of events is not in order");
    });
    this.#tendTimer = this.#ports.clock.setTimer(TEND_MS, () => this.#tend());
  }

  async #look(): Promise<void> {
    const { connection } = this.#link;
    // Looked at again although it was in order: somebody may have made it anew.
    if (this.#prepared?.connection === connection) {
      const created = await this.#link.whileUp(this.#check(connection));
      this.#prepared = { connection, done: Promise.resolve(created) };
    }
    await this.#republisher.payDebt(await this.#prepare(connection));
  }
}
