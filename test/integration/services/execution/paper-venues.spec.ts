import { randomUUID } from "node:crypto";
import type { Venue } from "../../../../domain/execution/routing/venue.ts";
import type { DisplayedBook } from "../../../../domain/market/displayed-book.ts";
import type { Quote } from "../../../../domain/market/quote.ts";
import { createBrokerAccount } from "../../../../mixins/rest/routes/brokers.ts";
import { createOrder, getOrder } from "../../../../mixins/rest/routes/orders.ts";
import type { OrderView } from "../../../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../../../mixins/rest/routes/portfolios.ts";
import { listTrades } from "../../../../mixins/rest/routes/trades.ts";
import type { RouteInput } from "../../../support/http.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { DAY_MS, FIRST_DAY_MS, HandMarket } from "../../../support/node-market.ts";
import { withNode } from "../../../support/node.ts";

const SYMBOL = "ACME";

describe("a paper account with further venues", () => {
  const node = withNode();
  let accountId = "";
  let own = "";
  let portfolioId = "";
  let atMs = 0;

  beforeAll(async () => {
    const market = await HandMarket.open(node());
    await market.list(SYMBOL);
    await market.play({ [SYMBOL]: "100" });
    atMs = FIRST_DAY_MS + 2 * DAY_MS;
    const portfolio = { name: "Venues", baseCurrency: "USD", initialCash: "100000" };
    ({ portfolioId } = await node().admin.call(createPortfolio, portfolio));
    ({ accountId, venue: own } = await node().admin.call(createBrokerAccount, {
      broker: "paper",
      name: "Several",
      settings: {
        venues: [
          { name: "ALPHA", takerBps: "2", latencyMs: 5, depthShare: "0.5" },
          { name: "BETA", takerBps: "0", feePerUnit: "0.01", depthShare: "0.25" },
        ],
      },
    }));
  });

  const quoteOf = (askSize: string): Quote => ({
    symbol: SYMBOL,
    bid: "99",
    ask: "100",
    bidSize: "40",
    askSize,
    last: null,
    lastSize: null,
    tsEventMs: (atMs += 1_000),
    tsInitMs: Date.now(),
  });

  const place = async (terms: RouteInput): Promise<OrderView> =>
    node().admin.call(
      createOrder,
      {
        portfolioId,
        symbol: SYMBOL,
        side: "buy",
        type: "limit",
        price: "100",
        quantity: "30",
        timeInForce: "gtc",
        brokerAccountId: accountId,
        ...terms,
      },
      { "idempotency-key": randomUUID() },
    );

  const until = (orderId: string, status: OrderView["status"]) =>
    eventually(`order ${orderId} to be ${status}`, async () => {
      const order = await node().admin.call(getOrder, { orderId });
      return order.status === status ? order : null;
    });

  it("sends an order where it asks to go; each venue has its share of the size, its fees and its latency", async () => {
    const there = await place({ venue: "ALPHA" });
    const here = await place({});
    expect([there.venue, here.venue]).toEqual([`${own}/ALPHA`, own]);
    await until(there.orderId, "new");
    await until(here.orderId, "new");
    const { broker } = node().context;
    await broker.call("brokers.onQuote", { quote: quoteOf("40") });
    expect((await until(here.orderId, "filled")).cumQuantity).toBe("30");
    expect((await until(there.orderId, "partiallyFilled")).cumQuantity).toBe("20");
    await broker.call("brokers.onQuote", { quote: quoteOf("40") });
    await until(there.orderId, "filled");
    const trades = await node().admin.all(listTrades, { orderId: there.orderId, order: "asc" });
    expect(trades.map(({ quantity, venue }) => [quantity, venue])).toEqual([
      ["20", `${own}/ALPHA`],
      ["10", `${own}/ALPHA`],
    ]);
    // 20 · 100 · 2 bp.
    expect(trades[0]?.fees).toBe("0.4");
  });

  it("shows the router what each venue displays, with its fees and latency", async () => {
    const { broker } = node().context;
    const levels = (side: "buy" | "sell") =>
      broker.call<readonly Venue[] | null, unknown>("brokers.levels", {
        symbol: SYMBOL,
        side,
        venue: own,
        accountId,
      });
    const book: DisplayedBook = {
      symbol: SYMBOL,
      bids: [{ price: "99", size: "10" }],
      asks: [
        { price: "100", size: "8" },
        { price: "101", size: "20" },
      ],
      tickSize: "0.01",
      lotSize: "1",
      tsEventMs: Date.now() + DAY_MS,
    };
    await broker.call("brokers.onBook", { book });
    expect(await levels("buy")).toEqual([
      {
        name: own,
        levels: [
          { price: "100", size: "8" },
          { price: "101", size: "20" },
        ],
        feePerUnit: "0.01",
        latencyMs: 0,
      },
      {
        name: "ALPHA",
        levels: [
          { price: "100", size: "4" },
          { price: "101", size: "10" },
        ],
        feePerUnit: "0.02",
        latencyMs: 5,
      },
      {
        name: "BETA",
        levels: [
          { price: "100", size: "2" },
          { price: "101", size: "5" },
        ],
        feePerUnit: "0.01",
        latencyMs: 0,
      },
    ]);
    expect((await levels("sell"))?.[0]?.levels).toEqual([{ price: "99", size: "10" }]);
  });

  it("fills by prints what stands in a book's queue, after all that stood there before", async () => {
    const { broker } = node().context;
    const { orderId } = await place({ price: "98", quantity: "10" });
    await until(orderId, "new");
    const tsEventMs = Date.now() + 2 * DAY_MS;
    const book: DisplayedBook = {
      symbol: SYMBOL,
      bids: [{ price: "98", size: "25" }],
      asks: [{ price: "99", size: "8" }],
      tickSize: "0.01",
      lotSize: "1",
      tsEventMs,
    };
    await broker.call("brokers.onBook", { book });
    const print = (size: string, afterMs: number) => {
      const at = { tsEventMs: tsEventMs + afterMs, source: "test" };
      return broker.call("brokers.onTrade", {
        trade: { symbol: SYMBOL, price: "98", size, ...at },
      });
    };
    await print("25", 1);
    expect((await node().admin.call(getOrder, { orderId })).cumQuantity).toBe("0");
    await print("4", 2);
    await until(orderId, "partiallyFilled");
    await print("100", 3);
    expect((await until(orderId, "filled")).averagePrice).toBe("98");
  });

  it("knows the tick that slippage is counted in, which plain orders do not carry", async () => {
    const account = await node().admin.call(createBrokerAccount, {
      broker: "paper",
      name: "Slippery",
      settings: { slippage: { model: "fixed", ticks: "2" } },
    });
    const terms = { type: "market", price: undefined, brokerAccountId: account.accountId };
    const { orderId } = await place(terms);
    await until(orderId, "new");
    await node().context.broker.call("brokers.onQuote", { quote: quoteOf("40") });
    expect((await until(orderId, "filled")).averagePrice).toBe("100.02");
  });
});
