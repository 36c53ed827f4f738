import { PAPER_FEES } from "../../domain/execution/fees.ts";
import type { OrderCommand, OrderReply } from "../../domain/order/messages.ts";
import type { NewOrder } from "../../domain/order/new-order.ts";
import type {
  MarketView,
  OrderVerdict,
  PortfolioCommand,
} from "../../domain/portfolio/messages.ts";
import type { ActorRef } from "../../domain/shared/decider.ts";
import type { CallOptions } from "../../mixins/actor/client.ts";
import type { Answer } from "../../mixins/actor/envelope.ts";
import { ActorError } from "../../mixins/actor/errors.ts";
import { besideId, bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { denied, RestError } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import { claimRequestKey } from "../../models/request-keys.ts";
import type { RequestContext, RequestUser } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { withIds } from "../logging.ts";
import { toOrderView } from "./order-views.ts";

type Create = ActionMap["orders.create"]["params"];

const NAMESPACE = "c41d7a0b-2f6e-4d83-9b5a-7e08f1c2a964";

/**
 * Takes an order from REST: the portfolio checks it and holds what it needs in one turn, then the order's actor is born.
 * Answered when both are durable. The order's id follows from its clOrdId, or else from the idempotency key, so that a
 * repeat finds the same order; without either it is a new one.
 * @throws RestError 404, 403; 422 ORDER_DENIED with every reason
 */
export async function placeOrder(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Create>,
): Promise<OrderView> {
  const user = userOf(ctx);
  const { params, meta } = ctx;
  await access.requireTrade(user, params.portfolioId);
  const hash = bodyHash(params);
  const market = await marketOf(ctx);
  const deadline = deadlineOf(ctx, node.clock);
  // A dry run changes nothing, so what its key was used for before does not matter.
  if (params.dryRun === true)
    return checkOnly(node, newOrder(node, user, params, undefined), market, deadline);
  const order = newOrder(node, user, params, meta.idempotencyKey);
  const key = keyOf(user, meta.idempotencyKey);
  const commandId = uuidv5(NAMESPACE, `request:${order.orderId}`);
  const command: PortfolioCommand = { type: "RequestOrder", order, market };
  const portfolio = { type: "portfolio", id: order.portfolioId };
  const answer = await request(
    node,
    portfolio,
    command,
    { commandId, bodyHash: hash, ...key, ...deadline },
    params,
  );
  if (answer.isReplay) meta.isReplay = true;
  // sound: what the portfolio's decider replies to RequestOrder
  const verdict = answer.reply as unknown as OrderVerdict;
  // sound: the order's decider replies so to every command
  const born = answer.told?.[`order:${order.orderId}`] as unknown as OrderReply | undefined;
  const placed = born ?? (await bear(node, order.portfolioId, commandId, verdict, deadline));
  const log = withIds(node.log, {
    requestId: ctx.requestID ?? "",
    actor: `portfolio:${portfolio.id}`,
    orderId: order.orderId,
  });
  if (verdict.verdict === "denied") {
    log.info({ reasons: verdict.reasons }, "an order was denied");
    throw denied(verdict.reasons, order.orderId);
  }
  log.debug({ isReplay: answer.isReplay }, "an order was placed");
  return toOrderView(placed.order);
}

type Keyed = Pick<CallOptions, "requestKey">;

/** A key comes with one body: the order's id says nothing of another portfolio or clOrdId under the same key. */
function keyOf({ userId }: RequestUser, key: string | undefined): Keyed {
  return key === undefined ? {} : { requestKey: { scope: `orders:${userId}`, key } };
}

/**
 * The key is claimed in the commit of the order. Where there is none, because the order is on record or was refused, it is
 * claimed here, before anybody hears of it.
 */
async function request(
  node: NodeContext,
  portfolio: ActorRef,
  command: PortfolioCommand,
  options: CallOptions & { readonly bodyHash: string },
  { clOrdId }: Create,
): Promise<Answer> {
  try {
    const answer = await node.actors.call(portfolio, command, options);
    if (answer.isReplay) await claimKey(node, options);
    return answer;
  } catch (error) {
    const isReused = error instanceof ActorError && error.code === "IDEMPOTENCY_KEY_REUSED";
    if (isReused || (error instanceof Error && error.name === "Refusal"))
      await claimKey(node, options);
    throw isReused && clOrdId !== undefined ? clOrdIdReused(clOrdId) : error;
  }
}

/** Tells a client which of its two keys it has used before. */
function clOrdIdReused(clOrdId: string): RestError {
  const message = `clOrdId ${clOrdId} was used in this portfolio with other terms`;
  return new RestError("IDEMPOTENCY_KEY_REUSED", message, {
    errors: [{ path: "clOrdId", code: "INVALID_VALUE", message: "was used with other terms" }],
  });
}

/** @throws RestError 422 when the key came with another body before */
async function claimKey(
  { pool }: NodeContext,
  { requestKey, bodyHash: hash }: Keyed & { readonly bodyHash: string },
): Promise<void> {
  if (requestKey === undefined) return;
  const { scope, key } = requestKey;
  if (await claimRequestKey(pool, scope, key, hash)) return;
  throw new RestError("IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used with another order");
}

function newOrder(
  node: NodeContext,
  user: RequestUser,
  params: Create,
  key: string | undefined,
): NewOrder {
  const { portfolioId, clOrdId } = params;
  const orderId = besideId(portfolioId, NAMESPACE, identity(node, user, params, key));
  return {
    orderId,
    clOrdId: clOrdId ?? orderId,
    tenantId: user.tenantId,
    portfolioId,
    symbol: params.symbol,
    side: params.side,
    ordType: params.type,
    orderQty: params.quantity,
    ...(params.price !== undefined && { price: params.price }),
    timeInForce: params.timeInForce,
    placedBy: user.userId,
  };
}

function identity(
  node: NodeContext,
  user: RequestUser,
  params: Create,
  key: string | undefined,
): string {
  const { portfolioId, clOrdId } = params;
  if (clOrdId !== undefined) return `clOrdId:${portfolioId}:${clOrdId}`;
  if (key !== undefined) return `key:${portfolioId}:${user.userId}:${key}`;
  return `new:${node.newId()}`;
}

async function marketOf(ctx: RequestContext<Create>): Promise<MarketView> {
  const { symbol } = ctx.params;
  const seen = await ctx.call<Omit<MarketView, "feeBps">, { symbol: string }>(
    "symbols.marketView",
    { symbol },
  );
  return { ...seen, feeBps: PAPER_FEES.takerBps };
}

/**
 * The portfolio's verdict tells the order's actor of itself, as an effect that no crash can lose, but gives us a moment to
 * send the same command, whose answer we need; should both send it, the second is a repeat.
 */
async function bear(
  node: NodeContext,
  portfolioId: string,
  commandId: string,
  verdict: OrderVerdict,
  deadline: { readonly deadlineMs?: number },
): Promise<OrderReply> {
  if (verdict.verdict === "none")
    throw new Error(`an order was neither approved nor denied: ${verdict.reason}`);
  const command: OrderCommand =
    verdict.verdict === "approved"
      ? { type: "Place", order: verdict.order }
      : { type: "RecordDenial", order: verdict.order, reasons: verdict.reasons };
  const answer = await node.actors.call({ type: "order", id: verdict.order.orderId }, command, {
    // What the portfolio's `env.id("birth")` made of the same command.
    commandId: besideId(portfolioId, commandId, "birth"),
    isBirth: true,
    ...deadline,
  });
  // sound: the order's decider replies so to every command
  return answer.reply as unknown as OrderReply;
}

/** The check alone: nothing is held, placed or recorded. */
async function checkOnly(
  node: NodeContext,
  order: NewOrder,
  market: MarketView,
  deadline: { readonly deadlineMs?: number },
): Promise<OrderView> {
  const command: PortfolioCommand = { type: "CheckOrder", order, market };
  const answer = await node.actors.call({ type: "portfolio", id: order.portfolioId }, command, {
    commandId: node.newId(),
    isDeduplicated: false,
    ...deadline,
  });
  // sound: what the portfolio's decider replies to CheckOrder
  const verdict = answer.reply as unknown as OrderVerdict;
  if (verdict.verdict === "denied") throw denied(verdict.reasons);
  const now = isoTime(node.clock.now());
  return {
    orderId: order.orderId,
    clOrdId: order.clOrdId,
    portfolioId: order.portfolioId,
    symbol: order.symbol,
    side: order.side,
    type: order.ordType,
    quantity: order.orderQty,
    price: order.price ?? null,
    timeInForce: order.timeInForce,
    status: "pendingNew",
    cumQuantity: "0",
    leavesQuantity: order.orderQty,
    averagePrice: null,
    fees: "0",
    currency: market.instrument?.currency ?? null,
    venue: market.instrument?.venue ?? null,
    venueOrderId: null,
    placedBy: order.placedBy,
    signalId: null,
    text: null,
    dryRun: true,
    createdAt: now,
    updatedAt: now,
  };
}
