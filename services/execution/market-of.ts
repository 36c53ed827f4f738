import { PAPER_FEES } from "../../domain/execution/fees.ts";
import type { BrokerAbilities } from "../../domain/order/abilities.ts";
import type { NewOrder } from "../../domain/order/new-order.ts";
import type { ExchangeRate } from "../../domain/portfolio/market-view.ts";
import type { MarketView, RiskBoard, RouteProblem } from "../../domain/portfolio/messages.ts";

/** What an order says of where it goes, and whose it is. */
export type Routed = Pick<
  NewOrder,
  "symbol" | "exDestination" | "brokerAccountId" | "tenantId" | "placedBy" | "portfolioId"
> & {
  /** of who asks now; absent: nobody does */
  readonly role?: string;
};

type Found = {
  readonly venue: string;
  readonly abilities: BrokerAbilities;
  readonly feeBps: string;
};

/** A call to another service: with a request's context its deadline travels along. */
export type Call = <T>(action: string, params: object) => Promise<T>;

/** All that the pre-trade check has to know of the world, asked before the portfolio's turn. */
export async function marketOf(call: Call, order: Routed): Promise<MarketView> {
  const [seen, board, exchange] = await Promise.all([
    seenMarket(call, order),
    boardOf(call, order),
    exchangeOf(call, order),
    prepare(call, order),
  ]);
  return { ...seen, ...(board && { board }), ...(exchange && { exchange }) };
}

/** Of a portfolio that keeps several currencies. What cannot be found out is not known, and what needs it is denied. */
async function exchangeOf(
  call: Call,
  { portfolioId, symbol }: Routed,
): Promise<ExchangeRate | null> {
  try {
    return await call<ExchangeRate | null>("fx.exchange", { portfolioId, symbol });
  } catch {
    return null;
  }
}

/** Of a margin portfolio. What cannot be found out is not known, and what needs it is denied. */
async function boardOf(call: Call, { portfolioId }: Routed): Promise<RiskBoard | null> {
  try {
    return await call<RiskBoard | null>("margin.board", { portfolioId });
  } catch {
    return null;
  }
}

/** Its node is to know the prices that the portfolio's limits ask for; what it does not know is denied. */
async function prepare(call: Call, { portfolioId, symbol }: Routed): Promise<void> {
  try {
    await call<null>("limits.prepare", { portfolioId, symbol });
  } catch {
    // The turn says what is missing.
  }
}

async function seenMarket(call: Call, order: Routed): Promise<MarketView> {
  const { symbol } = order;
  const seen = await call<Omit<MarketView, "feeBps">>("symbols.marketView", { symbol });
  const venue = order.exDestination ?? seen.instrument?.venue;
  if (venue === undefined) return { ...seen, feeBps: PAPER_FEES.takerBps };
  const { brokerAccountId, tenantId, placedBy, role } = order;
  const account = brokerAccountId === undefined ? {} : { brokerAccountId };
  const route = await call<Found | RouteProblem>("brokers.route", {
    venue,
    ...account,
    tenantId,
    userId: placedBy,
    ...(role !== undefined && { role }),
  });
  if ("problem" in route) return { ...seen, feeBps: PAPER_FEES.takerBps, route };
  const { feeBps, abilities } = route;
  return { ...seen, feeBps, route: { venue: route.venue, abilities } };
}
