import type { ApprovedOrder, Hold, OrderTerms, Side } from "../order/new-order.ts";
import { type BucketMap, EMPTY_MAP, get, keys, put, remove, values } from "../shared/bucket-map.ts";
import { Decimal, add, dec, type DecimalString, text, ZERO } from "../shared/decimal.ts";

/**
 * The orders that still hold cash or shares, and beside them what every turn asks of all of them together: a portfolio may
 * have thousands, and no turn can walk through them.
 *
 * Legs of one group (`ocoGroup`) hold together what the largest of them holds, as a fill of one is taken from the others.
 */
export interface OpenOrders {
  readonly byId: BucketMap<OpenOrder>;
  /** clOrdId → order ids, oldest first: one, unless a signal brought an order whose name was in use */
  readonly byClOrdId: BucketMap<readonly string[]>;
  /** symbol → what its orders will add and take away; no entry without orders. Those that close a position by its id are under the id */
  readonly bySymbol: BucketMap<OpenQuantity>;
  /** ocoGroup → order ids */
  readonly byGroup: BucketMap<readonly string[]>;
  /** Σ cash of the holds in the base currency */
  readonly reserved: DecimalString;
  /** Σ cash of the other holds, by currency */
  readonly foreignReserved: BucketMap<DecimalString>;
}

export interface OpenOrder {
  /** as approved, with the terms that it has now, and its hold as it was at the approval */
  readonly approved: ApprovedOrder;
  readonly hold: Hold;
  readonly cumQty: DecimalString;
  /** fills booked so far, as (venue, execId) */
  readonly execKeys: readonly string[];
  readonly amendment: OpenAmendment | null;
  /** its end was heard before the last of its fills */
  readonly isClosed?: true;
}

/** Under way: until its end is known the order holds what either of its terms may need. */
export interface OpenAmendment {
  readonly amendId: string;
  /** for what was not filled when it was approved, with the old and with the new terms */
  readonly before: Hold;
  readonly after: Hold;
  /** for whom the order is canceled when the amendment is not taken; absent: then it goes on as it was */
  readonly requiredBy?: string;
}

/** Σ quantity still to be filled, by side. */
type OpenQuantity = { readonly [side in Side]: DecimalString };

