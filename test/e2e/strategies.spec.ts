import type { NewOrder } from "../../domain/order/new-order.ts";
import {
  cancelStrategy,
  getStrategyProgress,
  getTransactionCosts,
  listStrategies,
  listTransactionCosts,
  pauseStrategy,
  previewStrategy,
  resumeStrategy,
} from "../../mixins/rest/routes/execution.ts";
import { createOrder, getOrder } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import type { AskedStrategy } from "../../services/execution/start-parent.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { beginParent, SLOW } from "./parents.ts";
import { expectProblem } from "./problems.ts";

/** So far apart that a machine that does much else sees the first slice before the second. */
const fast = { name: "twap", parameters: { durationSeconds: 8, intervalSeconds: 4 } };

describe("orders with a strategy", () => {
  const node = withNode();
  let hand: HandMarket;
  let portfolioId: string;

  beforeAll(async () => {
    hand = await HandMarket.open(node());
    await hand.list("ACME", { calendar: "24x7" });
    for (const price of [98, 99, 100]) await hand.play({ ACME: price });
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "1000000" };
    ({ portfolioId } = await node().admin.call(createPortfolio, body));
  });

  const begin = (asked: AskedStrategy, changes: Partial<NewOrder> = {}): Promise<string> =>
    beginParent(node(), portfolioId, "test", asked, changes);
  const progress = (orderId: string) => node().admin.call(getStrategyProgress, { orderId });

  it("are executed slice by slice; the children sum to the order", async () => {
    const orderId = await begin(fast);
    for (const slices of [1, 2]) {
      await eventually(`${String(slices)} children at the venue`, async () => {
        const { children } = await progress(orderId);
        const isThere =
          children.length === slices && children.every(({ status }) => status !== "pendingNew");
        return isThere ? true : null;
      });
      await hand.play({ ACME: 100 + slices });
    }
    const found = await progress(orderId);
    expect(found).toMatchObject({
      state: "ended",
      status: "filled",
      cumQuantity: "101",
      leavesQuantity: "0",
      progress: 1,
    });
    expect(found.children.map(({ quantity }) => quantity)).toEqual(["51", "50"]);
    // bought at 101 and 102 instead of at 100
    expect(found.slippage.arrival.money).toBe("151");
    expect(found.slippage.vwap).toEqual({ money: null, bps: null });
    const child = await node().admin.call(getOrder, { orderId: found.children[0]?.orderId });
    expect(child.parentOrderId).toBe(orderId);
    const costs = await node().admin.call(getTransactionCosts, { orderId });
    expect(costs).toMatchObject({ filled: "101", arrivalPrice: "100", vwap: null, fillRatio: 1 });
    expect(costs.missing).toContainEqual(expect.stringContaining("vwap"));
    const total = await node().admin.call(listTransactionCosts, { portfolioId });
    expect(total).toMatchObject({
      sampleSize: 1,
      data: [{ currency: "USD", orders: 1, notional: "10100" }],
    });
  });

  it("pause, go on and are canceled; what was not sent is not filled", async () => {
    const orderId = await begin(SLOW);
    await eventually("the first child", async () =>
      (await progress(orderId)).children.length === 1 ? true : null,
    );
    expect((await node().admin.call(pauseStrategy, { orderId })).state).toBe("paused");
    expect((await node().admin.call(resumeStrategy, { orderId })).state).toBe("running");
    await node().admin.call(cancelStrategy, { orderId });
    await node().settled();
    expect(await progress(orderId)).toMatchObject({
      status: "canceled",
      cumQuantity: "0",
      leavesQuantity: "0",
      state: "ended",
    });
    expectProblem(await node().admin.ask(pauseStrategy, { orderId }), "ORDER_CLOSED");
  });

  it("are not there for others, and only their owner may pause them", async () => {
    const orderId = await begin(SLOW);
    const neighbour = await signUp(node(), { role: "trader" });
    const foreigner = await signUp(node(), { role: "trader", tenantId: "elsewhere" });
    for (const { client } of [neighbour, foreigner]) {
      for (const route of [getStrategyProgress, getTransactionCosts]) {
        expectProblem(await client.ask(route, { orderId }), "NOT_FOUND");
      }
      for (const route of [pauseStrategy, resumeStrategy, cancelStrategy]) {
        expectProblem(await client.ask(route, { orderId }), "NOT_FOUND");
      }
    }
    expectProblem(await node().anonymous.ask(getStrategyProgress, { orderId }), "UNAUTHENTICATED");
    await node().admin.call(cancelStrategy, { orderId });
  });

  it("of the other kinds are executed too: an iceberg by its slices, a route by the venues", async () => {
    const iceberg = await begin(
      { name: "iceberg", parameters: { displayQuantity: "60" } },
      { ordType: "limit", price: "110" },
    );
    for (const price of [103, 104]) {
      await node().settled();
      await hand.play({ ACME: price });
    }
    await eventually("an iceberg that is filled", async () =>
      (await progress(iceberg)).status === "filled" ? true : null,
    );
    expect((await progress(iceberg)).children.map(({ quantity }) => quantity)).toEqual([
      "60",
      "41",
    ]);
  });

  it("by routing send each venue its part, and end when the venues show no more", async () => {
    const venues = [
      {
        name: "PAPER",
        feePerUnit: "0",
        levels: [
          { price: "104", size: 40 },
          { price: "110", size: 30 },
        ],
      },
      { name: "ELSEWHERE", feePerUnit: "0", levels: [{ price: "105", size: 31 }] },
    ];
    const orderId = await begin({ name: "smartRouting", parameters: { venues, limit: "106" } });
    await eventually("a route that has ended", async () => {
      if ((await progress(orderId)).state === "ended") return true;
      await hand.play({ ACME: 104 });
      return null;
    });
    const { children } = await progress(orderId);
    expect(children.map(({ venue, quantity, price }) => [venue, quantity, price])).toEqual([
      ["PAPER", "40", "104"],
      ["ELSEWHERE", "31", "105"],
    ]);
    // Nobody knows that venue: its part is denied, and says so.
    expect(children[1]).toMatchObject({ status: "denied", reasons: [{ code: "VENUE_NOT_FOUND" }] });
  });

  it("are placed over REST like any other, once, and denied as a whole", async () => {
    const body = {
      portfolioId,
      symbol: "ACME",
      side: "buy",
      type: "market",
      quantity: "10",
      timeInForce: "gtc",
      clOrdId: "by-rest",
      strategy: SLOW,
    };
    const { orderId, status } = await node().admin.call(createOrder, body);
    expect(status).toBe("new");
    expect((await node().admin.call(createOrder, body)).orderId).toBe(orderId);
    const shown = await node().admin.call(getOrder, { orderId });
    expect(shown.strategy).toMatchObject({ name: "twap", state: "running" });
    expectProblem(
      await node().admin.ask(createOrder, { ...body, clOrdId: "too-much", quantity: "1000000000" }),
      "ORDER_DENIED",
    );
    await node().admin.call(cancelStrategy, { orderId });
  });

  it("are refused with the path of every fault", async () => {
    await expect(
      begin({ name: "twap", parameters: { durationSeconds: 1, intervalSeconds: 2 } }),
    ).rejects.toMatchObject({
      code: 422,
      data: { errors: [{ path: "strategy.parameters.durationSeconds", code: "OUT_OF_RANGE" }] },
    });
    await expect(
      begin({
        name: "twap",
        parameters: { durationSeconds: 2, intervalSeconds: 1, priceLimit: "99.995" },
      }),
    ).rejects.toMatchObject({ data: { errors: [{ path: "strategy.parameters.priceLimit" }] } });
    await expect(begin({ name: "magic" })).rejects.toMatchObject({
      data: { errors: [{ path: "strategy.name" }] },
    });
    await expect(
      begin({ name: "iceberg", parameters: { displayQuantity: "5" } }),
    ).rejects.toMatchObject({ data: { errors: [{ path: "price", code: "REQUIRED" }] } });
    await expect(begin(fast, { timeInForce: "ioc" })).rejects.toMatchObject({
      data: { errors: [{ path: "timeInForce" }] },
    });
  });
});

