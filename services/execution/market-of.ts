import { PAPER_FEES } from "../../domain/execution/fees.ts";
import type { NewOrder } from "../../domain/order/new-order.ts";
import type { ExchangeRate } from "../../domain/portfolio/market-view.ts";
import type { MarketView, RiskBoard } from "../../domain/portfolio/messages.ts";
import type { NodeContext } from "../context.ts";
import { brokersOf } from "./brokers/registry.ts";

/** What an order says of where it goes, and whose it is. */
export type Routed = Pick<
  NewOrder,
  "symbol" | "exDestination" | "brokerAccountId" | "tenantId" | "placedBy" | "portfolioId"
> & {
  /** of who asks now; absent: nobody does */
  readonly role?: string;
};

/** A call to another service: with a request's context its deadline travels along. */
export type Call = <T>(action: string, params: object) => Promise<T>;

/** What the portfolio's service knows beside; null: not of this portfolio, or not to be found out. */
interface OrderFacts {
  readonly board: RiskBoard | null;
  readonly exchange: ExchangeRate | null;
}

/** All that the pre-trade check has to know of the world, asked before the portfolio's turn. */
export async function marketOf(node: NodeContext, call: Call, order: Routed): Promise<MarketView> {
  const [seen, { board, exchange }] = await Promise.all([
    seenMarket(node, call, order),
    factsOf(call, order),
  ]);
  return { ...seen, ...(board && { board }), ...(exchange && { exchange }) };
}

/** What cannot be found out is not known, and what needs it is denied. */
async function factsOf(call: Call, { portfolioId, symbol }: Routed): Promise<OrderFacts> {
  try {
    return await call<OrderFacts>("limits.facts", { portfolioId, symbol });
  } catch {
    return { board: null, exchange: null };
  }
}

async function seenMarket(node: NodeContext, call: Call, order: Routed): Promise<MarketView> {
  const { symbol } = order;
  const seen = await call<Omit<MarketView, "feeBps">>("symbols.marketView", { symbol });
  const venue = order.exDestination ?? seen.instrument?.venue;
  if (venue === undefined) return { ...seen, feeBps: PAPER_FEES.takerBps };
  const { brokerAccountId, tenantId, placedBy, role } = order;
  const account = brokerAccountId === undefined ? {} : { brokerAccountId };
  const route = await brokersOf(node).route({
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
