import type { ServiceSchema } from "moleculer";
import { bodyHash } from "../../mixins/actor/ids.ts";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import { RestError } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import * as routes from "../../mixins/rest/routes/risk-sizing.ts";
import type { PositionSizeView } from "../../mixins/rest/routes/risk-sizing.ts";
import { answerOnce, claimUpload } from "../../models/upload-answers.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess, userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { sizePosition } from "./sizing/size.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** How much to hold, and the order that makes it so. */
export function sizingService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  return {
    name: "sizing",
    actions: {
      size: {
        ...heavyRead(8, 64),
        params: routes.sizePosition.input.validator,
        handler: (ctx: RequestContext<Params<"sizing.size">>) => sizePosition(node, access, ctx),
      },
      order: {
        params: routes.orderSized.input.validator,
        handler: (ctx: RequestContext<Params<"sizing.order">>) => order(node, access, ctx),
      },
    },
  };
}

/** @throws RestError 422 where the size is 0, and whatever the placing of an order throws */
async function order(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"sizing.order">>,
): Promise<ActionMap["sizing.order"]["result"]> {
  const { portfolioId } = ctx.params;
  if (portfolioId !== undefined) await access.requireTrade(userOf(ctx), portfolioId);
  const size = await sizeOnce(node, access, ctx);
  if (size.proposal === null)
    throw new RestError("SIZE_IS_ZERO", "the method and the limits leave nothing to order");
  const placed = await ctx.call<OrderView, unknown>("orders.create", size.proposal);
  return { size, orderId: placed.orderId, status: placed.status };
}

/**
 * Under an Idempotency-Key what was first made of the market stays: the order of a repeat has the same terms, and is the same.
 * @throws RestError 422 when the key came with another body before
 */
async function sizeOnce(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"sizing.order">>,
): Promise<PositionSizeView> {
  const { idempotencyKey: key } = ctx.meta;
  if (key === undefined) return sizePosition(node, access, ctx);
  const scope = `sized-orders:${userOf(ctx).userId}`;
  const claim = await claimUpload(node.pool, scope, key, bodyHash(ctx.params));
  if (claim.kind === "reused")
    throw new RestError(
      "IDEMPOTENCY_KEY_REUSED",
      "this Idempotency-Key was used with another body",
    );
  const size =
    claim.kind === "answered"
      ? claim.answer
      : await answerOnce(node.pool, scope, key, await sizePosition(node, access, ctx));
  // sound: only views of sizes are kept in this scope
  return size as unknown as PositionSizeView;
}
