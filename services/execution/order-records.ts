import type { ParentSummary } from "../../domain/execution/parent/messages.ts";
import { parent } from "../../domain/execution/parent/parent.ts";
import { summarize as summarizeParent } from "../../domain/execution/parent/summary.ts";
import type { OrderSummary } from "../../domain/order/messages.ts";
import { order } from "../../domain/order/order.ts";
import { summarize as summarizeOrder } from "../../domain/order/order-state.ts";
import type { Json } from "../../domain/shared/json.ts";
import { notFound } from "../../mixins/rest/rest-error.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import type { Pool } from "../../models/postgres/pool.ts";
import { type StoredView, type ViewQuery, findView, listViews } from "../../models/views.ts";
import type { NodeContext } from "../context.ts";
import { eventsAsOf, fold } from "../history.ts";
import { toOrderView } from "./order-views.ts";
import { toParentView } from "./start-parent.ts";

/** The types of actors that are orders to a client: plain ones, and those that are worked by a strategy. */
const TYPES = ["order", "algo"] as const;

/** Null when there is no such order. */
export async function findOrderView(pool: Pool, orderId: string): Promise<StoredView | null> {
  for (const type of TYPES) {
    const view = await findView(pool, type, orderId);
    if (view !== null) return view;
  }
  return null;
}

/** Orders of all types in one order, no more than `limit`. */
export async function listOrderViews(
  pool: Pool,
  query: Omit<ViewQuery, "type">,
): Promise<readonly StoredView[]> {
  const lists = await Promise.all(TYPES.map((type) => listViews(pool, { ...query, type })));
  const sign = query.order === "asc" ? 1 : -1;
  return lists
    .flat()
    .toSorted((a, b) => sign * (a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1)))
    .slice(0, query.limit);
}

/** An order as a projection or a read has it, in the words of REST. */
export function toView({ type, doc }: Pick<StoredView, "type" | "doc">): OrderView {
  // sound: written by the projections of the two kinds, and read from their actors
  return type === "algo"
    ? toParentView(doc as unknown as ParentSummary)
    : toOrderView(summaryOf(doc));
}

export function summaryOf(doc: Json): OrderSummary {
  // sound: written by the projection of an order, whose shape a parent's has too
  return doc as unknown as OrderSummary;
}

/** @throws RestError 404 when nothing of it was recorded by then */
export async function readAsOf(
  node: NodeContext,
  { type, id }: Pick<StoredView, "type" | "id">,
  asOfMs: number,
  deadline: { readonly deadlineMs?: number },
): Promise<OrderView> {
  const events = await eventsAsOf(node, { type, id }, asOfMs, deadline);
  const absent = notFound("order", `${id} at that instant`);
  if (type === "algo") {
    const summary = summarizeParent(fold(parent, id, events));
    if (summary === null) throw absent;
    return toParentView(summary);
  }
  const state = fold(order, id, events);
  if (state.phase === "unplaced") throw absent;
  return toOrderView(summarizeOrder(id, state));
}
