import type { ApprovedOrder, Hold, Side } from "../order/new-order.ts";
import { type BucketMap, EMPTY_MAP, get, keys, put, remove } from "../shared/bucket-map.ts";
import { type Decimal, dec, type DecimalString, text } from "../shared/decimal.ts";

/**
 * The orders that still hold cash or shares, and beside them what every turn asks of all of them together: a portfolio may
 * have thousands, and no turn can walk through them.
 */
export interface OpenOrders {
  readonly byId: BucketMap<OpenOrder>;
  /** clOrdId → order ids, oldest first: one, unless a signal brought an order whose name was in use */
  readonly byClOrdId: BucketMap<readonly string[]>;
  /** symbol → what its orders will add and take away; no entry without orders */
  readonly bySymbol: BucketMap<OpenQuantity>;
}

interface OpenOrder {
  /** as approved, with its hold as it was then */
  readonly approved: ApprovedOrder;
  readonly hold: Hold;
  /** fills booked so far, as (venue, execId) */
  readonly execKeys: readonly string[];
}

/** Σ quantity still to be filled, by side. */
type OpenQuantity = { readonly [side in Side]: DecimalString };

export const NO_ORDERS: OpenOrders = {
  byId: EMPTY_MAP,
  byClOrdId: EMPTY_MAP,
  bySymbol: EMPTY_MAP,
};

const NO_QUANTITY: OpenQuantity = { buy: "0", sell: "0" };

export function findOrder({ byId }: OpenOrders, orderId: string): OpenOrder | undefined {
  return get(byId, orderId);
}

/** Sorted. */
export function orderIds({ byId }: OpenOrders): readonly string[] {
  return keys(byId).toSorted();
}

/** The oldest order of this name. */
export function userOfClOrdId({ byClOrdId }: OpenOrders, clOrdId: string): string | undefined {
  return get(byClOrdId, clOrdId)?.[0];
}

/** Still to be filled, of all open orders of one symbol and side. */
export function openQuantity({ bySymbol }: OpenOrders, symbol: string, side: Side): DecimalString {
  return (get(bySymbol, symbol) ?? NO_QUANTITY)[side];
}

export function withOrder(orders: OpenOrders, approved: ApprovedOrder): OpenOrders {
  const { orderId, clOrdId, hold } = approved;
  const namesakes = get(orders.byClOrdId, clOrdId) ?? [];
  return {
    byId: put(orders.byId, orderId, { approved, hold, execKeys: [] }),
    byClOrdId: put(orders.byClOrdId, clOrdId, [...namesakes, orderId]),
    bySymbol: changed(orders.bySymbol, hold, dec(hold.quantity)),
  };
}

/** After a fill that left something to be filled. */
export function withFill(
  orders: OpenOrders,
  { approved, hold, execKeys }: OpenOrder,
  remaining: Hold,
  execKey: string,
): OpenOrders {
  const filled = { approved, hold: remaining, execKeys: [...execKeys, execKey] };
  return {
    byId: put(orders.byId, approved.orderId, filled),
    byClOrdId: orders.byClOrdId,
    bySymbol: changed(orders.bySymbol, hold, dec(remaining.quantity).minus(hold.quantity)),
  };
}

export function withoutOrder(orders: OpenOrders, { approved, hold }: OpenOrder): OpenOrders {
  const { orderId, clOrdId } = approved;
  const namesakes = get(orders.byClOrdId, clOrdId)?.filter((other) => other !== orderId) ?? [];
  return {
    byId: remove(orders.byId, orderId),
    byClOrdId:
      namesakes.length === 0
        ? remove(orders.byClOrdId, clOrdId)
        : put(orders.byClOrdId, clOrdId, namesakes),
    bySymbol: changed(orders.bySymbol, hold, dec(hold.quantity).negated()),
  };
}

function changed(
  bySymbol: OpenOrders["bySymbol"],
  { symbol, side }: Hold,
  change: Decimal,
): OpenOrders["bySymbol"] {
  const before = get(bySymbol, symbol) ?? NO_QUANTITY;
  const after = { ...before, [side]: text(change.plus(before[side])) };
  // An order that is open has something to be filled: no quantity, no orders.
  return after.buy === "0" && after.sell === "0"
    ? remove(bySymbol, symbol)
    : put(bySymbol, symbol, after);
}
