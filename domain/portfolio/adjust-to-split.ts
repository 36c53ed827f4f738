import { values } from "../shared/bucket-map.ts";
import type { ActorRef, Effect, Env, TellEffect } from "../shared/decider.ts";
import { dec, text } from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import type { AdjustedOrder, SplitAdjustment } from "./after-trade-messages.ts";
import { amendOrder } from "./amend-order.ts";
import type { OrderChanges, PortfolioEvent } from "./messages.ts";
import { type OpenOrder, withTerms } from "./open-orders.ts";
import { marketInNewUnits, newTerms, type SplitOfOrders, wholeLots } from "./split-terms.ts";
import type { Account } from "./state.ts";

interface SplitOrders {
  readonly events: readonly PortfolioEvent[];
  readonly effects: readonly Effect[];
  readonly orders: readonly AdjustedOrder[];
}

/** What becomes of one order; `cancel`: who is asked to end what must not go on. */
interface Outcome {
  readonly events: readonly PortfolioEvent[];
  readonly effects: readonly Effect[];
  readonly order: AdjustedOrder;
  readonly cancel: ActorRef | null;
}

interface Plan {
  readonly order: OpenOrder;
  readonly changes: OrderChanges | null;
  /** why there are none */
  readonly reason: string;
}

/** How many orders a refusal names in its words; all of them are in its data. */
const NAMED_MAX = 10;

/**
 * Brings the open orders of a split symbol into its new units, each by an amendment with its check and hold. No order may
 * rest in old units afterwards: what cannot be amended refuses the whole split, or is canceled where the caller wants that,
 * and so is an order whose broker does not take its amendment (`isRequired`).
 * @param account after the split of the position, its orders as they were
 * @throws Refusal ORDERS_NOT_ADJUSTABLE
 */
export function adjustToSplit(
  account: Account,
  split: SplitOfOrders,
  adjust: SplitAdjustment,
  env: Env,
): SplitOrders {
  const plans = openIn(account, split.symbol).map((order) => plan(order, split, adjust));
  const seen = inNewUnits(account, plans, split);
  const ofPlans = plans.map((one) => carryOut(seen, one, { split, adjust }, env));
  const named = new Set(plans.map(({ order }) => order.approved.orderId));
  const others = adjust.standing
    .filter(({ orderId }) => !named.has(orderId))
    .map(({ orderId, reason, cancel }) => left(orderId, reason, cancel));
  const outcomes = [...ofPlans, ...others];
  if (!adjust.cancelUnadjusted) refuseUnadjusted(split.symbol, outcomes);
  return {
    events: outcomes.flatMap(({ events }) => events),
    effects: [
      ...outcomes.flatMap(({ effects }) => effects),
      ...cancels(outcomes, adjust.requestedBy),
    ],
    orders: outcomes.map(({ order }) => order),
  };
}

function openIn({ orders }: Account, symbol: string): readonly OpenOrder[] {
  return values(orders.byId)
    .filter(({ approved }) => approved.symbol === symbol)
    .toSorted((a, b) => (a.approved.orderId < b.approved.orderId ? -1 : 1));
}

function plan(order: OpenOrder, split: SplitOfOrders, adjust: SplitAdjustment): Plan {
  const reason = whyLeft(order, adjust);
  if (reason !== null) return { order, changes: null, reason };
  const terms = newTerms(order, split, adjust.market.instrument?.tickSize);
  return "reason" in terms
    ? { order, changes: null, reason: terms.reason }
    : { order, changes: terms, reason: "" };
}

function whyLeft({ approved, amendment }: OpenOrder, adjust: SplitAdjustment): string | null {
  const { orderId, parent, timeInForce } = approved;
  const known = adjust.standing.find((one) => one.orderId === orderId);
  if (parent?.type === "algo") return `it is a slice of order ${parent.id}`;
  if (parent !== undefined) return `it is of group ${parent.id}, which sees to its quantity`;
  if (known !== undefined) return known.reason;
  if (amendment !== null) return "another amendment of it is under way";
  if (timeInForce === "ioc" || timeInForce === "fok") return "it does not rest";
  if (approved.brokerAccountId !== undefined || approved.exDestination !== undefined)
    return "it goes where it was sent, not to the instrument's own venue";
  const { route } = adjust.market;
  return route !== undefined && "abilities" in route && !route.abilities.replace
    ? `${route.venue} does not amend orders`
    : null;
}

