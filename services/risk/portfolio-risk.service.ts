import type { ServiceSchema } from "moleculer";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import { getPortfolioRisk } from "../../mixins/rest/routes/risk-portfolio.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { portfolioRisk } from "./report/portfolio-risk.ts";

type Params = ActionMap["portfolio-risk.report"]["params"];

/** Everything that is risked by one portfolio, in one answer. */
export function portfolioRiskService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  return {
    name: "portfolio-risk",
    actions: {
      report: {
        ...heavyRead(4, 64),
        params: getPortfolioRisk.input.validator,
        handler: (ctx: RequestContext<Params>) => portfolioRisk(node, access, ctx),
      },
    },
  };
}
