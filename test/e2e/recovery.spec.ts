import { PLAIN_EXECUTION } from "../../domain/ai/signals/execution.ts";
import type { ProbePoint } from "../../mixins/actor/ports.ts";
import { createOrder, getOrderEvents } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import { upsertStrategy } from "../../models/strategies.ts";
import { storeBars } from "../../models/timescale/bars.ts";
import { createTestDatabase } from "../support/database.ts";
import { DAY_MS, FIRST_DAY_MS, HandMarket, dayBar } from "../support/node-market.ts";
import { startTestNode } from "../support/node.ts";
import type { TestNode, TestNodeOptions } from "../support/node.ts";

describe("a bar that was stored just before a crash", () => {
  it("is still acted upon", async () => {
    const database = await createTestDatabase();
    try {
      const portfolioId = await inNode({ database }, storeCrossing);
      const trades = await inNode({ database }, async (node) => {
        const hand = await HandMarket.open(node, 3);
        await hand.play({ ACME: 120 });
        await hand.play({ ACME: 121 });
        return node.admin.all(listTrades, { portfolioId });
      });
      expect(trades.map(({ side, price, quantity }) => ({ side, price, quantity }))).toEqual([
        { side: "buy", price: "121", quantity: "416" },
      ]);
    } finally {
      await database.drop();
    }
  });
});

describe("an order whose way to its broker was cut off", () => {
  it("is sent at the next start, before the market moves on, and is never in doubt", async () => {
    const database = await createTestDatabase();
    let isCut = false;
    const probe = (point: ProbePoint): void => {
      if (isCut && point === "effect.started") throw new Error("cut off");
    };
    try {
      const place = async (node: TestNode): Promise<string> => {
        const hand = await HandMarket.open(node);
        await hand.list("ACME");
        await hand.play({ ACME: 100 });
        const body = { name: "Cut off", baseCurrency: "USD", initialCash: "100000" };
        const { portfolioId } = await node.admin.call(createPortfolio, body);
        const order = { portfolioId, symbol: "ACME", side: "buy", type: "market", quantity: "1" };
        isCut = true;
        return (await node.admin.call(createOrder, order)).orderId;
      };
      const orderId = await inNode({ database, probe }, place);
      // As a crash would have left it: the failure is not on record.
      const left = "UPDATE act.effect SET attempts = 0, due_at = now() + interval '1 second'";
      const { rowCount } = await database.pool.query(left);
      expect(rowCount).toBeGreaterThan(0);
      const goOn = async (node: TestNode) => {
        const hand = await HandMarket.open(node, 1);
        await hand.play({ ACME: 101 });
        return node.admin.all(getOrderEvents, { orderId });
      };
      const types = (await inNode({ database }, goOn)).map(({ type }) => type);
      const expected = ["OrderPlaced", "OrderAccepted", "OrderFilled"];
      expect(types.filter((type) => type !== "SubmitStarted")).toEqual(expected);
    } finally {
      await database.drop();
    }
  });
});

/** Plays until before a crossing, and then does what the first step of the chain does with the bar that crosses. */
async function storeCrossing(node: TestNode): Promise<string> {
  const hand = await HandMarket.open(node);
  await hand.list("ACME");
  const body = { name: "Crossing", baseCurrency: "USD", initialCash: "100000" };
  const { portfolioId } = await node.admin.call(createPortfolio, body);
  await upsertStrategy(node.database.pool, {
    strategyId: "cross",
    portfolioId,
    tenantId: "default",
    name: "Cross",
    symbols: ["ACME"],
    timeframe: "1d",
    kind: "crossover",
    parameters: { fast: "sma_2", slow: "sma_3" },
    sizing: { method: "fixedFraction", fraction: "0.5" },
    allowShort: false,
    maxPosition: null,
    execution: PLAIN_EXECUTION,
    maxOpenPositions: null,
    cooldownBars: null,
    maxDailyLoss: null,
    status: "running",
  });
  for (const price of [100, 90, 80]) await hand.play({ ACME: price });
  const crossing = dayBar("ACME", FIRST_DAY_MS + 3 * DAY_MS, "120");
  await storeBars(node.database.pool, [crossing], Date.now());
  return portfolioId;
}

async function inNode<T>(
  options: TestNodeOptions,
  work: (node: TestNode) => Promise<T>,
): Promise<T> {
  const node = await startTestNode(options);
  try {
    return await work(node);
  } finally {
    await node.stop();
    expect(node.errors).toEqual([]);
  }
}
