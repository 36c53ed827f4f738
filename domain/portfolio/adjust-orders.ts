import { values } from "../shared/bucket-map.ts";
import type { Effect, Env } from "../shared/decider.ts";
import { dec, type DecimalString, floorTo, text, ZERO } from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import type { AdjustedOrder } from "./after-trade-messages.ts";
import { amendOrder } from "./amend-order.ts";
import { evolve } from "./evolve.ts";
import type { MarketView, OrderChanges, PortfolioEvent } from "./messages.ts";
import type { OpenOrder } from "./open-orders.ts";
import type { Account } from "./state.ts";

export interface DividendAdjustment {
  readonly symbol: string;
  readonly perUnit: DecimalString;
  readonly market: MarketView;
  readonly requestedBy: string;
}

interface Adjustment {
  readonly events: readonly PortfolioEvent[];
  readonly effects: readonly Effect[];
  readonly orders: readonly AdjustedOrder[];
}

/**
 * Amends the open orders that rest below the market for a cash dividend: limits to buy and stops to sell go down by it, to
 * the next tick below, when they outlive the day. Each is an amendment like any other, with its check and hold; one that
 * cannot be made is told of and stops none of the others.
 * Source: FINRA Rule 5330, "Adjustment of Orders". Call it on the ex-date, before the market opens.
 */
export function adjustForDividend(
  account: Account,
  adjustment: DividendAdjustment,
  env: Env,
): Adjustment {
  let after = account;
  const events: PortfolioEvent[] = [];
  const effects: Effect[] = [];
  const orders: AdjustedOrder[] = [];
  for (const order of restingBelow(account, adjustment.symbol)) {
    const amended = amend(after, order, adjustment, env);
    for (const event of amended.events) after = evolved(after, event, env);
    events.push(...amended.events);
    effects.push(...amended.effects);
    orders.push(...amended.orders);
  }
  return { events, effects, orders };
}

function restingBelow({ orders }: Account, symbol: string): readonly OpenOrder[] {
  return values(orders.byId)
    .filter(({ approved }) => {
      const { ordType, side, timeInForce } = approved;
      const isBelow =
        side === "buy"
          ? ordType === "limit" || ordType === "limitIfTouched" || ordType === "marketIfTouched"
          : ordType === "stop" || ordType === "stopLimit";
      const isLasting = timeInForce === "gtc" || timeInForce === "gtd";
      return approved.symbol === symbol && isBelow && isLasting;
    })
    .toSorted((a, b) => (a.approved.orderId < b.approved.orderId ? -1 : 1));
}

function amend(
  account: Account,
  { approved }: OpenOrder,
  { perUnit, market, requestedBy }: DividendAdjustment,
  env: Env,
): Adjustment {
  const { orderId, brokerAccountId, exDestination } = approved;
  const tickSize = approved.tickSize ?? market.instrument?.tickSize;
  if (brokerAccountId !== undefined || exDestination !== undefined)
    return left(orderId, "it goes where it was sent, not to the instrument's own venue");
  if (tickSize === undefined) return left(orderId, "the tick size is not known");
  const changes: OrderChanges = {
    ...(approved.price !== undefined && { price: lower(approved.price, perUnit, tickSize) }),
    ...(approved.stopPx !== undefined && { stopPx: lower(approved.stopPx, perUnit, tickSize) }),
  };
  if (Object.values(changes).some((price) => dec(price).lessThanOrEqualTo(ZERO)))
    return left(orderId, "nothing would be left of its price");
  const amendId = env.id(`adjust:${orderId}`);
  const ownEnv = { ...env, id: (name: string) => env.id(`${name}:${orderId}`) };
  const command = { type: "AmendOrder", orderId, amendId, changes, market, requestedBy } as const;
  try {
    const { events, effects = [], reply } = amendOrder(account, command, ownEnv);
    const reason =
      reply.verdict === "denied" ? reply.reasons.map(({ message }) => message).join("; ") : null;
    return { events, effects, orders: [{ orderId, ...changes, reason }] };
  } catch (error) {
    if (error instanceof Refusal) return left(orderId, error.message);
    throw error;
  }
}

function left(orderId: string, reason: string): Adjustment {
  return { events: [], effects: [], orders: [{ orderId, reason }] };
}

function lower(price: DecimalString, by: DecimalString, tickSize: DecimalString): DecimalString {
  return text(floorTo(dec(price).minus(by), tickSize));
}

function evolved(account: Account, event: PortfolioEvent, env: Env): Account {
  const { portfolioId } = account;
  const recorded = { event, version: 0, atMs: env.nowMs, commandId: env.commandId };
  return evolve({ portfolioId, account }, recorded).account ?? account;
}
