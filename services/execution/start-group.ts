import type {
  GroupKind,
  GroupLeg,
  GroupTerms,
  LegRole,
  Trigger,
} from "../../domain/execution/group/messages.ts";
import { isPlacedAtStart } from "../../domain/execution/group/state.ts";
import type { Denial, NewOrder } from "../../domain/order/new-order.ts";
import type { Basket, BasketOrder, MarketView } from "../../domain/portfolio/messages.ts";
import { legOf } from "../../domain/portfolio/group-leg.ts";
import { markPrice } from "../../domain/risk/reference-price.ts";
import { text } from "../../domain/shared/decimal.ts";
import { denied, unprocessable } from "../../mixins/rest/rest-error.ts";
import {
  type ContingencyInput,
  type ContingencyLeg,
  exitSides,
} from "../../mixins/rest/routes/contingencies.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { asIfPlaced, trailOf } from "./order-terms.ts";
import { toOrderView } from "./order-views.ts";
import { checkGroup, groupIdOf, legIdOf, marketsOf, requestGroup } from "./request-group.ts";

/** A leg before it has an id: what of it differs from the first order. */
interface Draft {
  readonly role: LegRole;
  readonly terms: Pick<NewOrder, "symbol" | "side" | "orderQty" | "ordType" | "timeInForce"> &
    Partial<Pick<NewOrder, "price" | "stopPx" | "trail" | "expireAtMs">>;
}

type Params = { readonly dryRun?: boolean | undefined; readonly clOrdId?: string | undefined };

/**
 * Places an order on which others depend, or beside which they live, and starts the group that sees to them. The legs of an
 * oco are all checked before any is placed. The order's id names the group: a repeat finds the same.
 * @returns the first order
 * @throws RestError 422 ORDER_DENIED with every reason, VALIDATION_FAILED for exits on the wrong side of the market
 */
export async function startGroup(
  node: NodeContext,
  ctx: RequestContext<Params>,
  order: NewOrder,
  contingency: ContingencyInput,
): Promise<OrderView> {
  const { dryRun, clOrdId } = ctx.params;
  const beginning = await begin(node, ctx, order, contingency);
  const { verdict, orders } =
    dryRun === true
      ? { verdict: await checkGroup(node, ctx, beginning), orders: [] }
      : await requestGroup(node, ctx, beginning, clOrdId);
  if (verdict.verdict === "denied") {
    const reasons = verdict.orders.flatMap((one): readonly Denial[] =>
      one.verdict === "denied" ? one.reasons : [],
    );
    const recorded = verdict.orders.find((one) => one.verdict === "denied")?.order.orderId;
    throw denied(reasons, dryRun === true ? undefined : recorded);
  }
  if (dryRun === true) return dryView(node, beginning);
  const [first] = orders;
  if (first === undefined || first === null)
    throw new Error(`group ${beginning.terms.groupId} was placed without its first order`);
  return first;
}

async function begin(
  node: NodeContext,
  ctx: RequestContext,
  order: NewOrder,
  contingency: ContingencyInput,
): Promise<Basket> {
  const groupId = groupIdOf(order.portfolioId, order.orderId);
  const drafts = draftsOf(order, contingency);
  const shares = contingency.kind === "oco";
  const parent = { type: "group", id: groupId } as const;
  const first: NewOrder = { ...order, parent, ...(shares && { ocoGroup: groupId }) };
  const orders = [first, ...drafts.map((draft, i) => childOf(first, groupId, draft, i + 1))];
  const markets = await marketsOf(node, ctx, orders);
  const roles = [firstRole(contingency.kind), ...drafts.map(({ role }) => role)];
  const legs = orders.map((one, i) => legOf(roles[i] ?? "leg", one, markets[i]));
  if (contingency.kind === "bracket") refuseWrongSides(order, contingency, markets[0]);
  const trigger = triggerOf(contingency, orders);
  const terms: GroupTerms = {
    groupId,
    kind: contingency.kind,
    tenantId: order.tenantId,
    portfolioId: order.portfolioId,
    requestedBy: order.placedBy,
    ...(trigger !== null && { trigger }),
    legs,
  };
  const [now, later] = beginningOf(legs, markets);
  return { terms, mode: "allOrNone", orders: now, later };
}

/** Those that the portfolio is asked for now, and those that come with their fills. */
export function beginningOf(
  legs: readonly GroupLeg[],
  markets: readonly MarketView[],
): readonly [now: readonly BasketOrder[], later: readonly BasketOrder[]] {
  const asked = legs.flatMap(({ role, order }, i) => {
    const market = markets[i];
    return market === undefined ? [] : [{ role, order, market }];
  });
  const of = (isNow: boolean): readonly BasketOrder[] =>
    asked
      .filter(({ role }) => isPlacedAtStart(role) === isNow)
      .map(({ order, market }) => ({ order, market }));
  return [of(true), of(false)];
}

function firstRole(kind: Exclude<GroupKind, "basket">): LegRole {
  switch (kind) {
    case "oco":
      return "leg";
    case "oto":
      return "first";
    case "bracket":
      return "entry";
  }
}