describe("the preview of a strategy", () => {
  const node = withNode();

  beforeAll(async () => {
    const hand = await HandMarket.open(node());
    await hand.list("ACME", { calendar: "24x7" });
    await hand.play({ ACME: 100 });
  });

  const preview = (body: object) =>
    node().admin.call(previewStrategy, { symbol: "ACME", side: "buy", ...body });

  it("knows every strategy with the schema of its parameters", async () => {
    const { data } = await node().admin.call(listStrategies, {});
    expect(data.map(({ name }) => name)).toHaveLength(7);
    expect(data[0]).toMatchObject({
      name: "twap",
      parameters: { required: ["durationSeconds", "intervalSeconds"] },
    });
  });

  it("of 10,000 shares in 13 slices is 3 × 770 and 10 × 769", async () => {
    const parameters = { durationSeconds: 1300, intervalSeconds: 100 };
    const { schedule, reason } = await preview({ quantity: "10000", strategy: "twap", parameters });
    expect(schedule.map(({ quantity }) => quantity)).toEqual([
      ...Array.from({ length: 3 }, () => "770"),
      ...Array.from({ length: 10 }, () => "769"),
    ]);
    expect(reason).toBe("as asked");
  });

  it("of the Almgren–Chriss example costs what was published", async () => {
    const parameters = {
      durationDays: 5,
      intervals: 5,
      riskAversion: 0.000001,
      sigma: 0.9486833,
      gamma: 2.5e-7,
      eta: 2.5e-6,
      epsilon: 0.0625,
    };
    const found = await preview({
      quantity: 1_000_000,
      strategy: "implementationShortfall",
      parameters,
    });
    expect(Math.abs(Number(found.expectedCost) - 910_477.84)).toBeLessThan(0.02);
    expect(found.kappa).toBeCloseTo(0.6063, 4);
    expect(found.halfLife).toBeCloseTo(1.6495, 4);
  });

  it("of the routing example costs 300,025.5", async () => {
    const at = (price: string, size: number) => ({ price, size });
    const venues = [
      { name: "A", feePerUnit: "0.012", levels: [at("100.00", 1000), at("100.01", 2000)] },
      { name: "B", feePerUnit: "-0.001", levels: [at("100.01", 1500)] },
      { name: "C", feePerUnit: "0", levels: [at("100.00", 500)] },
    ];
    const found = await preview({ quantity: 3000, venues });
    expect(found).toMatchObject({
      strategy: "smartRouting",
      expectedCost: "300025.5",
      saving: "19.5",
    });
  });

  it("says what is missing, and refuses what is wrong by name", async () => {
    const ask = (body: object) =>
      node().admin.ask(previewStrategy, { symbol: "ACME", side: "buy", quantity: 10, ...body });
    expectProblem(
      await ask({ strategy: "vwap", parameters: { end: "2100-01-01", intervalMinutes: 1440 } }),
      "VALIDATION_FAILED",
    );
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    expectProblem(
      await ask({ strategy: "vwap", parameters: { end: soon, intervalMinutes: 5 } }),
      "INSUFFICIENT_DATA",
    );
    expectProblem(
      await ask({
        strategy: "twap",
        parameters: { durationSeconds: 10, intervalSeconds: 1, speed: 2 },
      }),
      "VALIDATION_FAILED",
    );
    expectProblem(await ask({ quantity: "0.5" }), "VALIDATION_FAILED");
    expectProblem(await ask({ symbol: "NOBODY" }), "NOT_FOUND");
  });

  it("places nothing", async () => {
    await preview({ quantity: 10 });
    const { data } = await node().admin.call(listTransactionCosts, {});
    expect(data).toEqual([]);
  });
});
