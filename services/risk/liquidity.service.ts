import type { ServiceSchema } from "moleculer";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import { measureLiquidity } from "../../mixins/rest/routes/risk-liquidity.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { liquidity } from "./liquidity/liquidity.ts";

type Params = ActionMap["liquidity.measure"]["params"];

/** How fast positions could be turned into cash, and at what cost. */
export function liquidityService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  return {
    name: "liquidity",
    actions: {
      measure: {
        ...heavyRead(4, 32),
        params: measureLiquidity.input.validator,
        handler: (ctx: RequestContext<Params>) => liquidity(node, access, ctx),
      },
    },
  };
}
