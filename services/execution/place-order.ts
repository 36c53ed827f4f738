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
  const market = await marketOf(node, params.symbol);
  // A dry run changes nothing, so what its key was used for before does not matter.
  if (params.dryRun === true)
    return checkOnly(node, newOrder(node, user, params, undefined), market);
  const order = newOrder(node, user, params, meta.idempotencyKey);
  await claimKey(node, user, meta.idempotencyKey, hash);
  const deadline = meta.deadlineMs === undefined ? {} : { deadlineMs: meta.deadlineMs };
  const commandId = uuidv5(NAMESPACE, `request:${order.orderId}`);
  const command: PortfolioCommand = { type: "RequestOrder", order, market };
  const portfolio = { type: "portfolio", id: order.portfolioId };
  const answer = await request(
    node,
    portfolio,
    command,
    { commandId, bodyHash: hash, ...deadline },
    params,
  );
  if (answer.isReplay) meta.isReplay = true;
  // sound: what the portfolio's decider replies to RequestOrder
  const verdict = answer.reply as unknown as OrderVerdict;
  const placed = await bear(node, order.portfolioId, commandId, verdict, deadline);
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

/** Tells a client which of its two keys it has used before. */
async function request(
  node: NodeContext,
  portfolio: ActorRef,
  command: PortfolioCommand,
  options: CallOptions,
  { clOrdId }: Create,
): Promise<Answer> {
  try {
    return await node.actors.call(portfolio, command, options);
  } catch (error) {
    const isReused = error instanceof ActorError && error.code === "IDEMPOTENCY_KEY_REUSED";
    if (!isReused || clOrdId === undefined) throw error;
    const message = `clOrdId ${clOrdId} was used in this portfolio with other terms`;
    throw new RestError("IDEMPOTENCY_KEY_REUSED", message, {
      errors: [{ path: "clOrdId", code: "INVALID_VALUE", message: "was used with other terms" }],
    });
  }
}

/** A key comes with one body: the order's id says nothing of another portfolio or clOrdId under the same key. */
async function claimKey(
  node: NodeContext,
  user: RequestUser,
  key: string | undefined,
  hash: string,
): Promise<void> {
  if (key === undefined) return;
  if (await claimRequestKey(node.pool, `orders:${user.userId}`, key, hash)) return;
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

async function marketOf(node: NodeContext, symbol: string): Promise<MarketView> {
  const seen = await node.broker.call<Omit<MarketView, "feeBps">, { symbol: string }>(
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
): Promise<OrderView> {
  const command: PortfolioCommand = { type: "CheckOrder", order, market };
  const answer = await node.actors.call({ type: "portfolio", id: order.portfolioId }, command, {
    commandId: node.newId(),
    isDeduplicated: false,
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
