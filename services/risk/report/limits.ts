import { COUNT_LIMITS, NUMBER_LIMITS } from "../../../domain/risk/live/policy.ts";
import type { RiskLimitsView } from "../../../mixins/rest/routes/risk-limits.ts";
import type { PortfolioRiskView } from "../../../mixins/rest/routes/risk-portfolio.ts";
import type { RequestContext } from "../../../types/contracts.ts";

/** The limits that are set, and where the portfolio stands. */
export async function limitsOf(
  ctx: RequestContext,
  portfolioId: string,
): Promise<PortfolioRiskView["limits"]> {
  const view = await ctx.call<RiskLimitsView, unknown>("limits.get", { portfolioId });
  return [...NUMBER_LIMITS, ...COUNT_LIMITS].flatMap((limit) => {
    const { warning, breach, current, level } = view[limit];
    return level === "unset" ? [] : [{ limit, current, warning, breach, level }];
  });
}
