import { randomUUID } from "node:crypto";
import { Context } from "moleculer";
import type { ParentSummary } from "../../domain/execution/parent/messages.ts";
import type { NewOrder } from "../../domain/order/new-order.ts";
import { besideId } from "../../mixins/actor/ids.ts";
import { type AskedStrategy, startParent } from "../../services/execution/start-parent.ts";
import type { RequestMeta } from "../../types/contracts.ts";
import { eventually } from "../support/node-eventually.ts";
import type { TestNode } from "../support/node.ts";

const NAMESPACE = "5e9c0b71-7a43-4d4a-8f55-6e0a3cf1b2d8";

/** Its second slice is an hour after the first. */
export const SLOW: AskedStrategy = {
  name: "twap",
  parameters: { durationSeconds: 7200, intervalSeconds: 3600 },
};

/** Begins an order with a strategy as the placing of an order does it, once the whole is checked. @returns its id */
export async function beginParent(
  { context }: TestNode,
  portfolioId: string,
  placedBy: string,
  asked: AskedStrategy = SLOW,
  changes: Partial<NewOrder> = {},
): Promise<string> {
  const orderId = besideId(portfolioId, NAMESPACE, randomUUID());
  const order: NewOrder = {
    orderId,
    clOrdId: orderId,
    tenantId: "default",
    portfolioId,
    symbol: "ACME",
    side: "buy",
    ordType: "market",
    orderQty: "101",
    timeInForce: "gtc",
    placedBy,
    ...changes,
  };
  const ctx = new Context<unknown, RequestMeta>(context.broker);
  const view = await startParent(context, ctx, order, asked);
  expect(view).toMatchObject({ orderId, status: "new", quantity: order.orderQty });
  return orderId;
}

/** The same, with its first slice at the venue: nothing more happens for an hour. */
export async function beginQuietParent(
  node: TestNode,
  portfolioId: string,
  placedBy: string,
): Promise<string> {
  // Cheap: a test of every route begins hundreds, and each holds cash.
  const orderId = await beginParent(node, portfolioId, placedBy, SLOW, { orderQty: "2" });
  await eventually("a first slice at the venue", async () => {
    const { summary } = await node.context.actors.read({ type: "algo", id: orderId });
    // sound: the summary of a parent
    const { strategy } = summary as unknown as ParentSummary;
    return strategy.children[0]?.ordStatus === "new" ? true : null;
  });
  await node.settled();
  return orderId;
}
