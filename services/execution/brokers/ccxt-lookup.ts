import type { SubmitPayload } from "../../../domain/order/messages.ts";
import { dec } from "../../../domain/shared/decimal.ts";
import { findVenueOrder } from "../../../models/venue-orders.ts";
import type { NodeContext } from "../../context.ts";
import type { CcxtApi } from "./ccxt-api.ts";
import type { CcxtFamily } from "./ccxt-families.ts";
import type { CcxtOrder } from "./ccxt-messages.ts";
import { type Placing, placingOf } from "./ccxt-placing.ts";
import type { CcxtSymbols } from "./ccxt-symbols.ts";

/** How far back an order is looked for of which we have no record: the record is there before the first sending. */
const LOOK_MS = 86_400_000;

export interface CcxtLookupParts {
  readonly node: NodeContext;
  readonly api: CcxtApi;
  readonly family: CcxtFamily;
  readonly symbols: CcxtSymbols;
}

/** Between our orders and the exchange's: by their ids, and in its words. */
export class CcxtLookup {
  readonly #parts: CcxtLookupParts;

  constructor(parts: CcxtLookupParts) {
    this.#parts = parts;
  }

  /** @throws Unplaceable, CcxtFailure */
  async placing(order: SubmitPayload, clientId: string): Promise<Placing> {
    const { api, family, symbols } = this.#parts;
    const market = await api.market(symbols.theirs(order.symbol));
    return placingOf(order, clientId, family, market, api.precisionMode);
  }

  /** The order as it was placed, by its client order id; null when the exchange does not have it, or not yet. */
  async order(order: SubmitPayload): Promise<CcxtOrder | null> {
    const { api, family, symbols } = this.#parts;
    const clientId = family.clientIdOf(order.orderId, 0);
    const symbol = symbols.theirs(order.symbol);
    const sinceMs = await this.since(order.orderId);
    const found = await api.orderByClientId(clientId, symbol, sinceMs);
    if (found === null && !family.showsClientIds) await this.#checkNameless(order, symbol, sinceMs);
    return found;
  }

  /**
   * A venue that nobody has looked into may not keep our ids, or show others: then an order of these terms may be this one.
   * @throws Error when there is such an order: it may not be sent again
   */
  async #checkNameless(order: SubmitPayload, symbol: string, sinceMs: number): Promise<void> {
    const { api, family } = this.#parts;
    const all = await api.ordersSince(symbol, sinceMs);
    const isAlike = ({ clientId, side, amount }: CcxtOrder): boolean =>
      (clientId === null || family.orderIdOf(clientId) === null) &&
      side === order.side &&
      (amount === null || dec(amount).equals(order.orderQty));
    if (all.some(isAlike))
      throw new Error(`the exchange shows an order that may be ${order.orderId}, without its id`);
  }

  /** Before which the order was not there. */
  async since(orderId: string): Promise<number> {
    const { node } = this.#parts;
    const ours = await findVenueOrder(node.pool, orderId);
    return ours?.createdAtMs ?? node.clock.now() - LOOK_MS;
  }

  /** An amendment's order, where it has an id of its own. */
  async revision(
    { orderId, symbol }: Pick<SubmitPayload, "orderId" | "symbol">,
    clientId: string,
  ): Promise<CcxtOrder | null> {
    const { api, symbols } = this.#parts;
    return api.orderByClientId(clientId, symbols.theirs(symbol), await this.since(orderId));
  }
}
