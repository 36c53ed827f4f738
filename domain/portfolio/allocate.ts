import { minorUnit } from "../risk/minor-unit.ts";
import type { Decision, Effect, Env } from "../shared/decider.ts";
import { Decimal, dec, type DecimalString, text, ZERO } from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import type { AllocationRow, TradeRow } from "../shared/journal.ts";
import type {
  AfterTradeCommand,
  AfterTradeEvent,
  AllocatedTrade,
  AllocationReceipt,
  Booking,
} from "./after-trade-messages.ts";
import { allocationsOf } from "./after-trade-state.ts";
import { evolveAfterTrade } from "./evolve-after-trade.ts";
import { whyUncovered } from "./margin/cover.ts";
import type { FillAlarm } from "./position.ts";
import { freeIn } from "./currency/currency-book.ts";
import { type Account, freeUnits, positionOf } from "./state.ts";
import { bookTransfer } from "./transfer.ts";

type Command<T extends AfterTradeCommand["type"]> = Extract<AfterTradeCommand, { type: T }>;
type Allocated = Decision<AfterTradeEvent, AllocationReceipt>;

/**
 * Gives parts of a trade to other portfolios, at the trade's own price and with their share of its fees: what was bought for
 * them leaves these books as if it had never been in them. Each part goes out at once and comes back should the other
 * portfolio not be able to take it, so that no unit and no cent is in two books, whatever crashes.
 *
 * Fees are shared by the running sum, rounded half to even to the minor unit: parts that make up the trade make up its fee.
 * @throws Refusal when more is given than the trade has left, or than the portfolio can give back
 */
export function allocateTrade(
  account: Account,
  command: Command<"AllocateTrade">,
  env: Env,
): Allocated {
  let after = account;
  const events: AfterTradeEvent[] = [];
  const effects: Effect[] = [];
  for (const [index, part] of command.parts.entries()) {
    refuseUncovered(after, command, part.quantity);
    const allocation: AllocationRow = {
      allocationId: env.id(`allocation:${index}`),
      portfolioId: part.portfolioId,
      quantity: text(dec(part.quantity)),
      fees: text(feeShare(after, command.trade, part.quantity)),
      status: "pending",
    };
    const event = given(after, command, allocation, env);
    after = evolveAfterTrade(after, event);
    events.push(event);
    effects.push(offer(command, allocation, env));
  }
  return { events, effects, reply: receiptOf(after, command.trade.tradeId) };
}

/** By the portfolio that gave the part: it is the other's, or everything comes back. A repeat changes nothing. */
export function concludeAllocation(
  account: Account,
  { tradeId, allocationId, refusal }: Command<"ConcludeAllocation">,
  env: Env,
): Allocated {
  const known = allocationsOf(account.afterTrade, tradeId);
  const allocation = known?.rows.find((row) => row.allocationId === allocationId);
  if (known === undefined || allocation?.status !== "pending")
    return { events: [], reply: receiptOf(account, tradeId) };
  const event: AfterTradeEvent =
    refusal === null
      ? { type: "AllocationTaken", tradeId, allocationId }
      : returned(account, known.trade, allocation, refusal, env);
  return { events: [event], reply: receiptOf(evolveAfterTrade(account, event), tradeId) };
}

function refuseUncovered(
  account: Account,
  { trade, multiplier, board }: Command<"AllocateTrade">,
  quantity: DecimalString,
): void {
  const left = dec(trade.quantity).minus(sumOf(activeRows(account, trade.tradeId), "quantity"));
  if (left.lessThan(quantity))
    throw new Refusal(
      "conflict",
      "ALLOCATION_EXCEEDS_TRADE",
      `trade ${trade.tradeId} has ${text(left)} left to allocate`,
      { left: text(left) },
    );
  const { margin, accounting } = account.opening;
  if (accounting === "hedging" && positionOf(account, trade.orderId) === undefined)
    throw new Refusal(
      "conflict",
      "ALLOCATION_NOT_COVERED",
      `trade ${trade.tradeId} closed a position: only what opened one can be given away`,
    );
  const key = accounting === "hedging" ? trade.orderId : trade.symbol;
  if (margin !== undefined) {
    const side = trade.side === "buy" ? "sell" : "buy";
    const { symbol, price } = trade;
    const move = { symbol, key, side, quantity, price, multiplier, fees: "0" } as const;
    const reason = whyUncovered(account, margin, move, board);
    if (reason === null) return;
    const message = `${quantity} of trade ${trade.tradeId} cannot be given away: ${reason}`;
    throw new Refusal("conflict", "ALLOCATION_NOT_COVERED", message);
  }
  const [can, needs] =
    trade.side === "buy"
      ? [freeUnits(account, key), dec(quantity)]
      : [dec(freeIn(account, trade.currency)), dec(quantity).times(trade.price).times(multiplier)];
  if (can.lessThan(needs))
    throw new Refusal(
      "conflict",
      "ALLOCATION_NOT_COVERED",
      `giving ${quantity} of trade ${trade.tradeId} away takes ${text(needs)}, and ${text(can)} is free`,
      { free: text(can) },
    );
}

