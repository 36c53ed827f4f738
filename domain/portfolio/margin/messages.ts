/** What is particular to margin portfolios, and to what cash and borrowed units cost by the day. */
import type { DecimalString } from "../../shared/decimal.ts";
import type { LedgerEntry } from "../../shared/journal.ts";
import type { MarketView, RiskBoard } from "../market-view.ts";
import type { Line } from "./margin-state.ts";
import type { FinancingTerms, MarginTerms } from "./terms.ts";

export type MarginCommand =
  /** from whoever follows prices: has it become a call, or is the call met? */
  | { readonly type: "CheckMargin"; readonly board: RiskBoard }
  /** by reminder, from the call's due time on: something must be sold or bought back */
  | { readonly type: "PursueMarginCall"; readonly callId: string }
  /** what PursueMarginCall asked for, with the markets of what the portfolio holds */
  | {
      readonly type: "LiquidateForMargin";
      readonly callId: string;
      readonly markets: readonly MarketView[];
      readonly board: RiskBoard;
    }
  /** the days that the market has left behind; days that were accrued before are passed over */
  | {
      readonly type: "AccrueFinancing";
      /** the last day that has ended, days since 1970-01-01, UTC */
      readonly throughDay: number;
      /** of the short positions, by day; a day without a price of its own takes the last one before it */
      readonly marks: readonly DayMark[];
      /** by symbol, what lenders take a year, a fraction of the value */
      readonly borrowRates: { readonly [symbol: string]: DecimalString };
      /** by currency, units of the base currency for one of it */
      readonly rates: RiskBoard["rates"];
    };

/** A close, and the day that it is of. */
export interface DayMark {
  readonly symbol: string;
  readonly day: number;
  readonly price: DecimalString;
}

export interface MarginCall {
  readonly callId: string;
  readonly raisedAtMs: number;
  /** epoch ms: until then it can be met by a deposit or by closing positions */
  readonly dueMs: number;
  readonly equity: DecimalString;
  readonly maintenance: DecimalString;
  /** maintenance − equity, when it was raised */
  readonly deficit: DecimalString;
  /** `liquidating`: it was not met in time */
  readonly status: "open" | "liquidating";
}

export interface PastCall extends MarginCall {
  readonly metAtMs: number;
}

/** What the lenders of one symbol's units take for a day. */
export interface BorrowFee {
  readonly symbol: string;
  /** positive: units that are short */
  readonly quantity: DecimalString;
  readonly mark: DecimalString;
  /** the day of the mark; null: no price is on record, and the average price at which it was sold is taken */
  readonly markDay: number | null;
  /** a year */
  readonly rate: DecimalString;
  readonly fee: DecimalString;
}

export type MarginEvent =
  | ({ readonly type: "MarginCallRaised" } & Omit<MarginCall, "status" | "raisedAtMs">)
  | {
      readonly type: "MarginCallMet";
      readonly callId: string;
      readonly equity: DecimalString;
      readonly maintenance: DecimalString;
    }
  | { readonly type: "MarginCallExpired"; readonly callId: string }
  | {
      readonly type: "FinancingAccrued";
      readonly transactionId: string;
      /** days since 1970-01-01, UTC */
      readonly day: number;
      /** what interest is on: cash less the value of short positions, whose proceeds are their lenders' security */
      readonly balance: DecimalString;
      /** positive: paid; negative: earned */
      readonly interest: DecimalString;
      readonly borrowFees: readonly BorrowFee[];
      /** signed: what cash changed by */
      readonly cashChange: DecimalString;
      /** the end of the day, epoch ms */
      readonly effectiveAtMs: number;
      readonly ledger: readonly LedgerEntry[];
    };

export interface MarginSummary {
  readonly terms: MarginTerms;
  readonly call: MarginCall | null;
  /** the last of those that were met, newest last */
  readonly pastCalls: readonly PastCall[];
  /** of what is held or ordered */
  readonly lines: readonly Line[];
}

export interface FinancingSummary {
  readonly terms: FinancingTerms;
  /** days since 1970-01-01, UTC: the first day that is not charged yet; null: nothing was traded yet */
  readonly nextDay: number | null;
  /** whose market says what day it is: what was traded last */
  readonly clockSymbol: string | null;
  /** paid; negative: earned */
  readonly interest: DecimalString;
  readonly borrowFees: DecimalString;
}

/** Reply to CheckMargin, PursueMarginCall and LiquidateForMargin. */
export interface MarginReceipt {
  readonly callId: string | null;
  readonly status: "none" | MarginCall["status"] | "met";
  /** orders that liquidate, placed in this turn */
  readonly orders: readonly string[];
}

/** Reply to AccrueFinancing. */
export interface FinancingReceipt {
  readonly days: readonly number[];
  readonly cashChange: DecimalString;
}

export type MarginReply = MarginReceipt | FinancingReceipt;
