import { PAPER_FEES } from "../../domain/execution/fees.ts";
import type { SplitAdjustment } from "../../domain/portfolio/after-trade-messages.ts";
import type {
  ExchangeRate,
  MarketView,
  OrderRoute,
  RiskBoard,
  RouteProblem,
} from "../../domain/portfolio/market-view.ts";
import type { NodeContext } from "../context.ts";
import { standingIn } from "./standing-orders.ts";

/** What `ctx` and a node's broker have in common. */
interface Caller {
  call<R>(action: string, params: unknown): Promise<R>;
}

interface Asked {
  readonly tenantId: string;
  readonly portfolioId: string;
  readonly symbol: string;
  /** on whose behalf */
  readonly userId: string;
}

/** Orders are amended under the check of every order. */
export async function orderAdjustment(
  caller: Caller,
  { tenantId, portfolioId, symbol, userId }: Asked,
): Promise<{ readonly market: MarketView; readonly requestedBy: string }> {
  const seen = await caller.call<Omit<MarketView, "feeBps">>("symbols.marketView", { symbol });
  const venue = seen.instrument?.venue;
  const route = venue === undefined ? null : await routeTo(caller, { venue, tenantId, userId });
  const feeBps = route !== null && "feeBps" in route ? route.feeBps : PAPER_FEES.takerBps;
  const board = await caller.call<RiskBoard | null>("margin.board", { portfolioId });
  const exchange = await caller.call<ExchangeRate | null>("fx.exchange", { portfolioId, symbol });
  const market: MarketView = {
    ...seen,
    feeBps,
    ...(exchange && { exchange }),
    ...(route !== null && { route }),
    ...(board && { board }),
  };
  return { market, requestedBy: userId };
}

export async function splitAdjustment(
  { pool }: Pick<NodeContext, "pool">,
  caller: Caller,
  asked: Asked,
  cancelUnadjusted: boolean,
): Promise<SplitAdjustment> {
  const seen = await orderAdjustment(caller, asked);
  const standing = await standingIn(pool, asked);
  return { ...seen, ...standing, cancelUnadjusted };
}

function routeTo(
  caller: Caller,
  to: { readonly venue: string; readonly tenantId: string; readonly userId: string },
): Promise<(OrderRoute & { readonly feeBps: string }) | RouteProblem> {
  return caller.call("brokers.route", to);
}
