import { RestError } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { PerformanceView } from "../../../mixins/rest/routes/performance.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { toPositionViews } from "../portfolio-views.ts";
import { readNow } from "../read-portfolio.ts";
import { readPerformance } from "./read.ts";
import { reportPage } from "./report-page.ts";

type Params = ActionMap["performance.report"]["params"];

/** The page of a portfolio; one that has no history yet has a page that says so. */
export async function readReport(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params>,
): Promise<string> {
  const performance = await performanceOrWhy(node, access, ctx);
  const { summary, marks } = await readNow(node, ctx, ctx.params.portfolioId);
  return reportPage({
    name: summary.name,
    status: summary.status,
    currency: summary.baseCurrency,
    performance,
    positions: toPositionViews(summary, marks),
  });
}

async function performanceOrWhy(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params>,
): Promise<PerformanceView | string> {
  try {
    return await readPerformance(node, access, ctx);
  } catch (error) {
    if (error instanceof RestError && error.type === "INSUFFICIENT_DATA") return error.message;
    throw error;
  }
}
