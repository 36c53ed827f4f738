import {
  DENIAL_CODES,
  type DenialCode,
  type NewOrder,
} from "../../../../domain/order/new-order.ts";
import { DEFAULT_CURRENCIES } from "../../../../domain/portfolio/currency/terms.ts";
import { DEFAULT_MARGIN } from "../../../../domain/portfolio/margin/terms.ts";
import { checkOrder } from "../../../../domain/risk/limits.ts";
import type { PortfolioLimits, TradingState } from "../../../../domain/risk/live/limit-fields.ts";
import type { OrderRisk } from "../../../../domain/risk/live/order-risk.ts";
import type { RiskLine } from "../../../../domain/risk/live/lines.ts";
import { LiveBook } from "../../../../domain/risk/live/live-book.ts";
import { limitsInForce, type RiskPolicy } from "../../../../domain/risk/live/policy.ts";
import type { MarginContext, OrderContext } from "../../../../domain/risk/order-facts.ts";
import { dec } from "../../../../domain/shared/decimal.ts";
import { market, type MarketChanges, newOrder } from "../portfolio/given.ts";

type ContextChanges = Partial<Omit<OrderContext, "market">>;

function check(order: Partial<NewOrder>, changes: ContextChanges = {}, view: MarketChanges = {}) {
  return checkOrder(newOrder(order), context({ ...changes, market: market(view) }));
}

function risk(limits: PortfolioLimits, state: TradingState): OrderRisk {
  return {
    inForce: limitsInForce({ own: limits, desk: null, tenant: null, overrides: [] }, 0),
    standing: { state, by: null },
    isFlattening: false,
    openOrders: 0,
    after: null,
  };
}

function context(changes: Partial<OrderContext>): OrderContext {
  return {
    risk: risk(changes.limits ?? {}, changes.tradingState ?? "active"),
    status: "open",
    tradingState: "active",
    baseCurrency: "USD",
    limits: {},
    equity: "10000",
    dayStartEquity: "10000",
    buyingPower: "10000",
    positionQty: "0",
    openBuyQty: "0",
    openSellQty: "0",
    margin: null,
    currency: null,
    hedging: null,
    namesPosition: false,
    ownOppositePrice: null,
    isGroupOfOthers: false,
    ordersLastMinute: 0,
    nowMs: 1_000_000,
    market: market(),
    ...changes,
  };
}

function margin(changes: Partial<MarginContext>): MarginContext {
  const own = { multiplier: "1", currency: "USD", initial: null, maintenance: null };
  const nothing = { long: "0", short: "0", openBuy: "0", openSell: "0", isHedged: false };
  return {
    terms: DEFAULT_MARGIN,
    isCallOpen: false,
    missing: [],
    equity: "10000",
    othersInitial: "0",
    reserved: "0",
    line: { symbol: "AAPL", ...nothing, margin: own },
    mark: "100",
    rate: "1",
    ...changes,
  };
}

const limitAt = (price: string, side: "buy" | "sell" = "buy") =>
  ({ ordType: "limit", price, side, orderQty: "1" }) as const;

const LINE: RiskLine = {
  symbol: "AAPL",
  currency: "USD",
  multiplier: "1",
  sector: "none",
  long: "0",
  short: "0",
  openBuy: "0",
  openSell: "0",
  isHedged: false,
};

const HELD = { positionQty: "10" } as const;
const STOP = { ordType: "stop", side: "sell", orderQty: "10" } as const;
/** 2024-05-27T15:00:00Z: a Monday at eleven in New York, and a holiday. */
const MEMORIAL_DAY_MS = 1_716_822_000_000;
const ROUTE = {
  venue: "PAPER",
  abilities: {
    ordTypes: ["market", "limit", "trailingStop"],
    timesInForce: ["day", "gtc"],
    trails: ["amount"],
    postOnly: true,
    reduceOnly: false,
    displayQty: false,
    replace: true,
  },
} as const;

type Case = readonly [
  code: DenialCode,
  limit: string,
  observed: string,
  order: Partial<NewOrder>,
  context?: ContextChanges,
  view?: MarketChanges,
];

