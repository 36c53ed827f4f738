import { randomUUID } from "node:crypto";
import { drainMember, pinShard, resumeMember } from "../../../../models/journal/operations.ts";
import { ActorNetwork } from "../../../support/actor-network.ts";
import { counterKind } from "../../../support/counter.ts";
import { until, withNodes } from "./nodes.ts";

const ADD = { type: "Add", amount: 1 } as const;
const SHARDS = 1_024;
const OTHER = { ...counterKind(), type: "other" };
const POOLS = { other: 2 };

describe("a node that somebody else drains", () => {
  const { database, start, sql } = withNodes();
  let network: ActorNetwork;

  beforeEach(async () => {
    network = new ActorNetwork();
    await sql("DELETE FROM act.member");
    await sql("DELETE FROM act.pin");
  });

  const join = async (nodeId: string, kinds = [counterKind()]) => {
    const node = await start(kinds, { options: { nodeId, pools: POOLS }, transport: network });
    network.join(nodeId, node.system);
    return node;
  };
  const owns = ({ system }: Awaited<ReturnType<typeof join>>) => system.status.shardsOwned;

  it("gives everything to the others, still reaches every actor, and takes its share when resumed", async () => {
    const [a, b] = [await join("a"), await join("b")];
    await until(() => owns(a) + owns(b) === SHARDS && owns(b) > 0);
    const before = owns(b);
    expect(await drainMember(database.pool, "b")).toEqual({ status: "ok" });
    await until(() => owns(a) === SHARDS && owns(b) === 0);
    expect(b.system.isReady).toBe(true);
    await expect(b.add(randomUUID(), ADD)).resolves.toMatchObject({ version: 1 });
    await resumeMember(database.pool, "b");
    await until(() => owns(b) === before && owns(a) === SHARDS - before);
  });

  it("keeps what nobody else hosts, whoever set it draining", async () => {
    const [a, b] = [await join("a", [counterKind(), OTHER]), await join("b")];
    await until(() => owns(a) + owns(b) === 2 * SHARDS && owns(b) > 0);
    await sql(
      "SELECT act.announce(node_id, incarnation, 'draining') FROM act.member WHERE node_id = 'a'",
    );
    await until(() => owns(b) === SHARDS);
    expect(owns(a)).toBe(SHARDS);
    const call = { commandId: randomUUID() };
    const answer = b.system.client.call({ type: "other", id: "x" }, ADD, call);
    await expect(answer).resolves.toMatchObject({ version: 1 });
  });

  it("takes what is pinned to it when it is resumed, and not before", async () => {
    const [a, b] = [await join("a"), await join("b")];
    await until(() => owns(a) + owns(b) === SHARDS && owns(b) > 0);
    await drainMember(database.pool, "b");
    await until(() => owns(a) === SHARDS);
    const shard = a.system.shardOf({ type: "counter", id: "pinned" });
    await pinShard(database.pool, shard, "b");
    const seen = () => b.system.members().some(({ pins }) => pins.includes(shard));
    await until(() => seen());
    expect(owns(a)).toBe(SHARDS);
    await resumeMember(database.pool, "b");
    await until(() => b.system.ownerOf({ type: "counter", id: "pinned" }) === "b" && owns(b) > 0);
  });
});
