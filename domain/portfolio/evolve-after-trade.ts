import { put } from "../shared/bucket-map.ts";
import { add, type DecimalString, subtract } from "../shared/decimal.ts";
import type { AllocationRow } from "../shared/journal.ts";
import type { AfterTradeEvent, Booking } from "./after-trade-messages.ts";
import {
  type AfterTrade,
  allocationsOf,
  findUnsettled,
  unsettledTrade,
  withAllocation,
  withoutUnsettled,
  withSplit,
  withUnsettled,
} from "./after-trade-state.ts";
import { withFlow } from "../risk/live/risk-book.ts";
import { withInBase } from "./currency/evolve-currency.ts";
import type { InBase } from "./currency/messages.ts";
import { changeLots } from "./lots.ts";
import type { FillApplied, Lot, PositionSummary } from "./messages.ts";
import { positionKey } from "./position.ts";
import { type Account, positionOf } from "./state.ts";

const DAY_MS = 86_400_000;

/** The state after one of the events that come after the trade. Sums only, as everywhere. */
export function evolveAfterTrade(account: Account, event: AfterTradeEvent): Account {
  const { afterTrade } = account;
  switch (event.type) {
    case "TradeSettled":
      return { ...account, afterTrade: withoutUnsettled(afterTrade, event.tradeId) };
    case "SettlementFailed":
      return { ...account, afterTrade: withFailed(afterTrade, event.tradeId) };
    case "CashMoved": {
      if (event.inBase !== undefined) return withForeignCash(account, event.amount, event.inBase);
      const netDeposits = add(afterTrade.netDeposits, event.amount);
      const cash = add(account.cash, event.amount);
      // Neither a gain nor a loss of the day.
      const dayStart = { ...account.dayStart, equity: add(account.dayStart.equity, event.amount) };
      const riskBook = withFlow(account.riskBook, event.amount);
      return { ...account, cash, dayStart, riskBook, afterTrade: { ...afterTrade, netDeposits } };
    }
    case "DividendPaid": {
      if (event.inBase !== undefined)
        return withInBase(account, event.inBase, { dividends: event.net });
      const dividends = add(afterTrade.dividends, event.net);
      const cash = add(account.cash, event.net);
      return { ...account, cash, afterTrade: { ...afterTrade, dividends } };
    }
    case "PositionSplit":
      return { ...withSplitPosition(account, event), afterTrade: withRecorded(afterTrade, event) };
    case "TradeAllocated":
      return withAllocated(transferred(account, event, event.trade.tradeId), event);
    case "AllocationTaken":
      return concluded(account, event.tradeId, event.allocationId, { status: "taken" });
    case "AllocationReturned": {
      const { tradeId } = event.trade;
      const booked = transferred(account, event, tradeId);
      const { reason } = event;
      return concluded(booked, tradeId, event.allocationId, { status: "refused", reason });
    }
    case "AllocationRefused":
      return account;
  }
}

type PositionSplit = Extract<AfterTradeEvent, { type: "PositionSplit" }>;

function withSplitPosition(account: Account, event: PositionSplit): Account {
  if (event.inBase !== undefined) return withForeignPosition(account, event, event.inBase);
  return {
    ...withPosition(account, event.position, event.lots),
    cash: add(account.cash, event.cashInLieu),
    realizedPnl: add(account.realizedPnl, event.realizedPnl),
  };
}

/** Once for all positions of the symbol. */
function withRecorded(afterTrade: AfterTrade, event: PositionSplit): AfterTrade {
  if (event.isFurther === true) return afterTrade;
  const { newUnits, oldUnits, action, effectiveAtMs, position } = event;
  const day = action?.exDay ?? Math.floor(effectiveAtMs / DAY_MS);
  const from = action === undefined ? {} : { actionId: action.actionId };
  return withSplit(afterTrade, position.symbol, { newUnits, oldUnits, day, ...from });
}

/** Beside what a fill does to cash and position: its money is not there yet, unless it settles at once. */
export function withFillToSettle(afterTrade: AfterTrade, fill: FillApplied): AfterTrade {
  return fill.trade.settlementStatus === "pending"
    ? withUnsettled(afterTrade, unsettledTrade(fill.trade, fill.cashChange, fill.inBase?.currency))
    : afterTrade;
}

function withFailed(afterTrade: AfterTrade, tradeId: string): AfterTrade {
  const trade = findUnsettled(afterTrade, tradeId);
  return trade === undefined
    ? afterTrade
    : withUnsettled(afterTrade, { ...trade, status: "failed" });
}

function withPosition(account: Account, position: PositionSummary, lots: readonly Lot[]): Account {
  const key = positionKey(position);
  const before = positionOf(account, key);
  const costChange = subtract(position.cost, before?.cost ?? "0");
  return {
    ...account,
    positions: put(account.positions, key, { ...position, lots }),
    positionsCost: add(account.positionsCost, costChange),
  };
}

/** Neither a gain nor a loss of the day. */
function withForeignCash(account: Account, amount: DecimalString, inBase: InBase): Account {
  const { dayStart } = account;
  const equity = add(dayStart.equity, inBase.flows.netDeposits);
  const after = withInBase(account, inBase, { netDeposits: amount });
  const riskBook = withFlow(after.riskBook, inBase.flows.netDeposits);
  return { ...after, riskBook, dayStart: { ...dayStart, equity } };
}

/** Of a position in another currency: all that a trade or a split did to it and to the cash of its currency. */
export function withForeignPosition(
  account: Account,
  change: {
    readonly position: PositionSummary;
    readonly lots: readonly Lot[];
    readonly realizedPnl: DecimalString;
    readonly fee?: DecimalString;
  },
  inBase: InBase,
): Account {
  const { position, lots, realizedPnl, fee = "0" } = change;
  const key = positionKey(position);
  const before = positionOf(account, key);
  const after = withInBase(account, inBase, {
    realizedPnl,
    fees: fee,
    position: { before, after: position },
  });
  return { ...after, positions: put(account.positions, key, { ...position, lots }) };
}

function transferred(account: Account, booking: Booking, tradeId: string): Account {
  const { position } = booking;
  const lots = changeLots(positionOf(account, positionKey(position))?.lots ?? [], booking.lots);
  const unsettled = findUnsettled(account.afterTrade, tradeId);
  const afterTrade =
    unsettled === undefined
      ? account.afterTrade
      : withUnsettled(account.afterTrade, {
          ...unsettled,
          amount: add(unsettled.amount, booking.cashChange),
        });
  if (booking.inBase !== undefined)
    return {
      ...withForeignPosition(account, { ...booking, lots }, booking.inBase),
      afterTrade,
    };
  return {
    ...withPosition(account, position, lots),
    cash: booking.cash,
    realizedPnl: add(account.realizedPnl, booking.realizedPnl),
    fees: add(account.fees, booking.fee),
    afterTrade,
  };
}

function withAllocated(
  account: Account,
  { allocation, trade }: Extract<AfterTradeEvent, { type: "TradeAllocated" }>,
): Account {
  return { ...account, afterTrade: withAllocation(account.afterTrade, trade, allocation) };
}

function concluded(
  account: Account,
  tradeId: string,
  allocationId: string,
  ending: Pick<AllocationRow, "status" | "reason">,
): Account {
  const known = allocationsOf(account.afterTrade, tradeId);
  const allocation = known?.rows.find((row) => row.allocationId === allocationId);
  if (known === undefined || allocation === undefined) return account;
  const afterTrade = withAllocation(account.afterTrade, known.trade, { ...allocation, ...ending });
  return { ...account, afterTrade };
}
