import { minorUnit } from "../risk/minor-unit.ts";
import type { Decision, Env } from "../shared/decider.ts";
import { Decimal, dec, text, ZERO } from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import { adjustForDividend } from "./adjust-orders.ts";
import { adjustToSplit } from "./adjust-to-split.ts";
import type {
  AfterTradeCommand,
  AfterTradeEvent,
  TransactionReceipt,
} from "./after-trade-messages.ts";
import { evolveAfterTrade } from "./evolve-after-trade.ts";
import { ledgerTransaction, positionAccount, type Posting } from "./ledger.ts";
import { averagePrice } from "./lots.ts";
import type { PortfolioEvent, PositionSummary } from "./messages.ts";
import { openQuantity } from "./open-orders.ts";
import { splitLots } from "./split-lots.ts";
import {
  type Account,
  buyingPower,
  type Position,
  positionOf,
  settledCash,
  summarizePosition,
} from "./state.ts";

type Command<T extends AfterTradeCommand["type"]> = Extract<AfterTradeCommand, { type: T }>;
type Transacted = Decision<AfterTradeEvent, TransactionReceipt>;

/**
 * Cash that comes or goes. Only settled cash that no order holds can be withdrawn: what was sold is not there before it has
 * been paid for.
 * @throws Refusal when more is asked for, or the portfolio is closed
 */
export function moveCash(account: Account, command: Command<"MoveCash">, env: Env): Transacted {
  refuseClosed(account);
  const { direction, memo, effectiveAtMs } = command;
  const amount = dec(command.amount);
  const available = Decimal.min(settledCash(account), buyingPower(account));
  if (direction === "withdraw" && amount.greaterThan(available))
    throw new Refusal(
      "conflict",
      "WITHDRAWAL_EXCEEDS_CASH",
      `${text(amount)} is more than the ${text(available)} that is settled and not held`,
      { available: text(available) },
    );
  const signed = direction === "withdraw" ? amount.negated() : amount;
  const transactionId = env.id("ledger");
  const ledger = transaction(account, env, `${direction}: ${memo}`, [
    { account: "cash", amount: signed },
    { account: "capital", amount: signed.negated() },
  ]);
  return {
    events: [
      { type: "CashMoved", transactionId, amount: text(signed), memo, effectiveAtMs, ledger },
    ],
    reply: receipt(transactionId, signed, null, effectiveAtMs, env),
  };
}

/**
 * A cash dividend on what the portfolio holds now; a short position pays it. Amounts are in the currency's minor unit: what
 * comes in is rounded down, what goes out and the tax up.
 * @throws Refusal without a position
 */
export function payDividend(
  account: Account,
  command: Command<"PayDividend">,
  env: Env,
): Decision<PortfolioEvent, TransactionReceipt> {
  const { symbol, perUnit, withholdingRate, adjust, memo, effectiveAtMs } = command;
  const position = heldPosition(account, symbol);
  const unit = minorUnit(account.opening.baseCurrency);
  // Floor: a positive amount down, a negative one away from zero.
  const gross = dec(position.quantity).times(perUnit).dividedBy(unit).floor().times(unit);
  const tax = Decimal.max(gross, ZERO).times(withholdingRate).dividedBy(unit).ceil().times(unit);
  const net = gross.minus(tax);
  const transactionId = env.id("ledger");
  const ledger = transaction(account, env, `dividend of ${perUnit} on ${symbol}: ${memo}`, [
    { account: "cash", amount: net },
    { account: "withholdingTax", amount: tax },
    { account: "dividends", amount: gross.negated() },
  ]);
  const { quantity } = position;
  const money = { gross: text(gross), withheld: text(tax) };
  const adjusted =
    adjust === undefined ? null : adjustForDividend(account, { symbol, perUnit, ...adjust }, env);
  return {
    events: [
      {
        type: "DividendPaid",
        transactionId,
        symbol,
        quantity,
        perUnit,
        ...money,
        net: text(net),
        memo,
        effectiveAtMs,
        ledger,
      },
      ...(adjusted?.events ?? []),
    ],
    effects: adjusted?.effects ?? [],
    reply: {
      ...receipt(transactionId, net, summarizePosition(position), effectiveAtMs, env),
      dividend: money,
      adjustedOrders: adjusted?.orders ?? [],
    },
  };
}

