import { algorithmParameters, type SignalAlgorithm } from "../../../domain/ai/signals/execution.ts";
import type { OrderVerdict } from "../../../domain/portfolio/messages.ts";
import { withoutExtras } from "../../../domain/risk/limits.ts";
import type { StartAlgorithm } from "../../../models/strategy-work.ts";
import type { NodeContext } from "../../context.ts";

/**
 * Has an order that the portfolio has sized and checked as a whole worked off by an algorithm; each of its children is checked again. The
 * order's id follows from the signal: one that was begun is not begun again.
 */
export async function placeByAlgorithm(
  node: NodeContext,
  algorithm: SignalAlgorithm,
  verdict: OrderVerdict,
): Promise<void> {
  if (verdict.verdict === "none") return;
  const order = withoutExtras(verdict.order);
  const parameters = algorithmParameters(algorithm, order.price ?? null, node.clock.now());
  await node.broker.call<null, StartAlgorithm>("strategy-orders.start", {
    order,
    algorithm: { name: algorithm.name, parameters },
    reasons: verdict.verdict === "denied" ? verdict.reasons : [],
  });
}
