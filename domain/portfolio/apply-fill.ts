import type { Decision, Env } from "../shared/decider.ts";
import { Decimal, dec, text, ZERO } from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import type { LedgerEntry, TradeRow } from "../shared/journal.ts";
import { cashAccount, settlementStatusOf } from "./after-trade-state.ts";
import { ledgerTransaction, positionAccount } from "./ledger.ts";
import { averagePrice, fillLots, netOf } from "./lots.ts";
import type {
  FillAlarm,
  FillReceipt,
  HoldUse,
  LotChange,
  PortfolioCommand,
  PortfolioEvent,
  PositionSummary,
} from "./messages.ts";
import { findOrder, scaled, withFill } from "./open-orders.ts";
import { positionKey } from "./position.ts";
import { baseCostAfter, cashIn, freeIn, reservedIn } from "./currency/currency-book.ts";
import {
  conversionEntries,
  fillRate,
  type ForeignAmounts,
  inForeign,
} from "./currency/foreign-fill.ts";
import { allowedCurrencies, allowsCurrency } from "./currency/terms.ts";
import { type Account, execKey, type Position, positionOf } from "./state.ts";

type ApplyFill = Extract<PortfolioCommand, { type: "ApplyFill" }>;

/** Of a hedging portfolio: the position that its order closes, or else opened. */
function positionIdOf(account: Account, { report, positionId }: ApplyFill): string | undefined {
  if (account.opening.accounting !== "hedging") return undefined;
  const order = findOrder(account.orders, report.orderId)?.approved;
  return order?.positionId ?? positionId ?? report.orderId;
}

function heldBefore(account: Account, command: ApplyFill): Position | undefined {
  return positionOf(account, positionIdOf(account, command) ?? command.symbol);
}

/** A fill in signed amounts, as cash, position, fees and profit take it. */
interface Amounts {
  readonly fee: Decimal;
  readonly cashChange: Decimal;
  readonly costChange: Decimal;
  /** gross of fees: what was received beyond the cost of what was sold */
  readonly realizedPnl: Decimal;
  /** of a fill in another currency than the base currency */
  readonly foreign: ForeignAmounts | null;
}

/**
 * Books a fill: hold into position and cash, fee, profit, ledger rows and the trade, all in one event. A fill is a fact: it
 * counts after its order was cancelled, and when it overdraws cash or sells too much it is booked with an alarm. Counts once
 * by (venue, execId).
 *
 * The charge is taken from the order's hold first and from free cash for what goes beyond it; the last fill frees the rest.
 * @throws Refusal for a fill that no book can take: no quantity, or a currency that the portfolio does not keep
 */
export function applyFill(
  account: Account,
  command: ApplyFill,
  env: Env,
): Decision<PortfolioEvent, FillReceipt> {
  const { execId } = command.report;
  refuseUnbookable(account, command);
  if (isBooked(account, command)) return { events: [], reply: { execId, tradeId: null } };
  const lots = lotChange(account, command);
  const rate = fillRate(account, command.report, command.baseRate);
  const position = positionAfter(account, command, lots, rate);
  const amounts = amountsOf(account, command, position, rate);
  const hold = useOfHold(account, command, amounts);
  const trade = makeTrade(account, command, amounts, env);
  const { cashChange, realizedPnl, fee } = amounts;
  return {
    events: [
      {
        type: "FillApplied",
        trade,
        cash: cashAfter(account, command, amounts),
        cashChange: text(cashChange),
        realizedPnl: text(realizedPnl),
        fee: text(fee),
        position: withTotals(account, position, amounts),
        lots,
        hold,
        ...foreignFields(amounts),
        alarms: alarmsOf(account, command, position, amounts, hold),
        ledger: makeLedger(account, trade, amounts, env),
      },
    ],
    reply: { execId, tradeId: trade.tradeId },
  };
}

