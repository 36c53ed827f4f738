import { bodyHash } from "../../../mixins/actor/ids.ts";
import { RestError } from "../../../mixins/rest/rest-error.ts";
import type { BasketView } from "../../../mixins/rest/routes/baskets.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { RebalanceView } from "../../../mixins/rest/routes/risk-rebalance.ts";
import { answerOnce, claimUpload } from "../../../models/upload-answers.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf, type PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { proposeRebalance } from "./rebalance.ts";

type Asked = ActionMap["risk-construction.rebalanceOrders"]["params"];

/** @throws RestError 422 where there is nothing to trade, and whatever the placing of a basket throws */
export async function orderRebalance(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Asked>,
): Promise<ActionMap["risk-construction.rebalanceOrders"]["result"]> {
  const { portfolioId } = ctx.params;
  await access.requireTrade(userOf(ctx), portfolioId);
  const rebalance = await proposeOnce(node, access, ctx);
  if (rebalance.proposals.length === 0)
    throw new RestError("SIZE_IS_ZERO", "weights, lots and limits leave nothing to trade");
  const orders = rebalance.proposals.map(({ symbol, side, quantity, price }) => ({
    symbol,
    side,
    type: "limit",
    quantity,
    price,
    timeInForce: "day",
  }));
  const basket = await ctx.call<BasketView, unknown>("groups.createBasket", {
    portfolioId,
    orders,
    mode: "independent",
  });
  return { rebalance, basket };
}

/**
 * Under an Idempotency-Key what was first made of the market stays: the basket of a repeat has the same orders, and is the same.
 * @throws RestError 422 when the key came with another body before
 */
async function proposeOnce(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Asked>,
): Promise<RebalanceView> {
  const { idempotencyKey: key } = ctx.meta;
  if (key === undefined) return proposeRebalance(node, access, ctx);
  const scope = `rebalances:${userOf(ctx).userId}`;
  const claim = await claimUpload(node.pool, scope, key, bodyHash(ctx.params));
  if (claim.kind === "reused")
    throw new RestError(
      "IDEMPOTENCY_KEY_REUSED",
      "this Idempotency-Key was used with another body",
    );
  const kept =
    claim.kind === "answered"
      ? claim.answer
      : await answerOnce(node.pool, scope, key, await proposeRebalance(node, access, ctx));
  // sound: only views of rebalances are kept in this scope
  return kept as unknown as RebalanceView;
}
