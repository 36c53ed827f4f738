import type { OrderCommand, OrderReply } from "../../domain/order/messages.ts";
import type { NewOrder } from "../../domain/order/new-order.ts";
import type {
  MarketView,
  OrderVerdict,
  PortfolioCommand,
} from "../../domain/portfolio/messages.ts";
import { toldBy } from "../../mixins/actor/envelope.ts";
import { besideId, bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { denied } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import { claimRequestKey } from "../../models/request-keys.ts";
import { findView, findViews } from "../../models/views.ts";
import type { RequestContext, RequestUser } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { withIds } from "../logging.ts";
import { claimKey, clOrdIdReused, keyOf, request } from "./keyed-request.ts";
import { marketOf } from "./market-of.ts";
import { summaryOf, toView } from "./order-records.ts";
import { asIfPlaced, particularsOf } from "./order-terms.ts";
import { toOrderView } from "./order-views.ts";
import { startGroup } from "./start-group.ts";
import { checkStrategy, denyParent, startParent } from "./start-parent.ts";

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
  const deadline = deadlineOf(ctx, node.clock);
  // A dry run changes nothing, so what its key was used for before does not matter.
  const isDry = params.dryRun === true;
  const order = newOrder(node, user, params, isDry ? undefined : meta.idempotencyKey);
  if (params.strategy !== undefined) checkStrategy(order, params.strategy);
  const asked = { ...order, role: user.role };
  const [market] = await Promise.all([
    marketOf(node, (action, what) => ctx.call(action, what), asked),
    refuseOtherKind(node, order.orderId, params),
  ]);
  if (params.contingency !== undefined) return startGroup(node, ctx, order, params.contingency);
  if (isDry) return checkOnly(node, order, market, deadline);
  if (params.strategy !== undefined)
    return placeParent(node, ctx, { order, market, strategy: params.strategy });
  const key = keyOf(user, meta.idempotencyKey);
  const commandId = uuidv5(NAMESPACE, `request:${order.orderId}`);
  const command: PortfolioCommand = { type: "RequestOrder", order, market };
  const portfolio = { type: "portfolio", id: order.portfolioId };
  const answer = await request(
    node,
    portfolio,
    command,
    { commandId, bodyHash: hash, ...key, ...deadline },
    params.clOrdId,
  );
  if (answer.isReplay) meta.isReplay = true;
  // sound: what the portfolio's decider replies to RequestOrder
  const verdict = answer.reply as unknown as OrderVerdict;
  // sound: the order's decider replies so to every command
  const born = toldBy(answer, { type: "order", id: order.orderId }) as unknown as
    | OrderReply
    | undefined;
  const placed = born ?? (await bear(node, order.portfolioId, commandId, verdict, deadline));
  const ids = {
    requestId: ctx.requestID ?? "",
    actor: `portfolio:${portfolio.id}`,
    orderId: order.orderId,
  };
  if (verdict.verdict === "denied") {
    withIds(node.log, ids).info({ reasons: verdict.reasons }, "an order was denied");
    throw denied(verdict.reasons, order.orderId);
  }
  if (node.log.isLevelEnabled("debug"))
    withIds(node.log, ids).debug({ isReplay: answer.isReplay }, "an order was placed");
  return toOrderView(placed.order);
}

/**
 * An order with a strategy: its portfolio checks the whole, and each slice again at its time. A repeat is told by its keys
 * and finds the parent: what the check would say of the whole by now does not matter any more.
 */
async function placeParent(
  node: NodeContext,
  ctx: RequestContext<Create>,
  it: {
    readonly order: NewOrder;
    readonly market: MarketView;
    readonly strategy: NonNullable<Create["strategy"]>;
  },
): Promise<OrderView> {
  const { order, market, strategy } = it;
  const user = userOf(ctx);
  const hash = bodyHash(ctx.params);
  await claimKey(node, { ...keyOf(user, ctx.meta.idempotencyKey), bodyHash: hash });
  const { clOrdId } = ctx.params;
  if (clOrdId !== undefined) {
    const scope = `orders:clOrdId:${order.portfolioId}`;
    if (!(await claimRequestKey(node.pool, scope, clOrdId, hash))) throw clOrdIdReused(clOrdId);
  }
  const known = await findView(node.pool, "algo", order.orderId);
  if (known !== null) {
    ctx.meta.isReplay = true;
    return toView(known);
  }
  const verdict = await checkWhole(node, order, market, deadlineOf(ctx, node.clock));
  if (verdict.verdict !== "denied") return startParent(node, ctx, order, strategy);
  await denyParent(node, ctx, order, strategy, verdict.reasons);
  throw denied(verdict.reasons, order.orderId);
}

/**
 * A clOrdId makes the order's id, whatever kind of order it is: a plain one, the first of a group, or one with a strategy.
 * They are other commands of other actors, which cannot tell that the name was used for one of another kind.
 */
async function refuseOtherKind(
  { pool }: NodeContext,
  orderId: string,
  { clOrdId, strategy, contingency }: Create,
): Promise<void> {
  if (clOrdId === undefined) return;
  const known = await findViews(pool, [
    { type: "order", id: orderId },
    { type: "algo", id: orderId },
  ]);
  const isSame = known.every(({ type, doc }) =>
    type === "algo"
      ? strategy !== undefined
      : strategy === undefined &&
        (summaryOf(doc).parent !== undefined) === (contingency !== undefined),
  );
  if (!isSame) throw clOrdIdReused(clOrdId);
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
    timeInForce: params.timeInForce,
    ...particularsOf(params),
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
  const verdict = await checkWhole(node, order, market, deadline);
  if (verdict.verdict === "denied") throw denied(verdict.reasons);
  const nowMs = node.clock.now();
  return { ...toOrderView(asIfPlaced(order, market, nowMs)), dryRun: true };
}

async function checkWhole(
  node: NodeContext,
  order: NewOrder,
  market: MarketView,
  deadline: { readonly deadlineMs?: number },
): Promise<OrderVerdict> {
  const command: PortfolioCommand = { type: "CheckOrder", order, market };
  const answer = await node.actors.call({ type: "portfolio", id: order.portfolioId }, command, {
    commandId: node.newId(),
    isDeduplicated: false,
    ...deadline,
  });
  // sound: what the portfolio's decider replies to CheckOrder
  return answer.reply as unknown as OrderVerdict;
}
