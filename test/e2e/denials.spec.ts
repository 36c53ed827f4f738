import { DENIAL_CODES } from "../../domain/order/new-order.ts";
import type { DenialCode } from "../../domain/order/new-order.ts";
import { storeBars } from "../../models/timescale/bars.ts";
import {
  cancelOrder,
  createOrder,
  getOrder,
  getOrderEvents,
  listOrders,
} from "../../mixins/rest/routes/orders.ts";
import {
  closePortfolio,
  createPortfolio,
  getLedger,
  getPortfolio,
} from "../../mixins/rest/routes/portfolios.ts";
import type { RouteInput } from "../support/http.ts";
import { FIRST_DAY_MS, HandMarket, dayBar } from "../support/node-market.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

interface Refused {
  readonly limits?: RouteInput;
  readonly order: RouteInput;
  readonly limit: string;
  readonly observed: string;
}

const market = { symbol: "ACME", side: "buy", type: "market", quantity: "1" };
const limitOrder = { ...market, type: "limit" };

/** One order for each reason that the check can have; all is in order but for it. */
const REFUSED: Readonly<Partial<Record<DenialCode, Refused>>> = {
  INSTRUMENT_NOT_FOUND: {
    order: { ...market, symbol: "NOPE" },
    limit: "a known symbol",
    observed: "NOPE",
  },
  NO_MARKET_DATA: { order: { ...market, symbol: "QUIET" }, limit: "a quote", observed: "none" },
  STALE_MARKET_DATA: {
    order: { ...market, symbol: "OLD" },
    limit: "a fresh quote",
    observed: `a quote of ${FIRST_DAY_MS + 86_400_000}`,
  },
  CURRENCY_MISMATCH: { order: { ...market, symbol: "EURO" }, limit: "USD", observed: "EUR" },
  QUANTITY_OFF_LOT: {
    order: { ...market, symbol: "LOTS", quantity: "15" },
    limit: "10",
    observed: "15",
  },
  PRICE_OFF_TICK: {
    order: { ...limitOrder, symbol: "LOTS", quantity: "10", price: "100.01" },
    limit: "0.05",
    observed: "100.01",
  },
  PRICE_COLLAR: {
    limits: { priceCollarPct: "0.2" },
    order: { ...limitOrder, price: "120.01" },
    limit: "120",
    observed: "120.01",
  },
  NOTIONAL_EXCEEDS_LIMIT: {
    limits: { maxOrderNotional: "5000" },
    order: { ...market, quantity: "51" },
    limit: "5000",
    observed: "5100",
  },
  POSITION_EXCEEDS_LIMIT: {
    limits: { maxPositionPct: "0.1" },
    order: { ...market, quantity: "101" },
    limit: "0.1",
    observed: "0.101",
  },
  SYMBOL_RESTRICTED: {
    limits: { restrictedSymbols: ["GME", "ACME"] },
    order: market,
    limit: "none of GME, ACME",
    observed: "ACME",
  },
  INSUFFICIENT_BUYING_POWER: {
    order: { ...limitOrder, price: "100", quantity: "1000" },
    limit: "100000",
    // 1,000 × 100, a basis point, and a cent for each of 100 fills
    observed: "100011",
  },
  SHORT_NOT_ALLOWED: {
    order: { ...market, side: "sell", quantity: "5" },
    limit: "0",
    observed: "5",
  },
};

