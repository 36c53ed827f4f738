import { DENIAL_CODES } from "../../domain/order/new-order.ts";
import { createBrokerAccount } from "../../mixins/rest/routes/brokers.ts";
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
  updatePortfolio,
} from "../../mixins/rest/routes/portfolios.ts";
import type { RouteInput } from "../support/http.ts";
import { DAY_MS, FIRST_DAY_MS, HandMarket, dayBar } from "../support/node-market.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

interface Refused {
  /** of the portfolio, before the order */
  readonly changes?: RouteInput;
  readonly limits?: RouteInput;
  readonly order: RouteInput;
  readonly limit: string;
  readonly observed: string;
}

const NO_ACCOUNT = "0d1c7f0e-6a41-4d0a-9a43-0f1f0a5f8a11";
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
  TRADING_HALTED: {
    changes: { tradingState: "halted" },
    order: market,
    limit: "active",
    observed: "halted",
  },
  TRADING_REDUCING: {
    changes: { tradingState: "reducing" },
    order: market,
    limit: "a sell of at most 0",
    observed: "buy of 1",
  },
  INSTRUMENT_HALTED: {
    order: { ...market, symbol: "STOPPED" },
    limit: "trading",
    observed: "halted",
  },
  MARKET_CLOSED: {
    order: { ...market, symbol: "HOURS" },
    limit: "a session of XNYS",
    observed: `market time ${FIRST_DAY_MS + DAY_MS}`,
  },
  RISK_UNAVAILABLE: {
    order: { ...market, symbol: "MARS" },
    limit: "a known calendar",
    observed: "XMARS",
  },
  VENUE_NOT_FOUND: {
    order: { ...market, venue: "NOWHERE" },
    limit: "a venue that a broker trades on",
    observed: "NOWHERE",
  },
  BROKER_ACCOUNT_NOT_FOUND: {
    order: { ...market, brokerAccountId: NO_ACCOUNT },
    limit: "a usable account",
    observed: NO_ACCOUNT,
  },
  EXPIRE_TIME_IN_PAST: {
    order: { ...limitOrder, price: "90", timeInForce: "gtd", expireAt: FIRST_DAY_MS },
    limit: `after ${FIRST_DAY_MS + DAY_MS}`,
    observed: String(FIRST_DAY_MS),
  },
  QUANTITY_BELOW_MINIMUM: {
    order: { ...market, symbol: "SIZED" },
    limit: "5",
    observed: "1",
  },
  QUANTITY_ABOVE_MAXIMUM: {
    order: { ...market, symbol: "SIZED", quantity: "51" },
    limit: "50",
    observed: "51",
  },
  NOTIONAL_BELOW_MINIMUM: {
    order: { ...market, symbol: "SIZED", quantity: "5" },
    limit: "1000",
    observed: "500",
  },
  DISPLAY_QUANTITY_INVALID: {
    order: { ...limitOrder, price: "90", flags: { displayQuantity: "2" } },
    limit: "lots of 1, up to 1",
    observed: "2",
  },
  REDUCE_ONLY_WOULD_INCREASE: {
    order: { ...market, flags: { reduceOnly: true } },
    limit: "a sell of at most 0",
    observed: "buy of 1",
  },
};

/** Those that need more than an order to come about; a disabled account is in broker-accounts.spec.ts, margin in margin.spec.ts, limits of exposure in limits.spec.ts. */
const TOLD_APART = [
  "ORDER_RATE_EXCEEDED",
  "PORTFOLIO_CLOSED",
  "SELF_CROSS",
  "DAILY_LOSS_EXCEEDED",
  "BROKER_ACCOUNT_DISABLED",
  "ORDER_TYPE_UNSUPPORTED",
  "TIME_IN_FORCE_UNSUPPORTED",
  "FLAG_UNSUPPORTED",
  "INSUFFICIENT_MARGIN",
  "MARGIN_CALL_OPEN",
  "RISK_DATA_MISSING",
  "FX_RATE_MISSING",
  "POSITION_NOT_FOUND",
  "LEVERAGE_EXCEEDS_LIMIT",
  "NET_LEVERAGE_EXCEEDS_LIMIT",
  "DRAWDOWN_EXCEEDED",
  "VAR_EXCEEDS_LIMIT",
  "SHORTFALL_EXCEEDS_LIMIT",
  "OPEN_ORDERS_EXCEEDED",
  "SYMBOL_NOTIONAL_EXCEEDS_LIMIT",
  "CONCENTRATION_EXCEEDS_LIMIT",
  "SECTOR_EXCEEDS_LIMIT",
  "SYMBOL_NOT_ALLOWED",
  "ASSET_CLASS_NOT_ALLOWED",
  "TENANT_NOTIONAL_EXCEEDS_LIMIT",
  "TENANT_LOSS_EXCEEDED",
] as const satisfies readonly DenialCode[];

