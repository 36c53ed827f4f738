import { randomUUID } from "node:crypto";
import { ROUTES } from "../../mixins/rest/routes/index.ts";
import { createOrder } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import * as system from "../../mixins/rest/routes/system.ts";
import type { HttpClient } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { joinIdlePeer, leaveEffect } from "./operations.ts";
import { expectProblem } from "./problems.ts";

const SHARD = 2_048;

describe("an administrator who operates one node", () => {
  const node = withNode();
  let admin: HttpClient;
  let foreigner: HttpClient;
  let nodeId: string;
  let peerId: string;
  let market: HandMarket;
  let portfolioId: string;
  let orderId: string;

  beforeAll(async () => {
    admin = node().admin;
    nodeId = node().context.config.nodeId;
    foreigner = (await signUp(node(), { role: "admin", tenantId: "elsewhere" })).client;
    peerId = await joinIdlePeer(node());
    market = await HandMarket.open(node());
    await market.list("ACME");
    await market.play({ ACME: 100 });
    const desk = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
    portfolioId = (await admin.call(createPortfolio, desk)).portfolioId;
    const order = { portfolioId, symbol: "ACME", side: "buy", quantity: "1", timeInForce: "gtc" };
    const placed = await admin.call(createOrder, { ...order, type: "limit", price: "80" });
    orderId = placed.orderId;
    await node().settled();
  });

  it.each(["viewer", "analyst", "trader", "risk_manager", "compliance"] as const)(
    "is no %s: none of it is theirs",
    async (role) => {
      const { client } = await signUp(node(), { role });
      const routes = ROUTES.filter(({ permission }) => permission === "system.operate");
      expect(routes).toHaveLength(13);
      const input = { nodeId, shard: SHARD, type: "order", actorId: orderId };
      for (const route of routes) {
        const answer = await client.ask(route, { ...input, effectId: randomUUID() });
        expectProblem(answer, "FORBIDDEN");
      }
    },
  );

  it("sees who is a member, which one answers, and who went down", async () => {
    const { data } = await admin.call(system.listMembers);
    const [self, peer] = [nodeId, peerId].map((id) => data.find((one) => one.nodeId === id));
    expect(self).toMatchObject({ state: "up", isSelf: true, shardsOwned: 3_072 });
    expect(self?.pools).toEqual(["data", "risk", "execution"]);
    expect(self?.leaseMsLeft).toBeGreaterThan(0);
    expect(peer).toMatchObject({ state: "up", isSelf: false, pools: [], shardsOwned: 0 });
  });

  it("drains and resumes a member, as often as they like", async () => {
    for (const [route, state] of [
      [system.drainMember, "draining"],
      [system.drainMember, "draining"],
      [system.resumeMember, "up"],
      [system.resumeMember, "up"],
    ] as const) {
      expect(await admin.call(route, { nodeId: peerId })).toMatchObject({ nodeId: peerId, state });
    }
  });

  it("cannot drain the only node that hosts a pool, one that is down, or one that never was", async () => {
    const alone = expectProblem(await admin.ask(system.drainMember, { nodeId }), "CONFLICT");
    expect(alone.detail).toContain("data, risk, execution");
    await node().database.pool.query(
      `INSERT INTO act.member (node_id, incarnation, session_key, state)
       VALUES ('gone', gen_random_uuid(), 0, 'down')`,
    );
    for (const route of [system.drainMember, system.resumeMember]) {
      expectProblem(await admin.ask(route, { nodeId: "gone" }), "CONFLICT");
      expectProblem(await admin.ask(route, { nodeId: "nobody" }), "NOT_FOUND");
    }
  });

  it("lists every shard on pages, and those of an owner, a pool or with a pin", async () => {
    const all = await admin.all(system.listShards);
    expect(all.map(({ shard }) => shard)).toEqual(Array.from({ length: 4_096 }, (_, i) => i));
    const theirs = await admin.all(system.listShards, { owner: nodeId }, 500);
    expect(theirs).toEqual(all.filter(({ pool }) => pool !== "ai"));
    for (const { owner, wantedOwner } of theirs)
      expect([owner, wantedOwner]).toEqual([nodeId, nodeId]);
    const ofRisk = await admin.all(system.listShards, { pool: "risk" });
    expect([ofRisk[0]?.shard, ofRisk.length]).toEqual([2_048, 1_024]);
    expect(all[1_024]).toMatchObject({ pool: "ai", owner: null, wantedOwner: null, epoch: 0 });
    expect(await admin.all(system.listShards, { owner: peerId })).toEqual([]);
  });

  it("pins a shard to a member and takes the pin away", async () => {
    const moved = await admin.call(system.moveShard, { shard: SHARD, nodeId });
    expect(moved).toMatchObject({ shard: SHARD, pool: "risk", owner: nodeId, pinnedTo: nodeId });
    expect(await admin.all(system.listShards, { pinned: true })).toEqual([moved]);
    const { data } = await admin.call(system.listMembers);
    expect(data.find(({ isSelf }) => isSelf)?.shardsPinned).toBe(1);
    expect(await admin.call(system.getShard, { shard: SHARD })).toEqual(moved);
    for (let time = 0; time < 2; time++)
      expect(await admin.call(system.unpinShard, { shard: SHARD })).toMatchObject({
        pinnedTo: null,
      });
    expect(await admin.all(system.listShards, { pinned: true })).toEqual([]);
  });

  it("moves no shard to a member that is unknown, not up, or hosts other actors", async () => {
    const move = (to: string, shard = SHARD) => admin.ask(system.moveShard, { shard, nodeId: to });
    expectProblem(await move("nobody"), "VALIDATION_FAILED", ["nodeId"]);
    const elsewhere = expectProblem(await move(peerId), "VALIDATION_FAILED", ["nodeId"]);
    expect(elsewhere.detail).toContain("does not host risk");
    await admin.call(system.drainMember, { nodeId: peerId });
    expectProblem(await move(peerId), "CONFLICT");
    await admin.call(system.resumeMember, { nodeId: peerId });
    for (const shard of [4_096, 2_147_483_647]) {
      expectProblem(await move(nodeId, shard), "NOT_FOUND");
      expectProblem(await admin.ask(system.unpinShard, { shard }), "NOT_FOUND");
      expectProblem(await admin.ask(system.getShard, { shard }), "NOT_FOUND");
    }
  });

  it("looks an actor up with its place, its state and its mailbox", async () => {
    const found = await admin.call(system.findActor, { type: "portfolio", actorId: portfolioId });
    expect(found).toMatchObject({
      type: "portfolio",
      actorId: portfolioId,
      owner: nodeId,
      isResident: true,
      isQuarantined: false,
      waiting: 0,
      summary: { name: "Desk" },
    });
    expect(found.version).toBeGreaterThan(0);
    const { epoch } = await admin.call(system.getShard, { shard: found.shard });
    expect(found.epoch).toBe(epoch);
  });

  it("finds symbols and venues, which are no tenant's, and nothing that never was", async () => {
    for (const [type, actorId] of [
      ["symbol", "ACME"],
      ["venue", "PAPER:ACME"],
    ])
      expect(await foreigner.call(system.findActor, { type, actorId })).toMatchObject({ actorId });
    for (const [type, actorId] of [
      ["order", randomUUID()],
      ["symbol", "NOTHING"],
      ["nonsense", "1"],
      ["constructor", "1"],
    ])
      expectProblem(await admin.ask(system.findActor, { type, actorId }), "NOT_FOUND");
    const { rows } = await node().database.pool.query(
      "SELECT 1 FROM act.stream WHERE stream_id LIKE 'nonsense%'",
    );
    expect(rows).toEqual([]);
  });

  it("sees nothing of another tenant's actors and effects", async () => {
    const ref = { type: "order", actorId: orderId };
    const effectId = await leaveEffect(node().database.pool, { type: "order", id: orderId });
    expectProblem(await foreigner.ask(system.findActor, ref), "NOT_FOUND");
    expect(await foreigner.all(system.listActors, { type: "order" })).toEqual([]);
    expect(await foreigner.all(system.listActors, { type: "symbol" })).toHaveLength(1);
    expect(await foreigner.all(system.listEffects)).toEqual([]);
    expectProblem(await foreigner.ask(system.retryEffect, { effectId }), "NOT_FOUND");
    await forgetEffects();
  });

  it("lists actors in memory by type and id, on pages", async () => {
    const all = await admin.all(system.listActors, { nodeId });
    const names = all.map(({ type, actorId }) => `${type}:${actorId}`);
    expect(names).toEqual([
      `order:${orderId}`,
      `portfolio:${portfolioId}`,
      "symbol:ACME",
      "venue:PAPER:ACME",
    ]);
    const onePerPage = await admin.all(system.listActors, {}, 1);
    expect(onePerPage.map(({ actorId }) => actorId)).toEqual(all.map(({ actorId }) => actorId));
    expect(await admin.all(system.listActors, { type: "order" })).toHaveLength(1);
    for (const absent of ["nobody", "gone"])
      expectProblem(await admin.ask(system.listActors, { nodeId: absent }), "NOT_FOUND");
    // It is a member, but no process that could be asked.
    expectProblem(await admin.ask(system.listActors, { nodeId: peerId }), "UNAVAILABLE");
  });

  it("sees which events wait to be relayed, and by whom", async () => {
    await node().settled();
    await relayed();
    const { pool } = node().database;
    await pool.query(
      `INSERT INTO act.event (stream_id, version, shard, type, data, cmd_id, hash, at)
       SELECT 'stuck:1', n, 1024, 'Stuck', '{}', gen_random_uuid(), '', '2026-01-02T03:04:05.678Z'
         FROM generate_series(1, 3) n`,
    );
    const lag = { lagEvents: 3, oldestAt: "2026-01-02T03:04:05.678Z" };
    expect(await admin.call(system.getOutboxLag)).toEqual({
      ...lag,
      byOwner: [{ owner: null, shards: 1, ...lag }],
    });
    await pool.query("UPDATE act.relay SET tx = pg_current_xact_id() WHERE shard = 1024");
    await relayed();
  });

  it("sees effects that wait, have failed or were given up, and retries those that failed", async () => {
    const { pool } = node().database;
    const ref = { type: "order", id: orderId };
    const parked = await leaveEffect(pool, ref);
    const failing = await leaveEffect(pool, ref, { kind: "cancel", dueInMs: 3_600_000 });
    const pending = await leaveEffect(pool, ref, { attempts: 0, dueInMs: 3_600_000 });
    const listed = async (state?: string) =>
      (await admin.all(system.listEffects, state === undefined ? {} : { state }, 2)).map(
        ({ effectId }) => effectId,
      );
    expect(await listed()).toEqual([parked, failing, pending]);
    expect(await listed("parked")).toEqual([parked]);
    expect(await listed("failing")).toEqual([failing]);
    expect(await listed("pending")).toEqual([pending]);
    expect(await listed("unknown")).toEqual([]);
    expectProblem(await admin.ask(system.retryEffect, { effectId: pending }), "CONFLICT");
    expectProblem(await admin.ask(system.retryEffect, { effectId: randomUUID() }), "NOT_FOUND");
    expect(await admin.call(system.retryEffect, { effectId: failing })).toMatchObject({
      actor: { type: "order", actorId: orderId },
      kind: "cancel",
      attempts: 1,
      lastError: "Refusal: no",
    });
    await forgetEffects();
  });

  it("has a parked effect run again by the node that owns it", async () => {
    const { pool } = node().database;
    const { shard } = await admin.call(system.findActor, { type: "order", actorId: orderId });
    const effectId = await leaveEffect(pool, { type: "order", id: orderId });
    // On the order's own shard, and once more of no use: the order does not know such a message.
    const command = { type: "Nonsense" };
    await pool.query("UPDATE act.effect SET shard = $1, effect = $2", [
      shard,
      JSON.stringify({ kind: "tell", to: { type: "order", id: orderId }, command }),
    ]);
    const { attempts } = await admin.call(system.retryEffect, { effectId });
    const again = await eventually("another attempt", async () => {
      const { data } = await admin.call(system.listEffects);
      return data.find((one) => one.attempts > attempts) ?? null;
    });
    expect(again).toMatchObject({ effectId, attempts: attempts + 1, state: "parked" });
    // Its refusal is logged as an error, which is what was meant here.
    node().errors.splice(0);
    await forgetEffects();
  });

  const forgetEffects = () => node().database.pool.query("DELETE FROM act.effect");
  const relayed = () =>
    eventually("an empty outbox", async () => {
      const { lagEvents } = await admin.call(system.getOutboxLag);
      return lagEvents === 0 ? true : null;
    });
});
