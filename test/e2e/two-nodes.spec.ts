import {
  getPortfolio,
  createPortfolio,
  updatePortfolio,
} from "../../mixins/rest/routes/portfolios.ts";
import * as system from "../../mixins/rest/routes/system.ts";
import type { ShardView } from "../../mixins/rest/routes/system.ts";
import type { HttpClient } from "../support/http.ts";
import { NatsServer, describeWithNats } from "../support/nats-server.ts";
import { eventually } from "../support/node-eventually.ts";
import { startTestNode } from "../support/node.ts";
import type { TestNode } from "../support/node.ts";

/** Of both nodes: the pools of data, risk and execution. */
const HOSTED = 3_072;

describeWithNats("an operator of two nodes that meet over NATS", () => {
  let nats: NatsServer;
  const nodes: TestNode[] = [];
  let a: HttpClient;
  let b: HttpClient;
  let aId: string;
  let bId: string;

  beforeAll(async () => {
    nats = await NatsServer.start();
    const env = { NATS_URL: nats.url };
    const first = await startTestNode({ env });
    nodes.push(first);
    const second = await startTestNode({ env, database: first.database });
    nodes.push(second);
    [a, b] = [first.admin, second.admin];
    [aId, bId] = [first.context.config.nodeId, second.context.config.nodeId];
    await areShared();
  });
  afterAll(async () => {
    for (const node of nodes.toReversed()) await node.stop();
    await nodes[0]?.database.drop();
    await nats.remove();
  });

  const owned = async (nodeId: string) => {
    const { data } = await a.call(system.listMembers);
    return data.find((member) => member.nodeId === nodeId)?.shardsOwned;
  };
  /** Both own some shards, and together all of them. */
  const areShared = () =>
    eventually("two nodes that share the shards", async () => {
      const [ofA = 0, ofB = 0] = [await owned(aId), await owned(bId)];
      return ofA > 0 && ofB > 0 && ofA + ofB === HOSTED ? true : null;
    });
  const open = async () => {
    const { portfolioId } = await a.call(createPortfolio, {
      name: "Desk",
      baseCurrency: "USD",
      initialCash: "100",
    });
    return portfolioId;
  };
  const lookUp = (client: HttpClient, portfolioId: string) =>
    client.call(system.findActor, { type: "portfolio", actorId: portfolioId });
  const openOn = (nodeId: string) =>
    eventually(`a portfolio on ${nodeId}`, async () => {
      const portfolioId = await open();
      return (await lookUp(a, portfolioId)).owner === nodeId ? portfolioId : null;
    });
  const shardOwnedBy = (shard: number, nodeId: string) =>
    eventually(`shard ${shard} on ${nodeId}`, async (): Promise<ShardView | null> => {
      const found = await a.call(system.getShard, { shard });
      return found.owner === nodeId ? found : null;
    });

  it("finds each actor where it lives, from either node", async () => {
    for (const [nodeId, asked] of [
      [aId, b],
      [bId, a],
    ] as const) {
      const portfolioId = await openOn(nodeId);
      const found = await lookUp(asked, portfolioId);
      expect(found).toMatchObject({ owner: nodeId, isResident: true, summary: { name: "Desk" } });
      const residents = await asked.all(system.listActors, { nodeId, type: "portfolio" });
      expect(residents.map(({ actorId }) => actorId)).toContain(portfolioId);
    }
  });

  it("moves a shard whose actor is at work: no call fails, and it goes on at the other node", async () => {
    const portfolioId = await openOn(aId);
    const before = await lookUp(b, portfolioId);
    const load = renaming([a, b], portfolioId);
    await load.further(20);
    const { shard } = before;
    const moved = await b.call(system.moveShard, { shard, nodeId: bId });
    expect(moved).toMatchObject({ wantedOwner: bId, pinnedTo: bId });
    expect(await shardOwnedBy(shard, bId)).toMatchObject({ epoch: before.epoch + 1 });
    await load.further(20);
    const count = await load.end();
    const after = await lookUp(a, portfolioId);
    expect(after).toMatchObject({ owner: bId, isResident: true, epoch: before.epoch + 1 });
    expect(after.version).toBe(before.version + count);
    const left = await b.all(system.listActors, { nodeId: aId, type: "portfolio" });
    expect(left.map(({ actorId }) => actorId)).not.toContain(portfolioId);
    await a.call(system.unpinShard, { shard });
    expect(await shardOwnedBy(shard, aId)).toMatchObject({
      epoch: before.epoch + 2,
      pinnedTo: null,
    });
  });

  it("drains a node at work and resumes it: no call fails, and it is ready all along", async () => {
    const portfolioId = await openOn(bId);
    const load = renaming([a, b], portfolioId);
    await load.further(10);
    expect(await a.call(system.drainMember, { nodeId: bId })).toMatchObject({ state: "draining" });
    await eventually("one node with all shards", async () =>
      (await owned(bId)) === 0 && (await owned(aId)) === HOSTED ? true : null,
    );
    await load.further(10);
    expect(await lookUp(b, portfolioId)).toMatchObject({ owner: aId });
    expect(nodes[1]?.context.actorSystem.isReady).toBe(true);
    // The last that takes shards has to stay.
    const alone = await b.ask(system.drainMember, { nodeId: aId });
    expect([alone.status, alone.text]).toEqual([409, expect.stringContaining("no other member")]);
    await b.call(system.resumeMember, { nodeId: bId });
    await areShared();
    await load.further(10);
    await load.end();
    expect(await lookUp(a, portfolioId)).toMatchObject({ owner: bId });
    expect(await b.call(getPortfolio, { portfolioId })).toMatchObject({ portfolioId });
  });

  it("has logged no error", () => {
    expect(nodes.flatMap(({ errors }) => errors)).toEqual([]);
  });
});

/** Renames a portfolio over and over, at each of the nodes in turn. */
function renaming(clients: readonly HttpClient[], portfolioId: string) {
  const load = { count: 0, isOver: false };
  const run = async (): Promise<void> => {
    while (!load.isOver) {
      const client = clients[load.count % clients.length];
      // A failed call ends the load, and the test with it.
      await client?.call(updatePortfolio, { portfolioId, name: `Desk ${load.count}` });
      load.count += 1;
    }
  };
  const running = run();
  // Told to whoever waits for the end.
  running.catch(() => undefined);
  const further = (more: number) => {
    const enough = load.count + more;
    const reached = eventually(`${enough} changes`, () => (load.count >= enough ? true : null));
    return Promise.race([running, reached]);
  };
  const end = async (): Promise<number> => {
    load.isOver = true;
    await running;
    return load.count;
  };
  return { further, end };
}