/** A request that would lead to them is not valid; a group's legs are made alike. */
const FORESTALLED = [
  "QUANTITY_NOT_POSITIVE",
  "PRICE_NOT_POSITIVE",
  "STOP_PRICE_NOT_POSITIVE",
  "TRAIL_NOT_POSITIVE",
  "ORDER_GROUP_MISMATCH",
] as const satisfies readonly DenialCode[];

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
    await hand.list("STOPPED", { isHalted: true });
    await hand.list("HOURS", { isRegularHoursOnly: true });
    await hand.list("MARS", { isRegularHoursOnly: true, calendar: "XMARS" });
    await hand.list("SIZED", { minQuantity: "5", maxQuantity: "50", minNotional: "1000" });
    const all = ["ACME", "EURO", "LOTS", "STOPPED", "HOURS", "MARS", "SIZED"];
    await hand.play(Object.fromEntries(all.map((symbol) => [symbol, 100])));
  });

  const open = async (limits: RouteInput = {}): Promise<string> => {
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000", limits };
    return (await node().admin.call(createPortfolio, body)).portfolioId;
  };

  it.each(Object.entries(REFUSED))(
    "%s is told with its limit and what was observed, and recorded",
    async (code, { limits, changes, order, limit, observed }) => {
      const portfolioId = await open(limits);
      if (changes) await node().admin.call(updatePortfolio, { portfolioId, ...changes });
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

  it("SELF_CROSS is told with the own order's price, and an order beyond it passes", async () => {
    const portfolioId = await open();
    const resting = { portfolioId, ...limitOrder, price: "90", timeInForce: "gtc" };
    await node().admin.call(createOrder, { portfolioId, ...market, quantity: "10" });
    await hand.play({ ACME: 100 });
    await node().admin.call(createOrder, resting);
    const sell = { ...resting, side: "sell", price: "90" };
    const { reasons } = expectProblem(await node().admin.ask(createOrder, sell), "ORDER_DENIED");
    expect(reasons).toMatchObject([{ code: "SELF_CROSS", limit: "above 90", observed: "90" }]);
    await node().admin.call(createOrder, { ...sell, price: "90.01" });
  });

  it("DAILY_LOSS_EXCEEDED stops what adds to positions, and lets them be sold", async () => {
    const portfolioId = await open({ maxDailyLossPct: "0.05" });
    await node().admin.call(createOrder, { portfolioId, ...market, quantity: "500" });
    await hand.play({ ACME: 100 });
    await hand.play({ ACME: 80 });
    const answer = await node().admin.ask(createOrder, { portfolioId, ...market });
    const { reasons } = expectProblem(answer, "ORDER_DENIED");
    // 500 shares that lost 20 each, and the fee of a basis point on 50,000
    expect(reasons).toMatchObject([
      { code: "DAILY_LOSS_EXCEEDED", limit: "0.05", observed: "0.10005" },
    ]);
    await node().admin.call(createOrder, { portfolioId, ...market, side: "sell", quantity: "500" });
    await hand.play({ ACME: 100 });
  });

  it("what a broker cannot be asked for is denied by name, and never reaches it", async () => {
    const accountAt = async (exchange: string): Promise<string> => {
      const credentials = { apiKey: "key", secret: "secret" };
      const settings = { exchange, feeBps: "10" };
      const body = { broker: "ccxt", name: exchange, credentials, settings };
      return (await node().admin.call(createBrokerAccount, body)).accountId;
    };
    const accountId = await accountAt("binance");
    const order = { ...limitOrder, portfolioId: await open(), price: "90", quantity: "2" };
    const codesOf = async (changes: RouteInput): Promise<readonly string[]> => {
      const asked = { ...order, brokerAccountId: accountId, timeInForce: "gtc", ...changes };
      const answer = await node().admin.ask(createOrder, asked);
      return expectProblem(answer, "ORDER_DENIED").reasons?.map(({ code }) => code) ?? [];
    };
    expect(await codesOf({ timeInForce: "day" })).toEqual(["TIME_IN_FORCE_UNSUPPORTED"]);
    const trailing = { type: "trailingStop", trail: { amount: "1" }, price: undefined };
    expect(await codesOf(trailing)).toEqual(["ORDER_TYPE_UNSUPPORTED"]);
    const brokerAccountId = await accountAt("mexc");
    const shown = { flags: { displayQuantity: "1" }, brokerAccountId };
    expect(await codesOf(shown)).toEqual(["FLAG_UNSUPPORTED"]);
  });

  it("every reason has a test, but for those that validation forestalls", () => {
    const tested = [...Object.keys(REFUSED), ...TOLD_APART, ...FORESTALLED];
    expect(tested.toSorted()).toEqual([...DENIAL_CODES].toSorted());
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

  it.each([
    ["stop", { type: "stop" }, ["stopPrice"]],
    ["stop with a limit", { type: "stop", stopPrice: "90", price: "89" }, ["price"]],
    ["stop-limit", { type: "stopLimit", stopPrice: "90" }, ["price"]],
    ["trailing stop", { type: "trailingStop" }, ["trail"]],
    ["market order with a stop", { stopPrice: "90" }, ["stopPrice"]],
    ["market order with a trail", { trail: { bps: 50 } }, ["trail"]],
    ["trail of two kinds", { type: "trailingStop", trail: { bps: 50, ticks: 3 } }, ["trail"]],
    ["gtd without an end", { ...limitOrder, price: "90", timeInForce: "gtd" }, ["expireAt"]],
    ["day order with an end", { expireAt: "2030-01-01" }, ["expireAt"]],
    ["stop in an auction", { type: "stop", stopPrice: "90", timeInForce: "opg" }, ["timeInForce"]],
    ["post-only market order", { flags: { postOnly: true } }, ["flags.postOnly"]],
    ["unknown flag", { flags: { hidden: true } }, ["flags.hidden"]],
  ])("a %s is refused before the check, naming the field", async (_, changes, fields) => {
    const order = { portfolioId: await open(), ...market, ...changes };
    expectProblem(await node().admin.ask(createOrder, order), "VALIDATION_FAILED", fields);
  });
});
