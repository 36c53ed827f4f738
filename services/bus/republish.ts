import type { NatsConnection } from "nats";
import type { Clock } from "../../mixins/clock.ts";
import { alone, findDebt, noteStream, owe, settleDebt } from "../../models/journal/bus-stream.ts";
import { readShards, shardCursors } from "../../models/journal/event-feed.ts";
import type { ShardCursor } from "../../models/journal/event-feed.ts";
import type { Pool } from "../../models/postgres/pool.ts";
import type { Logger } from "../logging.ts";
import { BusBusy } from "./distribution.ts";
import type { RepublishReport } from "./distribution.ts";
import type { EventStream } from "./event-stream.ts";
import type { NatsLink } from "./nats-link.ts";

const CHUNK = 500;
const SHARDS_AT_ONCE = 256;

interface RepublishPorts {
  readonly name: string;
  readonly stream: EventStream;
  readonly link: NatsLink;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Fills the stream again from the event table. What is owed to it is on record, so that whoever begins need not be the one
 * who ends: a node that dies on the way leaves the debt to the others.
 */
export class Republisher {
  readonly #ports: RepublishPorts;

  constructor(ports: RepublishPorts) {
    this.#ports = ports;
  }

  /** Deletes the stream first. @throws BusBusy, BusAway */
  async fromScratch(sinceMs: number): Promise<RepublishReport> {
    const { name, pool, link, stream } = this.#ports;
    const done = await alone(pool, name, async () => {
      const created = await link.whileUp(stream.recreate(link.connection));
      await noteStream(pool, name, created, sinceMs);
      await owe(pool, name, sinceMs);
      return this.#pay(created, sinceMs);
    });
    if (done === null) throw new BusBusy();
    return done.result;
  }

  /** Publishes what is owed, unless somebody else does. */
  async payDebt(created: string): Promise<void> {
    const { name, pool, log } = this.#ports;
    if ((await findDebt(pool, name)) === null) return;
    await alone(pool, name, async () => {
      const sinceMs = await findDebt(pool, name);
      if (sinceMs === null) return;
      const { events, tookMs } = await this.#pay(created, sinceMs);
      if (events > 0) log.warn({ stream: name, events, tookMs }, "events were published again");
    });
  }

  async #pay(created: string, sinceMs: number): Promise<RepublishReport> {
    const { name, pool, clock } = this.#ports;
    const startedMs = clock.monotonicMs();
    const cursors = await shardCursors(pool, Number.isFinite(sinceMs) ? sinceMs : null);
    let events = 0;
    for (let from = 0; from < cursors.length; from += SHARDS_AT_ONCE)
      events += await this.#publish(cursors.slice(from, from + SHARDS_AT_ONCE));
    await settleDebt(pool, name, created, sinceMs);
    return { stream: name, events, tookMs: Math.round(clock.monotonicMs() - startedMs) };
  }

  async #publish(cursors: readonly ShardCursor[]): Promise<number> {
    const { pool, stream, link } = this.#ports;
    const left = new Map(cursors.map((cursor) => [cursor.shard, cursor]));
    let count = 0;
    for (;;) {
      const events = await readShards(pool, [...left.values()], CHUNK);
      if (events.length === 0) return count;
      const connection: NatsConnection = link.connection;
      await link.whileUp(stream.send(connection, events, true));
      for (const { shard, tx, pos } of events) left.set(shard, { shard, tx, pos });
      count += events.length;
    }
  }
}