/** One case a code at least: an order, what is wrong around it, and the limit and observed value that the denial names. */
const CASES: readonly Case[] = [
  ["NO_MARKET_DATA", "a quote", "none", {}, {}, { last: null }],
  ["NO_MARKET_DATA", "a quote", "none", limitAt("100"), {}, { last: null }],
  ["NO_MARKET_DATA", "a quote", "none", { side: "sell" }, { positionQty: "10" }, { last: null }],
  ["NO_MARKET_DATA", "a quote", "none", {}, {}, { last: "0" }],
  ["STALE_MARKET_DATA", "a fresh quote", "a quote of 900000", {}, {}, { isStale: true }],
  ["PORTFOLIO_CLOSED", "open", "closed", {}, { status: "closed" }],
  ["CURRENCY_MISMATCH", "USD", "EUR", {}, {}, { currency: "EUR" }],
  [
    "FX_RATE_MISSING",
    "an exchange rate",
    "none",
    {},
    { currency: { terms: DEFAULT_CURRENCIES, free: "10000", exchange: null, paidIn: null } },
    { currency: "EUR" },
  ],
  ["QUANTITY_NOT_POSITIVE", "above 0", "0", { orderQty: "0" }],
  ["QUANTITY_NOT_POSITIVE", "above 0", "-5", { orderQty: "-5" }],
  ["QUANTITY_OFF_LOT", "0.1", "1.25", { orderQty: "1.25" }, {}, { lotSize: "0.1" }],
  ["PRICE_NOT_POSITIVE", "above 0", "0", limitAt("0")],
  ["PRICE_NOT_POSITIVE", "above 0", "none", { ordType: "limit" }],
  ["PRICE_OFF_TICK", "0.05", "100.01", limitAt("100.01"), {}, { tickSize: "0.05" }],
  ["PRICE_COLLAR", "150", "150.01", limitAt("150.01")],
  ["PRICE_COLLAR", "50", "49.99", limitAt("49.99", "sell"), { positionQty: "1" }],
  ["PRICE_COLLAR", "102", "102.01", limitAt("102.01"), { limits: { priceCollarPct: "0.02" } }],
  ["NOTIONAL_EXCEEDS_LIMIT", "999.99", "1000", {}, { limits: { maxOrderNotional: "999.99" } }],
  ["NOTIONAL_EXCEEDS_LIMIT", "100", "110", limitAt("110"), { limits: { maxOrderNotional: "100" } }],
  [
    "NOTIONAL_EXCEEDS_LIMIT",
    "99",
    "100",
    limitAt("60", "sell"),
    { positionQty: "1", limits: { maxOrderNotional: "99" } },
  ],
  [
    "POSITION_EXCEEDS_LIMIT",
    "0.25",
    "0.26",
    {},
    { positionQty: "10", openBuyQty: "6", limits: { maxPositionPct: "0.25" } },
  ],
  [
    "POSITION_EXCEEDS_LIMIT",
    "0.25",
    "equity of -1",
    {},
    { equity: "-1", limits: { maxPositionPct: "0.25" } },
  ],
  ["ORDER_RATE_EXCEEDED", "5", "6", {}, { ordersLastMinute: 5, limits: { maxOrdersPerMinute: 5 } }],
  [
    "SYMBOL_RESTRICTED",
    "none of MSFT, AAPL",
    "AAPL",
    {},
    { limits: { restrictedSymbols: ["MSFT", "AAPL"] } },
  ],
  ["INSUFFICIENT_BUYING_POWER", "1051.14", "1051.15", {}, { buyingPower: "1051.14" }],
  ["SHORT_NOT_ALLOWED", "7", "10", { side: "sell" }, { positionQty: "12", openSellQty: "5" }],
  ["TRADING_HALTED", "active", "halted", {}, { tradingState: "halted" }],
  [
    "TRADING_REDUCING",
    "a sell of at most 7",
    "buy of 10",
    {},
    { tradingState: "reducing", positionQty: "12", openSellQty: "5" },
  ],
  ["INSTRUMENT_HALTED", "trading", "halted", {}, {}, { instrument: { isHalted: true } }],
  [
    "MARKET_CLOSED",
    "a session of XNYS",
    `market time ${MEMORIAL_DAY_MS}`,
    {},
    {},
    { instrument: { isRegularHoursOnly: true }, tsEventMs: MEMORIAL_DAY_MS },
  ],
  [
    "RISK_UNAVAILABLE",
    "a known calendar",
    "XMARS",
    {},
    {},
    { instrument: { isRegularHoursOnly: true, calendar: "XMARS" } },
  ],
  [
    "RISK_UNAVAILABLE",
    "above 0",
    "0",
    {},
    { dayStartEquity: "0", limits: { maxDailyLossPct: "0.1" } },
  ],
  ...(["VENUE_NOT_FOUND", "BROKER_ACCOUNT_NOT_FOUND", "BROKER_ACCOUNT_DISABLED"] as const).map(
    (code): Case => [
      code,
      code === "VENUE_NOT_FOUND" ? "a venue that a broker trades on" : "a usable account",
      code === "VENUE_NOT_FOUND" ? "XETR" : "account-1",
      { exDestination: "XETR", brokerAccountId: "account-1" },
      {},
      { route: { problem: code, message: "it is not there" } },
    ],
  ),
  [
    "ORDER_TYPE_UNSUPPORTED",
    "one of market, limit, trailingStop",
    "stop",
    { ordType: "stop", stopPx: "101" },
    {},
    { route: ROUTE },
  ],
  [
    "ORDER_TYPE_UNSUPPORTED",
    "one of amount",
    "bps",
    { ordType: "trailingStop", trail: { bps: "50" }, orderQty: "1" },
    {},
    { route: ROUTE },
  ],
  [
    "TIME_IN_FORCE_UNSUPPORTED",
    "one of day, gtc",
    "ioc",
    { timeInForce: "ioc" },
    {},
    { route: ROUTE },
  ],
  [
    "FLAG_UNSUPPORTED",
    "one of postOnly",
    "displayQty",
    { ...limitAt("100"), postOnly: true, displayQty: "1" },
    {},
    { route: ROUTE },
  ],
  ["EXPIRE_TIME_IN_PAST", "after 900000", "900000", { timeInForce: "gtd", expireAtMs: 900_000 }],
  ["EXPIRE_TIME_IN_PAST", "after 900000", "none", { timeInForce: "gtd" }],
  ["QUANTITY_BELOW_MINIMUM", "11", "10", {}, {}, { instrument: { minQuantity: "11" } }],
  ["QUANTITY_ABOVE_MAXIMUM", "9", "10", {}, {}, { instrument: { maxQuantity: "9" } }],
  ["DISPLAY_QUANTITY_INVALID", "lots of 1, up to 1", "2", { ...limitAt("100"), displayQty: "2" }],
  ["STOP_PRICE_NOT_POSITIVE", "above 0", "none", { ordType: "stop", side: "sell" }, HELD],
  [
    "STOP_PRICE_NOT_POSITIVE",
    "above 0",
    "0",
    { ...limitAt("90", "sell"), ordType: "stopLimit", stopPx: "0" },
    { ...HELD, limits: { priceCollarPct: "1" } },
  ],
  ["PRICE_OFF_TICK", "0.05", "99.99", { ...STOP, stopPx: "99.99" }, HELD, { tickSize: "0.05" }],
  ["TRAIL_NOT_POSITIVE", "above 0", "none", { ordType: "trailingStop", side: "sell" }, HELD],
  ["NOTIONAL_BELOW_MINIMUM", "1000.01", "1000", {}, {}, { instrument: { minNotional: "1000.01" } }],
  ["NOTIONAL_EXCEEDS_LIMIT", "999", "1000", {}, {}, { instrument: { maxNotional: "999" } }],
  [
    "DAILY_LOSS_EXCEEDED",
    "0.05",
    "0.05000001",
    {},
    { equity: "9499.9999", limits: { maxDailyLossPct: "0.05" } },
  ],
  [
    "REDUCE_ONLY_WOULD_INCREASE",
    "a sell of at most 12",
    "buy of 10",
    { reduceOnly: true },
    { positionQty: "12" },
  ],
  ["SELF_CROSS", "below 100", "100", {}, { ownOppositePrice: "100" }],
  ["SELF_CROSS", "above 99", "99", limitAt("99", "sell"), { ...HELD, ownOppositePrice: "99" }],
  [
    "ORDER_GROUP_MISMATCH",
    "the symbol and side of the other legs",
    "buy of AAPL",
    { ocoGroup: "g-1" },
    { isGroupOfOthers: true },
  ],
  // 50 for each of ten at half of 100, 5 of slippage, fees of 10 bps on 105 and a cent a fill
  ["INSUFFICIENT_MARGIN", "551.14", "551.15", {}, { margin: margin({ equity: "551.14" }) }],
  [
    "MARGIN_CALL_OPEN",
    "no margin call",
    "a margin call",
    {},
    { margin: margin({ isCallOpen: true }) },
  ],
  [
    "RISK_DATA_MISSING",
    "a price of everything that is held",
    "none of MSFT",
    {},
    { margin: margin({ missing: ["MSFT"] }) },
  ],
  ["POSITION_NOT_FOUND", "no position", "p-1", { positionId: "p-1" }, { namesPosition: true }],
  // Equity of 10,000 and ten shares of 100 beside what is held: 1,000 of AAPL, 19,000 of MSFT sold short.
  exposed("LEVERAGE_EXCEEDS_LIMIT", "2.0999", "2.1", { maxGrossLeverage: "2.0999" }),
  exposed("NET_LEVERAGE_EXCEEDS_LIMIT", "0.1", "0.2", { maxNetLeverage: "0.1" }, {}, "0"),
  exposed("DRAWDOWN_EXCEEDED", "0.19", "0.2", { maxDrawdownPct: "0.19" }),
  exposed("VAR_EXCEEDS_LIMIT", "0.05", "0.0500001", { maxVarPct: "0.05" }),
  exposed("SHORTFALL_EXCEEDS_LIMIT", "0.07", "0.08", { maxExpectedShortfallPct: "0.07" }),
  exposed("OPEN_ORDERS_EXCEEDED", "3", "4", { maxOpenOrders: 3 }),
  exposed("SYMBOL_NOTIONAL_EXCEEDS_LIMIT", "1999", "2000", { maxSymbolNotional: "1999" }),
  exposed("CONCENTRATION_EXCEEDS_LIMIT", "1.8", "1.9", { maxConcentrationPct: "1.8" }),
  exposed("SECTOR_EXCEEDS_LIMIT", "2", "2.1", { maxSectorPct: "2" }),
  exposed("SYMBOL_NOT_ALLOWED", "one of MSFT", "AAPL", { allowedSymbols: ["MSFT"] }),
  exposed("ASSET_CLASS_NOT_ALLOWED", "none", "equity", { allowedAssetClasses: [] }),
  exposed("TENANT_NOTIONAL_EXCEEDS_LIMIT", "25999", "26000", {}, { maxGrossNotional: "25999" }),
  exposed("TENANT_LOSS_EXCEEDED", "999", "1000", {}, { maxDailyLoss: "999" }),
];

