import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { dec } from "../../../domain/shared/decimal.ts";
import { findView } from "../../../models/views.ts";
import type { NodeContext } from "../../context.ts";

/** Which way a position stands, or an order goes. */
export type Direction = -1 | 0 | 1;

/** The portfolio that a strategy trades for, as its last turn left it. */
export async function readSummary(
  node: NodeContext,
  portfolioId: string,
): Promise<PortfolioSummary | null> {
  const view = await findView(node.pool, "portfolio", portfolioId);
  // sound: written by the projection of a portfolio
  return (view?.doc ?? null) as unknown as PortfolioSummary | null;
}

export async function heldIn(
  node: NodeContext,
  portfolioId: string,
  symbol: string,
): Promise<Direction> {
  const summary = await readSummary(node, portfolioId);
  const position = summary?.positions.find((one) => one.symbol === symbol);
  const quantity = dec(position?.quantity ?? "0");
  return quantity.isZero() ? 0 : quantity.isNegative() ? -1 : 1;
}
