import { Events, connect } from "nats";
import type { NatsConnection } from "nats";
import type { Clock } from "../../mixins/clock.ts";
import type { Logger } from "../logging.ts";
import { BusAway } from "./distribution.ts";

const RETRY_MS = 250;
const FAREWELL_MS = 500;
const CONNECT_MS = 2_000;
/** A server that hangs, or a network that swallows packets, is noticed after two of them. */
const PING_MS = 3_000;

export interface LinkOptions {
  readonly servers: readonly string[];
  /** as the server shows it */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
}

interface LinkListener {
  /** to subscribe on the new connection */
  readonly up: (connection: NatsConnection) => void;
  readonly down?: () => void;
}

/**
 * A connection to NATS that is made anew whenever it is lost. The client's own reconnecting is off: it sends requests of
 * before the loss again behind our back, and its subscriptions cannot tell that they have missed something.
 */
export class NatsLink {
  readonly #options: LinkOptions;
  readonly #listeners: LinkListener[] = [];
  readonly #stopping = new AbortController();
  #connection: NatsConnection | null = null;
  #running: Promise<void> = Promise.resolve();
  readonly #onLost = new Set<() => void>();
  #isWarned = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Waits for a connection. @throws BusAway when it takes longer */
  async within(ms: number): Promise<void> {
    if (this.#connection !== null) return;
    await new Promise<void>((resolve, reject) => {
      const timer = this.#options.clock.setTimer(ms, () => reject(new BusAway()));
      this.listen({
        up: () => {
          timer.cancel();
          resolve();
        },
      });
    });
  }

  /** Of connections that are still to come. */
  listen(listener: LinkListener): void {
    this.#listeners.push(listener);
  }

  /** Returns at once; `listen` tells when there is a connection. */
  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const connection = this.#connection;
    // What is on its way gets out, unless the server hangs.
    const gone = connection?.drain().catch(() => undefined);
    await Promise.race([gone, this.#options.clock.sleep(FAREWELL_MS)]);
    await connection?.close();
    await this.#running;
  }

  get isUp(): boolean {
    return this.#connection !== null;
  }

  /** @throws BusAway while there is none */
  get connection(): NatsConnection {
    if (this.#connection === null) throw new BusAway();
    return this.#connection;
  }

  /** Fails as soon as the connection is lost, where the client would wait for its timeout. */
  async whileUp<T>(work: Promise<T>): Promise<T> {
    const lost = Promise.withResolvers<never>();
    const cancel = (): void => lost.reject(new BusAway());
    this.#onLost.add(cancel);
    try {
      return await Promise.race([work, lost.promise]);
    } finally {
      this.#onLost.delete(cancel);
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const connection = await this.#connect();
      if (connection !== null) await this.#serve(connection);
      await this.#options.clock.sleep(RETRY_MS, signal).catch(() => undefined);
    }
  }

  async #connect(): Promise<NatsConnection | null> {
    const { servers, name, log } = this.#options;
    try {
      const connection = await connect({
        servers: [...servers],
        name,
        reconnect: false,
        timeout: CONNECT_MS,
        pingInterval: PING_MS,
        maxPingOut: 2,
        // What this node publishes its own listeners have heard already.
        noEcho: true,
      });
      this.#isWarned = false;
      return connection;
    } catch (err) {
      if (!this.#isWarned) log.warn({ err }, "NATS cannot be reached");
      this.#isWarned = true;
      return null;
    }
  }

  /** Until it is lost. */
  async #serve(connection: NatsConnection): Promise<void> {
    const { log } = this.#options;
    if (this.#stopping.signal.aborted) return connection.close();
    this.#connection = connection;
    log.info({ server: connection.getServer() }, "connected to NATS");
    void this.#logErrors(connection);
    for (const { up } of this.#listeners) up(connection);
    const error = await connection.closed();
    this.#connection = null;
    for (const cancel of this.#onLost) cancel();
    for (const { down } of this.#listeners) down?.();
    if (!this.#stopping.signal.aborted) log.warn({ err: error }, "the connection to NATS is lost");
  }

  async #logErrors(connection: NatsConnection): Promise<void> {
    for await (const { type, data } of connection.status())
      if (type === Events.Error) this.#options.log.warn({ error: data }, "NATS complains");
  }
}
