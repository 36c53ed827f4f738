import type { PortfolioSummary } from "../../domain/portfolio/messages.ts";
import { portfolio as decider } from "../../domain/portfolio/portfolio.ts";
import { summarize } from "../../domain/portfolio/state.ts";
import type { Marks, Rates } from "../../domain/portfolio/valuation.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { notFound } from "../../mixins/rest/rest-error.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { eventsAsOf, fold } from "../history.ts";
import { ratesOf } from "./fx.ts";

/** A portfolio and the prices to value it by, at one instant. */
export interface PortfolioReading {
  readonly summary: PortfolioSummary;
  readonly marks: Marks;
  /** of the currencies that it keeps beside the base currency */
  readonly rates: Rates;
  readonly asOfMs: number;
}

interface AtAnInstant {
  readonly portfolioId: string;
  readonly asOf: number;
}

/** Now, or as recorded at an instant. */
export async function readPortfolio(
  node: NodeContext,
  ctx: RequestContext<{ readonly portfolioId: string; readonly asOf?: number | undefined }>,
): Promise<PortfolioReading> {
  const { portfolioId, asOf } = ctx.params;
  // An action of its own, because it is heavy and this one is not.
  if (asOf !== undefined)
    return ctx.call<PortfolioReading, AtAnInstant>("portfolios.recorded", { portfolioId, asOf });
  return readNow(node, ctx, portfolioId);
}

/** As it stands. @throws RestError 404 */
export async function readNow(
  node: NodeContext,
  ctx: RequestContext,
  portfolioId: string,
): Promise<PortfolioReading> {
  const { deadlineMs } = deadlineOf(ctx, node.clock);
  const read = await node.actors.read({ type: "portfolio", id: portfolioId }, deadlineMs);
  // sound: the portfolio kind's summary
  const summary = read.summary as unknown as PortfolioSummary | null;
  if (summary === null) throw notFound("portfolio", portfolioId);
  const [marks, rates] = await Promise.all([marksNow(ctx, summary), ratesOf(ctx, summary)]);
  return { summary, marks, rates, asOfMs: node.clock.now() };
}

/** From all its events up to an instant, with the prices that were known then. */
export async function readRecorded(
  node: NodeContext,
  ctx: RequestContext<AtAnInstant>,
): Promise<PortfolioReading> {
  const { portfolioId, asOf } = ctx.params;
  const ref = { type: "portfolio", id: portfolioId };
  const events = await eventsAsOf(node, ref, asOf, deadlineOf(ctx, node.clock));
  const summary = summarize(fold(decider, portfolioId, events));
  if (summary === null) throw notFound("portfolio", `${portfolioId} at that instant`);
  const [marks, rates] = await Promise.all([
    marksAt(ctx, summary, asOf),
    ratesOf(ctx, summary, asOf),
  ]);
  return { summary, marks, rates, asOfMs: asOf };
}

/** What is held, and what a margin portfolio has ordered. */
function symbolsOf({ positions, margin }: PortfolioSummary): string[] {
  const lines = margin?.lines ?? [];
  return [...new Set([...positions, ...lines].map(({ symbol }) => symbol))];
}

export async function marksNow(ctx: RequestContext, summary: PortfolioSummary): Promise<Marks> {
  const symbols = symbolsOf(summary);
  return symbols.length === 0 ? {} : ctx.call<Marks, unknown>("symbols.marks", { symbols });
}

async function marksAt(
  ctx: RequestContext,
  summary: PortfolioSummary,
  knownAtMs: number,
): Promise<Marks> {
  const symbols = symbolsOf(summary);
  return symbols.length === 0
    ? {}
    : ctx.call<Marks, unknown>("market-data.marksAt", { symbols, knownAtMs });
}
