import type { ServiceSchema } from "moleculer";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/risk-construction.ts";
import * as rebalanceRoutes from "../../mixins/rest/routes/risk-rebalance.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { optimizePortfolio } from "./construction/optimize.ts";
import { orderRebalance } from "./construction/rebalance-orders.ts";
import { proposeRebalance } from "./construction/rebalance.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** What to hold, and the trades that lead there. */
export function constructionService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  return {
    name: "risk-construction",
    actions: {
      optimize: {
        ...heavyRead(4, 32),
        params: routes.optimisePortfolio.input.validator,
        handler: (ctx: RequestContext<Params<"risk-construction.optimize">>) =>
          optimizePortfolio(node.compute, ctx, node.clock.now()),
      },
      rebalance: {
        ...heavyRead(4, 32),
        params: rebalanceRoutes.proposeRebalance.input.validator,
        handler: (ctx: RequestContext<Params<"risk-construction.rebalance">>) =>
          proposeRebalance(node, access, ctx),
      },
      rebalanceOrders: {
        params: rebalanceRoutes.orderRebalance.input.validator,
        handler: (ctx: RequestContext<Params<"risk-construction.rebalanceOrders">>) =>
          orderRebalance(node, access, ctx),
      },
    },
  };
}