describe("the check before an order", () => {
  const node = withNode();
  let hand: HandMarket;

  beforeAll(async () => {
    hand = await HandMarket.open(node());
    await hand.list("ACME");
    await hand.list("QUIET");
    await hand.list("OLD");
    await hand.list("EURO", { currency: "EUR" });
    await hand.list("LOTS", { lotSize: "10", tickSize: "0.05" });
    await storeBars(node().database.pool, [dayBar("OLD", FIRST_DAY_MS, "100")], FIRST_DAY_MS);
    await hand.play({ ACME: 100, EURO: 100, LOTS: 100 });
  });

  const open = async (limits: RouteInput = {}): Promise<string> => {
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000", limits };
    return (await node().admin.call(createPortfolio, body)).portfolioId;
  };

  it.each(Object.entries(REFUSED))(
    "%s is told with its limit and what was observed, and recorded",
    async (code, { limits, order, limit, observed }) => {
      const portfolioId = await open(limits);
      const answer = await node().admin.ask(createOrder, { portfolioId, ...order });
      const { reasons, orderId } = expectProblem(answer, "ORDER_DENIED");
      expect(reasons).toContainEqual({ code, message: expect.any(String), limit, observed });
      const recorded = await node().admin.call(getOrder, { orderId });
      expect(recorded).toMatchObject({ status: "denied", leavesQuantity: "0", reasons });
      expectProblem(await node().admin.ask(cancelOrder, { orderId }), "ORDER_CLOSED");
      const untouched = { cash: "100000", reserved: "0", buyingPower: "100000", openOrders: 0 };
      expect(await node().admin.call(getPortfolio, { portfolioId })).toMatchObject(untouched);
    },
  );

  it("ORDER_RATE_EXCEEDED is told with its limit and what was observed", async () => {
    const portfolioId = await open({ maxOrdersPerMinute: 2 });
    const order = { portfolioId, ...market };
    await node().admin.call(createOrder, order);
    await node().admin.call(createOrder, order);
    const { reasons } = expectProblem(await node().admin.ask(createOrder, order), "ORDER_DENIED");
    expect(reasons).toMatchObject([{ code: "ORDER_RATE_EXCEEDED", limit: "2", observed: "3" }]);
  });

  it("PORTFOLIO_CLOSED is told with its limit and what was observed", async () => {
    const portfolioId = await open();
    await node().admin.call(closePortfolio, { portfolioId });
    const answer = await node().admin.ask(createOrder, { portfolioId, ...market });
    const { reasons } = expectProblem(answer, "ORDER_DENIED");
    expect(reasons).toMatchObject([
      { code: "PORTFOLIO_CLOSED", limit: "open", observed: "closed" },
    ]);
  });

  it("every reason has a test, but for those that validation forestalls", () => {
    const tested = [...Object.keys(REFUSED), "ORDER_RATE_EXCEEDED", "PORTFOLIO_CLOSED"];
    const forestalled = ["QUANTITY_NOT_POSITIVE", "PRICE_NOT_POSITIVE"];
    expect([...tested, ...forestalled].toSorted()).toEqual([...DENIAL_CODES].toSorted());
  });

  it.each([
    ["quantity", { ...market, quantity: "0" }],
    ["quantity", { ...market, quantity: "-1" }],
    ["price", { ...limitOrder, price: "0" }],
    ["price", { ...limitOrder, price: -5 }],
  ])("a %s that is not above 0 is refused before the check", async (field, order) => {
    const portfolioId = await open();
    const answer = await node().admin.ask(createOrder, { portfolioId, ...order });
    const { errors } = expectProblem(answer, "VALIDATION_FAILED", [field]);
    expect(errors).toMatchObject([{ code: "OUT_OF_RANGE" }]);
  });

  it("tells all reasons at once, in their order", async () => {
    const portfolioId = await open({
      maxOrderNotional: "1000",
      maxPositionPct: "0.01",
      restrictedSymbols: ["LOTS"],
    });
    const order = { ...limitOrder, symbol: "LOTS", quantity: "1005", price: "200.01" };
    const answer = await node().admin.ask(createOrder, { portfolioId, ...order });
    expect(expectProblem(answer, "ORDER_DENIED").reasons?.map((reason) => reason.code)).toEqual([
      "QUANTITY_OFF_LOT",
      "PRICE_OFF_TICK",
      "PRICE_COLLAR",
      "NOTIONAL_EXCEEDS_LIMIT",
      "POSITION_EXCEEDS_LIMIT",
      "SYMBOL_RESTRICTED",
      "INSUFFICIENT_BUYING_POWER",
    ]);
  });

  it("a dry run says the same and leaves no trace", async () => {
    const portfolioId = await open();
    const before = await node().admin.all(getLedger, { portfolioId });
    const good = { portfolioId, ...market, dryRun: true };
    expect(await node().admin.call(createOrder, good)).toMatchObject({ dryRun: true });
    const bad = { portfolioId, ...market, side: "sell", dryRun: true };
    const problem = expectProblem(await node().admin.ask(createOrder, bad), "ORDER_DENIED");
    expect(problem.reasons).toMatchObject([{ code: "SHORT_NOT_ALLOWED" }]);
    expect(problem.orderId).toBeUndefined();
    expect(await node().admin.all(listOrders, { portfolioId })).toEqual([]);
    expect(await node().admin.all(getLedger, { portfolioId })).toEqual(before);
    const { reserved } = await node().admin.call(getPortfolio, { portfolioId });
    expect(reserved).toBe("0");
  });

  it("holds cash for what was approved, and frees it when the order is canceled", async () => {
    const portfolioId = await open();
    const order = { portfolioId, ...limitOrder, price: "80", quantity: "10", timeInForce: "gtc" };
    const { orderId } = await node().admin.call(createOrder, order);
    await node().settled();
    const held = await node().admin.call(getPortfolio, { portfolioId });
    // 10 × 80, a basis point, and a cent for each of ten fills
    expect(held).toMatchObject({ reserved: "800.18", buyingPower: "99199.82", openOrders: 1 });
    await node().admin.call(cancelOrder, { orderId });
    await node().settled();
    const free = await node().admin.call(getPortfolio, { portfolioId });
    expect(free).toMatchObject({ reserved: "0", buyingPower: "100000", openOrders: 0 });
    const events = await node().admin.all(getOrderEvents, { orderId });
    expect(events.map(({ type }) => type)).toEqual([
      "OrderPlaced",
      "SubmitStarted",
      "OrderAccepted",
      "CancelRequested",
      "OrderCanceled",
    ]);
  });

  it.each(["stop", "stopLimit", "trailingStop", "marketIfTouched", "limitIfTouched"])(
    "an order of type %s is refused by name",
    async (type) => {
      const order = { portfolioId: await open(), ...market, type };
      const answer = await node().admin.ask(createOrder, order);
      const { errors } = expectProblem(answer, "VALIDATION_FAILED", ["type"]);
      expect(errors).toMatchObject([{ code: "UNSUPPORTED_VALUE" }]);
    },
  );

  it.each(["gtd", "opg", "cls"])("an order that is %s is refused by name", async (timeInForce) => {
    const order = { portfolioId: await open(), ...market, timeInForce };
    const answer = await node().admin.ask(createOrder, order);
    const { errors } = expectProblem(answer, "VALIDATION_FAILED", ["timeInForce"]);
    expect(errors).toMatchObject([{ code: "UNSUPPORTED_VALUE" }]);
  });

  it.each([
    { stopPrice: "90" },
    { trail: { bps: 50 } },
    { expireAt: "2030-01-01" },
    { flags: { postOnly: true } },
    { contingency: { kind: "oco" } },
    { strategy: { name: "twap" } },
    { brokerAccountId: "x" },
  ])("a field that is not executed today is refused, not ignored: %j", async (field) => {
    const order = { portfolioId: await open(), ...market, ...field };
    const answer = await node().admin.ask(createOrder, order);
    expectProblem(answer, "VALIDATION_FAILED", Object.keys(field));
  });
});
