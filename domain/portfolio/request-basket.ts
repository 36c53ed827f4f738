import type { GroupCommand, LegDenial } from "../execution/group/messages.ts";
import type { DenialCode } from "../order/new-order.ts";
import { checkOrder, withoutExtras } from "../risk/limits.ts";
import { markPrice } from "../risk/reference-price.ts";
import type { Decision, Effect, Env } from "../shared/decider.ts";
import { text } from "../shared/decimal.ts";
import { evolve } from "./evolve.ts";
import type {
  Basket,
  BasketOrder,
  BasketVerdict,
  OrderVerdict,
  PortfolioEvent,
} from "./messages.ts";
import { orderContext } from "./order-context.ts";
import { ofPositions } from "./hedging/basket-positions.ts";
import { deny, requestOrder } from "./request-order.ts";
import type { Account, PortfolioState } from "./state.ts";

type Checked = Decision<PortfolioEvent, OrderVerdict>;

/**
 * Checks several orders in one turn, each against what the ones before it leave, and tells their group what came of it:
 * those that pass are held for and placed, or with `allOrNone` none unless all pass. A denied order is on record as such;
 * one that passed and is not placed is not.
 * @throws Refusal as RequestOrder, and nothing is recorded then
 */
export function requestBasket(
  account: Account,
  asked: Basket,
  env: Env,
): Decision<PortfolioEvent, BasketVerdict> {
  const command = account.opening.accounting === "hedging" ? ofPositions(asked) : asked;
  const checked = [...checkInTurn(account, command, env), ...checkLater(account, command, env)];
  const denied = checked.flatMap(({ reply }): readonly LegDenial[] =>
    reply.verdict === "denied" ? [{ orderId: reply.order.orderId, reasons: reply.reasons }] : [],
  );
  const isNonePlaced =
    denied.length === checked.length || (command.mode === "allOrNone" && denied.length > 0);
  const kept = isNonePlaced ? checked.filter(({ reply }) => reply.verdict === "denied") : checked;
  return {
    events: kept.flatMap(({ events }) => events),
    effects: [
      tellGroup(command, isNonePlaced ? "RecordDenial" : "Start", denied),
      ...kept.flatMap(({ effects = [] }) => effects),
    ],
    reply: {
      verdict: isNonePlaced ? "denied" : "placed",
      orders: checked.map(({ reply }) => reply),
    },
  };
}

function checkInTurn(account: Account, { orders: asked }: Basket, env: Env): readonly Checked[] {
  let state: PortfolioState = { portfolioId: account.portfolioId, account };
  const orders = withOwnMarks(asked);
  return orders.map(({ order, market, signal = null }) => {
    const at = ofOrder(env, order);
    const decision = requestOrder(state.account ?? account, order, market, at, signal);
    for (const event of decision.events)
      state = evolve(state, { event, version: 0, atMs: env.nowMs, commandId: env.commandId });
    return decision;
  });
}

/** The board was read for what the portfolio has by now: the orders before bring symbols of their own, whose prices stand beside them. */
function withOwnMarks(orders: readonly BasketOrder[]): readonly BasketOrder[] {
  const marks = Object.fromEntries(
    orders.map(({ order, market }) => {
      const mark = market.isStale ? null : markPrice(market.quote);
      return [order.symbol, mark === null ? null : text(mark)];
    }),
  );
  return orders.map((one) => {
    const { board } = one.market;
    if (board === undefined) return one;
    const known = { ...board, marks: { ...marks, ...board.marks } };
    return { ...one, market: { ...one.market, board: known } };
  });
}

/**
 * Denials that no fill and no other hour will lift. An order that is to protect a position must not be found impossible
 * when there is one.
 */
const LASTING: ReadonlySet<DenialCode> = new Set<DenialCode>([
  "INSTRUMENT_NOT_FOUND",
  "CURRENCY_MISMATCH",
  "QUANTITY_NOT_POSITIVE",
  "QUANTITY_OFF_LOT",
  "PRICE_NOT_POSITIVE",
  "PRICE_OFF_TICK",
  "NOTIONAL_EXCEEDS_LIMIT",
  "SYMBOL_RESTRICTED",
  "VENUE_NOT_FOUND",
  "BROKER_ACCOUNT_NOT_FOUND",
  "BROKER_ACCOUNT_DISABLED",
  "ORDER_TYPE_UNSUPPORTED",
  "TIME_IN_FORCE_UNSUPPORTED",
  "FLAG_UNSUPPORTED",
  "EXPIRE_TIME_IN_PAST",
  "QUANTITY_BELOW_MINIMUM",
  "QUANTITY_ABOVE_MAXIMUM",
  "STOP_PRICE_NOT_POSITIVE",
  "TRAIL_NOT_POSITIVE",
]);

function checkLater(account: Account, { later }: Basket, env: Env): readonly Checked[] {
  return later.flatMap(({ order, market }): readonly Checked[] => {
    const asked = withoutExtras(order);
    const check = checkOrder(asked, orderContext(account, asked, market, env.nowMs));
    if ("approved" in check) return [];
    const reasons = check.denied.filter(({ code }) => LASTING.has(code));
    return reasons.length === 0 ? [] : [deny(asked, reasons, ofOrder(env, asked))];
  });
}

/** One command leads to several births: each has a name of its own. */
function ofOrder(env: Env, { orderId }: { readonly orderId: string }): Env {
  return { ...env, id: (name) => env.id(`${name}:${orderId}`) };
}

function tellGroup(
  { terms }: Basket,
  type: "Start" | "RecordDenial",
  denied: readonly LegDenial[],
): Effect {
  const command: GroupCommand = { type, terms, denied };
  const to = { type: "group", id: terms.groupId };
  return { kind: "tell", to, command, isBirth: true, isJoint: true };
}
