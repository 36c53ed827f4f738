import type { OrderCommand, OrderReply, OrderSummary } from "../../domain/order/messages.ts";
import type {
  AmendVerdict,
  OrderChanges,
  PortfolioCommand,
} from "../../domain/portfolio/messages.ts";
import { toldBy } from "../../mixins/actor/envelope.ts";
import { besideId, bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { denied, RestError } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { marketOf } from "./market-of.ts";
import { toOrderView } from "./order-views.ts";

type Amend = ActionMap["orders.amend"]["params"];

const NAMESPACE = "7f2b9a44-0d1e-4c8b-9a57-3be6d5c2e801";

/**
 * Amends an order: the portfolio checks it with its new terms and holds for both in one turn, then the order's actor sends
 * the amendment. Answered when that is durable; the order is then `pendingReplace` until its broker answers.
 * @throws RestError 422 ORDER_DENIED with every reason; 409 ORDER_NOT_AMENDABLE, ORDER_CLOSED, AMEND_PENDING
 */
export async function amendOrder(
  node: NodeContext,
  ctx: RequestContext<Amend>,
  order: OrderSummary,
): Promise<OrderView> {
  if (order.parent?.type === "algo")
    throw new RestError(
      "ORDER_NOT_AMENDABLE",
      `order ${order.orderId} is a slice of order ${order.parent.id}, which sees to its terms`,
    );
  const { userId, tenantId, role } = userOf(ctx);
  const { orderId, quantity, price, stopPrice } = ctx.params;
  const changes: OrderChanges = {
    ...(quantity !== undefined && { orderQty: quantity }),
    ...(price !== undefined && { price }),
    ...(stopPrice !== undefined && { stopPx: stopPrice }),
  };
  const amendId = amendIdOf(node, ctx);
  const { symbol, brokerAccountId, venue } = order;
  const market = await marketOf(node, (action, params) => ctx.call(action, params), {
    symbol,
    portfolioId: order.portfolioId,
    tenantId,
    placedBy: userId,
    role,
    ...(brokerAccountId !== undefined && { brokerAccountId }),
    ...(venue !== null && { exDestination: venue }),
  });
  const command: PortfolioCommand = {
    type: "AmendOrder",
    orderId,
    amendId,
    changes,
    market,
    requestedBy: userId,
  };
  const portfolio = { type: "portfolio", id: order.portfolioId };
  const deadline = deadlineOf(ctx, node.clock);
  const hash = bodyHash({ orderId, ...changes });
  const options = { commandId: amendId, bodyHash: hash, ...deadline };
  const answer = await node.actors.call(portfolio, command, options);
  if (answer.isReplay) ctx.meta.isReplay = true;
  // sound: what the portfolio's decider replies to AmendOrder
  const verdict = answer.reply as unknown as AmendVerdict;
  if (verdict.verdict === "denied") throw denied(verdict.reasons, orderId);
  // sound: the order's decider replies so to every command
  const told = toldBy(answer, { type: "order", id: orderId }) as unknown as OrderReply | undefined;
  const reply =
    told ?? (await send(node, order, { amendId, terms: verdict.terms, userId }, deadline));
  if (reply.refused !== undefined)
    throw new RestError("ORDER_NOT_AMENDABLE", `order ${orderId} is as it was: ${reply.refused}`);
  return toOrderView(reply.order);
}

function amendIdOf(node: NodeContext, ctx: RequestContext<Amend>): string {
  const { idempotencyKey: key } = ctx.meta;
  const { orderId } = ctx.params;
  return key === undefined
    ? node.newId()
    : uuidv5(NAMESPACE, `${orderId}:${userOf(ctx).userId}:${key}`);
}

/** The portfolio's word to the order, under the id that it sends it with itself. */
async function send(
  node: NodeContext,
  { orderId, portfolioId }: OrderSummary,
  {
    amendId,
    terms,
    userId,
  }: {
    readonly amendId: string;
    readonly terms: Extract<OrderCommand, { readonly type: "RequestReplace" }>["terms"];
    readonly userId: string;
  },
  deadline: { readonly deadlineMs?: number },
): Promise<OrderReply> {
  const command: OrderCommand = { type: "RequestReplace", amendId, terms, requestedBy: userId };
  const answer = await node.actors.call({ type: "order", id: orderId }, command, {
    // What the portfolio's `env.id("amend")` made of the same command.
    commandId: besideId(portfolioId, amendId, "amend"),
    ...deadline,
  });
  // sound: the order's decider replies so to every command
  return answer.reply as unknown as OrderReply;
}
