import type { ServiceSchema } from "moleculer";
import type { OrderEvent, OrderReply } from "../../domain/order/messages.ts";
import type { OutboxEvent } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import { uuidv5 } from "../../mixins/actor/ids.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { notFound, RestError } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/orders.ts";
import type { OrderEventPage, OrderPage, OrderView } from "../../mixins/rest/routes/orders.ts";
import { decodeCursor, encodeCursor, isoTime, page } from "../../mixins/rest/views.ts";
import { createJournal } from "../../models/journal/journal.ts";
import type { StoredView } from "../../models/views.ts";
import type { RequestContext, RequestUser } from "../../types/contracts.ts";
import { PortfolioAccess, userOf, viewerOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { withIds } from "../logging.ts";
import { amendOrder } from "./amend-order.ts";
import { canceledAmong } from "./canceled-among.ts";
import { withContingencies } from "./group-views.ts";
import { findOrderView, listOrderViews, readAsOf, summaryOf, toView } from "./order-records.ts";
import { toOrderView } from "./order-views.ts";
import { placeOrder } from "./place-order.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

const CANCEL_BATCH = 500;
const OPEN = ["pendingNew", "new", "partiallyFilled", "pendingReplace", "triggered", "unknown"];

/** Orders over REST: thin doors to the order actors and to the record. */
export function ordersService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  return {
    name: "orders",
    actions: {
      create: {
        params: routes.createOrder.input.validator,
        handler: (ctx: RequestContext<Params<"orders.create">>) => placeOrder(node, access, ctx),
      },
      list: {
        params: routes.listOrders.input.validator,
        handler: (ctx: RequestContext<Params<"orders.list">>) => list(node, access, ctx),
      },
      get: {
        params: routes.getOrder.input.validator,
        handler: (ctx: RequestContext<Params<"orders.get">>) => get(node, access, ctx),
      },
      amend: {
        params: routes.amendOrder.input.validator,
        handler: async (ctx: RequestContext<Params<"orders.amend">>) => {
          const user = userOf(ctx);
          const view = await requireOrder(node, access, user, ctx.params.orderId);
          const summary = summaryOf(view.doc);
          if (view.type === "algo")
            throw new RestError("ORDER_NOT_AMENDABLE", "an order with a strategy is not amended");
          await access.requireTrade(user, summary.portfolioId);
          return amendOrder(node, ctx, summary);
        },
      },
      cancel: {
        params: routes.cancelOrder.input.validator,
        handler: async (ctx: RequestContext<Params<"orders.cancel">>) => {
          const user = userOf(ctx);
          const view = await requireOrder(node, access, user, ctx.params.orderId);
          await access.requireTrade(user, summaryOf(view.doc).portfolioId);
          return cancel(node, ctx, view);
        },
      },
      cancelAll: {
        params: routes.cancelAllOrders.input.validator,
        handler: (ctx: RequestContext<Params<"orders.cancelAll">>) => cancelAll(node, access, ctx),
      },
      events: {
        params: routes.getOrderEvents.input.validator,
        handler: (ctx: RequestContext<Params<"orders.events">>) => events(node, access, ctx),
      },
    },
    created() {
      const handle = (event: OutboxEvent) => logAlarm(node, event);
      node.live.watch({ consumer: "order-alarms", type: "order", handle });
    },
  };
}

/** A report that cannot be true of an order: recorded and not applied; a person must look. */
const ALARMS: ReadonlySet<string> = new Set([
  "ReportConflicted",
  "OverfillRefused",
] satisfies OrderEvent["type"][]);

function logAlarm(node: NodeContext, happened: OutboxEvent): void {
  // Its content is read when somebody asks for it.
  const { ref, type } = happened;
  if (!ALARMS.has(type)) return;
  withIds(node.log, { actor: `order:${ref.id}`, orderId: ref.id }).error(
    { alarm: happened.event },
    "a broker's report was refused",
  );
}

/** @throws RestError 404 when there is no such order, or not for this user */
async function requireOrder(
  node: NodeContext,
  access: PortfolioAccess,
  user: RequestUser,
  orderId: string,
): Promise<StoredView> {
  const view = await findOrderView(node.pool, orderId);
  if (view === null || view.portfolioId === null) throw notFound("order", orderId);
  if (!(await access.canRead(user, view.portfolioId))) throw notFound("order", orderId);
  return view;
}