function refuseUnbookable({ opening }: Account, { report }: ApplyFill): void {
  const { execId, lastQty, currency } = report;
  if (dec(lastQty).lessThanOrEqualTo(ZERO))
    throw new Refusal("invalid", "FILL_QUANTITY_NOT_POSITIVE", `fill ${execId} of ${lastQty}`);
  if (!allowsCurrency(opening, currency))
    throw new Refusal(
      "invalid",
      "FILL_CURRENCY_MISMATCH",
      `fill ${execId} is in ${currency}, the portfolio in ${allowedCurrencies(opening)}`,
    );
}

/** Of the fill's currency. What is converted for it comes in and goes out at once. */
function cashAfter(account: Account, { report }: ApplyFill, { cashChange, foreign }: Amounts) {
  return foreign === null
    ? text(cashChange.plus(cashIn(account, report.currency)))
    : foreign.inBase.cash;
}

function foreignFields({ foreign }: Amounts) {
  if (foreign === null) return {};
  const { inBase, conversion } = foreign;
  return { inBase, ...(conversion && { conversion }) };
}

function isBooked(account: Account, { report }: ApplyFill): boolean {
  const key = execKey(report.venue, report.execId);
  const known =
    findOrder(account.orders, report.orderId) ??
    account.decided.find(({ orderId }) => orderId === report.orderId);
  return known?.execKeys.includes(key) ?? false;
}

function lotChange(account: Account, command: ApplyFill): LotChange {
  const { report, side, multiplier } = command;
  const quantity = side === "buy" ? dec(report.lastQty) : dec(report.lastQty).negated();
  const unitCost = dec(report.lastPx).times(multiplier);
  const lots = heldBefore(account, command)?.lots ?? [];
  return fillLots(lots, account.opening.lotMethod, quantity, unitCost);
}

/** Quantity and cost; `withTotals` adds the position's profit and fees. */
function positionAfter(
  account: Account,
  command: ApplyFill,
  change: LotChange,
  rate: Decimal | null,
): PositionSummary {
  const { symbol, multiplier } = command;
  const before = heldBefore(account, command);
  const positionId = positionIdOf(account, command);
  const net = netOf(before?.lots ?? [], change);
  const quantity = net.quantity.plus(before?.quantity ?? "0");
  const cost = net.cost.plus(before?.cost ?? "0");
  return {
    symbol,
    ...(positionId !== undefined && { positionId }),
    currency: command.report.currency,
    quantity: text(quantity),
    averagePrice: text(averagePrice(quantity, cost, multiplier)),
    cost: text(cost),
    ...(rate && { baseCost: text(baseCostAfter(before, { quantity, cost }, rate)) }),
    multiplier,
    realizedPnl: before?.realizedPnl ?? "0",
    fees: before?.fees ?? "0",
  };
}

/** Whatever a fill moves out of cash is in position, fees or (negative) profit: profit is what closes the equation. */
function amountsOf(
  account: Account,
  command: ApplyFill,
  after: PositionSummary,
  rate: Decimal | null,
): Amounts {
  const { report, side, multiplier } = command;
  const fee = dec(report.fees);
  const notional = dec(report.lastQty).times(report.lastPx).times(multiplier);
  const cashChange = (side === "buy" ? notional.negated() : notional).minus(fee);
  const before = positionOf(account, positionKey(after));
  const costChange = dec(after.cost).minus(before?.cost ?? "0");
  const realizedPnl = cashChange.plus(fee).plus(costChange);
  const own = { fee, cashChange, costChange, realizedPnl };
  if (rate === null) return { ...own, foreign: null };
  const positionChange = dec(after.baseCost ?? "0").minus(before?.baseCost ?? "0");
  return { ...own, foreign: inForeign(account, command, { ...own, positionChange }, rate) };
}

/** What a fill takes out of the currency that its order holds. */
function chargeOf({ cashChange, foreign }: Pick<Amounts, "cashChange" | "foreign">): Decimal {
  const conversion = foreign?.conversion ?? null;
  return conversion === null ? cashChange.negated() : dec(conversion.sold).plus(conversion.fee);
}

function withTotals(
  account: Account,
  position: PositionSummary,
  { realizedPnl, fee }: Amounts,
): PositionSummary {
  const before = positionOf(account, positionKey(position));
  return {
    ...position,
    realizedPnl: text(realizedPnl.plus(before?.realizedPnl ?? "0")),
    fees: text(fee.plus(before?.fees ?? "0")),
  };
}

