import type { Instrument } from "../../domain/market/instrument.ts";
import type { NewOrder } from "../../domain/order/new-order.ts";
import type { MarketView, OrderVerdict, PortfolioEvent } from "../../domain/portfolio/messages.ts";
import { limitsInForce } from "../../domain/risk/live/policy.ts";
import { checkOrder } from "../../domain/risk/limits.ts";
import type { Decider } from "../../domain/shared/decider.ts";
import { add, subtract } from "../../domain/shared/decimal.ts";
import type { DecimalString } from "../../domain/shared/decimal.ts";
import { defineActor } from "../../mixins/actor/kind.ts";

/** With more cash than any run can hold. */
const CASH = "1000000000";

export const INSTRUMENT: Instrument = {
  symbol: "SPX",
  name: "S&P 500",
  assetClass: "index",
  venue: "paper",
  currency: "USD",
  tickSize: "0.01",
  lotSize: "1",
  multiplier: "1",
  shortable: false,
  calendar: "XNYS",
};

export const MARKET: MarketView = {
  instrument: INSTRUMENT,
  quote: {
    symbol: "SPX",
    bid: "100.49",
    ask: "100.51",
    bidSize: "100",
    askSize: "100",
    last: "100.50",
    lastSize: "10",
    tsEventMs: 1_700_000_000_000,
    tsInitMs: 1_700_000_000_004,
  },
  isStale: false,
  feeBps: "1",
};

interface RequestOrder {
  readonly type: "RequestOrder";
  readonly order: NewOrder;
  readonly market: MarketView;
}

type Judged = Extract<PortfolioEvent, { readonly type: "OrderApproved" | "OrderDenied" }>;

interface State {
  readonly reserved: DecimalString;
  readonly orders: number;
}

/**
 * The order command of a portfolio and nothing else of it: the same message, pre-trade check, hold, event and reply. It
 * keeps the sum of the holds but not the orders, so that every contestant stores a state of the same few bytes.
 */
const account: Decider<State, RequestOrder, Judged, OrderVerdict> = {
  initial: () => ({ reserved: "0", orders: 0 }),
  decide: ({ reserved }, { order, market }, { nowMs }) => {
    const check = checkOrder(order, {
      status: "open",
      tradingState: "active",
      baseCurrency: "USD",
      limits: {},
      equity: CASH,
      dayStartEquity: CASH,
      buyingPower: subtract(CASH, reserved),
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
      nowMs,
      market,
      risk: {
        inForce: limitsInForce({ own: {}, desk: null, tenant: null, overrides: [] }, nowMs),
        standing: { state: "active", by: null },
        isFlattening: false,
        openOrders: 0,
        after: null,
      },
    });
    if ("approved" in check) {
      const { approved } = check;
      return {
        events: [{ type: "OrderApproved", order: approved, signal: null }],
        reply: { verdict: "approved", order: approved },
      };
    }
    const reasons = check.denied;
    return {
      events: [{ type: "OrderDenied", order, reasons, signal: null }],
      reply: { verdict: "denied", order, reasons },
    };
  },
  evolve: ({ reserved, orders }, { event }) => ({
    reserved: event.type === "OrderApproved" ? add(reserved, event.order.hold.cash) : reserved,
    orders: orders + 1,
  }),
};

export const accountKind = defineActor({
  type: "order",
  schemaVersion: 1,
  decider: account,
  summarize: (_id, { reserved, orders }) => ({ commands: orders, amount: reserved }),
});

export function placeOrder(
  portfolioId: string,
  orderId: string,
  orderQty: DecimalString,
  price: DecimalString,
): RequestOrder {
  const order: NewOrder = {
    orderId,
    clOrdId: orderId,
    tenantId: "bench",
    portfolioId,
    symbol: INSTRUMENT.symbol,
    side: "buy",
    ordType: "limit",
    orderQty,
    price,
    timeInForce: "gtc",
    placedBy: "bench@localhost",
  };
  return { type: "RequestOrder", order, market: MARKET };
}
