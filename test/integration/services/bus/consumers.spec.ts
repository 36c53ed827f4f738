import { eventually } from "../../../support/node-eventually.ts";
import { NatsServer, describeWithNats } from "../../../support/nats-server.ts";
import { expectOnceInOrder, namesOf, newIds, withBusNodes } from "./bus-nodes.ts";
import { Tally, tallied } from "./tally.ts";

const NAMESPACE = "consumers";

describeWithNats("consumers of the stream of events", () => {
  const nodes = withBusNodes();
  let nats: NatsServer;
  const tallies: Tally[] = [];

  beforeAll(async () => {
    nats = await NatsServer.start();
  });
  afterEach(async () => {
    for (const tally of tallies.splice(0)) await tally.stop();
  });
  afterAll(() => nats.remove());

  const open = (options: { readonly handled?: string[]; readonly consumer?: string } = {}) =>
    nodes.open({ servers: [nats.url], settings: { namespace: NAMESPACE }, ...options });
  const tally = async (
    name: string,
    beforeCommit?: Parameters<typeof Tally.open>[0]["beforeCommit"],
  ): Promise<Tally> => {
    const opened = await Tally.open({
      pool: nodes.database.pool,
      servers: [nats.url],
      namespace: NAMESPACE,
      name,
      ...(beforeCommit && { beforeCommit }),
    });
    tallies.push(opened);
    return opened;
  };
  /** Waits until it has everything that was ever recorded. */
  const whole = (name: string) =>
    eventually(`all events at ${name}`, async () => {
      const { pool } = nodes.database;
      const { rows } = await pool.query<{ count: number }>(
        "SELECT count(*)::int AS count FROM act.event",
      );
      const found = await tallied(pool, name);
      return found.total >= (rows[0]?.count ?? 0) ? found : null;
    });

  it("share the work between two nodes: each event is handled once, in version order", async () => {
    const handled: string[] = [];
    const [first, second] = [await open({ handled }), await open({ handled })];
    const actors = await nodes.actors(first.bus);
    const ids = newIds(10);
    await actors.addAll(ids, 30);
    await eventually("half", () => (handled.length > 100 ? true : null));
    await actors.addAll(ids, 30);
    await eventually("all events", () => (handled.length >= 600 ? true : null));
    // Both hear of everything for their own listeners.
    await eventually("both", () => (second.told.length >= 600 && first.told.length >= 600) || null);
    expectOnceInOrder(handled, namesOf(ids, 60));
    expectOnceInOrder(second.told, namesOf(ids, 60));
  });

  it("go on with what a node left when it stopped", async () => {
    const handled: string[] = [];
    const [first, second] = [await open({ handled }), await open({ handled })];
    const actors = await nodes.actors(second.bus);
    const ids = newIds(10);
    const adding = actors.addAll(ids, 30);
    await eventually("some", () => (handled.length > 20 ? true : null));
    await first.stop();
    await adding;
    await eventually("all events", () => (handled.length >= 300 ? true : null));
    expectOnceInOrder(handled, namesOf(ids, 30));
  });

  it("have their effect once although they fail, and their sessions are killed, again and again", async () => {
    const node = await open();
    const actors = await nodes.actors(node.bus);
    let batches = 0;
    await tally("failing", async (client) => {
      batches += 1;
      if (batches % 3 === 0) throw new Error("a handler that fails");
      if (batches % 3 === 1) await client.query("SELECT pg_terminate_backend(pg_backend_pid())");
    });
    await tally("steady");
    const ids = newIds(6);
    for (let round = 0; round < 5; round++) await actors.addAll(ids, 4);
    const [failing, steady] = [await whole("failing"), await whole("steady")];
    expect(failing).toEqual(steady);
    expect(batches).toBeGreaterThan(3);
  });

  it("are not changed by the whole stream played again, twice", async () => {
    const node = await open();
    const actors = await nodes.actors(node.bus);
    await tally("replayed");
    await actors.addAll(newIds(6), 10);
    const before = await whole("replayed");
    const told = [...node.told];
    for (const _ of [1, 2]) {
      const report = await node.bus.link?.republish();
      expect(report?.events).toBeGreaterThanOrEqual(before.total);
    }
    await actors.addAll(newIds(1), 1);
    const after = await whole("replayed");
    expect(after.total).toBe(before.total + 1);
    expect(after.rows).toEqual(expect.arrayContaining([...before.rows]));
    expect(node.told.length).toBe(told.length + 1);
  });

  it("end equal to one that begins from scratch, after the stream was made anew under load", async () => {
    const node = await open();
    const actors = await nodes.actors(node.bus);
    await tally("early");
    const adding = (async () => {
      const ids = newIds(6);
      for (let round = 0; round < 10; round++) await actors.addAll(ids, 4);
    })();
    await node.bus.link?.republish();
    await node.bus.link?.republish();
    await adding;
    const early = await whole("early");
    await tally("late");
    expect(await whole("late")).toEqual(early);
  });

  it("begin with what is recorded after they are first known, unless they want everything", async () => {
    const [id = ""] = newIds(1);
    const first = await open({ consumer: "fresh-1" });
    const actors = await nodes.actors(first.bus);
    await actors.add(id);
    await eventually("the first event", () => (first.handled.length > 0 ? true : null));
    const second = await open({ consumer: "fresh-2" });
    await actors.add(id);
    await eventually("the second event", () => (second.handled.length > 0 ? true : null));
    expect(second.handled).toEqual([`${id}:2`]);
  });
});
