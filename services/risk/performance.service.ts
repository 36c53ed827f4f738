import type { ServiceSchema } from "moleculer";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/performance.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { readAttribution, readPerformance } from "./performance/read.ts";
import { readReport } from "./performance/report.ts";

type Params = ActionMap["performance.get"]["params"];

/** How portfolios have done. */
export function performanceService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  return {
    name: "performance",
    actions: {
      get: {
        ...heavyRead(2, 16),
        params: routes.getPerformance.input.validator,
        handler: (ctx: RequestContext<Params>) => readPerformance(node, access, ctx),
      },
      attribute: {
        ...heavyRead(2, 16),
        params: routes.attributePortfolio.input.validator,
        handler: (ctx: RequestContext<ActionMap["performance.attribute"]["params"]>) =>
          readAttribution(node, access, ctx),
      },
      report: {
        ...heavyRead(2, 16),
        params: routes.getReport.input.validator,
        handler: (ctx: RequestContext<Params>): Promise<string> => readReport(node, access, ctx),
      },
    },
  };
}