export const NO_ORDERS: OpenOrders = {
  byId: EMPTY_MAP,
  byClOrdId: EMPTY_MAP,
  bySymbol: EMPTY_MAP,
  byGroup: EMPTY_MAP,
  reserved: "0",
  foreignReserved: EMPTY_MAP,
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

/**
 * Still to be filled, of all open orders of one side.
 * @param key a symbol, or the id of a position that they close
 */
export function openQuantity({ bySymbol }: OpenOrders, key: string, side: Side): DecimalString {
  return (get(bySymbol, key) ?? NO_QUANTITY)[side];
}

/** Whether any order of the symbol is open, those that close a position by its id among them. */
export function hasOrdersIn({ byId }: OpenOrders, symbol: string): boolean {
  return values(byId).some(({ approved }) => approved.symbol === symbol);
}

/**
 * The best price at which an own limit order rests on this side of the symbol; null when none does.
 * @param isHedging orders of the symbol may be counted under positions
 */
export function bestResting(
  orders: OpenOrders,
  symbol: string,
  side: Side,
  isHedging: boolean,
): Decimal | null {
  if (!isHedging && openQuantity(orders, symbol, side) === "0") return null;
  const prices = values(orders.byId).flatMap(({ approved }) =>
    approved.symbol === symbol && approved.side === side && approved.ordType === "limit"
      ? [dec(approved.price ?? "0")]
      : [],
  );
  if (prices.length === 0) return null;
  return side === "buy" ? Decimal.max(...prices) : Decimal.min(...prices);
}

export function membersOf(orders: OpenOrders, group: string | undefined): readonly OpenOrder[] {
  const ids = group === undefined ? [] : (get(orders.byGroup, group) ?? []);
  return ids.flatMap((id) => findOrder(orders, id) ?? []);
}

export function withOrder(orders: OpenOrders, approved: ApprovedOrder): OpenOrders {
  const { orderId, clOrdId, hold, ocoGroup } = approved;
  const namesakes = get(orders.byClOrdId, clOrdId) ?? [];
  const members = ocoGroup === undefined ? [] : (get(orders.byGroup, ocoGroup) ?? []);
  const order = { approved, hold, cumQty: "0", execKeys: [], amendment: null };
  return counted(orders, order, {
    ...orders,
    byId: put(orders.byId, orderId, order),
    byClOrdId: put(orders.byClOrdId, clOrdId, [...namesakes, orderId]),
    ...(ocoGroup !== undefined && {
      byGroup: put(orders.byGroup, ocoGroup, [...members, orderId]),
    }),
  });
}

/** After a fill; `remaining` is null when it left nothing to be filled. What was filled is taken from the group's other legs. */
export function withFill(
  orders: OpenOrders,
  order: OpenOrder,
  { lastQty, execKey, remaining }: FillOfOrder,
): OpenOrders {
  const { orderId, ocoGroup } = order.approved;
  const after =
    remaining === null
      ? withoutOrder(orders, order)
      : changed(orders, {
          ...order,
          hold: remaining,
          cumQty: add(order.cumQty, lastQty),
          execKeys: [...order.execKeys, execKey],
        });
  return membersOf(orders, ocoGroup)
    .filter(({ approved }) => approved.orderId !== orderId)
    .reduce((all, other) => {
      const hold = scaled(other.hold, dec(other.hold.quantity).minus(lastQty));
      return changed(all, { ...other, hold });
    }, after);
}

interface FillOfOrder {
  readonly lastQty: DecimalString;
  readonly execKey: string;
  readonly remaining: Hold | null;
}

const CASH_DECIMALS = 8;

/** The hold of another quantity: cash in proportion, rounded up. */
export function scaled(hold: Hold, leaves: Decimal): Hold {
  const before = dec(hold.quantity);
  const quantity = Decimal.max(leaves, ZERO);
  const cash = before.isZero()
    ? ZERO
    : quantity.times(hold.cash).dividedBy(before).toDecimalPlaces(CASH_DECIMALS, Decimal.ROUND_UP);
  return { ...hold, quantity: text(quantity), cash: text(cash) };
}

export function withAmendment(
  orders: OpenOrders,
  order: OpenOrder,
  amendment: OpenAmendment,
): OpenOrders {
  return changed(orders, { ...order, amendment, hold: both(order.hold, amendment.after) });
}

/** Closed at its broker, and holding on for fills that are on their way. */
export function withClosing(orders: OpenOrders, order: OpenOrder, hold: Hold): OpenOrders {
  return changed(orders, { ...order, hold, amendment: null, isClosed: true });
}

export function withTerms(
  orders: OpenOrders,
  order: OpenOrder,
  terms: OrderTerms | undefined,
  hold: Hold,
): OpenOrders {
  const approved = terms === undefined ? order.approved : withOrderTerms(order.approved, terms);
  return changed(orders, { ...order, approved, hold });
}

export function withoutOrder(orders: OpenOrders, order: OpenOrder): OpenOrders {
  const { orderId, clOrdId, ocoGroup } = order.approved;
  const byGroup =
    ocoGroup === undefined ? orders.byGroup : without(orders.byGroup, ocoGroup, orderId);
  return counted(orders, order, {
    ...orders,
    byId: remove(orders.byId, orderId),
    byClOrdId: without(orders.byClOrdId, clOrdId, orderId),
    byGroup,
  });
}

/** What one order needs for either of two terms. */
function both(one: Hold, other: Hold): Hold {
  const worstPrice =
    one.worstPrice === null || other.worstPrice === null
      ? null
      : text(Decimal.max(one.worstPrice, other.worstPrice));
  return {
    ...one,
    quantity: text(Decimal.max(one.quantity, other.quantity)),
    cash: text(Decimal.max(one.cash, other.cash)),
    worstPrice,
  };
}

function withOrderTerms(approved: ApprovedOrder, terms: OrderTerms): ApprovedOrder {
  const { price: _, stopPx: __, ...rest } = approved;
  const { orderQty, price, stopPx } = terms;
  return {
    ...rest,
    orderQty,
    ...(price !== null && { price }),
    ...(stopPx !== null && { stopPx }),
  };
}

function without(
  map: BucketMap<readonly string[]>,
  key: string,
  orderId: string,
): BucketMap<readonly string[]> {
  const others = get(map, key)?.filter((other) => other !== orderId) ?? [];
  return others.length === 0 ? remove(map, key) : put(map, key, others);
}

function changed(orders: OpenOrders, order: OpenOrder): OpenOrders {
  const byId = put(orders.byId, order.approved.orderId, order);
  return counted(orders, order, { ...orders, byId });
}

/** The sums of `after`: what differs is what `order` and the legs of its group hold together. */
function counted(before: OpenOrders, { approved }: OpenOrder, after: OpenOrders): OpenOrders {
  const [held, holds] = [heldWith(before, approved), heldWith(after, approved)];
  const quantity = holds.quantity.minus(held.quantity);
  const bySymbol = changedQuantity(before.bySymbol, approved, quantity);
  const cash = holds.cash.minus(held.cash);
  const currency = holds.foreign ?? held.foreign;
  if (currency === null) return { ...after, bySymbol, reserved: text(cash.plus(before.reserved)) };
  const sum = cash.plus(get(before.foreignReserved, currency) ?? "0");
  return {
    ...after,
    bySymbol,
    foreignReserved: put(before.foreignReserved, currency, text(sum)),
  };
}

interface Held {
  readonly quantity: Decimal;
  readonly cash: Decimal;
  /** of the cash, one for all legs of a group; null: the base currency */
  readonly foreign: string | null;
}

/** Together, what the order or its group holds; nothing when it is not among the open ones. */
export function heldWith(
  orders: OpenOrders,
  { orderId, ocoGroup }: Pick<ApprovedOrder, "orderId" | "ocoGroup">,
): Held {
  const own = findOrder(orders, orderId);
  const members =
    ocoGroup === undefined ? (own === undefined ? [] : [own]) : membersOf(orders, ocoGroup);
  return {
    quantity: Decimal.max(ZERO, ...members.map(({ hold }) => hold.quantity)),
    cash: Decimal.max(ZERO, ...members.map(({ hold }) => hold.cash)),
    foreign: members.find(({ hold }) => hold.isForeign === true)?.hold.currency ?? null,
  };
}

function changedQuantity(
  bySymbol: OpenOrders["bySymbol"],
  { symbol, positionId, side }: Pick<ApprovedOrder, "symbol" | "positionId" | "side">,
  change: Decimal,
): OpenOrders["bySymbol"] {
  if (change.isZero()) return bySymbol;
  const key = positionId ?? symbol;
  const before = get(bySymbol, key) ?? NO_QUANTITY;
  const after = { ...before, [side]: text(change.plus(before[side])) };
  return after.buy === "0" && after.sell === "0"
    ? remove(bySymbol, key)
    : put(bySymbol, key, after);
}