/**
 * The account as the check sees it: every order of the symbol in new units, whatever the turn of its own amendment, as old
 * and new ones cannot be added up. Nobody asked for these orders now: they do not count against the limit of orders a minute.
 */
function inNewUnits(account: Account, plans: readonly Plan[], split: SplitOfOrders): Account {
  const orders = plans.reduce((all, { order, changes }) => {
    const { approved, hold, cumQty } = order;
    if (changes === null) {
      const quantity = text(wholeLots(dec(hold.quantity), split));
      return withTerms(all, order, undefined, { ...hold, quantity });
    }
    const { orderQty = approved.orderQty, price = null, stopPx = null } = changes;
    const quantity = text(dec(orderQty).minus(cumQty));
    return withTerms(all, order, { orderQty, price, stopPx }, { ...hold, quantity });
  }, account.orders);
  return { ...account, orders, approvedAtMs: [] };
}

function carryOut(
  seen: Account,
  { order, changes, reason }: Plan,
  { split, adjust }: { readonly split: SplitOfOrders; readonly adjust: SplitAdjustment },
  env: Env,
): Outcome {
  const { orderId, orderQty } = order.approved;
  const cancel = enderOf(order, adjust);
  if (changes === null) return left(orderId, reason, cancel);
  const command = {
    type: "AmendOrder",
    orderId,
    amendId: env.id(`adjust:${orderId}`),
    changes,
    basedOn: orderQty,
    isRequired: true,
    // A split takes effect while the market is silent: what rests already needs no price of this minute.
    market: { ...marketInNewUnits(adjust.market, split), isStale: false },
    requestedBy: adjust.requestedBy,
  } as const;
  const ownEnv = { ...env, id: (name: string) => env.id(`${name}:${orderId}`) };
  const { events, effects = [], reply } = amendOrder(seen, command, ownEnv);
  if (reply.verdict === "denied") {
    const words = reply.reasons.map(({ message }) => message).join("; ");
    return { ...left(orderId, words, cancel), events };
  }
  return { events, effects, order: { orderId, ...changes, reason: null }, cancel: null };
}

function left(orderId: string, reason: string, cancel: ActorRef): Outcome {
  const order = { orderId, reason, isCanceled: true } as const;
  return { events: [], effects: [], order, cancel };
}

/**
 * Who has to end what the order is a part of: an algorithm would go on in old units, and so would a group with what it has
 * not placed yet. The orders of a basket are independent.
 */
function enderOf({ approved }: OpenOrder, { baskets }: SplitAdjustment): ActorRef {
  const { orderId, parent } = approved;
  const isAlone = parent === undefined || (parent.type === "group" && baskets.includes(parent.id));
  return isAlone ? { type: "order", id: orderId } : { type: parent.type, id: parent.id };
}

function refuseUnadjusted(symbol: string, outcomes: readonly Outcome[]): void {
  const orders = outcomes.flatMap(({ order }) =>
    order.reason === null ? [] : [{ orderId: order.orderId, reason: order.reason }],
  );
  if (orders.length === 0) return;
  const words = orders.slice(0, NAMED_MAX).map(({ orderId, reason }) => `${orderId}: ${reason}`);
  const rest = orders.length > NAMED_MAX ? `, and ${orders.length - NAMED_MAX} more` : "";
  const message = `orders in ${symbol} cannot be brought into its new units: ${words.join("; ")}${rest}`;
  throw new Refusal("conflict", "ORDERS_NOT_ADJUSTABLE", message, { symbol, orders });
}

function cancels(outcomes: readonly Outcome[], requestedBy: string): readonly TellEffect[] {
  const refs = new Map(
    outcomes.flatMap(({ cancel }) =>
      cancel === null ? [] : [[`${cancel.type}:${cancel.id}`, cancel]],
    ),
  );
  return [...refs.values()].map((to) => ({
    kind: "tell",
    to,
    command: {
      type: "RequestCancel",
      requestedBy,
      ...(to.type === "order" && { ifOpen: true }),
    },
    isJoint: true,
  }));
}
