import type { PortfolioSummary } from "../../domain/portfolio/messages.ts";
import { portfolio as decider } from "../../domain/portfolio/portfolio.ts";
import { summarize } from "../../domain/portfolio/state.ts";
import type { Marks } from "../../domain/portfolio/valuation.ts";
import { notFound } from "../../mixins/rest/rest-error.ts";
import type { NodeContext } from "../context.ts";
import { eventsAsOf, fold } from "../history.ts";

/** A portfolio and the prices to value it by, at one instant. */
export interface PortfolioReading {
  readonly summary: PortfolioSummary;
  readonly marks: Marks;
  readonly asOfMs: number;
}

/** Now, or as recorded at an instant: then with the prices that were known at that instant. */
export async function readPortfolio(
  node: NodeContext,
  { portfolioId, asOf }: { readonly portfolioId: string; readonly asOf?: number | undefined },
): Promise<PortfolioReading> {
  const ref = { type: "portfolio", id: portfolioId };
  if (asOf === undefined) {
    const read = await node.actors.read(ref);
    // sound: the portfolio kind's summary
    const summary = read.summary as unknown as PortfolioSummary | null;
    if (summary === null) throw notFound("portfolio", portfolioId);
    return { summary, marks: await marksNow(node, summary), asOfMs: node.clock.now() };
  }
  const summary = summarize(fold(decider, portfolioId, await eventsAsOf(node, ref, asOf)));
  if (summary === null) throw notFound("portfolio", `${portfolioId} at that instant`);
  return { summary, marks: await marksAt(node, summary, asOf), asOfMs: asOf };
}

function symbolsOf(summary: PortfolioSummary): string[] {
  return summary.positions.map((position) => position.symbol);
}

export async function marksNow(node: NodeContext, summary: PortfolioSummary): Promise<Marks> {
  const symbols = symbolsOf(summary);
  return symbols.length === 0 ? {} : node.broker.call<Marks, unknown>("symbols.marks", { symbols });
}

async function marksAt(
  node: NodeContext,
  summary: PortfolioSummary,
  knownAtMs: number,
): Promise<Marks> {
  const symbols = symbolsOf(summary);
  return symbols.length === 0
    ? {}
    : node.broker.call<Marks, unknown>("market-data.marksAt", { symbols, knownAtMs });
}
