import type { ServiceSchema } from "moleculer";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/risk-factors.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { explain } from "./factors/explain.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** What moves a portfolio: exposures to factors. */
export function factorsService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  return {
    name: "factors",
    actions: {
      explain: {
        ...heavyRead(4, 32),
        params: routes.explainByFactors.input.validator,
        handler: (ctx: RequestContext<Params<"factors.explain">>) => explain(node, access, ctx),
      },
    },
  };
}
