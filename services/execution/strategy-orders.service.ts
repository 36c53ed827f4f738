import type { Context, ServiceSchema } from "moleculer";
import type { GroupSummary } from "../../domain/execution/group/messages.ts";
import { isClosed } from "../../domain/order/order-status.ts";
import type { OrderSummary } from "../../domain/order/messages.ts";
import { Refusal } from "../../domain/shared/errors.ts";
import type { Json } from "../../domain/shared/json.ts";
import { uuidv5 } from "../../mixins/actor/ids.ts";
import { unavailable } from "../../mixins/rest/rest-error.ts";
import {
  type EndWork,
  listOpenWork,
  type OfStrategy,
  type OpenWork,
  placedByStrategy,
  type StartAlgorithm,
  type StrategyWork,
} from "../../models/strategy-work.ts";
import { findView } from "../../models/views.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { denyParent, startParent } from "./start-parent.ts";

/** How long what was canceled may take to be over; who waits for a slow broker asks again. */
const CLOSE_MS = 3_000;
const LOOK_MS = 20;
const ENDED: ReadonlySet<string> = new Set(["GROUP_CLOSED", "ORDER_CLOSED"]);

/** For the strategies that trade: what they have under way, its end, and orders that an algorithm works off. */
export function strategyOrdersService(node: NodeContext): ServiceSchema {
  return {
    name: "strategy-orders",
    actions: {
      open: {
        visibility: "public",
        handler: ({ params }: Context<OfStrategy>): Promise<readonly StrategyWork[]> =>
          openWork(node, params),
      },
      end: {
        visibility: "public",
        handler: ({ params }: Context<EndWork>): Promise<readonly string[]> => end(node, params),
      },
      /** What has not been filled yet, and nothing else: the exits of what was filled stay. */
      endEntries: {
        visibility: "public",
        handler: ({ params }: Context<EndWork>): Promise<null> => endEntries(node, params),
      },
      start: {
        visibility: "public",
        handler: (ctx: RequestContext<StartAlgorithm>): Promise<null> => start(node, ctx),
      },
    },
  };
}

async function openWork(node: NodeContext, of: OfStrategy): Promise<readonly StrategyWork[]> {
  const found = await listOpenWork(node.pool, of);
  return found.flatMap((work) => (work.type === "group" ? groupWork(work, of) : [orderWork(work)]));
}

/** A pair's group is of two symbols. */
function groupWork({ id, doc }: OpenWork, { symbol }: OfStrategy): readonly StrategyWork[] {
  // sound: written by the projection of a group
  const group = doc as unknown as GroupSummary;
  const legs = group.legs.filter((leg) => leg.symbol === symbol);
  const [first] = legs;
  if (first === undefined || group.kind === "basket") return [];
  const isEntering = first.ordStatus === null || !isClosed(first.ordStatus);
  const orderIds = legs.flatMap((leg) => leg.orderIds);
  return [{ type: "group", id, side: first.side, isEntry: true, isEntering, orderIds }];
}

/** One that opens a position bears its signal's name; one that ends a position, one of its own. */
function orderWork({ type, id, doc }: OpenWork): StrategyWork {
  // sound: written by the projection of an order, whose shape a parent's has too
  const { side, clOrdId, signalId } = doc as unknown as OrderSummary;
  const isEntry = clOrdId === signalId;
  return { type, id, side, isEntry, isEntering: isEntry, orderIds: type === "order" ? [id] : [] };
}

/**
 * Cancels, and waits until it is over.
 * @returns the orders that it was made of
 * @throws RestError UNAVAILABLE when that takes too long: who asked asks again
 */
async function end(node: NodeContext, { strategyId, works }: EndWork): Promise<readonly string[]> {
  for (const work of works) await cancel(node, work, strategyId);
  const ended = await Promise.all(works.map((work) => closed(node, work)));
  return ended.flat();
}

async function endEntries(node: NodeContext, { strategyId, works }: EndWork): Promise<null> {
  for (const work of works) if (work.isEntering) await cancel(node, entryOf(work), strategyId);
  return null;
}

async function cancel(
  node: NodeContext,
  { type, id }: Pick<StrategyWork, "type" | "id">,
  strategyId: string,
): Promise<void> {
  const command = { type: "RequestCancel", requestedBy: placedByStrategy(strategyId) } as const;
  try {
    await node.actors.call({ type, id }, command, { commandId: uuidv5(node.newId(), id) });
  } catch (error) {
    if (!(error instanceof Refusal) || !ENDED.has(error.code)) throw error;
  }
}

async function closed(
  { actors, clock }: NodeContext,
  { type, id }: StrategyWork,
): Promise<readonly string[]> {
  const untilMs = clock.monotonicMs() + CLOSE_MS;
  for (;;) {
    const { summary } = await actors.read({ type, id });
    const orderIds = closedOrders(type, summary);
    if (orderIds !== null) return orderIds;
    if (clock.monotonicMs() > untilMs)
      throw unavailable(`${type} ${id} was canceled and is not over yet`);
    await clock.sleep(LOOK_MS);
  }
}

/** Null while it is open. Those of an order with an algorithm hold nothing once it has ended. */
function closedOrders(type: StrategyWork["type"], summary: Json): readonly string[] | null {
  if (type === "group") {
    // sound: the summary of a group
    const { status, legs } = summary as unknown as GroupSummary;
    return status === "closed" || status === "denied" ? legs.flatMap((leg) => leg.orderIds) : null;
  }
  // sound: the summary of an order, whose shape a parent's has too
  const { orderId, ordStatus } = summary as unknown as OrderSummary;
  return isClosed(ordStatus) ? [orderId] : null;
}

/** Who cancels the entry of a group cancels what was not entered; its exits stay. */
function entryOf({ type, id, orderIds }: StrategyWork): Pick<StrategyWork, "type" | "id"> {
  const [first] = orderIds;
  return type === "group" && first !== undefined ? { type: "order", id: first } : { type, id };
}

/** The order's id names its parent: one that is there is a repeat's. */
async function start(node: NodeContext, ctx: RequestContext<StartAlgorithm>): Promise<null> {
  const { order, algorithm, reasons } = ctx.params;
  if ((await findView(node.pool, "algo", order.orderId)) !== null) return null;
  if (reasons.length > 0) await denyParent(node, ctx, order, algorithm, reasons);
  else await startParent(node, ctx, order, algorithm);
  return null;
}
