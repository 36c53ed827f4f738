import { PLAIN_EXECUTION } from "../domain/ai/signals/execution.ts";
import { uuidv5 } from "../mixins/actor/ids.ts";
import { hasStrategy, upsertStrategy } from "../models/strategies.ts";
import type { NodeContext } from "./context.ts";

const NAMESPACE = "3f0d8a52-91b7-4c6e-ae24-c85d7b10f9e6";

export const SAMPLE_PORTFOLIO_ID = uuidv5(NAMESPACE, "portfolio");
const SAMPLE_STRATEGY_ID = uuidv5(NAMESPACE, "strategy");

/**
 * A portfolio and a strategy for the replayed S&P 500, so that a fresh installation trades: long half of its equity while
 * the 5-day average stands above the 20-day one. The strategy comes last: while it is missing all is made again, and a repeat changes nothing.
 */
export async function seedSample(
  node: NodeContext,
  owner: { readonly userId: string; readonly tenantId: string },
): Promise<void> {
  if (await hasStrategy(node.pool, SAMPLE_STRATEGY_ID)) return;
  await node.broker.call("portfolios.open", {
    portfolioId: SAMPLE_PORTFOLIO_ID,
    command: {
      type: "Open",
      tenantId: owner.tenantId,
      ownerId: owner.userId,
      name: "Sample",
      baseCurrency: "USD",
      initialCash: "1000000",
      lotMethod: "average",
      limits: {},
    },
  });
  await upsertStrategy(node.pool, {
    strategyId: SAMPLE_STRATEGY_ID,
    portfolioId: SAMPLE_PORTFOLIO_ID,
    tenantId: owner.tenantId,
    name: "Sample",
    symbols: ["SPX"],
    timeframe: "1d",
    kind: "crossover",
    parameters: { fast: "sma_5", slow: "sma_20" },
    sizing: { method: "fixedFraction", fraction: "0.5" },
    allowShort: false,
    maxPosition: null,
    execution: PLAIN_EXECUTION,
    maxOpenPositions: null,
    cooldownBars: null,
    maxDailyLoss: null,
    status: "running",
  });
}
