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
import { findOrder, withFill } from "./open-orders.ts";
import { type Account, buyingPower, execKey, positionOf } from "./state.ts";

type ApplyFill = Extract<PortfolioCommand, { type: "ApplyFill" }>;

/** A fill in signed amounts, as cash, position, fees and profit take it. */
interface Amounts {
  readonly fee: Decimal;
  readonly cashChange: Decimal;
  readonly costChange: Decimal;
  /** gross of fees: what was received beyond the cost of what was sold */
  readonly realizedPnl: Decimal;
}

/**
 * Books a fill: hold into position and cash, fee, profit, ledger rows and the trade, all in one event. A fill is a fact: it
 * counts after its order was cancelled, and when it overdraws cash or sells too much it is booked with an alarm. Counts once
 * by (venue, execId).
 *
 * The charge is taken from the order's hold first and from free cash for what goes beyond it; the last fill frees the rest.
 * @throws Refusal for a fill that no book can take: no quantity, or another currency
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
  const position = positionAfter(account, command, lots);
  const amounts = amountsOf(account, command, position);
  const hold = useOfHold(account, command, amounts);
  const trade = makeTrade(account, command, amounts, env);
  const { cashChange, realizedPnl, fee } = amounts;
  return {
    events: [
      {
        type: "FillApplied",
        trade,
        cash: text(cashChange.plus(account.cash)),
        cashChange: text(cashChange),
        realizedPnl: text(realizedPnl),
        fee: text(fee),
        position: withTotals(account, position, amounts),
        lots,
        hold,
        alarms: alarmsOf(account, command, position, cashChange, hold),
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
  if (currency !== opening.baseCurrency)
    throw new Refusal(
      "invalid",
      "FILL_CURRENCY_MISMATCH",
      `fill ${execId} is in ${currency}, the portfolio in ${opening.baseCurrency}`,
    );
}

function isBooked(account: Account, { report }: ApplyFill): boolean {
  const key = execKey(report.venue, report.execId);
  const known =
    findOrder(account.orders, report.orderId) ??
    account.decided.find(({ orderId }) => orderId === report.orderId);
  return known?.execKeys.includes(key) ?? false;
}

function lotChange(account: Account, { report, symbol, side, multiplier }: ApplyFill): LotChange {
  const quantity = side === "buy" ? dec(report.lastQty) : dec(report.lastQty).negated();
  const unitCost = dec(report.lastPx).times(multiplier);
  const lots = positionOf(account, symbol)?.lots ?? [];
  return fillLots(lots, account.opening.lotMethod, quantity, unitCost);
}

/** Quantity and cost; `withTotals` adds the position's profit and fees. */
function positionAfter(
  account: Account,
  { symbol, multiplier }: ApplyFill,
  change: LotChange,
): PositionSummary {
  const before = positionOf(account, symbol);
  const net = netOf(before?.lots ?? [], change);
  const quantity = net.quantity.plus(before?.quantity ?? "0");
  const cost = net.cost.plus(before?.cost ?? "0");
  return {
    symbol,
    currency: account.opening.baseCurrency,
    quantity: text(quantity),
    averagePrice: text(averagePrice(quantity, cost, multiplier)),
    cost: text(cost),
    multiplier,
    realizedPnl: before?.realizedPnl ?? "0",
    fees: before?.fees ?? "0",
  };
}

/** Whatever a fill moves out of cash is in position, fees or (negative) profit: profit is what closes the equation. */
function amountsOf(account: Account, command: ApplyFill, after: PositionSummary): Amounts {
  const { report, side, multiplier } = command;
  const fee = dec(report.fees);
  const notional = dec(report.lastQty).times(report.lastPx).times(multiplier);
  const cashChange = (side === "buy" ? notional.negated() : notional).minus(fee);
  const costChange = dec(after.cost).minus(positionOf(account, after.symbol)?.cost ?? "0");
  return { fee, cashChange, costChange, realizedPnl: cashChange.plus(fee).plus(costChange) };
}

function withTotals(
  account: Account,
  position: PositionSummary,
  { realizedPnl, fee }: Amounts,
): PositionSummary {
  const before = positionOf(account, position.symbol);
  return {
    ...position,
    realizedPnl: text(realizedPnl.plus(before?.realizedPnl ?? "0")),
    fees: text(fee.plus(before?.fees ?? "0")),
  };
}

function useOfHold(
  account: Account,
  { report }: ApplyFill,
  { cashChange }: Amounts,
): HoldUse | null {
  const order = findOrder(account.orders, report.orderId);
  if (order === undefined) return null;
  const { hold } = order;
  const quantity = dec(hold.quantity).minus(report.lastQty);
  const charge = Decimal.max(cashChange.negated(), ZERO);
  const cash = text(dec(hold.cash).minus(Decimal.min(charge, hold.cash)));
  const isOpen = quantity.greaterThan(ZERO);
  const remaining = isOpen ? { ...hold, quantity: text(quantity), cash } : null;
  const fill = { lastQty: report.lastQty, execKey: report.execId, remaining };
  const after = withFill(account.orders, order, fill);
  return { freedCash: text(dec(account.reserved).minus(after.reserved)), remaining };
}

function alarmsOf(
  account: Account,
  { side }: ApplyFill,
  position: PositionSummary,
  cashChange: Decimal,
  hold: HoldUse | null,
): readonly FillAlarm[] {
  const before = dec(buyingPower(account));
  const after = before.plus(cashChange).plus(hold?.freedCash ?? "0");
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
  { cashChange, costChange, fee, realizedPnl }: Amounts,
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
    { account: cashAccount(trade), amount: cashChange },
    { account: positionAccount(trade.symbol), amount: costChange },
    { account: "fees", amount: fee },
    { account: "realizedPnl", amount: realizedPnl.negated() },
  ]);
}