function useOfHold(account: Account, { report }: ApplyFill, amounts: Amounts): HoldUse | null {
  const order = findOrder(account.orders, report.orderId);
  if (order === undefined) return null;
  const { hold } = order;
  const quantity = dec(hold.quantity).minus(report.lastQty);
  const charge = Decimal.max(chargeOf(amounts), ZERO);
  const cash = text(dec(hold.cash).minus(Decimal.min(charge, hold.cash)));
  const isOpen = quantity.greaterThan(ZERO);
  // What a margin portfolio holds is for fees and slippage, of which each unit has its share.
  const left =
    account.opening.margin === undefined
      ? { ...hold, quantity: text(quantity), cash }
      : scaled(hold, quantity);
  const remaining = isOpen ? left : null;
  const fill = { lastQty: report.lastQty, execKey: report.execId, remaining };
  const after = withFill(account.orders, order, fill);
  const currency = hold.currency;
  const freed = dec(reservedIn(account, currency)).minus(
    reservedIn({ ...account, orders: after }, currency),
  );
  return { freedCash: text(freed), remaining };
}

function alarmsOf(
  account: Account,
  { side, report }: ApplyFill,
  position: PositionSummary,
  amounts: Amounts,
  hold: HoldUse | null,
): readonly FillAlarm[] {
  if (account.opening.margin !== undefined) return [];
  const { baseCurrency } = account.opening;
  const isConverted = (amounts.foreign?.conversion ?? null) !== null;
  const currency = isConverted ? baseCurrency : report.currency;
  const held = findOrder(account.orders, report.orderId)?.hold.currency;
  const freed = held === currency ? (hold?.freedCash ?? "0") : "0";
  const before = dec(freeIn(account, currency));
  const after = before.minus(chargeOf(amounts)).plus(freed);
  const alarms: FillAlarm[] = [];
  if (after.lessThan(ZERO) && after.lessThan(before)) alarms.push("BuyingPowerExceeded");
  if (side === "sell" && dec(position.quantity).lessThan(ZERO)) alarms.push("PositionOversold");
  return alarms;
}

function makeTrade(
  account: Account,
  { report, symbol, side }: ApplyFill,
  { fee, realizedPnl }: Amounts,
  env: Env,
): TradeRow {
  const order = findOrder(account.orders, report.orderId);
  return {
    tradeId: env.id("trade"),
    execId: report.execId,
    venue: report.venue,
    orderId: report.orderId,
    portfolioId: account.portfolioId,
    tenantId: account.opening.tenantId,
    symbol,
    side,
    price: text(dec(report.lastPx)),
    quantity: text(dec(report.lastQty)),
    fees: text(fee),
    currency: report.currency,
    liquidity: report.liquidity,
    executedAtMs: report.transactTimeMs,
    recordedAtMs: env.nowMs,
    settlementDate: report.settlementDate,
    settlementStatus: settlementStatusOf(report, order?.approved.assetClass),
    realizedPnl: text(realizedPnl),
  };
}

function makeLedger(
  account: Account,
  trade: TradeRow,
  { cashChange, costChange, fee, realizedPnl, foreign }: Amounts,
  env: Env,
): readonly LedgerEntry[] {
  const heading = {
    transactionId: env.id("ledger"),
    portfolioId: account.portfolioId,
    currency: trade.currency,
    memo: `${trade.side} ${trade.quantity} ${trade.symbol} at ${trade.price}`,
    orderId: trade.orderId,
    tradeId: trade.tradeId,
    atMs: env.nowMs,
  };
  return ledgerTransaction(heading, [
    ...conversionEntries(account, trade.currency, foreign?.conversion ?? null),
    { account: cashAccount(trade), amount: cashChange },
    { account: positionAccount(trade.symbol), amount: costChange },
    { account: "fees", amount: fee },
    { account: "realizedPnl", amount: realizedPnl.negated() },
  ]);
}
