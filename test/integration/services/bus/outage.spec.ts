import { connect } from "nats";
import type { NatsConnection } from "nats";
import { eventually } from "../../../support/node-eventually.ts";
import { NatsServer, describeWithNats } from "../../../support/nats-server.ts";
import { expectOnceInOrder, namesOf, newIds, withBusNodes } from "./bus-nodes.ts";
import type { Actors, BusNode } from "./bus-nodes.ts";
import { streamOf } from "./stream-reader.ts";

const NAMESPACE = "outage";

describeWithNats("a loss of NATS", () => {
  const nodes = withBusNodes();
  let nats: NatsServer;
  let node: BusNode;
  let actors: Actors;

  beforeEach(async () => {
    nats = await NatsServer.start();
    node = await nodes.open({ servers: [nats.url], settings: { namespace: NAMESPACE } });
    actors = await nodes.actors(node.bus);
  });
  afterEach(() => nats.remove());

  const drained = () =>
    eventually("an empty outbox", () => (actors.system.status.outboxLag === 0 ? true : null));
  const heard = (count: number) =>
    eventually("all events", () =>
      node.told.length >= count && node.handled.length >= count ? true : null,
    );
  const inStream = (ids: readonly string[], count: number) =>
    onConnection(nats, (connection) =>
      eventually("all events in the stream", async () => {
        const names = (await streamOf(connection, NAMESPACE, ids)).map(({ name }) => name);
        return new Set(names).size >= count ? names : null;
      }),
    );

  it("lets the outbox grow, and drain in order when it is back with its data", async () => {
    const ids = newIds(8);
    const before = actors.addAll(ids, 15);
    await eventually("some of it", () => (node.told.length > 10 ? true : null));
    await nats.kill();
    await before;
    await actors.addAll(ids, 15);
    expect(actors.system.status.outboxLag).toBeGreaterThan(0);
    // Its own listeners go on hearing, from the event table.
    await eventually("all events", () => (node.told.length >= 240 ? true : null));
    await nats.resume();
    await drained();
    await heard(240);
    expectOnceInOrder(node.told, namesOf(ids, 30));
    expectOnceInOrder(node.handled, namesOf(ids, 30));
    expectOnceInOrder([...new Set(await inStream(ids, 240))], namesOf(ids, 30));
  });

  it("is made good when it comes back empty: from the event table, known to who has seen it", async () => {
    const ids = newIds(8);
    await actors.addAll(ids, 15);
    await heard(120);
    await nats.kill({ isEmptied: true });
    await actors.addAll(ids, 15);
    await nats.resume();
    await drained();
    await heard(240);
    expectOnceInOrder(node.told, namesOf(ids, 30));
    expectOnceInOrder(node.handled, namesOf(ids, 30));
    expect(new Set(await inStream(ids, 240))).toEqual(new Set(namesOf(ids, 30)));
  });

  it("is noticed when it comes back without its last events, although they were acknowledged", async () => {
    const ids = newIds(8);
    await actors.addAll(ids, 5);
    await heard(40);
    await nats.kill();
    const bringBack = await nats.keep();
    await nats.resume();
    await actors.addAll(ids, 5);
    await drained();
    await nats.kill();
    await bringBack();
    await nats.resume();
    expect(new Set(await inStream(ids, 80))).toEqual(new Set(namesOf(ids, 10)));
    await heard(80);
    expectOnceInOrder(node.told, namesOf(ids, 10));
    expectOnceInOrder(node.handled, namesOf(ids, 10));
  });

  it("is made good when somebody deletes the stream while it works", async () => {
    const ids = newIds(8);
    await actors.addAll(ids, 5);
    await heard(40);
    await onConnection(nats, async (connection) => {
      const { streams } = await connection.jetstreamManager();
      await streams.delete(`${NAMESPACE.toUpperCase()}_EVENTS`);
    });
    await actors.addAll(ids, 5);
    await heard(80);
    expect(new Set(await inStream(ids, 80))).toEqual(new Set(namesOf(ids, 10)));
    expectOnceInOrder(node.told, namesOf(ids, 10));
    expectOnceInOrder(node.handled, namesOf(ids, 10));
  });
});

async function onConnection<T>(
  { url }: NatsServer,
  work: (connection: NatsConnection) => Promise<T>,
): Promise<T> {
  const connection = await connect({ servers: url });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
