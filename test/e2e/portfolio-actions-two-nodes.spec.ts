import { shardOf } from "../../mixins/actor/ids.ts";
import { listOrders } from "../../mixins/rest/routes/orders.ts";
import { getPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { getShard } from "../../mixins/rest/routes/system.ts";
import { ACTOR_POOLS } from "../../services/actor-pools.ts";
import { ACTIONS_WATCH } from "../../services/risk/corporate-actions/actions-duty.ts";
import { ChildNode } from "../support/child-node.ts";
import { describeWithNats, NatsServer } from "../support/nats-server.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { startTestNode, type TestNode } from "../support/node.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary.ts";
import {
  heldBy,
  ledgerSum,
  MONDAY,
  openDesk,
  restBothSides,
  rowsIn,
  storeSplit,
  WEDNESDAY,
} from "./split-desk.ts";

const PORTFOLIOS = 24;
const [KILLED, LEFT] = ["KILLED", "LEFT"] as const;
const SYMBOLS = [KILLED, LEFT] as const;

/** Two processes trade; the market and the gateway are of a third node, which survives. */
describeWithNats("stored splits of portfolios that live on two nodes", () => {
  let nats: NatsServer;
  let node: TestNode;
  let directory: TemporaryDirectory;
  let ids: readonly string[];
  const traders = new Map<string, ChildNode>();

  beforeAll(async () => {
    nats = await NatsServer.start();
    directory = await temporaryDirectory();
    node = await startTestNode({ env: { NATS_URL: nats.url, SERVICES: "gateway,data" } });
    for (const nodeId of ["trader-a", "trader-b"]) await join(nodeId);
    await prepare();
  }, 300_000);

  afterAll(async () => {
    for (const trader of traders.values()) await trader.kill();
    await node.stop();
    await node.database.drop();
    await directory.remove();
    await nats.remove();
  });

  async function join(nodeId: string): Promise<void> {
    const env = {
      NODE_ID: nodeId,
      NATS_URL: nats.url,
      DATABASE_URL: node.database.url,
      SERVICES: "gateway,risk,execution",
      SAMPLE_DATA: "off",
      LOG_LEVEL: "error",
    };
    traders.set(nodeId, await ChildNode.start({ dataDir: directory.path, env }));
    await eventually("shards of its own", async () => ((await owned(nodeId)) > 100 ? true : null));
  }

  const owned = (nodeId: string) => count("act.shard", `owner = '${nodeId}' AND shard >= 2048`);

  /** Ten units of both, and orders of both sides that rest over the weekend. */
  async function prepare(): Promise<void> {
    const market = await HandMarket.open(node, WEDNESDAY);
    for (const symbol of SYMBOLS) await market.list(symbol);
    const prices = { [KILLED]: 500, [LEFT]: 500 };
    await market.play(prices);
    ids = await Promise.all(
      Array.from({ length: PORTFOLIOS }, () => openDesk(node, SYMBOLS, "100000")),
    );
    await market.play(prices);
    await eventually("what was bought", async () =>
      (await count("book.trade")) === PORTFOLIOS * SYMBOLS.length ? true : null,
    );
    await restBothSides(node, ids, SYMBOLS);
    await market.play(prices);
  }

  const count = (table: string, condition?: string) => rowsIn(node, table, condition);

  const isApplied = (actionId: string, times: number) =>
    eventually(`${times} portfolios with the split`, async () => {
      const noted = await count(
        "book.portfolio_action",
        `action_id = '${actionId}' AND outcome = 'applied'`,
      );
      return noted >= times ? true : null;
    });

  async function dutyIsOn(): Promise<string> {
    const shard = shardOf(ACTIONS_WATCH, ACTOR_POOLS);
    return eventually("a node with the duty", async () => {
      const { owner } = await answer(() => node.admin.call(getShard, { shard }));
      return owner !== null && traders.has(owner) ? owner : null;
    });
  }

  /** Has the node with the duty end after the first portfolios, and waits for all of them. */
  async function endOf(symbol: string, end: (trader: ChildNode) => Promise<unknown>) {
    const actionId = await storeSplit(node, symbol);
    const nodeId = await dutyIsOn();
    await isApplied(actionId, 1);
    const trader = traders.get(nodeId);
    traders.delete(nodeId);
    if (trader === undefined) throw new Error(`no process ${nodeId}`);
    await end(trader);
    const done = await count("book.portfolio_action", `action_id = '${actionId}'`);
    expect(await dutyIsOn()).not.toBe(nodeId);
    await isApplied(actionId, PORTFOLIOS);
    return { nodeId, trader, done };
  }

  it("are applied by the other node when the one that does it is killed, each once", async () => {
    const { nodeId, done } = await endOf(KILLED, (trader) => trader.kill());
    expect(done).toBeLessThan(PORTFOLIOS);
    await areSplit(KILLED);
    await join(nodeId);
  });

  it("are applied by the other node when the one that does it leaves, each once", async () => {
    const { trader } = await endOf(LEFT, (leaving) => leaving.stop());
    expect(trader.logged("error")).toEqual([]);
    await areSplit(LEFT);
  });

  async function areSplit(symbol: string): Promise<void> {
    await eventually("every effect done", async () =>
      (await count("act.effect")) === 0 ? true : null,
    );
    for (const portfolioId of ids) {
      expect(await answer(() => heldBy(node, portfolioId))).toContain(`${symbol} 40`);
      const query = { portfolioId, symbol, status: "new" } as const;
      const orders = await answer(() => node.admin.all(listOrders, query));
      const terms = orders.map(({ side, quantity, price }) => `${side} ${quantity} ${price}`);
      expect(terms.toSorted()).toEqual(["buy 12 100", "sell 16 130"]);
    }
  }

  /** Until the gateway has noticed that a node is gone, it may ask that one. */
  const answer = <T>(ask: () => Promise<T>) =>
    eventually("an answer", () => ask().catch(() => null));

  it("come before every trade in new units, and the books balance", async () => {
    const market = await HandMarket.open(node, MONDAY);
    for (const price of [125, 131, 99]) await market.play({ [KILLED]: price, [LEFT]: price });
    await eventually("three trades of each", async () =>
      (await count("book.trade")) === 3 * PORTFOLIOS * SYMBOLS.length ? true : null,
    );
    for (const portfolioId of ids) {
      for (const symbol of SYMBOLS)
        expect(await historyOf(portfolioId, symbol)).toEqual([
          "buy 10",
          "split",
          "sell 16",
          "buy 12",
        ]);
      expect(await heldBy(node, portfolioId)).toEqual([`${KILLED} 36`, `${LEFT} 36`]);
      const portfolio = await node.admin.call(getPortfolio, { portfolioId });
      expect(portfolio).toMatchObject({ reserved: "0", openOrders: 0 });
      expect(await ledgerSum(node, portfolioId)).toBe("0");
    }
    expect(node.errors).toEqual([]);
    for (const trader of traders.values()) expect(trader.logged("error")).toEqual([]);
  });

  /** What the portfolio has on record, in its order. */
  async function historyOf(portfolioId: string, symbol: string): Promise<readonly string[]> {
    const { rows } = await node.database.pool.query<{ readonly what: string }>(
      `SELECT CASE type WHEN 'PositionSplit' THEN 'split'
                ELSE (data -> 'trade' ->> 'side') || ' ' || (data -> 'trade' ->> 'quantity') END AS what
         FROM act.event WHERE stream_id = $1 AND type IN ('PositionSplit', 'FillApplied')
          AND $2 IN (data -> 'position' ->> 'symbol', data -> 'trade' ->> 'symbol') ORDER BY version`,
      [`portfolio:${portfolioId}`, symbol],
    );
    return rows.map(({ what }) => what);
  }
});
