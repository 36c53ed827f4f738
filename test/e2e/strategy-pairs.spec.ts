import { getBasket } from "../../mixins/rest/routes/baskets.ts";
import { cancelOrder, listOrders } from "../../mixins/rest/routes/orders.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import {
  createPortfolio,
  getPositions,
  updatePortfolio,
} from "../../mixins/rest/routes/portfolios.ts";
import {
  createTradingStrategy,
  startTradingStrategy,
  stopTradingStrategy,
} from "../../mixins/rest/routes/strategies.ts";
import type { HttpClient } from "../support/http.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";

describe("a pair, one leg of which cannot be traded", () => {
  const node = withNode();
  let hand: HandMarket;
  let trader: HttpClient;
  let day = 0;

  beforeAll(async () => {
    hand = await HandMarket.open(node());
    for (const symbol of ["ACME", "BOLT"])
      await hand.list(symbol, { calendar: "24x7", shortable: true });
    await hand.list("CARD", { calendar: "24x7" });
    trader = (await signUp(node(), { role: "trader" })).client;
    await play(20);
  });

  /** CARD goes with BOLT to the cent. */
  const pricesOf = () => {
    const acme = Math.round(10_000 + 1_000 * Math.sin(day * 0.45) + 3 * day) / 100;
    const bolt = Math.round(100 * Math.sqrt(acme)) / 10 + (day % 3);
    return { ACME: acme, BOLT: bolt, CARD: bolt };
  };
  const play = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1, day += 1) await hand.play(pricesOf());
  };

  const begin = async (second: string, limits: object = {}) => {
    const opening = { name: "Desk", baseCurrency: "USD", initialCash: "1000000", margin: "margin" };
    const { portfolioId } = await trader.call(createPortfolio, opening);
    await trader.call(updatePortfolio, { portfolioId, limits });
    const { strategyId } = await trader.call(createTradingStrategy, {
      name: second,
      portfolioId,
      symbols: ["ACME", second],
      signal: { kind: "pairs", parameters: { window: 10, entry: 1 } },
      sizing: { method: "fixedFraction", fraction: "0.2" },
      allowShort: true,
    });
    await trader.call(startTradingStrategy, { strategyId });
    return { portfolioId, strategyId };
  };
  const ordersOf = (portfolioId: string): Promise<readonly OrderView[]> =>
    trader.all(listOrders, { portfolioId }, 100);
  /** Plays on until the pair has been ordered. */
  const entered = async (portfolioId: string): Promise<readonly OrderView[]> => {
    for (let i = 0; i < 40; i += 1) {
      await play(1);
      const orders = await ordersOf(portfolioId);
      if (orders.length > 0) return orders;
    }
    throw new Error("the pair was never ordered");
  };

  it("is opened where both go long or may be short, and never by one leg", async () => {
    const { portfolioId, strategyId } = await begin("CARD");
    await play(40);
    await trader.call(stopTradingStrategy, { strategyId });
    const orders = await ordersOf(portfolioId);
    const legs = Map.groupBy(orders, ({ groupId }) => groupId);
    expect(legs.size).toBeGreaterThan(0);
    for (const both of legs.values()) expect(both).toHaveLength(2);
    // What was bought with ACME sold may be sold again; nothing was opened by selling it.
    const filled = orders.toReversed().filter(({ symbol }) => symbol === "CARD");
    let held = 0;
    for (const { side, cumQuantity } of filled) {
      held += side === "buy" ? Number(cumQuantity) : -Number(cumQuantity);
      expect(held).toBeGreaterThanOrEqual(0);
    }
  });

  it("is not opened when risk denies a leg, and the record says why", async () => {
    const { portfolioId, strategyId } = await begin("BOLT", { restrictedSymbols: ["BOLT"] });
    const orders = await entered(portfolioId);
    await trader.call(stopTradingStrategy, { strategyId });
    // The leg, and what would have undone it.
    for (const order of orders)
      expect(order).toMatchObject({
        symbol: "BOLT",
        status: "denied",
        reasons: [{ code: "SYMBOL_RESTRICTED" }],
      });
    expect((await trader.call(getPositions, { portfolioId })).data).toEqual([]);
  });

  it("is undone when a leg ends after its partner was filled", async () => {
    const { portfolioId, strategyId } = await begin("BOLT");
    const orders = await entered(portfolioId);
    await trader.call(stopTradingStrategy, { strategyId });
    expect(orders.map(({ symbol }) => symbol).toSorted()).toEqual(["ACME", "BOLT"]);
    const [acme, bolt] = ["ACME", "BOLT"].map((one) => orders.find(({ symbol }) => symbol === one));
    // One leg trades, then the other is canceled by hand, as a broker may.
    await hand.play({ ACME: pricesOf().ACME });
    await trader.call(cancelOrder, { orderId: bolt?.orderId ?? "" });
    await node().settled();
    day += 1;
    await play(1);
    const all = await ordersOf(portfolioId);
    const undoing = all.filter(({ orderId }) => orders.every((one) => one.orderId !== orderId));
    expect(undoing).toHaveLength(1);
    expect(undoing[0]).toMatchObject({
      symbol: "ACME",
      side: acme?.side === "buy" ? "sell" : "buy",
      quantity: acme?.quantity,
      status: "filled",
    });
    const { data } = await trader.call(getPositions, { portfolioId });
    expect(data.filter(({ quantity }) => Number(quantity) !== 0)).toEqual([]);
    const basket = await trader.call(getBasket, { groupId: acme?.groupId ?? "" });
    expect(basket.status).toBe("closed");
  });
});
