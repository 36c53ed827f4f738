import {
  cancelStrategy,
  getStrategyProgress,
  getTransactionCosts,
  previewStrategy,
} from "../../mixins/rest/routes/execution.ts";
import type { PlanView, ProgressView } from "../../mixins/rest/routes/execution.ts";
import { createBrokerAccount } from "../../mixins/rest/routes/brokers.ts";
import { createOrder, listOrders } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const MINUTE_MS = 60_000;
const SECONDS_PER_DAY = 86_400;

interface Asked {
  readonly name: string;
  readonly parameters: object;
}

describe("orders with a strategy on a market that moves", () => {
  const node = withNode();
  let hand: HandMarket;
  let portfolioId: string;
  let symbols = 0;
  let symbol: string;
  let marketMs: number;

  beforeAll(async () => {
    hand = await HandMarket.open(node());
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "10000000" };
    ({ portfolioId } = await node().admin.call(createPortfolio, body));
  });

  /** A market of its own, at 100, so that the clocks of the tests do not meet. */
  beforeEach(async () => {
    symbol = `MKT${String(symbols++)}`;
    await hand.list(symbol, { calendar: "24x7" });
    marketMs = Date.now() - 5 * MINUTE_MS;
    await hand.minute(symbol, { startMs: marketMs, price: "100", volume: "500" });
    await touch("99.99", "100.01");
  });

  /** The market shows these, later than all that it has shown: whatever may trade there does. */
  async function touch(bid: string, ask: string, size = "100000"): Promise<void> {
    marketMs += 2 * MINUTE_MS;
    await hand.quote(symbol, { bid, ask, bidSize: size, askSize: size, tsEventMs: marketMs });
  }

  async function begin(strategy: Asked, terms: object = {}): Promise<string> {
    const order = {
      portfolioId,
      symbol,
      side: "buy",
      type: "market",
      quantity: "1000",
      timeInForce: "gtc",
      strategy,
    };
    return (await node().admin.call(createOrder, { ...order, ...terms })).orderId;
  }

  const look = (orderId: string) => node().admin.call(getStrategyProgress, { orderId });

  function until(
    orderId: string,
    what: string,
    isSo: (found: ProgressView) => boolean,
  ): Promise<ProgressView> {
    return eventually(what, async () => {
      const found = await look(orderId);
      return isSo(found) ? found : null;
    });
  }

  /** Until the child is at the venue; then the market comes to it. */
  async function fill(orderId: string, count: number, ask = "100.01"): Promise<ProgressView> {
    await until(orderId, `child ${String(count)} at the venue`, ({ children }) => {
      const newest = children.at(-1);
      return children.length === count && newest?.status === "new";
    });
    await touch("99.99", ask);
    return until(orderId, `a fill of child ${String(count)}`, ({ children }) =>
      children.every(({ status }) => status === "filled"),
    );
  }

  async function nextLook(orderId: string): Promise<string | undefined> {
    const { rows } = await node().context.pool.query<{ due: string }>(
      "SELECT due_at::text AS due FROM act.reminder WHERE stream_id LIKE $1",
      [`%${orderId}`],
    );
    return rows[0]?.due;
  }

  it("vwap: the parts follow the curve that is given, each at its bucket", async () => {
    const startMs = Date.now() - MINUTE_MS + 3_000;
    const parameters = {
      start: new Date(startMs).toISOString(),
      end: new Date(startMs + 2 * MINUTE_MS).toISOString(),
      intervalMinutes: 1,
      curve: [1, 3],
    };
    const orderId = await begin({ name: "vwap", parameters });
    await fill(orderId, 1);
    const ended = await fill(orderId, 2, "100.05");
    expect(ended.children.map(({ slice, quantity }) => [slice, quantity])).toEqual([
      [0, "250"],
      [1, "750"],
    ]);
    expect(ended).toMatchObject({ state: "ended", status: "filled", cumQuantity: "1000" });
  });

  it("vwap: a participation that cannot be known holds a slice back, and says so", async () => {
    const end = new Date(Date.now() + 10 * MINUTE_MS).toISOString();
    const parameters = {
      end,
      intervalMinutes: 5,
      curve: [1, 1],
      maxParticipation: 0.1,
    };
    const orderId = await begin({ name: "vwap", parameters });
    const held = await until(orderId, "a slice", ({ slices }) => slices.begun === 1);
    await node().settled();
    expect(await look(orderId)).toMatchObject({
      children: [],
      note: "the market's volume is not known",
      slices: { begun: 1 },
    });
    expect(held.state).toBe("running");
    await node().admin.call(cancelStrategy, { orderId });
  });

  it("pov: takes its part of each live minute, and nothing while none trades", async () => {
    const parameters = { rate: 0.1, intervalSeconds: 1 };
    const orderId = await begin({ name: "pov", parameters });
    const idle = await until(orderId, "an interval", ({ slices }) => slices.begun > 0);
    expect(idle.children).toEqual([]);
    const trades = async (startMs: number, volume: string): Promise<void> => {
      marketMs = Math.max(marketMs, startMs);
      await hand.minute(symbol, { startMs, price: "100", volume });
    };
    await trades(Date.now(), "3000");
    await fill(orderId, 1);
    await trades(Date.now(), "7000");
    const found = await fill(orderId, 2);
    expect(found.children.map(({ quantity }) => quantity)).toEqual(["300", "700"]);
    expect(found).toMatchObject({ state: "ended", status: "filled" });
  });

  it("implementationShortfall: the trajectory is front-loaded by its urgency, and sums to the order", async () => {
    const parameters = {
      durationDays: 3 / SECONDS_PER_DAY,
      intervals: 3,
      riskAversion: 1000,
      sigma: 10,
      gamma: 0,
      eta: 0.000001,
      epsilon: 0.01,
    };
    const asked = { symbol, side: "buy", quantity: "1000" };
    const strategy = { name: "implementationShortfall", parameters };
    const preview = await node().admin.call(previewStrategy, {
      ...asked,
      strategy: strategy.name,
      parameters,
    });
    const orderId = await begin(strategy);
    const ended = await eventually("the end", async () => {
      const found = await look(orderId);
      if (found.state === "ended") return found;
      if (found.children.some(({ status }) => status === "new")) await touch("99.99", "100.01");
      return null;
    });
    expect(ended).toMatchObject({ status: "filled", cumQuantity: "1000" });
    const planned = preview.schedule.map(({ quantity }) => Number(quantity));
    const first = Number(ended.children[0]?.quantity);
    expect(first).toBe(planned[0]);
    expect(first).toBeGreaterThan(1000 / 3);
  });

  it("sniper: sends nothing while the touch is bad, then takes what is shown at its limit", async () => {
    const parameters = { limitPrice: "99.50", cap: "600" };
    const orderId = await begin({ name: "sniper", parameters });
    await touch("99.98", "100.00");
    // A look that finds nothing leaves no trace but the time of the next.
    for (const _ of [1, 2]) {
      const due = await nextLook(orderId);
      await eventually("a look", async () => ((await nextLook(orderId)) === due ? null : true));
    }
    expect(await look(orderId)).toMatchObject({ children: [], slices: { begun: 0 } });
    await touch("99.40", "99.50");
    const shot = await until(orderId, "a shot", ({ children }) => children.length > 0);
    expect(shot.children[0]).toMatchObject({ quantity: "600", price: "99.5" });
    await until(orderId, "it at the venue", ({ children }) => children[0]?.status === "new");
    await touch("99.40", "99.50");
    await eventually("the rest", async () => {
      const found = await look(orderId);
      if (found.state === "ended") return found;
      if (found.children.some(({ status }) => status === "new")) await touch("99.40", "99.50");
      return null;
    });
    const { children } = await look(orderId);
    expect(children.filter(({ status }) => status === "filled").map((one) => one.quantity)).toEqual(
      ["600", "400"],
    );
  });

  it("a price limit is the limit of every child: a market beyond it fills none", async () => {
    const parameters = { durationSeconds: 2, intervalSeconds: 1, priceLimit: "99.90" };
    const orderId = await begin({ name: "twap", parameters });
    await touch("99.99", "100.01");
    const ended = await until(orderId, "the end", ({ state }) => state === "ended");
    expect(ended).toMatchObject({ status: "expired", cumQuantity: "0" });
    expect(new Set(ended.children.map(({ price }) => price))).toEqual(new Set(["99.9"]));
    const open = await node().admin.all(listOrders, { portfolioId, symbol, status: "new" });
    expect(open).toEqual([]);
  });

  it("TCA holds an order against the VWAP and TWAP of its own minutes", async () => {
    const orderId = await begin({
      name: "twap",
      parameters: { durationSeconds: 1, intervalSeconds: 1 },
    });
    const startMs = Date.now();
    await hand.minute(symbol, { startMs, price: "100", volume: "3000" });
    await hand.minute(symbol, { startMs: startMs + 1, price: "104", volume: "1000" });
    marketMs = startMs;
    const ended = await fill(orderId, 1, "102.00");
    expect(ended.status).toBe("filled");
    const costs = await node().admin.call(getTransactionCosts, { orderId });
    // VWAP (3000 · 100 + 1000 · 104) / 4000, TWAP (100 + 104) / 2, bought 1000 at 102
    expect(costs).toMatchObject({
      averagePrice: "102",
      arrivalPrice: "100",
      vwap: "101",
      twap: "102",
      marketVolume: "4000",
      participation: 0.25,
      slippage: {
        arrival: { money: "2000" },
        vwap: { money: "1000" },
        twap: { money: "0" },
      },
    });
  });

  it("smart routing by impact sends each venue the part at which the next unit costs the same", async () => {
    const venue = (name: string, a: number, b: number) => ({
      name,
      feePerUnit: "0",
      levels: [],
      impact: { a, b },
    });
    // a + b·x: 100 + 0.001·x = 100.2 + 0.0005·x' with x + x' = 1000 is x = 466.67
    const venues = [venue("PAPER", 100, 0.001), venue("ELSEWHERE", 100.2, 0.0005)];
    const parameters = { method: "impact", venues };
    const planned = await node().admin.call(previewStrategy, {
      symbol,
      side: "buy",
      quantity: "1000",
      strategy: "smartRouting",
      parameters,
    });
    expect(planned).toMatchObject({
      costModel: "linearImpact",
      allocations: [
        { venue: "PAPER", quantity: "467", price: "100.47" },
        { venue: "ELSEWHERE", quantity: "533", price: "100.47" },
      ],
      expectedCost: "100286.67",
    });
    const orderId = await begin({ name: "smartRouting", parameters });
    const ended = await eventually("the end of the rounds", async () => {
      const found = await look(orderId);
      if (found.state !== "running") return found;
      if (found.children.some(({ status }) => status === "new")) await touch("99.99", "100.01");
      return null;
    });
    expect(ended.children.slice(0, 2).map((one) => [one.venue, one.quantity, one.price])).toEqual([
      ["PAPER", "467", "100.47"],
      ["ELSEWHERE", "533", "100.47"],
    ]);
    expect(ended.children[0]).toMatchObject({ status: "filled" });
    expect(ended.children[1]).toMatchObject({ status: "denied" });
    // Three refusals in a row, for nobody trades there: it pauses and says so.
    expect(ended).toMatchObject({ state: "paused", cumQuantity: "467" });
    // On a bus of another process the alarm is heard a moment later.
    const isTold = () => Promise.resolve(node().errors.length > 0 || null);
    await eventually("the alarm", isTold);
    expect(node().errors.splice(0)).toEqual([expect.stringContaining("no broker trades on")]);
  });

  const queue = (changes: object = {}) => ({
    ahead: 2000,
    rebate: 0.002,
    outflow: { kind: "exponential", mean: 2200 },
    ...changes,
  });
  const split = (venues: readonly object[], changes: object = {}) => ({
    method: "split",
    halfSpread: 0.02,
    takerFee: 0.003,
    underfillPenalty: 0.045,
    overfillPenalty: 0.05,
    venues,
    ...changes,
  });

  it("smart routing by split: previewed, it says which of the two solutions it shows, and what each costs", async () => {
    const venue = (name: string) => ({ name, feePerUnit: "0", levels: [], queue: queue() });
    const preview = (changes: object) =>
      node().admin.call(previewStrategy, {
        symbol,
        side: "buy",
        quantity: "1000",
        strategy: "smartRouting",
        parameters: split([venue("PAPER"), venue("ELSEWHERE")], changes),
      });
    const sumOf = (plan: PlanView) =>
      plan.split?.limits.reduce(
        (sum, { quantity }) => sum + Number(quantity),
        Number(plan.split.market),
      );
    const exact = await preview({});
    const free = await preview({ oversubscribed: true, overfillPenalty: 0 });
    expect(exact).toMatchObject({
      costModel: "contKukanov",
      split: { oversubscribed: false, market: "100" },
    });
    expect(sumOf(exact)).toBe(1000);
    expect(free.split?.oversubscribed).toBe(true);
    expect(sumOf(free)).toBeGreaterThan(1000);
    expect(Number(exact.expectedCost)).toBeGreaterThan(Number(free.expectedCost));
  });

  it("smart routing by split rests beside its market part, and takes what is left when the time is over", async () => {
    const { accountId, venue: own } = await node().admin.call(createBrokerAccount, {
      broker: "paper",
      name: "Two venues",
      settings: { venues: [{ name: "ALPHA", depthShare: "0.5" }] },
    });
    const parameters = split(
      [
        { name: own, feePerUnit: "0", levels: [], queue: queue() },
        { name: "ALPHA", feePerUnit: "0", levels: [], queue: queue({ price: "99.90" }) },
      ],
      { restSeconds: 6 },
    );
    const orderId = await begin(
      { name: "smartRouting", parameters },
      { brokerAccountId: accountId },
    );
    const placed = await until(
      orderId,
      "its children at their venues",
      ({ children }) => children.length === 3 && children.every(({ status }) => status === "new"),
    );
    expect(placed.children.map(({ quantity, price }) => [quantity, price])).toEqual([
      ["100", "100.01"],
      ["450", "99.99"],
      ["450", "99.9"],
    ]);
    expect(placed.nextSliceAt).not.toBeNull();
    const orders = await node().admin.all(listOrders, { portfolioId, symbol, status: "new" });
    expect(orders.filter(({ flags }) => flags?.postOnly === true)).toHaveLength(2);
    await touch("99.99", "100.01");
    await until(orderId, "the market part", ({ cumQuantity }) => cumQuantity === "100");
    // The market comes to what rests at 99.99; 99.90 stays.
    await touch("99.97", "99.98");
    const filled = await until(orderId, "two fills", ({ cumQuantity }) => cumQuantity === "550");
    expect(filled.children.map(({ status }) => status)).toEqual(["filled", "filled", "new"]);
    const ended = await eventually("the end", async () => {
      const found = await look(orderId);
      if (found.state === "ended") return found;
      const isTaking = found.children.slice(3).some(({ status }) => status === "new");
      if (isTaking) await touch("99.97", "99.98");
      return null;
    });
    expect(ended).toMatchObject({ status: "filled", cumQuantity: "1000", leavesQuantity: "0" });
    expect(ended.children[2]).toMatchObject({ status: "canceled", cumQuantity: "0" });
    expect(
      ended.children.slice(3).reduce((sum, { cumQuantity }) => sum + Number(cumQuantity), 0),
    ).toBe(450);
  });

  it("a split that cannot be executed as it is asked for is refused by the field", async () => {
    const venue = { name: "PAPER", feePerUnit: "0", levels: [], queue: queue() };
    const wrong: readonly (readonly [object, string])[] = [
      [split([venue]), "restSeconds"],
      [split([venue], { restSeconds: 0 }), "restSeconds"],
      [split([venue], { restSeconds: 5, oversubscribed: true }), "oversubscribed"],
      [split([venue], { restSeconds: 5, oversubscribed: "no" }), "oversubscribed"],
      [
        split([{ ...venue, queue: queue({ price: "99.905" }) }], { restSeconds: 5 }),
        "venues[0].queue.price",
      ],
      [{ restSeconds: 5 }, "restSeconds"],
    ];
    for (const [parameters, path] of wrong) {
      const answer = await node().admin.ask(createOrder, {
        portfolioId,
        symbol,
        side: "buy",
        type: "market",
        quantity: "1000",
        timeInForce: "gtc",
        strategy: { name: "smartRouting", parameters },
      });
      expectProblem(answer, "VALIDATION_FAILED");
      expect(answer.text).toContain(`"path":"strategy.parameters.${path}"`);
    }
  });

  it("a method takes its own parameters and no other's", async () => {
    const venue = { name: "PAPER", feePerUnit: "0", levels: [] };
    const wrong: readonly (readonly [object, string])[] = [
      [{ method: "magic" }, "parameters.method"],
      [{ underfillPenalty: 1 }, "parameters.underfillPenalty"],
      [{ method: "impact", venues: [venue] }, "parameters.venues[0].impact"],
      [{ venues: [{ ...venue, impact: { a: 1, b: 1 } }] }, "parameters.venues[0].impact"],
      [{ method: "split" }, "parameters.venues"],
      [
        { method: "split", venues: [venue], underfillPenalty: 1, overfillPenalty: 1 },
        "parameters.venues[0].queue",
      ],
    ];
    for (const [parameters, path] of wrong) {
      const answer = await node().admin.ask(previewStrategy, {
        symbol,
        side: "buy",
        quantity: "10",
        strategy: "smartRouting",
        parameters,
      });
      expectProblem(answer, "VALIDATION_FAILED");
      expect(answer.text).toContain(`"path":"${path}"`);
    }
  });

  it("children come in pages", async () => {
    const parameters = { durationSeconds: 2, intervalSeconds: 1, priceLimit: "99.90" };
    const orderId = await begin({ name: "twap", parameters });
    await until(orderId, "two children", ({ childCount }) => childCount === 2);
    const whole = await look(orderId);
    expect(whole.nextCursor).toBeNull();
    const read = await node().admin.call(getStrategyProgress, { orderId, limit: 1 });
    expect(read.children.map((one) => one.orderId)).toEqual([whole.children[0]?.orderId]);
    const cursor = read.nextCursor;
    const next = await node().admin.call(getStrategyProgress, { orderId, limit: 1, cursor });
    expect(next.children.map((one) => one.orderId)).toEqual([whole.children[1]?.orderId]);
    expect(next.nextCursor).toBeNull();
    for (const bad of ["nonsense", Buffer.from('{"from":-1.5}').toString("base64url")]) {
      expectProblem(
        await node().admin.ask(getStrategyProgress, { orderId, cursor: bad }),
        "VALIDATION_FAILED",
      );
    }
    await node()
      .admin.call(cancelStrategy, { orderId })
      .catch(() => null);
  });
});
