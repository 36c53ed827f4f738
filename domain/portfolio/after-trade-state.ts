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
  /** of the amount; absent: the portfolio's base currency */
  readonly currency?: string;
}

interface Allocations {
  readonly trade: AllocatedTrade;
  readonly rows: readonly AllocationRow[];
}

/** The part of a portfolio's state that comes after the trade. */
export interface AfterTrade {
  readonly unsettled: BucketMap<UnsettledTrade>;
  /** Σ of them, in the base currency */
  readonly unsettledCash: DecimalString;
  /** Σ of them by currency, of the others */
  readonly foreignUnsettled: BucketMap<DecimalString>;
  /** by trade, of those that were ever allocated */
  readonly allocations: BucketMap<Allocations>;
  /** deposits less withdrawals; the initial cash is not among them */
  readonly netDeposits: DecimalString;
  /** dividends after tax */
  readonly dividends: DecimalString;
  /** by symbol, those that were recorded, oldest first */
  readonly splits: BucketMap<readonly RecordedSplit[]>;
}

export interface RecordedSplit {
  readonly newUnits: number;
  readonly oldUnits: number;
  /** of its ex-date, or when it counts in the history; days since 1970-01-01 */
  readonly day: number;
  /** the stored action that it came from; absent: recorded by hand */
  readonly actionId?: string;
}

export const NOTHING_AFTER_TRADE: AfterTrade = {
  unsettled: EMPTY_MAP,
  unsettledCash: "0",
  foreignUnsettled: EMPTY_MAP,
  allocations: EMPTY_MAP,
  netDeposits: "0",
  dividends: "0",
  splits: EMPTY_MAP,
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

/** The splits of a symbol, oldest first. */
export function splitsOf({ splits }: AfterTrade, symbol: string): readonly RecordedSplit[] {
  return get(splits, symbol) ?? [];
}

export function withSplit(
  afterTrade: AfterTrade,
  symbol: string,
  split: RecordedSplit,
): AfterTrade {
  const splits = put(afterTrade.splits, symbol, [...splitsOf(afterTrade, symbol), split]);
  return { ...afterTrade, splits };
}

function unsettledAccount(side: "buy" | "sell"): UnsettledAccount {
  return side === "buy" ? "unsettled:payable" : "unsettled:receivable";
}

/** @param currency of the money; undefined: the portfolio's base currency */
export function unsettledTrade(
  trade: TradeRow,
  cashChange: DecimalString,
  currency: string | undefined,
): UnsettledTrade {
  const { tradeId, orderId, settlementDate, side } = trade;
  const account = unsettledAccount(side);
  return {
    tradeId,
    orderId,
    settlementDate,
    account,
    amount: cashChange,
    status: "pending",
    ...(currency !== undefined && { currency }),
  };
}

export function findUnsettled(state: AfterTrade, tradeId: string): UnsettledTrade | undefined {
  return get(state.unsettled, tradeId);
}

export function withUnsettled(state: AfterTrade, trade: UnsettledTrade): AfterTrade {
  const before = findUnsettled(state, trade.tradeId)?.amount ?? "0";
  return {
    ...withSum(state, trade.currency, subtract(trade.amount, before)),
    unsettled: put(state.unsettled, trade.tradeId, trade),
  };
}

function withSum(
  state: AfterTrade,
  currency: string | undefined,
  change: DecimalString,
): AfterTrade {
  if (currency === undefined) return { ...state, unsettledCash: add(state.unsettledCash, change) };
  const sum = add(get(state.foreignUnsettled, currency) ?? "0", change);
  return { ...state, foreignUnsettled: put(state.foreignUnsettled, currency, sum) };
}

export function withoutUnsettled(state: AfterTrade, tradeId: string): AfterTrade {
  const before = findUnsettled(state, tradeId);
  return {
    ...withSum(state, before?.currency, subtract("0", before?.amount ?? "0")),
    unsettled: remove(state.unsettled, tradeId),
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
