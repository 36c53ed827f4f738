import type { GroupTerms } from "../execution/group/messages.ts";
import type { NewOrder } from "../order/new-order.ts";
import { touchPrice } from "../risk/reference-price.ts";
import type { Env } from "../shared/decider.ts";
import { dec } from "../shared/decimal.ts";
import { legOf } from "./group-leg.ts";
import type { ActedSignal, Basket, MarketView } from "./messages.ts";
import { type ExitTerms, exitTerms, type SignalTerms } from "./signal-terms.ts";

/**
 * A signal's order with its exits as one group: they stand for what is filled of it, and whichever is filled is taken from the other.
 * Null when nobody knows the price that the exits are measured from.
 */
export function signalBracket(
  order: NewOrder,
  terms: SignalTerms,
  { market, signal }: { readonly market: MarketView; readonly signal: ActedSignal },
  env: Env,
): Basket | null {
  const entry = order.price === undefined ? touchPrice(market.quote, order.side) : dec(order.price);
  if (entry === null || market.instrument === null) return null;
  const groupId = env.id("group");
  const first: NewOrder = { ...order, parent: { type: "group", id: groupId } };
  const exits = exitTerms(terms, order.side, entry, market.instrument.tickSize);
  const legs = [
    legOf("entry", first, market),
    ...exits.map((exit) => legOf(exit.role, exitOf(first, groupId, exit, env), market)),
  ];
  return {
    terms: { ...groupOf(order, groupId), kind: "bracket", legs },
    mode: "allOrNone",
    orders: [{ order: first, market, signal }],
    later: legs.slice(1).map((leg) => ({ order: leg.order, market })),
  };
}

interface PairLeg {
  readonly order: NewOrder;
  readonly market: MarketView;
  readonly signal: ActedSignal;
}

/** The orders that end a pair: all that pass their check together, or none. */
export function samePair(legs: readonly PairLeg[], groupId: string): Basket {
  const parent = { type: "group", id: groupId } as const;
  const members = legs.map(({ order, ...seen }) => ({ ...seen, order: { ...order, parent } }));
  const [first] = members;
  if (first === undefined) throw new Error("expected the orders of a pair");
  const specs = members.map(({ order, market }) => legOf("member", order, market));
  return {
    terms: { ...groupOf(first.order, groupId), kind: "basket", mode: "allOrNone", legs: specs },
    mode: "allOrNone",
    orders: members,
    later: [],
  };
}

/** The orders that open a pair stand or fall together: what one is filled is undone when the other cannot be. */
export function hedgedPair(
  legs: readonly PairLeg[],
  groupId: string,
  idOf: (name: string) => string,
): Basket {
  const pair = samePair(legs, groupId);
  const undone = pair.orders.map(({ order, market }, i) => {
    const orderId = idOf(`undo:${i}`);
    const side = order.side === "buy" ? "sell" : "buy";
    const { signalId: _, ...terms } = order;
    return { market, order: { ...terms, orderId, clOrdId: orderId, side } as const };
  });
  const specs = undone.map(({ order, market }, i) => ({
    ...legOf("unwind", order, market),
    undoes: i,
  }));
  return { ...pair, terms: { ...pair.terms, legs: [...pair.terms.legs, ...specs] }, later: undone };
}

function groupOf({ tenantId, portfolioId, placedBy }: NewOrder, groupId: string) {
  return { groupId, tenantId, portfolioId, requestedBy: placedBy } satisfies Partial<GroupTerms>;
}

function exitOf(entry: NewOrder, groupId: string, exit: ExitTerms, env: Env): NewOrder {
  const { role, ...terms } = exit;
  const { tenantId, portfolioId, symbol, orderQty, parent, placedBy } = entry;
  const orderId = env.id(`leg:${role}`);
  return {
    orderId,
    clOrdId: orderId,
    tenantId,
    portfolioId,
    symbol,
    side: entry.side === "buy" ? "sell" : "buy",
    orderQty,
    ...terms,
    timeInForce: "gtc",
    ...(parent !== undefined && { parent }),
    ocoGroup: groupId,
    placedBy,
  };
}
