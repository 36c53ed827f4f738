import type { NewOrder } from "../order/new-order.ts";
import type { Env } from "../shared/decider.ts";
import { Decimal, dec, text, ZERO } from "../shared/decimal.ts";
import { evolve } from "./evolve.ts";
import type { PortfolioEvent } from "./messages.ts";
import { openQuantity } from "./open-orders.ts";
import { positionKey } from "./position.ts";
import type { Account, Position } from "./state.ts";

interface Part {
  readonly position: Position;
  readonly quantity: Decimal;
  readonly placedBy: string;
  /** of the command's ids: two reasons to close a position may meet in one turn */
  readonly name: string;
}

/** A market order that makes a position smaller and no more. Good till canceled: a closed market fills it when it opens. */
export function closingOrder(
  account: Account,
  { position, quantity, placedBy, name }: Part,
  env: Env,
): NewOrder {
  const { symbol, positionId } = position;
  const orderId = env.id(`${name}:${positionKey(position)}`);
  return {
    orderId,
    clOrdId: orderId,
    tenantId: account.opening.tenantId,
    portfolioId: account.portfolioId,
    symbol,
    side: dec(position.quantity).isNegative() ? "buy" : "sell",
    ordType: "market",
    orderQty: text(quantity),
    timeInForce: "gtc",
    reduceOnly: true,
    ...(positionId !== undefined && { positionId }),
    placedBy,
  };
}

/** What of a position no open order offers yet. */
export function freeUnitsOf({ orders }: Account, position: Position): Decimal {
  const units = dec(position.quantity);
  const offered = openQuantity(orders, positionKey(position), units.isNegative() ? "buy" : "sell");
  return Decimal.max(units.abs().minus(offered), ZERO);
}

/** The portfolio after events of the turn that goes on. */
export function evolved(account: Account, events: readonly PortfolioEvent[], env: Env): Account {
  let after = account;
  for (const event of events) {
    const recorded = { event, version: 0, atMs: env.nowMs, commandId: env.commandId };
    const { portfolioId } = account;
    after = evolve({ portfolioId, account: after }, recorded).account ?? after;
  }
  return after;
}