function draftsOf(order: NewOrder, contingency: ContingencyInput): readonly Draft[] {
  switch (contingency.kind) {
    case "oco":
      return (contingency.orders ?? []).map((leg) => ({ role: "leg", terms: termsOf(order, leg) }));
    case "oto":
      return (contingency.orders ?? []).map((leg) => ({
        role: "then",
        terms: termsOf({ ...order, timeInForce: "day" }, leg),
      }));
    case "bracket":
      return exitsOf(order, contingency);
  }
}

function termsOf(order: NewOrder, leg: ContingencyLeg): Draft["terms"] {
  const { expireAt, trail, price, stopPrice } = leg;
  return {
    symbol: leg.symbol ?? order.symbol,
    side: leg.side ?? order.side,
    orderQty: leg.quantity ?? order.orderQty,
    ordType: leg.type,
    timeInForce: leg.timeInForce ?? order.timeInForce,
    ...(price !== undefined && { price }),
    ...(stopPrice !== undefined && { stopPx: stopPrice }),
    ...(trail !== undefined && { trail: trailOf(trail) }),
    ...endOf(order, leg.timeInForce, expireAt),
  };
}

/** One that takes the first order's time in force ends with it too. */
function endOf(
  order: NewOrder,
  own: NewOrder["timeInForce"] | undefined,
  expireAt: number | undefined,
): Pick<NewOrder, "expireAtMs"> {
  if (expireAt !== undefined) return { expireAtMs: expireAt };
  return own === undefined && order.timeInForce === "gtd" && order.expireAtMs !== undefined
    ? { expireAtMs: order.expireAtMs }
    : {};
}

/** Exits stand until they are filled or canceled, unless they are to end with the day. */
function exitsOf(order: NewOrder, { takeProfit, stopLoss }: ContingencyInput): readonly Draft[] {
  if (takeProfit === undefined || stopLoss === undefined) return [];
  const side = order.side === "buy" ? "sell" : "buy";
  const shared = { symbol: order.symbol, side, orderQty: order.orderQty } as const;
  const { price, stopPrice, trail } = stopLoss;
  const stop: Pick<Draft["terms"], "ordType" | "price" | "stopPx" | "trail"> =
    trail !== undefined
      ? { ordType: "trailingStop", trail: trailOf(trail) }
      : {
          ordType: price === undefined ? "stop" : "stopLimit",
          ...(stopPrice !== undefined && { stopPx: stopPrice }),
          ...(price !== undefined && { price }),
        };
  return [
    {
      role: "takeProfit",
      terms: {
        ...shared,
        ordType: "limit",
        price: takeProfit.price,
        timeInForce: takeProfit.timeInForce ?? "gtc",
      },
    },
    { role: "stopLoss", terms: { ...shared, ...stop, timeInForce: stopLoss.timeInForce ?? "gtc" } },
  ];
}

function childOf(
  first: NewOrder,
  groupId: string,
  { role, terms }: Draft,
  index: number,
): NewOrder {
  const orderId = legIdOf(groupId, index);
  const { tenantId, portfolioId, placedBy, parent, exDestination, brokerAccountId } = first;
  const isShared = role !== "then";
  // A leg in another instrument goes where that is traded.
  const isSameWay = terms.symbol === first.symbol;
  return {
    orderId,
    clOrdId: orderId,
    tenantId,
    portfolioId,
    ...terms,
    ...(isSameWay && exDestination !== undefined && { exDestination }),
    ...(isSameWay && brokerAccountId !== undefined && { brokerAccountId }),
    ...(parent !== undefined && { parent }),
    ...(isShared && { ocoGroup: groupId }),
    placedBy,
  };
}

/** Of one symbol in step with the fills, else a position in one could stand against half of another. */
function triggerOf(
  { kind, trigger }: ContingencyInput,
  orders: readonly NewOrder[],
): Trigger | null {
  if (kind !== "oto") return null;
  const symbols = new Set(orders.map(({ symbol }) => symbol));
  return trigger ?? (symbols.size === 1 ? "partial" : "full");
}

/** An entry without a price of its own is expected at the market. */
function refuseWrongSides(
  order: NewOrder,
  { takeProfit, stopLoss }: ContingencyInput,
  market: MarketView | undefined,
): void {
  const mark = markPrice(market?.quote ?? null);
  const entry = order.price ?? order.stopPx ?? (mark === null ? undefined : text(mark));
  const prices = { profit: takeProfit?.price, stop: stopLoss?.stopPrice };
  const faults = exitSides(order.side, entry, prices).map(({ path, code, message }) => ({
    path: `contingency.${path}`,
    code,
    message,
  }));
  if (faults.length > 0) throw unprocessable(faults);
}

function dryView(node: NodeContext, { orders }: Basket): OrderView {
  const [first] = orders;
  if (first === undefined) throw new Error("a group without a first order was checked");
  return { ...toOrderView(asIfPlaced(first.order, first.market, node.clock.now())), dryRun: true };
}
