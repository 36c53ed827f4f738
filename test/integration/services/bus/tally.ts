import type { Pool } from "pg";
import { systemClock } from "../../../../mixins/clock.ts";
import type { Transaction } from "../../../../models/journal/consumers.ts";
import { DurableConsumer } from "../../../../services/bus/durable-consumer.ts";
import { busNames } from "../../../../services/bus/event-message.ts";
import { EventStream } from "../../../../services/bus/event-stream.ts";
import { NatsLink } from "../../../../services/bus/nats-link.ts";
import { quietLog } from "./bus-nodes.ts";

interface TallyOptions {
  readonly pool: Pool;
  readonly servers: readonly string[];
  readonly namespace: string;
  readonly name: string;
  /** told before each batch; may throw */
  readonly beforeCommit?: (client: Transaction) => Promise<void> | void;
}

/** A projection as anybody might write one: how many events each counter has had, and a hash over them in their order. */
export class Tally {
  readonly #link: NatsLink;
  readonly #consumer: DurableConsumer;

  private constructor(link: NatsLink, consumer: DurableConsumer) {
    this.#link = link;
    this.#consumer = consumer;
  }

  static async open({
    pool,
    servers,
    namespace,
    name,
    beforeCommit,
  }: TallyOptions): Promise<Tally> {
    await pool.query(
      `CREATE TABLE IF NOT EXISTS tally (name text, id text, count int NOT NULL, chain text NOT NULL, PRIMARY KEY (name, id))`,
    );
    const shared = { clock: systemClock, log: quietLog };
    const link = new NatsLink({ servers, name, ...shared });
    const stream = new EventStream(busNames(namespace), {
      maxAgeMs: 86_400_000,
      maxBytes: 67_108_864,
      replicas: 1,
      duplicateWindowMs: 120_000,
    });
    const consumer = new DurableConsumer(
      {
        name,
        type: "counter",
        begins: "first",
        handle: async (events, client) => {
          for (const { ref, version } of events)
            await client.query(
              `INSERT INTO tally AS t VALUES ($1, $2, 1, md5($3)) ON CONFLICT (name, id)
               DO UPDATE SET count = t.count + 1, chain = md5(t.chain || $3)`,
              [name, ref.id, String(version)],
            );
          await beforeCommit?.(client);
        },
      },
      { link, stream, pool, ...shared, lag: () => undefined },
    );
    link.start();
    await consumer.start();
    return new Tally(link, consumer);
  }

  async stop(): Promise<void> {
    await this.#consumer.stop();
    await this.#link.stop();
  }
}

/** What was tallied under a name, and how many events that is. */
export async function tallied(pool: Pool, name: string) {
  const { rows } = await pool.query<{ id: string; count: number; chain: string }>(
    "SELECT id, count, chain FROM tally WHERE name = $1 ORDER BY id",
    [name],
  );
  return { rows, total: rows.reduce((sum, { count }) => sum + count, 0) };
}