function feeShare(account: Account, trade: TradeRow, quantity: DecimalString): Decimal {
  const rows = activeRows(account, trade.tradeId);
  const allocated = sumOf(rows, "quantity").plus(quantity);
  const unit = minorUnit(trade.currency);
  const share = dec(trade.fees).times(allocated).dividedBy(trade.quantity);
  const due = allocated.equals(trade.quantity)
    ? share
    : share.dividedBy(unit).toDecimalPlaces(0, Decimal.ROUND_HALF_EVEN).times(unit);
  return due.minus(sumOf(rows, "fees"));
}

function activeRows(account: Account, tradeId: string): readonly AllocationRow[] {
  const rows = allocationsOf(account.afterTrade, tradeId)?.rows ?? [];
  return rows.filter(({ status }) => status !== "refused");
}

function sumOf(rows: readonly AllocationRow[], field: "quantity" | "fees"): Decimal {
  let total = ZERO;
  for (const row of rows) total = total.plus(row[field]);
  return total;
}

function given(
  account: Account,
  { trade, multiplier, requestedBy }: Command<"AllocateTrade">,
  allocation: AllocationRow,
  env: Env,
): AfterTradeEvent {
  const { tradeId, orderId, symbol, side, price, executedAtMs, currency } = trade;
  const isForeign = currency !== account.opening.baseCurrency;
  const terms = {
    tradeId,
    orderId,
    symbol,
    side,
    price,
    multiplier,
    ...(isForeign && { currency }),
    executedAtMs,
  };
  const booking = bookTransfer(
    account,
    {
      trade: terms,
      quantity: signed(side, allocation.quantity).negated(),
      fee: dec(allocation.fees).negated(),
      memo: `allocation ${allocation.allocationId} to ${allocation.portfolioId}`,
    },
    env,
  );
  return { type: "TradeAllocated", allocation, trade: terms, requestedBy, ...booking };
}

function returned(
  account: Account,
  trade: AllocatedTrade,
  allocation: AllocationRow,
  reason: string,
  env: Env,
): AfterTradeEvent {
  const { allocationId } = allocation;
  const transfer = {
    trade,
    quantity: signed(trade.side, allocation.quantity),
    fee: dec(allocation.fees),
    memo: `return of allocation ${allocationId}`,
  };
  const booking = bookTransfer(account, transfer, env);
  const alarms = alarmsOf(account, trade, booking);
  return { type: "AllocationReturned", allocationId, trade, reason, alarms, ...booking };
}

function alarmsOf(
  account: Account,
  { side, currency = account.opening.baseCurrency }: AllocatedTrade,
  booking: Booking,
): readonly FillAlarm[] {
  if (account.opening.margin !== undefined) return [];
  const power = dec(freeIn(account, currency)).plus(booking.cashChange);
  const isOverdrawn = power.isNegative() && dec(booking.cashChange).isNegative();
  const isOversold = side === "sell" && dec(booking.position.quantity).isNegative();
  return [
    ...(isOverdrawn ? (["BuyingPowerExceeded"] as const) : []),
    ...(isOversold ? (["PositionOversold"] as const) : []),
  ];
}

function signed(side: "buy" | "sell", quantity: DecimalString): Decimal {
  return side === "buy" ? dec(quantity) : dec(quantity).negated();
}

/** The part as a trade of its own: same price, date and order, the allocation's execId. */
function offer(
  { trade, multiplier }: Command<"AllocateTrade">,
  { allocationId, portfolioId, quantity, fees }: AllocationRow,
  env: Env,
): Effect {
  const part: TradeRow = {
    tradeId: allocationId,
    execId: `${trade.execId}/${allocationId}`,
    venue: trade.venue,
    orderId: trade.orderId,
    portfolioId,
    tenantId: trade.tenantId,
    symbol: trade.symbol,
    side: trade.side,
    price: trade.price,
    quantity,
    fees,
    currency: trade.currency,
    liquidity: trade.liquidity,
    executedAtMs: trade.executedAtMs,
    recordedAtMs: env.nowMs,
    settlementDate: trade.settlementDate,
    realizedPnl: "0",
  };
  const from = { portfolioId: trade.portfolioId, tradeId: trade.tradeId };
  const command: AfterTradeCommand = {
    type: "TakeAllocation",
    allocationId,
    trade: part,
    multiplier,
    from,
  };
  return { kind: "tell", to: { type: "portfolio", id: portfolioId }, command, isJoint: true };
}

function receiptOf(account: Account, tradeId: string): AllocationReceipt {
  return { tradeId, allocations: allocationsOf(account.afterTrade, tradeId)?.rows ?? [] };
}
