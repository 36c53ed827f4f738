import type { OutboxEvent } from "../../../../domain/shared/journal.ts";
import { counterKind } from "../../../support/counter.ts";
import { until, withNodes } from "./nodes.ts";

const ADD = { type: "Add", amount: 1 } as const;

/** A consumer as they all are: it remembers the last version of each stream and ignores what it has seen. */
class Consumer {
  readonly last = new Map<string, number>();
  repeats = 0;
  readonly gaps: string[] = [];

  take(events: readonly OutboxEvent[]): void {
    for (const { ref, version } of events) {
      const known = this.last.get(ref.id) ?? 0;
      if (version <= known) this.repeats += 1;
      else if (version === known + 1) this.last.set(ref.id, version);
      else this.gaps.push(`${ref.id}: ${version} after ${known}`);
    }
  }

  get total(): number {
    return [...this.last.values()].reduce((a, b) => a + b, 0);
  }
}

describe("the relay on PostgreSQL", () => {
  const { database, start, stop, sql } = withNodes();

  it("brings every event of concurrent commits to the bus, once and in order per stream", async () => {
    const node = await start(counterKind(), { options: { commitLanes: 4, commitBatchMax: 4 } });
    await Promise.all(Array.from({ length: 400 }, (_, i) => node.add(`order-${i % 10}`, ADD)));
    await until(() => node.published.length >= 400);
    const consumer = new Consumer();
    consumer.take(node.published);
    expect([consumer.total, consumer.repeats, consumer.gaps]).toEqual([400, 0, []]);
    await until(() => node.system.status.outboxLag === 0);
  });

  it("loses nothing that it cannot see while other transactions are open", async () => {
    const node = await start(counterKind());
    const others = await Promise.all([1, 2].map(() => database.pool.connect()));
    const stall = async (i: number) => {
      const client = others[i % 2];
      if (!client) return;
      await client.query("BEGIN");
      // A transaction holds the feed back once it has an id of its own.
      await client.query("SELECT pg_current_xact_id()");
      await new Promise((resolve) => setTimeout(resolve, 30));
      await client.query(i % 3 === 0 ? "ROLLBACK" : "COMMIT");
    };
    for (let i = 0; i < 10; i++) {
      const open = stall(i);
      await Promise.all(Array.from({ length: 10 }, (_, n) => node.add(`stall-${n}`, ADD)));
      await open;
    }
    for (const client of others) client.release();
    await until(() => node.published.length >= 100);
    const consumer = new Consumer();
    consumer.take(node.published);
    expect([consumer.total, consumer.repeats, consumer.gaps]).toEqual([100, 0, []]);
  });

  it("resumes after a restart where it had stopped", async () => {
    let isUp = true;
    const consumer = new Consumer();
    const bus = {
      publish: async (events: readonly OutboxEvent[]) => {
        if (!isUp) throw new Error("no bus");
        consumer.take(events);
      },
    };
    const first = await start(counterKind(), { ports: { bus } });
    for (let i = 0; i < 10; i++) await first.add("resume", ADD);
    await until(() => consumer.total === 10);
    isUp = false;
    for (let i = 0; i < 10; i++) await first.add("resume", ADD);
    await stop(first);
    expect(consumer.total).toBe(10);
    isUp = true;
    await start(counterKind(), { ports: { bus } });
    await until(() => consumer.total === 20);
    expect([consumer.repeats, consumer.gaps]).toEqual([0, []]);
  });

  it("repeats what was published but not noted, and nothing else", async () => {
    const consumer = new Consumer();
    const bus = { publish: async (events: readonly OutboxEvent[]) => consumer.take(events) };
    const node = await start(counterKind(), { ports: { bus } });
    for (let i = 0; i < 10; i++) await node.add("noted", ADD);
    await until(() => consumer.total === 10);
    await stop(node);
    await sql(
      `UPDATE act.relay r SET tx = e.tx, pos = e.pos FROM act.event e
        WHERE e.stream_id = 'counter:noted' AND e.version = 7 AND r.shard = e.shard`,
    );
    await start(counterKind(), { ports: { bus } });
    await until(() => consumer.repeats === 3);
    expect(consumer.gaps).toEqual([]);
  });
});
