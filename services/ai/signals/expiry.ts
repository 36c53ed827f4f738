import { isPlain } from "../../../domain/ai/signals/execution.ts";
import type { Bar } from "../../../domain/market/bar.ts";
import { barEndMs } from "../../../domain/market/timeframe.ts";
import { newestSignal, type StoredSignal } from "../../../models/signals.ts";
import type { StoredStrategy } from "../../../models/strategies.ts";
import type { EndWork, OfStrategy, StrategyWork } from "../../../models/strategy-work.ts";
import type { NodeContext } from "../../context.ts";
import { NO_CONFIDENCE } from "./finding.ts";
import { type Giver, keepSignal } from "./keep.ts";
import { heldIn } from "./standing.ts";

/**
 * What is to be done at the close of a bar about a signal whose horizon is over: what it ordered and was not filled for is canceled, and
 * where the strategy closes at expiry, the position ends by a signal of its own. What the signal's exits protect stays protected.
 * @returns null when there is nothing to act upon
 */
export async function expire(
  node: NodeContext,
  strategy: StoredStrategy,
  giver: Giver,
  bar: Bar,
): Promise<StoredSignal | null> {
  const { execution, strategyId, portfolioId } = strategy;
  if (isPlain(execution) && !execution.closeAtExpiry) return null;
  const { symbol, timeframe, startMs } = bar;
  const closeMs = barEndMs(timeframe, startMs);
  const last = await newestSignal(node.pool, { strategyId, symbol, untilMs: closeMs });
  if (last === null || last.goal === "flat" || (last.expiresAtMs ?? Infinity) > closeMs)
    return null;
  await endEntries(node, { strategyId, portfolioId, symbol });
  if (!execution.closeAtExpiry) return null;
  const way = last.side === "buy" ? 1 : -1;
  if ((await heldIn(node, portfolioId, symbol)) !== way) return null;
  const reason = `the horizon of the signal of ${new Date(last.asOfMs).toISOString()} is over`;
  return keepSignal(node, giver, {
    symbol,
    startMs,
    verdict: {
      side: way === 1 ? "sell" : "buy",
      goal: "flat",
      strength: 1,
      lean: null,
      reason,
    },
    weight: 1,
    horizon: 1,
    confidence: NO_CONFIDENCE,
    model: null,
  });
}

async function endEntries(node: NodeContext, of: OfStrategy): Promise<void> {
  const works = await node.broker.call<readonly StrategyWork[], OfStrategy>(
    "strategy-orders.open",
    of,
  );
  if (!works.some(({ isEntering }) => isEntering)) return;
  const { strategyId } = of;
  await node.broker.call<null, EndWork>("strategy-orders.endEntries", { strategyId, works });
}
