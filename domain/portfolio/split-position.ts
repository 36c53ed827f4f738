import { minorUnit } from "../risk/minor-unit.ts";
import type { Decision, Env } from "../shared/decider.ts";
import { type Decimal, dec, text, ZERO } from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import { adjustToSplit } from "./adjust-to-split.ts";
import type {
  AfterTradeCommand,
  AfterTradeEvent,
  TransactionReceipt,
} from "./after-trade-messages.ts";
import { baseShare, foreignPart } from "./currency/currency-book.ts";
import { isRecorded } from "./recorded-split.ts";
import { evolveAfterTrade } from "./evolve-after-trade.ts";
import { positionAccount } from "./ledger.ts";
import { averagePrice } from "./lots.ts";
import type { PortfolioEvent, PositionSummary } from "./messages.ts";
import { hasOrdersIn, openQuantity } from "./open-orders.ts";
import { positionKey } from "./position.ts";
import { splitLots } from "./split-lots.ts";
import { type Account, type Position, positionsIn, summarizePosition } from "./state.ts";
import { heldPositions, receipt, sumOf, transaction } from "./transaction-entries.ts";

type SplitPosition = Extract<AfterTradeCommand, { type: "SplitPosition" }>;

/**
 * A split, or with fewer new units than old ones a reverse split. A fraction of a lot is paid out at the price that is given
 * with it, rounded down to the minor unit (up, when a short position pays), and refused without one.
 * Open orders are brought into new units in the same turn when that is asked for.
 * @throws Refusal without a position, with open orders in the symbol (their terms are of the old units) that are not to be or
 *         cannot be adjusted, or for a fraction; of a stored action that may be on record already, or whose position has changed
 *         since it was looked at
 */
export function splitPosition(
  account: Account,
  command: SplitPosition,
  env: Env,
): Decision<PortfolioEvent, TransactionReceipt> {
  const { symbol, adjust, effectiveAtMs } = command;
  if (isRecorded(account, command)) return unchanged(account, command, env);
  const positions = heldPositions(account, symbol);
  if (adjust === undefined) refuseOpenOrders(account, symbol);
  const [first, ...others] = positions;
  const event = splitOne(account, command, first, env.id("ledger"), env);
  const further = others.map((position) => ({
    ...splitOne(account, command, position, env.id(`ledger:${positionKey(position)}`), env),
    isFurther: true as const,
  }));
  const events = [event, ...further];
  const after = events.reduce(evolveAfterTrade, account);
  const adjusted = adjust === undefined ? null : adjustToSplit(after, command, adjust, env);
  const cash = sumOf(events.map(({ cashInLieu: amount }) => dec(amount)));
  return {
    events: [...events, ...(adjusted?.events ?? [])],
    effects: adjusted?.effects ?? [],
    reply: {
      ...receipt(event.transactionId, cash, event.position, effectiveAtMs, env),
      adjustedOrders: adjusted?.orders ?? [],
    },
  };
}

/** What was held may have been sold since. */
function unchanged(
  account: Account,
  { symbol, effectiveAtMs }: SplitPosition,
  env: Env,
): Decision<PortfolioEvent, TransactionReceipt> {
  const [position] = positionsIn(account, symbol);
  const summary = position === undefined ? null : summarizePosition(position);
  return { events: [], reply: receipt(env.id("ledger"), ZERO, summary, effectiveAtMs, env) };
}

function splitOne(
  account: Account,
  command: SplitPosition,
  position: Position,
  transactionId: string,
  env: Env,
): Extract<AfterTradeEvent, { type: "PositionSplit" }> {
  const { symbol, newUnits, oldUnits, action, memo, effectiveAtMs } = command;
  const split = splitLots(position.lots, command);
  const cash = cashInLieu(command, position, split.fractionTimesOld);
  const pnl = cash.minus(split.fractionCost);
  const after = splitTo(position, split.quantity, split.cost, pnl);
  const { currency } = position;
  const words = `split ${newUnits} for ${oldUnits} of ${symbol}: ${memo}`;
  const ledger = transaction(
    account,
    env,
    words,
    [
      { account: "cash", amount: cash },
      { account: positionAccount(symbol), amount: split.fractionCost.negated() },
      { account: "realizedPnl", amount: pnl.negated() },
    ],
    transactionId,
    currency,
  );
  return {
    type: "PositionSplit",
    transactionId,
    newUnits,
    oldUnits,
    ...(action && { action: { actionId: action.actionId, exDay: action.exDay } }),
    quantityBefore: position.quantity,
    position: after,
    lots: split.lots,
    cashInLieu: text(cash),
    realizedPnl: text(pnl),
    ...foreignPart(account, {
      currency,
      told: command.baseRate,
      cashChange: cash,
      flows: { realizedPnl: pnl },
      positionChange: dec(after.baseCost ?? "0").minus(position.baseCost ?? "0"),
    }),
    memo,
    effectiveAtMs,
    ledger,
  };
}

function cashInLieu(
  { symbol, oldUnits, cashInLieuPrice }: SplitPosition,
  { multiplier, currency }: Position,
  fractionTimesOld: Decimal,
): Decimal {
  if (fractionTimesOld.isZero()) return ZERO;
  if (cashInLieuPrice === null)
    throw new Refusal(
      "invalid",
      "SPLIT_LEAVES_FRACTION",
      `the split leaves a fraction of a lot of ${symbol}: say at what price it is paid out`,
    );
  const unit = minorUnit(currency);
  const exact = fractionTimesOld.times(cashInLieuPrice).times(multiplier).dividedBy(oldUnits);
  return exact.dividedBy(unit).floor().times(unit);
}

function splitTo(
  before: Position,
  quantity: Decimal,
  cost: Decimal,
  pnl: Decimal,
): PositionSummary {
  return {
    ...summarizePosition(before),
    quantity: text(quantity),
    cost: text(cost),
    ...(before.baseCost !== undefined && { baseCost: text(baseShare(before, cost)) }),
    averagePrice: text(averagePrice(quantity, cost, before.multiplier)),
    realizedPnl: text(pnl.plus(before.realizedPnl)),
  };
}

function refuseOpenOrders({ orders, opening }: Account, symbol: string): void {
  const [buy, sell] = [openQuantity(orders, symbol, "buy"), openQuantity(orders, symbol, "sell")];
  const isClosing = opening.accounting === "hedging" && hasOrdersIn(orders, symbol);
  if (buy === "0" && sell === "0" && !isClosing) return;
  const message = `orders in ${symbol} are open, in units from before the split: cancel them first`;
  throw new Refusal("conflict", "OPEN_ORDERS_IN_SYMBOL", message, { symbol, buy, sell });
}
