import { connect } from "nats";
import type { NatsConnection } from "nats";
import { eventually } from "../../../support/node-eventually.ts";
import { NatsServer, describeWithNats } from "../../../support/nats-server.ts";
import { expectOnceInOrder, namesOf, newIds, withBusNodes } from "./bus-nodes.ts";
import { streamOf } from "./stream-reader.ts";

describeWithNats("publishing to JetStream", () => {
  const nodes = withBusNodes();
  let nats: NatsServer;
  let connection: NatsConnection;

  beforeAll(async () => {
    nats = await NatsServer.start();
    connection = await connect({ servers: nats.url });
  });
  afterAll(async () => {
    await connection.close();
    await nats.remove();
  });

  /** A bus with a stream of its own. */
  const open = (namespace: string, duplicateWindowMs = 120_000) =>
    nodes.open({
      servers: [nats.url],
      settings: { namespace, duplicateWindowMs },
      consumer: namespace,
    });
  const isUp = (bus: { readonly link: { state(): { readonly ok: boolean } } | null }) =>
    eventually("a connection", () => (bus.link?.state().ok ? true : null));

  it("puts each event into the stream under its type and shard, in version order", async () => {
    const node = await open("order");
    const actors = await nodes.actors(node.bus);
    const ids = newIds(5);
    await actors.addAll(ids, 40);
    await eventually("an empty outbox", () => (actors.system.status.outboxLag === 0 ? true : null));
    const stored = await streamOf(connection, "order", ids);
    expectOnceInOrder(
      stored.map(({ name }) => name),
      namesOf(ids, 40),
    );
    for (const { subject, event } of stored)
      expect(subject).toBe(`order.evt.counter.${event.shard}`);
    const info = await (await connection.jetstreamManager()).streams.info("ORDER_EVENTS");
    expect(info.config).toMatchObject({ storage: "file", max_bytes: 67_108_864, num_replicas: 1 });
  });

  it("stores once what is published again within the window", async () => {
    const ids = newIds(4);
    const node = await open("window");
    await isUp(node.bus);
    const events = await nodes.record(ids, 10);
    await node.bus.publish(events);
    await node.bus.publish(events.slice(7));
    await node.bus.publish(events);
    const stored = await streamOf(connection, "window", ids);
    expectOnceInOrder(
      stored.map(({ name }) => name),
      namesOf(ids, 10),
    );
  });

  it("is told and handled once although it is stored again out of the window", async () => {
    const ids = newIds(4);
    const node = await open("later", 100);
    await isUp(node.bus);
    const events = await nodes.record(ids, 10);
    await node.bus.publish(events);
    await eventually("a stream with everything twice", async () => {
      await node.bus.publish(events);
      return (await streamOf(connection, "later", ids)).length >= 80 ? true : null;
    });
    const [last] = await nodes.record(newIds(1), 1);
    if (last === undefined) throw new Error("one was recorded");
    await node.bus.publish([last]);
    await eventually("the last", () => (node.handled.length > 40 && node.told.length > 40) || null);
    const expected = [...namesOf(ids, 10), `${last.ref.id}:1`];
    expectOnceInOrder(node.handled, expected);
    expectOnceInOrder(node.told, expected);
  });

  it("reads from the event table what came in another order, or not at all", async () => {
    const ids = newIds(3);
    const node = await open("gaps");
    await isUp(node.bus);
    const events = await nodes.record(ids, 10);
    const of = (id: string) => events.filter(({ ref }) => ref.id === id);
    const [backwards = "", holes = "", beheaded = ""] = ids;
    await node.bus.publish(of(backwards).toReversed());
    await node.bus.publish(of(holes).filter(({ version }) => version % 3 === 1));
    await node.bus.publish(of(beheaded).slice(-1));
    await eventually("all", () => (node.handled.length >= 30 && node.told.length >= 30) || null);
    expectOnceInOrder(node.handled, namesOf(ids, 10));
    expectOnceInOrder(node.told, namesOf(ids, 10));
  });

  it("brings an event that is too large for NATS, by the way of the event table", async () => {
    const [id = ""] = newIds(1);
    const node = await open("large");
    await isUp(node.bus);
    const [event] = await nodes.record([id], 1);
    if (event === undefined) throw new Error("one was recorded");
    const large = { ...event.event, note: "x".repeat(2 ** 20) };
    await node.bus.publish([{ ...event, event: large }]);
    await eventually("the event", () => (node.handled.length > 0 ? true : null));
    expect(node.handled).toEqual([`${id}:1`]);
  });

  it("is refused while NATS is away, and says so", async () => {
    const away = await nodes.open({ servers: ["nats://127.0.0.1:1"], consumer: "away" });
    const [event] = await nodes.record(newIds(1), 1);
    if (event === undefined) throw new Error("one was recorded");
    await expect(away.bus.publish([event])).rejects.toThrow("NATS is away");
    expect(away.bus.link?.state()).toEqual({ ok: false, detail: "NATS is away" });
    expect(away.metrics.render()).toContain("bus_connected 0");
    await eventually("its own listeners", () => (away.told.length > 0 ? true : null));
    expect(away.told).toEqual([`${event.ref.id}:1`]);
  });
});