/**
 * A split, or with fewer new units than old ones a reverse split. A fraction of a lot is paid out at the price that is given
 * with it, rounded down to the minor unit (up, when a short position pays), and refused without one.
 * Open orders are brought into new units in the same turn when that is asked for.
 * @throws Refusal without a position, with open orders in the symbol (their terms are of the old units) that are not to be or
 *         cannot be adjusted, or for a fraction
 */
export function splitPosition(
  account: Account,
  command: Command<"SplitPosition">,
  env: Env,
): Decision<PortfolioEvent, TransactionReceipt> {
  const { symbol, newUnits, oldUnits, memo, effectiveAtMs } = command;
  const position = heldPosition(account, symbol);
  if (command.adjust === undefined) refuseOpenOrders(account, symbol);
  const split = splitLots(position.lots, command);
  const cash = cashInLieu(account, command, position, split.fractionTimesOld);
  const pnl = cash.minus(split.fractionCost);
  const after = splitTo(position, split.quantity, split.cost, pnl);
  const transactionId = env.id("ledger");
  const words = `split ${newUnits} for ${oldUnits} of ${symbol}: ${memo}`;
  const ledger = transaction(account, env, words, [
    { account: "cash", amount: cash },
    { account: positionAccount(symbol), amount: split.fractionCost.negated() },
    { account: "realizedPnl", amount: pnl.negated() },
  ]);
  const event: AfterTradeEvent = {
    type: "PositionSplit",
    transactionId,
    newUnits,
    oldUnits,
    quantityBefore: position.quantity,
    position: after,
    lots: split.lots,
    cashInLieu: text(cash),
    realizedPnl: text(pnl),
    memo,
    effectiveAtMs,
    ledger,
  };
  const { adjust } = command;
  const adjusted =
    adjust === undefined
      ? null
      : adjustToSplit(evolveAfterTrade(account, event), command, adjust, env);
  return {
    events: [event, ...(adjusted?.events ?? [])],
    effects: adjusted?.effects ?? [],
    reply: {
      ...receipt(transactionId, cash, after, effectiveAtMs, env),
      adjustedOrders: adjusted?.orders ?? [],
    },
  };
}

function cashInLieu(
  account: Account,
  { symbol, oldUnits, cashInLieuPrice }: Command<"SplitPosition">,
  { multiplier }: Position,
  fractionTimesOld: Decimal,
): Decimal {
  if (fractionTimesOld.isZero()) return ZERO;
  if (cashInLieuPrice === null)
    throw new Refusal(
      "invalid",
      "SPLIT_LEAVES_FRACTION",
      `the split leaves a fraction of a lot of ${symbol}: say at what price it is paid out`,
    );
  const unit = minorUnit(account.opening.baseCurrency);
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
    averagePrice: text(averagePrice(quantity, cost, before.multiplier)),
    realizedPnl: text(pnl.plus(before.realizedPnl)),
  };
}

function refuseClosed({ status, portfolioId }: Account): void {
  if (status === "closed")
    throw new Refusal("conflict", "PORTFOLIO_CLOSED", `${portfolioId} is closed`);
}

function heldPosition(account: Account, symbol: string): Position {
  const position = positionOf(account, symbol);
  if (position !== undefined && position.quantity !== "0") return position;
  const message = `${account.portfolioId} holds no ${symbol}`;
  throw new Refusal("conflict", "POSITION_NOT_HELD", message, { symbol });
}

function refuseOpenOrders({ orders }: Account, symbol: string): void {
  const [buy, sell] = [openQuantity(orders, symbol, "buy"), openQuantity(orders, symbol, "sell")];
  if (buy === "0" && sell === "0") return;
  const message = `orders in ${symbol} are open, in units from before the split: cancel them first`;
  throw new Refusal("conflict", "OPEN_ORDERS_IN_SYMBOL", message, { symbol, buy, sell });
}

function transaction(account: Account, env: Env, memo: string, postings: readonly Posting[]) {
  const heading = {
    transactionId: env.id("ledger"),
    portfolioId: account.portfolioId,
    currency: account.opening.baseCurrency,
    memo,
    orderId: null,
    tradeId: null,
    atMs: env.nowMs,
  };
  return ledgerTransaction(heading, postings);
}

function receipt(
  transactionId: string,
  cashChange: Decimal,
  position: PositionSummary | null,
  effectiveAtMs: number,
  env: Env,
): TransactionReceipt {
  return {
    transactionId,
    cashChange: text(cashChange),
    dividend: null,
    position,
    adjustedOrders: [],
    effectiveAtMs,
    recordedAtMs: env.nowMs,
  };
}
