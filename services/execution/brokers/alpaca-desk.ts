import type { NodeContext } from "../../context.ts";
import type { AlpacaApi } from "./alpaca-api.ts";
import type { AlpacaOrder } from "./alpaca-messages.ts";
import { meaningOf, statusReports } from "./alpaca-reports.ts";
import type { Breaks } from "./breaks.ts";
import { orderIdOf } from "./client-ids.ts";
import { Desk } from "./desk.ts";

/** Hands what Alpaca said to the orders' actors. */
export class AlpacaDesk extends Desk {
  readonly #api: AlpacaApi;
  readonly #venue: string;

  constructor(node: NodeContext, breaks: Breaks | null, api: AlpacaApi, venue: string) {
    super(node, breaks);
    this.#api = api;
    this.#venue = venue;
  }

  /** That the broker has the order, and how it ended if it did: it, or what stands in its place. */
  async tellStatus(order: AlpacaOrder): Promise<void> {
    for (let it: AlpacaOrder | null = order; it !== null;) {
      const next = await successorOf(this.#api, it);
      await this.tellAll(statusReports(this.#venue, it, next !== null));
      it = next;
    }
  }
}

/** The order that an amendment of ours has put in its place; null for what was replaced by others, or not at all. */
async function successorOf(api: AlpacaApi, order: AlpacaOrder): Promise<AlpacaOrder | null> {
  if (meaningOf(order) !== "replaced" || order.replacedBy === null) return null;
  const next = await api.orderById(order.replacedBy);
  const isOurs = next !== null && orderIdOf(next.clientOrderId) === orderIdOf(order.clientOrderId);
  return isOurs ? next : null;
}

/** What stands in an order's place now: itself, unless we amended it. */
export async function newestOf(api: AlpacaApi, order: AlpacaOrder): Promise<AlpacaOrder> {
  const next = await successorOf(api, order);
  return next === null ? order : newestOf(api, next);
}
