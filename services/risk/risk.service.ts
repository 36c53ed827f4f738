import type { ServiceSchema } from "moleculer";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/risk-measures.ts";
import { valueAtRisk as varRoute } from "../../mixins/rest/routes/risk-var.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { backtest, volatility } from "./measures/models.ts";
import { tail } from "./measures/tail.ts";
import { valueAtRisk } from "./measures/value-at-risk.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** How much may be lost: value at risk, its back-tests, volatilities and tails. */
export function riskService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  return {
    name: "risk",
    actions: {
      valueAtRisk: {
        ...heavyRead(8, 128),
        params: varRoute.input.validator,
        handler: (ctx: RequestContext<Params<"risk.valueAtRisk">>) =>
          valueAtRisk(node, access, ctx),
      },
      backtestVar: {
        params: routes.backtestVar.input.validator,
        handler: ({ params }: RequestContext<Params<"risk.backtestVar">>) => backtest(node, params),
      },
      modelVolatility: {
        ...heavyRead(4, 64),
        params: routes.modelVolatility.input.validator,
        handler: (ctx: RequestContext<Params<"risk.modelVolatility">>) =>
          volatility(node, access, ctx),
      },
      fitTail: {
        ...heavyRead(4, 64),
        params: routes.fitTail.input.validator,
        handler: ({ params }: RequestContext<Params<"risk.fitTail">>) => tail(node, params),
      },
    },
  };
}
