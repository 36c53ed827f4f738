import { HISTORICAL } from "../../../domain/risk/stress/historical.ts";
import type { PortfolioRiskView } from "../../../mixins/rest/routes/risk-portfolio.ts";
import type { StressView } from "../../../mixins/rest/routes/risk-stress-views.ts";
import type { RequestContext } from "../../../types/contracts.ts";

/** What the historical scenarios would do to a portfolio, in short. */
export async function stressOf(
  ctx: RequestContext,
  portfolioId: string,
): Promise<PortfolioRiskView["stress"]> {
  const scenarios = HISTORICAL.map(({ id }) => ({ kind: "historical", name: id }));
  const view = await ctx.call<StressView, unknown>("stress.test", { portfolioId, scenarios });
  return view.scenarios.map(({ name, change, changePct, coveredPct }) => ({
    name,
    change,
    changePct,
    coveredPct,
  }));
}
