import { PAPER_FEES } from "../../../domain/execution/fees.ts";
import type { MarginCommand } from "../../../domain/portfolio/margin/messages.ts";
import type {
  MarketView,
  OrderRoute,
  RouteProblem,
} from "../../../domain/portfolio/market-view.ts";
import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { uuidv5 } from "../../../mixins/actor/ids.ts";
import type { EffectHandler } from "../../../mixins/actor/kind.ts";
import type { NodeContext } from "../../context.ts";
import { fullBoard } from "./board.ts";

const NAMESPACE = "e1c7a46b-0d3f-49f2-8a51-6b7f2c90d384";

/** Brings a portfolio whose margin call is due the markets of what it holds: it closes what the call needs. */
export function liquidateEffect(node: NodeContext): EffectHandler {
  return async ({ payload }, { effectId, ref }) => {
    // sound: the portfolio's decider made it
    const { callId } = payload as { readonly callId: string };
    const { summary: read } = await node.actors.read(ref);
    // sound: the portfolio kind's summary
    const summary = read as unknown as PortfolioSummary | null;
    if (summary?.margin?.call?.callId !== callId) return;
    const symbols = [...new Set(summary.positions.map(({ symbol }) => symbol))];
    const command: MarginCommand = {
      type: "LiquidateForMargin",
      callId,
      markets: await Promise.all(symbols.map((symbol) => viewOf(node, summary, symbol))),
      board: await fullBoard(node.broker, summary, node.clock.now()),
    };
    await node.actors.call(ref, command, { commandId: uuidv5(NAMESPACE, effectId) });
  };
}

/** One symbol's market as the portfolio's owner would trade it. */
export async function viewOf(
  node: NodeContext,
  { tenantId, ownerId: userId }: PortfolioSummary,
  symbol: string,
): Promise<MarketView> {
  const seen = await node.broker.call<Omit<MarketView, "feeBps">, { symbol: string }>(
    "symbols.marketView",
    { symbol },
  );
  const venue = seen.instrument?.venue;
  if (venue === undefined) return { ...seen, feeBps: PAPER_FEES.takerBps };
  const route = await node.broker.call<
    (OrderRoute & { readonly feeBps: string }) | RouteProblem,
    unknown
  >("brokers.route", { venue, tenantId, userId });
  const feeBps = "feeBps" in route ? route.feeBps : PAPER_FEES.takerBps;
  return { ...seen, feeBps, route };
}
