import type { Env } from "../shared/decider.ts";
import { type Decimal, dec, text } from "../shared/decimal.ts";
import type { AllocatedTrade, Booking } from "./after-trade-messages.ts";
import { baseCostAfter, cashIn, foreignPart, rateFor } from "./currency/currency-book.ts";
import { findUnsettled } from "./after-trade-state.ts";
import { ledgerTransaction, positionAccount } from "./ledger.ts";
import { averagePrice, fillLots, netOf } from "./lots.ts";
import type { Lot, LotChange, LotMethod } from "./messages.ts";
import { type Account, positionOf } from "./state.ts";

export interface Transfer {
  readonly trade: AllocatedTrade;
  /** signed: into the position positive, out of it negative */
  readonly quantity: Decimal;
  /** negative: given back */
  readonly fee: Decimal;
  readonly memo: string;
}

/**
 * Units that come into or leave a portfolio at a trade's price, as its books see them: cash against position, fee and profit.
 * While the trade has not settled its money has not moved, so that only the claim changes.
 */
export function bookTransfer(account: Account, transfer: Transfer, env: Env): Booking {
  const { trade, quantity, fee, memo } = transfer;
  const { symbol, multiplier } = trade;
  const { baseCurrency } = account.opening;
  const { currency = baseCurrency } = trade;
  const isHedging = account.opening.accounting === "hedging";
  // A part of what the trade's order opened.
  const before = positionOf(account, isHedging ? trade.orderId : symbol);
  const unitCost = dec(trade.price).times(multiplier);
  const lots = takeLots(before?.lots ?? [], account.opening.lotMethod, quantity, unitCost);
  const net = netOf(before?.lots ?? [], lots);
  const held = net.quantity.plus(before?.quantity ?? "0");
  const cost = net.cost.plus(before?.cost ?? "0");
  const cashChange = quantity.times(unitCost).negated().minus(fee);
  const realizedPnl = cashChange.plus(fee).plus(net.cost);
  const baseCost =
    currency === baseCurrency
      ? null
      : baseCostAfter(before, { quantity: held, cost }, rateFor(account, currency));
  const heading = {
    transactionId: env.id(`ledger:${memo}`),
    portfolioId: account.portfolioId,
    currency,
    memo,
    orderId: trade.orderId,
    tradeId: trade.tradeId,
    atMs: env.nowMs,
  };
  return {
    cash: text(cashChange.plus(cashIn(account, currency))),
    quantityChange: text(quantity),
    cashChange: text(cashChange),
    realizedPnl: text(realizedPnl),
    fee: text(fee),
    position: {
      symbol,
      ...(isHedging && { positionId: trade.orderId }),
      currency,
      quantity: text(held),
      averagePrice: text(averagePrice(held, cost, multiplier)),
      cost: text(cost),
      ...(baseCost && { baseCost: text(baseCost) }),
      multiplier,
      realizedPnl: text(realizedPnl.plus(before?.realizedPnl ?? "0")),
      fees: text(fee.plus(before?.fees ?? "0")),
    },
    lots,
    ...foreignPart(account, {
      currency,
      told: undefined,
      cashChange,
      flows: { realizedPnl, fees: fee },
      positionChange: dec(baseCost ?? 0).minus(before?.baseCost ?? "0"),
    }),
    ledger: ledgerTransaction(heading, [
      {
        account: findUnsettled(account.afterTrade, trade.tradeId)?.account ?? "cash",
        amount: cashChange,
      },
      { account: positionAccount(symbol), amount: net.cost },
      { account: "fees", amount: fee },
      { account: "realizedPnl", amount: realizedPnl.negated() },
    ]),
  };
}

/**
 * What leaves is what came last. The average method's single lot gives up what the trade put in, as long as something is
 * left of both quantity and cost: then it is as if the trade had been smaller.
 */
function takeLots(
  lots: readonly Lot[],
  method: LotMethod,
  quantity: Decimal,
  unitCost: Decimal,
): LotChange {
  const [lot] = lots;
  if (method === "average" && lot !== undefined) {
    const left = quantity.plus(lot.quantity);
    const cost = quantity.times(unitCost).plus(lot.cost);
    const keepsSides = isSameSide(left, lot.quantity) && isSameSide(cost, lot.cost);
    if (keepsSides)
      return { end: "back", removed: 1, put: [{ quantity: text(left), cost: text(cost) }] };
  }
  return fillLots(lots, method === "fifo" ? "lifo" : method, quantity, unitCost);
}

function isSameSide(value: Decimal, as: string): boolean {
  return !value.isZero() && value.isNegative() === dec(as).isNegative();
}