async function list(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"orders.list">>,
): Promise<OrderPage> {
  const user = userOf(ctx);
  const { portfolioId, symbol, status, since, limit, cursor, order } = ctx.params;
  if (portfolioId !== undefined) await access.requireRead(user, portfolioId);
  const views = await listOrderViews(node.pool, {
    viewer: viewerOf(user),
    portfolioId,
    symbol,
    statuses: status,
    sinceMs: since,
    after: decodeCursor(cursor, { atMs: "time", id: "string" }),
    order,
    limit: limit + 1,
  });
  const shown = views.slice(0, limit);
  const last = views.length > limit ? shown.at(-1) : undefined;
  const next = last ? encodeCursor({ atMs: last.createdAtMs, id: last.id }) : null;
  const data = await withContingencies(node.pool, shown.map(toView));
  return { data, nextCursor: next };
}

async function get(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"orders.get">>,
): Promise<OrderView> {
  const { orderId, asOf } = ctx.params;
  const { type } = await requireOrder(node, access, userOf(ctx), orderId);
  const deadline = deadlineOf(ctx, node.clock);
  if (asOf !== undefined) return readAsOf(node, { type, id: orderId }, asOf, deadline);
  const { summary } = await node.actors.read({ type, id: orderId }, deadline.deadlineMs);
  const [view] = await withContingencies(node.pool, [toView({ type, doc: summary })]);
  if (view === undefined) throw notFound("order", orderId);
  return view;
}

async function cancel(
  node: NodeContext,
  ctx: RequestContext,
  { type, id: orderId }: Pick<StoredView, "type" | "id">,
): Promise<OrderView> {
  const answer = await node.actors.call(
    { type, id: orderId },
    { type: "RequestCancel", requestedBy: userOf(ctx).userId } as {
      readonly type: "RequestCancel";
    },
    { commandId: uuidv5(node.newId(), orderId), ...deadlineOf(ctx, node.clock) },
  );
  // sound: the two deciders reply so to every command
  return type === "algo"
    ? toView({ type, doc: (answer.reply as { readonly parent: Json }).parent })
    : toOrderView((answer.reply as unknown as OrderReply).order);
}

/** Each order by itself: one that closes meanwhile is no reason to keep the others. */
async function cancelAll(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"orders.cancelAll">>,
): Promise<OrderPage> {
  const user = userOf(ctx);
  const { portfolioId, symbol } = ctx.params;
  await access.requireTrade(user, portfolioId);
  const canceled: OrderView[] = [];
  let after: { readonly atMs: number; readonly id: string } | null = null;
  for (;;) {
    const open: readonly StoredView[] = await listOrderViews(node.pool, {
      viewer: viewerOf(user),
      portfolioId,
      symbol,
      statuses: OPEN,
      after,
      order: "asc",
      limit: CANCEL_BATCH,
    });
    const settled = await Promise.allSettled(open.map((view) => cancel(node, ctx, view)));
    canceled.push(...canceledAmong(settled));
    const last = open.at(-1);
    if (last === undefined || open.length < CANCEL_BATCH) return page(canceled, null);
    after = { atMs: last.createdAtMs, id: last.id };
  }
}

async function events(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"orders.events">>,
): Promise<OrderEventPage> {
  const { orderId, limit, cursor, order } = ctx.params;
  const view = await requireOrder(node, access, userOf(ctx), orderId);
  const after = decodeCursor(cursor, { sequence: "number" })?.sequence ?? null;
  const all = await createJournal(node.pool).history({ type: view.type, id: orderId });
  const inOrder = order === "asc" ? all : all.toReversed();
  const rest = inOrder.filter(
    ({ version }) => after === null || (order === "asc" ? version > after : version < after),
  );
  const shown = rest.slice(0, limit);
  const last = rest.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(({ version, type, atMs, event, commandId }) => {
      const { type: _, ...data } = event;
      return {
        sequence: version,
        type,
        at: isoTime(atMs),
        data,
        causationId: commandId,
      };
    }),
    nextCursor: last ? encodeCursor({ sequence: last.version }) : null,
  };
}