/** A case of a limit of exposure: the portfolio with the order, as prices of now have it. */
function exposed(
  code: DenialCode,
  limit: string,
  observed: string,
  limits: PortfolioLimits,
  totals: NonNullable<RiskPolicy["totals"]> = {},
  short = "190",
): Case {
  const lines = [
    { ...LINE, symbol: "AAPL", long: "10", openBuy: "10" },
    { ...LINE, symbol: "MSFT", short },
  ];
  const seen = {
    baseCurrency: "USD",
    markOf: () => "100",
    rateOf: () => null,
    returnsOf: () => null,
  };
  const exposure = new LiveBook().measure(lines, seen);
  if ("missing" in exposure) throw new Error("all prices are known");
  const inForce = { ...risk(limits, "active").inForce, totals };
  const after = {
    equity: dec("10000"),
    peak: dec("12500"),
    exposure,
    losses: { valueAtRisk: 500.001, expectedShortfall: 800 },
    lossesBefore: null,
    others: { gross: dec("5000"), dayLoss: dec("1000") },
  };
  return [
    code,
    limit,
    observed,
    {},
    { risk: { ...risk(limits, "active"), inForce, openOrders: 3, after } },
  ];
}

const LOST = { ...HELD, equity: "1", limits: { maxDailyLossPct: "0.05" } } as const;

