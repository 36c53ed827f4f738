import { marginState } from "../../../domain/portfolio/margin/margin-state.ts";
import type { MarginCommand } from "../../../domain/portfolio/margin/messages.ts";
import type { RiskBoard } from "../../../domain/portfolio/market-view.ts";
import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { dec } from "../../../domain/shared/decimal.ts";
import type { NodeContext } from "../../context.ts";
import { boardOf, ratesOf } from "./board.ts";
import { inputOf } from "./margin-view.ts";

/** Tells the portfolios that have come to need a margin call, and those that have met theirs: they judge it by themselves. */
export async function watchMargin(
  node: NodeContext,
  summaries: readonly PortfolioSummary[],
  isStopped: () => boolean,
): Promise<void> {
  const margined = summaries.filter(isAtRisk);
  const { marks, asOfMs } = await boardOf(node.broker, margined, node.clock.now());
  for (const summary of margined) {
    if (isStopped()) return;
    const board: RiskBoard = { marks, asOfMs, rates: await ratesOf(node.broker, summary) };
    if (isNews(summary, board)) await tell(node, summary.portfolioId, board);
  }
}

/** Without positions there is no requirement, and only a call to be ended. */
function isAtRisk({ margin, positions }: PortfolioSummary): boolean {
  return margin !== undefined && (positions.length > 0 || margin.call !== null);
}

function isNews(summary: PortfolioSummary, board: RiskBoard): boolean {
  const input = inputOf(summary);
  if (input === null) return false;
  const state = marginState(input, board);
  if ("missing" in state) return false;
  return dec(state.maintenanceExcess).isNegative() === (summary.margin?.call === null);
}

/** One portfolio that cannot be told does not keep the others from it. */
async function tell(node: NodeContext, portfolioId: string, board: RiskBoard): Promise<void> {
  const command: MarginCommand = { type: "CheckMargin", board };
  try {
    await node.actors.call({ type: "portfolio", id: portfolioId }, command, {
      commandId: node.newId(),
      // What is known already changes nothing: repeats need no memory.
      isDeduplicated: false,
    });
  } catch (err) {
    node.log.warn({ err, portfolioId }, "a portfolio could not be told of its margin");
  }
}
