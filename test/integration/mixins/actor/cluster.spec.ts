import { randomUUID } from "node:crypto";
import type { LeaseStore } from "../../../../domain/shared/journal.ts";
import type { Work } from "../../../../mixins/actor/duty.ts";
import { createActorStores } from "../../../../models/journal/stores.ts";
import { ActorNetwork } from "../../../support/actor-network.ts";
import { counterKind } from "../../../support/counter.ts";
import { until, withNodes } from "./nodes.ts";
import type { CounterNode } from "./nodes.ts";

const ADD = { type: "Add", amount: 1 } as const;
const SHARDS = 1_024;

describe("a cluster of nodes", () => {
  const { database, start, stop, sql } = withNodes();
  let network: ActorNetwork;
  /** new ones for each test */
  let ids: readonly string[];

  beforeEach(async () => {
    network = new ActorNetwork();
    const run = randomUUID();
    ids = Array.from({ length: 60 }, (_, i) => `${i}-${run}`);
    await sql("DELETE FROM act.member");
  });

  const join = async (nodeId: string, kinds = [counterKind()], options = {}, ports = {}) => {
    const node = await start(kinds, { options: { nodeId, ...options }, transport: network, ports });
    network.join(nodeId, node.system);
    return node;
  };
  /** For a node that does not hear of its session's end. */
  const deaf = (): LeaseStore => {
    const { leases } = createActorStores(database.pool);
    return { open: (member, hooks) => leases.open(member, { ...hooks, onLost: () => undefined }) };
  };
  const owned = (...nodes: readonly CounterNode[]) =>
    nodes.map(({ system }) => system.status.shardsOwned);
  const areComplete = (...nodes: readonly CounterNode[]) =>
    until(() => nodes.every(({ system }) => system.isReady) && sum(owned(...nodes)) === SHARDS);
  const versions = async (node: CounterNode) =>
    Promise.all(ids.map(async (id) => (await node.read(id)).version));
  const idOwnedBy = (nodeId: string, node: CounterNode) => {
    const id = ids.find((one) => node.system.ownerOf({ type: "counter", id: one }) === nodeId);
    if (id === undefined) throw new Error(`none of the ids lives on ${nodeId}`);
    return id;
  };
  const killSessionOf = (nodeId: string) =>
    sql(
      `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN act.member m
         ON ((l.classid::bigint << 32) | l.objid::bigint) = m.session_key
        WHERE l.locktype = 'advisory' AND l.granted AND m.node_id = $1`,
      [nodeId],
    );

  it("shares the shards out as nodes join, and every node reaches every actor", async () => {
    const a = await join("a");
    await Promise.all(ids.map((id) => a.add(id, ADD)));
    const b = await join("b");
    const c = await join("c");
    await areComplete(a, b, c);
    for (const share of owned(a, b, c)) expect(Math.abs(share - SHARDS / 3)).toBeLessThan(80);
    for (const node of [a, b, c]) await Promise.all(ids.map((id) => node.add(id, ADD)));
    expect(await versions(b)).toEqual(ids.map(() => 4));
    expect(network.sent).toBeGreaterThan(0);
  });

  it("loses and doubles nothing, and fails no call, while nodes join and leave under load", async () => {
    const a = await join("a");
    const load = counting(a, ids);
    const b = await join("b");
    await areComplete(a, b);
    const c = await join("c");
    await areComplete(a, b, c);
    await b.system.handOver();
    await stop(b);
    await areComplete(a, c);
    const acknowledged = await load.end();
    expect(load.failures).toEqual([]);
    const stored = await versions(c);
    expect(stored).toEqual(ids.map((id) => acknowledged.get(id)));
  });

  it("answers elsewhere, under the same command id, what a vanished node was asked", async () => {
    const a = await join("a");
    const b = await join("b", [counterKind()], {}, { leases: deaf() });
    await areComplete(a, b);
    const id = idOwnedBy("b", a);
    network.swallow("b");
    const call = a.add(id, ADD, { commandId: randomUUID() });
    await until(() => network.sent > 0);
    await killSessionOf("b");
    await expect(call).resolves.toMatchObject({ version: 1 });
  });

  it("keeps ownership where it is while a node cannot be reached but lives", async () => {
    const a = await join("a");
    const b = await join("b");
    await areComplete(a, b);
    network.swallow("b");
    const call = a.add(idOwnedBy("b", a), ADD, { deadlineMs: Date.now() + 300 });
    await expect(call).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(sum(owned(a, b))).toBe(SHARDS);
  });

  it("routes from a node that hosts no actors, and hands it nothing", async () => {
    const a = await join("a");
    const gateway = await join("gateway", []);
    await areComplete(a, gateway);
    expect(owned(gateway)).toEqual([0]);
    await expect(gateway.add(String(ids[0]), ADD)).resolves.toMatchObject({ version: 1 });
    await expect(gateway.read(String(ids[0]))).resolves.toMatchObject({ version: 1 });
  });

  it("gives each pool to the nodes that host it", async () => {
    const other = { ...counterKind(), type: "other" };
    const pools = { other: 2 };
    const a = await join("a", [counterKind()], { pools });
    const b = await join("b", [other], { pools });
    await until(() => a.system.isReady && b.system.isReady);
    expect(owned(a, b)).toEqual([SHARDS, SHARDS]);
    const call = { commandId: randomUUID() };
    await expect(
      a.system.client.call({ type: "other", id: "x" }, ADD, call),
    ).resolves.toMatchObject({ version: 1 });
    expect(b.system.residents().map(({ type }) => type)).toEqual(["other"]);
  });

  it("does a duty on one node at a time, and the next begins when the last has ended", async () => {
    const log: string[] = [];
    const work = (name: string): Work => ({
      start: async () => void log.push(`${name} begins`),
      stop: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        log.push(`${name} ends`);
      },
    });
    const ref = { type: "counter", id: "duty" };
    const a = await join("a");
    a.system.onDuty(ref, work("a"));
    await until(() => log.length === 1);
    const b = await join("b");
    b.system.onDuty(ref, work("b"));
    await areComplete(a, b);
    const first = a.system.ownerOf(ref) === "a" ? a : b;
    const second = first === a ? b : a;
    const heir = second === a ? "a" : "b";
    await first.system.handOver();
    await stop(first);
    await until(() => log.at(-1) === `${heir} begins`);
    for (let i = 1; i < log.length; i += 2) expect(log[i]).toMatch(/ends$/u);
    await stop(second);
    expect(log.at(-1)).toBe(`${heir} ends`);
  });

  it("ends a duty that is taken back, for good, and the next of its name begins behind it", async () => {
    const log: string[] = [];
    const work = (name: string): Work => ({
      start: async () => void log.push(`${name} begins`),
      stop: async () => void log.push(`${name} ends`),
    });
    const ref = { type: "counter", id: "duty" };
    const a = await join("a");
    const takeBack = a.system.onDuty(ref, work("first"));
    await until(() => log.length === 1);
    await takeBack();
    expect(log).toEqual(["first begins", "first ends"]);
    a.system.onDuty(ref, work("second"));
    await until(() => log.length === 3);
    await stop(a);
    expect(log.slice(2)).toEqual(["second begins", "second ends"]);
  });

  it("takes no duty that nodes like it could never come to own", async () => {
    const options = { pools: { counter: 1 } };
    const a = await join("a", [counterKind()], options);
    const work: Work = { start: () => Promise.resolve(), stop: () => Promise.resolve() };
    expect(() => a.system.onDuty({ type: "elsewhere", id: "duty" }, work)).toThrow(/hosts pool 0/u);
  });

  it("waits for what an actor of another node has led to", async () => {
    const done: string[] = [];
    const slow = counterKind({
      work: async ({ payload }) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        done.push(JSON.stringify(payload));
      },
    });
    const a = await join("a", [slow]);
    const b = await join("b", [slow]);
    await areComplete(a, b);
    const id = idOwnedBy("b", a);
    await a.add(id, { type: "AddAndWork", amount: 1 });
    await a.system.settled(2_000, [{ type: "counter", id }]);
    expect(done).toHaveLength(1);
  });

  it("tells who is there and who owns what", async () => {
    const a = await join("a");
    const b = await join("b");
    await areComplete(a, b);
    await until(() => a.system.members().length === 2);
    expect(a.system.members()).toMatchObject([
      { nodeId: "a", pools: [0], state: "up" },
      { nodeId: "b", pools: [0], state: "up" },
    ]);
    const owners = await a.system.owners();
    expect(owners.filter(({ owner }) => owner === "b")).toHaveLength(owned(b)[0] ?? -1);
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

/** Adds to every id again and again, counting what was acknowledged, until it is ended. */
function counting(node: CounterNode, ids: readonly string[]) {
  const acknowledged = new Map<string, number>();
  const failures: unknown[] = [];
  const state = { isEnding: false };
  const loops = ids.map(async (id) => {
    while (!state.isEnding) {
      try {
        await node.add(id, ADD);
        acknowledged.set(id, (acknowledged.get(id) ?? 0) + 1);
      } catch (error) {
        failures.push(error);
        return;
      }
    }
  });
  return {
    failures,
    end: async () => {
      state.isEnding = true;
      await Promise.all(loops);
      return acknowledged;
    },
  };
}
