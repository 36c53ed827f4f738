import type { ServiceSchema } from "moleculer";
import type {
  GroupEvent,
  GroupKind,
  GroupReply,
  GroupSummary,
  GroupTerms,
} from "../../domain/execution/group/messages.ts";
import type { NewOrder } from "../../domain/order/new-order.ts";
import { legOf } from "../../domain/portfolio/group-leg.ts";
import type { OutboxEvent } from "../../domain/shared/journal.ts";
import { uuidv5 } from "../../mixins/actor/ids.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { notFound, RestError } from "../../mixins/rest/rest-error.ts";
import * as routes from "../../mixins/rest/routes/baskets.ts";
import type { BasketMember, BasketView, GroupView } from "../../mixins/rest/routes/baskets.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import { findView, findViews } from "../../models/views.ts";
import type { RequestContext, RequestUser } from "../../types/contracts.ts";
import { PortfolioAccess, userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { withIds } from "../logging.ts";
import { groupOf, toGroupView, withContingency } from "./group-views.ts";
import { toView } from "./order-records.ts";
import { particularsOf } from "./order-terms.ts";
import { groupIdOf, legIdOf, marketsOf, requestGroup } from "./request-group.ts";
import { beginningOf } from "./start-group.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** Orders that depend on one another, and baskets, over REST. */
export function groupsService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  return {
    name: "groups",
    actions: {
      createBasket: {
        params: routes.createBasket.input.validator,
        handler: (ctx: RequestContext<Params<"groups.createBasket">>) =>
          createBasket(node, access, ctx),
      },
      getBasket: {
        params: routes.getBasket.input.validator,
        handler: async (ctx: RequestContext<Params<"groups.getBasket">>) =>
          toBasketView(node, await read(node, access, ctx, "basket")),
      },
      cancelBasket: {
        params: routes.cancelBasket.input.validator,
        handler: async (ctx: RequestContext<Params<"groups.cancelBasket">>) =>
          toBasketView(node, await cancel(node, access, ctx, "basket")),
      },
      get: {
        params: routes.getGroup.input.validator,
        handler: async (ctx: RequestContext<Params<"groups.get">>): Promise<GroupView> =>
          toGroupView(await read(node, access, ctx)),
      },
      cancel: {
        params: routes.cancelGroup.input.validator,
        handler: async (ctx: RequestContext<Params<"groups.cancel">>): Promise<GroupView> =>
          toGroupView(await cancel(node, access, ctx)),
      },
    },
    created() {
      const handle = (event: OutboxEvent) => logAlarm(node, event);
      node.live.watch({ consumer: "group-alarms", type: "group", handle });
    },
  };
}

/** A position may stand without its protection, or was left for more than it was: a person must look. */
function logAlarm(node: NodeContext, { ref, event }: OutboxEvent): void {
  // sound: the events of a group's stream
  const happened = event as GroupEvent;
  const isFailure = happened.type === "LegFailed";
  if (!isFailure && happened.type !== "LegsOverfilled") return;
  const log = withIds(node.log, {
    actor: `group:${ref.id}`,
    ...(isFailure && { orderId: happened.orderId }),
  });
  if (isFailure && happened.retryAtMs !== null)
    log.warn({ alarm: event }, "a leg of a group failed and is tried again");
  else log.error({ alarm: event }, "orders of a group are not as they should be");
}

interface OfGroup {
  readonly groupId: string;
}

/** @throws RestError 404 when there is no such group, or not for this user, or not of that kind */
async function read(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<OfGroup>,
  kind?: GroupKind,
): Promise<GroupSummary> {
  const { groupId } = ctx.params;
  const view = await findView(node.pool, "group", groupId);
  const group = view === null ? null : groupOf(view);
  const isWanted = group !== null && (kind === undefined || group.kind === kind);
  if (!isWanted || !(await access.canRead(userOf(ctx), group.portfolioId)))
    throw notFound(kind ?? "group", groupId);
  return group;
}

