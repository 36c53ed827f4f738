import { dayOfIso } from "../market/calendars/day-rules.ts";
import type { Instrument } from "../market/instrument.ts";
import type { ExecutionReport } from "../order/execution-report.ts";
import { type BucketMap, EMPTY_MAP, get, put, remove } from "../shared/bucket-map.ts";
import { add, type DecimalString, subtract } from "../shared/decimal.ts";
import type { AllocationRow, TradeRow } from "../shared/journal.ts";
import type { AllocatedTrade } from "./after-trade-messages.ts";

type TradeReport = ExecutionReport & { readonly execType: "trade" };

/** Which side of an unsettled trade the money is on. */
type UnsettledAccount = "unsettled:payable" | "unsettled:receivable";

/** A trade whose money has not moved yet. */
export interface UnsettledTrade {
  readonly tradeId: string;
  readonly orderId: string;
  readonly settlementDate: string;
  readonly account: UnsettledAccount;
  /** signed: negative is to be paid */
  readonly amount: DecimalString;
  readonly status: "pending" | "failed";
}

interface Allocations {
  readonly trade: AllocatedTrade;
  readonly rows: readonly AllocationRow[];
}

/** The part of a portfolio's state that comes after the trade. */
export interface AfterTrade {
  readonly unsettled: BucketMap<UnsettledTrade>;
  /** Σ of them */
  readonly unsettledCash: DecimalString;
  /** by trade, of those that were ever allocated */
  readonly allocations: BucketMap<Allocations>;
  /** deposits less withdrawals; the initial cash is not among them */
  readonly netDeposits: DecimalString;
  /** dividends after tax */
  readonly dividends: DecimalString;
}

export const NOTHING_AFTER_TRADE: AfterTrade = {
  unsettled: EMPTY_MAP,
  unsettledCash: "0",
  allocations: EMPTY_MAP,
  netDeposits: "0",
  dividends: "0",
};

const DAY_MS = 86_400_000;

/**
 * Crypto settles with the trade: its money moves at once. Whatever else, and a trade of which nothing more is known, waits
 * until its market has reached the date.
 * @param assetClass of the order; undefined when the order is gone
 */
export function settlementStatusOf(
  { settlementDate, transactTimeMs }: Pick<TradeReport, "settlementDate" | "transactTimeMs">,
  assetClass: Instrument["assetClass"] | undefined,
): "pending" | "settled" {
  const isDue = dayOfIso(settlementDate) * DAY_MS <= transactTimeMs;
  return assetClass === "crypto" && isDue ? "settled" : "pending";
}

/** The ledger's account for the money of a trade, until it settles. */
export function cashAccount({
  settlementStatus,
  side,
}: Pick<TradeRow, "settlementStatus" | "side">): "cash" | UnsettledAccount {
  return settlementStatus === "pending" ? unsettledAccount(side) : "cash";
}

function unsettledAccount(side: "buy" | "sell"): UnsettledAccount {
  return side === "buy" ? "unsettled:payable" : "unsettled:receivable";
}

export function unsettledTrade(trade: TradeRow, cashChange: DecimalString): UnsettledTrade {
  const { tradeId, orderId, settlementDate, side } = trade;
  const account = unsettledAccount(side);
  return { tradeId, orderId, settlementDate, account, amount: cashChange, status: "pending" };
}

export function findUnsettled(state: AfterTrade, tradeId: string): UnsettledTrade | undefined {
  return get(state.unsettled, tradeId);
}

export function withUnsettled(state: AfterTrade, trade: UnsettledTrade): AfterTrade {
  const before = findUnsettled(state, trade.tradeId)?.amount ?? "0";
  return {
    ...state,
    unsettled: put(state.unsettled, trade.tradeId, trade),
    unsettledCash: add(state.unsettledCash, subtract(trade.amount, before)),
  };
}

export function withoutUnsettled(state: AfterTrade, tradeId: string): AfterTrade {
  const before = findUnsettled(state, tradeId)?.amount ?? "0";
  return {
    ...state,
    unsettled: remove(state.unsettled, tradeId),
    unsettledCash: subtract(state.unsettledCash, before),
  };
}

export function allocationsOf(state: AfterTrade, tradeId: string): Allocations | undefined {
  return get(state.allocations, tradeId);
}

/** The allocation in place of the one of its id, or as another one. */
export function withAllocation(
  state: AfterTrade,
  trade: AllocatedTrade,
  allocation: AllocationRow,
): AfterTrade {
  const others = allocationsOf(state, trade.tradeId)?.rows ?? [];
  const at = others.findIndex(({ allocationId }) => allocationId === allocation.allocationId);
  const rows = at === -1 ? [...others, allocation] : others.with(at, allocation);
  return { ...state, allocations: put(state.allocations, trade.tradeId, { trade, rows }) };
}