const ANY_TEXT: unknown = expect.any(String);

describe("the pre-trade check", () => {
  it.each(CASES.map(([code, limit, observed, ...asked]) => ({ code, limit, observed, asked })))(
    "denies with $code, naming limit $limit and observed $observed",
    ({ code, limit, observed, asked }) => {
      expect(check(...asked)).toEqual({ denied: [{ code, message: ANY_TEXT, limit, observed }] });
    },
  );

  it("denies an instrument that is not known, of another symbol, or without usable steps", () => {
    const unknown = {
      code: "INSTRUMENT_NOT_FOUND",
      message: ANY_TEXT,
      limit: "a known symbol",
      observed: "AAPL",
    };
    const withoutInstrument = context({ market: { ...market(), instrument: null } });
    expect(checkOrder(newOrder(), withoutInstrument)).toEqual({ denied: [unknown] });
    expect(check({}, {}, { lotSize: "0" })).toEqual({ denied: [unknown] });
    expect(check({}, {}, { tickSize: "-1" })).toEqual({ denied: [unknown] });
    expect(check({}, {}, { symbol: "MSFT" })).toMatchObject({
      denied: [{ code: "INSTRUMENT_NOT_FOUND" }, { code: "NO_MARKET_DATA" }],
    });
  });

  it("has a case here for every code", () => {
    const tested = new Set<string>(CASES.map(([code]) => code)).add("INSTRUMENT_NOT_FOUND");
    expect([...tested].toSorted()).toEqual([...DENIAL_CODES].toSorted());
  });

  it("names all reasons at once, in the order of the list of codes", () => {
    const order = { ordType: "limit", price: "999.999", orderQty: "0.5" } as const;
    const limits = { maxOrderNotional: "1", maxPositionPct: "0.01", maxOrdersPerMinute: 0 };
    const result = check(
      order,
      {
        status: "closed",
        buyingPower: "0",
        limits: { ...limits, restrictedSymbols: ["AAPL"] },
      },
      { currency: "EUR", isStale: true },
    );
    const codes = "denied" in result ? result.denied.map(({ code }) => code) : [];
    expect(codes).toEqual([
      "STALE_MARKET_DATA",
      "PORTFOLIO_CLOSED",
      "CURRENCY_MISMATCH",
      "QUANTITY_OFF_LOT",
      "PRICE_OFF_TICK",
      "PRICE_COLLAR",
      "NOTIONAL_EXCEEDS_LIMIT",
      "POSITION_EXCEEDS_LIMIT",
      "ORDER_RATE_EXCEEDED",
      "SYMBOL_RESTRICTED",
      "INSUFFICIENT_BUYING_POWER",
    ]);
  });

  it.each([
    ["a buy that leans back from the short side", { maxNetLeverage: "0.1" }, {}],
    [
      "what makes a value at risk smaller that is too large",
      { maxVarPct: "0.05", maxExpectedShortfallPct: "0.07" },
      { lossesBefore: { valueAtRisk: 600, expectedShortfall: 900 } },
    ],
  ])("approves %s", (_, limits, changes) => {
    const [, , , order, given = {}] = exposed("VAR_EXCEEDS_LIMIT", "", "", limits);
    const { risk: seen } = given;
    if (seen === undefined || seen.after === null || "missing" in seen.after)
      throw new Error("all is known");
    const asked = { risk: { ...seen, after: { ...seen.after, ...changes } } };
    expect(check(order, asked)).toHaveProperty("approved");
  });

  it.each([
    ["a buy at the collar", limitAt("150"), {}],
    ["a buy far below the market", limitAt("1"), {}],
    ["a sell at the collar", limitAt("50", "sell"), { positionQty: "1" }],
    ["a sell far above the market", limitAt("1000", "sell"), { positionQty: "1" }],
    [
      "what reduces while only that is allowed",
      { side: "sell" },
      { ...HELD, tradingState: "reducing" },
    ],
    ["what reduces after too much was lost today", { side: "sell" }, LOST],
    ["a reduce-only sell of what is held", { side: "sell", reduceOnly: true }, HELD],
    [
      "a stop beyond an own order on the other side",
      { ...STOP, stopPx: "95" },
      { ...HELD, ownOppositePrice: "100" },
    ],
    ["a buy below an own sell", limitAt("99"), { ownOppositePrice: "99.01" }],
    ["an order at the notional limit", {}, { limits: { maxOrderNotional: "1000" } }],
    ["a position at its limit", {}, { limits: { maxPositionPct: "0.1" } }],
    [
      "a sell of a position above its limit",
      { side: "sell" },
      { positionQty: "90", limits: { maxPositionPct: "0.1" } },
    ],
    [
      "the last order of the minute",
      {},
      { ordersLastMinute: 4, limits: { maxOrdersPerMinute: 5 } },
    ],
    ["a hold of the whole buying power", {}, { buyingPower: "1051.15" }],
    [
      "a sell of everything that is free",
      { side: "sell" },
      { positionQty: "15", openSellQty: "5" },
    ],
  ] as const)("approves %s", (_, order, changes) => {
    expect(check(order, changes)).toHaveProperty("approved");
  });

  it("collars against the last price even where the book has moved away from it", () => {
    expect(check(limitAt("160"), {}, { last: "100", ask: "159" })).toMatchObject({
      denied: [{ code: "PRICE_COLLAR", limit: "150" }],
    });
    expect(check(limitAt("160"), {}, { last: null, ask: "159" })).toHaveProperty("approved");
  });
});