async function cancel(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<OfGroup>,
  kind?: GroupKind,
): Promise<GroupSummary> {
  const known = await read(node, access, ctx, kind);
  const command = { type: "RequestCancel", requestedBy: userOf(ctx).userId };
  const answer = await node.actors.call({ type: "group", id: known.groupId }, command, {
    commandId: uuidv5(node.newId(), known.groupId),
    ...deadlineOf(ctx, node.clock),
  });
  // sound: the group's decider replies so to every command
  return (answer.reply as unknown as GroupReply).group ?? known;
}

/** @throws RestError 422 ORDER_DENIED when none was placed, with every reason and the order that it is of */
async function createBasket(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"groups.createBasket">>,
): Promise<BasketView> {
  const user = userOf(ctx);
  const { portfolioId, mode, orders } = ctx.params;
  await access.requireTrade(user, portfolioId);
  const { idempotencyKey: key } = ctx.meta;
  const name = key === undefined ? `new:${node.newId()}` : `key:${user.userId}:${key}`;
  const groupId = groupIdOf(portfolioId, `basket:${portfolioId}:${name}`);
  const members = orders.map((one, i) => memberOf(user, portfolioId, groupId, one, i));
  const markets = await marketsOf(node, ctx, members);
  const legs = members.map((order, i) => legOf("member", order, markets[i]));
  const { tenantId, userId: requestedBy } = user;
  const terms: GroupTerms = {
    groupId,
    kind: "basket",
    tenantId,
    portfolioId,
    requestedBy,
    mode,
    legs,
  };
  const [asked, later] = beginningOf(legs, markets);
  const begun = await requestGroup(node, ctx, { terms, mode, orders: asked, later });
  if (begun.verdict.verdict === "denied") throw deniedBasket(begun.verdict.orders);
  const [first] = begun.orders;
  return {
    groupId,
    portfolioId,
    mode,
    status: "active",
    orders: begun.orders.flatMap((order) => order ?? []),
    createdAt: first?.createdAt ?? isoTime(node.clock.now()),
  };
}

type Verdicts = Awaited<ReturnType<typeof requestGroup>>["verdict"]["orders"];

function deniedBasket(verdicts: Verdicts): RestError {
  const denials = verdicts.map((one) => (one.verdict === "denied" ? one.reasons : []));
  const reasons = denials.flat();
  const errors = denials.flatMap((each, i) =>
    each.map(({ code, message }) => ({
      path: `orders[${i}]`,
      code: "INVALID_VALUE" as const,
      message: `${code}: ${message}`,
    })),
  );
  return new RestError("ORDER_DENIED", reasons.map(({ message }) => message).join("; "), {
    reasons,
    errors,
  });
}

function memberOf(
  { tenantId, userId }: RequestUser,
  portfolioId: string,
  groupId: string,
  asked: BasketMember,
  index: number,
): NewOrder {
  const orderId = legIdOf(groupId, index);
  return {
    orderId,
    clOrdId: asked.clOrdId ?? orderId,
    tenantId,
    portfolioId,
    symbol: asked.symbol,
    side: asked.side,
    ordType: asked.type,
    orderQty: asked.quantity,
    timeInForce: asked.timeInForce,
    ...particularsOf(asked),
    parent: { type: "group", id: groupId },
    placedBy: userId,
  };
}

/** The orders as they stand; one that was never born, because another was denied, is not among them. */
async function toBasketView(node: NodeContext, group: GroupSummary): Promise<BasketView> {
  const { groupId, portfolioId, mode, status, legs, createdAtMs } = group;
  const views = await findViews(
    node.pool,
    legs.map(({ orderId }) => ({ type: "order", id: orderId })),
  );
  const byId = new Map(views.map((view) => [view.id, view]));
  const orders = legs.flatMap(({ orderId }): readonly OrderView[] => {
    const view = byId.get(orderId);
    return view === undefined ? [] : [withContingency(toView(view), group)];
  });
  return {
    groupId,
    portfolioId,
    mode: mode ?? "independent",
    status,
    orders,
    createdAt: isoTime(createdAtMs),
  };
}
