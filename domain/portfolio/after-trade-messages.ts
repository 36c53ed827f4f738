/** What happens to a portfolio after the trade: settlement, cash in and out, dividends, splits, allocations. */
import type { ActorRef } from "../shared/decider.ts";
import type { DecimalString } from "../shared/decimal.ts";
import type { AllocationRow, LedgerEntry, TradeRow } from "../shared/journal.ts";
import type { InBase } from "./currency/messages.ts";
import type { MarketView, RiskBoard } from "./market-view.ts";
import type { FillAlarm, Lot, LotChange, PositionSummary } from "./position.ts";

export type AfterTradeCommand =
  /** those of the trades that settle on or before the date, which the market has reached */
  | { readonly type: "SettleTrades"; readonly tradeIds: readonly string[]; readonly asOf: string }
  /** money or securities did not come on the day; SettleTrades makes up for it */
  | { readonly type: "FailSettlement"; readonly tradeId: string; readonly reason: string }
  | {
      readonly type: "MoveCash";
      readonly direction: "deposit" | "withdraw";
      /** positive */
      readonly amount: DecimalString;
      /** absent: the base currency */
      readonly currency?: string;
      /** units of the base currency for one of it; absent: as the portfolio heard last */
      readonly baseRate?: DecimalString;
      readonly memo: string;
      readonly effectiveAtMs: number;
      /** of a margin portfolio: what it holds; absent: nobody has looked, and what needs it is refused */
      readonly board?: RiskBoard;
    }
  | {
      readonly type: "PayDividend";
      readonly symbol: string;
      /** before tax */
      readonly perUnit: DecimalString;
      /** of the gross amount that is kept as tax, a fraction in [0, 1) */
      readonly withholdingRate: DecimalString;
      /** as in MoveCash */
      readonly baseRate?: DecimalString;
      /** adjust open orders, too; absent: they stay as they are */
      readonly adjust?: { readonly market: MarketView; readonly requestedBy: string };
      readonly memo: string;
      readonly effectiveAtMs: number;
    }
  | {
      readonly type: "SplitPosition";
      readonly symbol: string;
      /** so many new units for … */
      readonly newUnits: number;
      /** … so many old ones */
      readonly oldUnits: number;
      readonly lotSize: DecimalString;
      /** what a fraction of a lot is paid out at, per new unit; null: there may be none */
      readonly cashInLieuPrice: DecimalString | null;
      /** as in MoveCash */
      readonly baseRate?: DecimalString;
      /** bring the open orders into new units, too; absent: there may be none */
      readonly adjust?: SplitAdjustment;
      /** the stored action that it comes from; absent: recorded by hand */
      readonly action?: ActionOfSplit;
      readonly memo: string;
      readonly effectiveAtMs: number;
    }
  /** gives parts of a trade of this portfolio to others */
  | {
      readonly type: "AllocateTrade";
      readonly trade: TradeRow;
      readonly multiplier: DecimalString;
      readonly parts: readonly { readonly portfolioId: string; readonly quantity: DecimalString }[];
      readonly requestedBy: string;
      /** as in MoveCash */
      readonly board?: RiskBoard;
    }
  /** from the portfolio that gives; answered to it with ConcludeAllocation, whatever comes of it */
  | {
      readonly type: "TakeAllocation";
      readonly allocationId: string;
      /** the part as a trade of the portfolio that takes it */
      readonly trade: TradeRow;
      readonly multiplier: DecimalString;
      readonly from: { readonly portfolioId: string; readonly tradeId: string };
      /** as in MoveCash */
      readonly board?: RiskBoard;
    }
  | {
      readonly type: "ConcludeAllocation";
      readonly tradeId: string;
      readonly allocationId: string;
      /** why the other portfolio could not take it; null: it has */
      readonly refusal: string | null;
    };

/** Of a stored corporate action, as the portfolio was found when it was looked at. */
export interface ActionOfSplit {
  readonly actionId: string;
  /** days since 1970-01-01 */
  readonly exDay: number;
  /** the positions in the symbol as they were then: what has changed since has to be looked at again */
  readonly positions: readonly PositionSummary[];
  /** why nobody can say what units these are in; absent: they are in old ones. What is on record already is beyond doubt */
  readonly doubt?: string;
}

export interface SplitAdjustment {
  /** as seen before the turn, its quote in old units unless it is from after the split */
  readonly market: MarketView;
  readonly requestedBy: string;
  /** cancel what cannot be brought into new units; else it refuses the whole split */
  readonly cancelUnadjusted: boolean;
  /** what the portfolio itself cannot know */
  readonly standing: readonly StandingOrder[];
  /** groups whose orders do not depend on one another */
  readonly baskets: readonly string[];
}

/** By the word of its own actor: an order that cannot be amended now, or what goes on to place orders in the symbol. */
export interface StandingOrder {
  readonly orderId: string;
  readonly reason: string;
  /** who ends it */
  readonly cancel: ActorRef;
}

/** What a transfer of units at a price did to cash, position and profit. */
export interface Booking {
  /** of the whole portfolio, after it */
  readonly cash: DecimalString;
  /** signed: what the position changed by */
  readonly quantityChange: DecimalString;
  /** signed, fee included */
  readonly cashChange: DecimalString;
  /** gross of fees */
  readonly realizedPnl: DecimalString;
  /** negative: given back */
  readonly fee: DecimalString;
  readonly position: PositionSummary;
  readonly lots: LotChange;
  /** of a trade in another currency than the base currency */
  readonly inBase?: InBase;
  readonly ledger: readonly LedgerEntry[];
}

export type AfterTradeEvent =
  | {
      readonly type: "TradeSettled";
      readonly tradeId: string;
      readonly asOf: string;
      /** moved from unsettled to settled cash, signed */
      readonly amount: DecimalString;
      readonly ledger: readonly LedgerEntry[];
    }
  | { readonly type: "SettlementFailed"; readonly tradeId: string; readonly reason: string }
  | {
      readonly type: "CashMoved";
      readonly transactionId: string;
      /** signed */
      readonly amount: DecimalString;
      /** of another currency than the base currency: which, and what it is there */
      readonly inBase?: InBase;
      readonly memo: string;
      readonly effectiveAtMs: number;
      readonly ledger: readonly LedgerEntry[];
    }
  | {
      readonly type: "DividendPaid";
      readonly transactionId: string;
      readonly symbol: string;
      readonly quantity: DecimalString;
      readonly perUnit: DecimalString;
      /** negative: a short position pays it */
      readonly gross: DecimalString;
      readonly withheld: DecimalString;
      /** gross less tax: what cash changed by */
      readonly net: DecimalString;
      /** as in CashMoved */
      readonly inBase?: InBase;
      readonly memo: string;
      readonly effectiveAtMs: number;
      readonly ledger: readonly LedgerEntry[];
    }
  | {
      readonly type: "PositionSplit";
      readonly transactionId: string;
      readonly newUnits: number;
      readonly oldUnits: number;
      /** the stored action that it comes from; absent: recorded by hand */
      readonly action?: { readonly actionId: string; readonly exDay: number };
      readonly quantityBefore: DecimalString;
      readonly position: PositionSummary;
      /** in place of all lots */
      readonly lots: readonly Lot[];
      /** for the fraction of a lot that was left */
      readonly cashInLieu: DecimalString;
      /** of several positions of the symbol that stand side by side: not the first */
      readonly isFurther?: true;
      readonly realizedPnl: DecimalString;
      /** as in CashMoved */
      readonly inBase?: InBase;
      readonly memo: string;
      readonly effectiveAtMs: number;
      readonly ledger: readonly LedgerEntry[];
    }
  /** units, cost, money and fees of the part are out of this portfolio's books */
  | ({
      readonly type: "TradeAllocated";
      readonly allocation: AllocationRow;
      readonly trade: AllocatedTrade;
      readonly requestedBy: string;
    } & Booking)
  | {
      readonly type: "AllocationTaken";
      readonly tradeId: string;
      readonly allocationId: string;
    }
  /** the other portfolio could not take it: everything is back */
  | ({
      readonly type: "AllocationReturned";
      readonly allocationId: string;
      readonly trade: AllocatedTrade;
      readonly reason: string;
      /** what came back may not fit any more: it is a fact all the same, and a person must look */
      readonly alarms: readonly FillAlarm[];
    } & Booking)
  /** by the portfolio that was to take it: nothing of its books changed */
  | {
      readonly type: "AllocationRefused";
      readonly allocationId: string;
      readonly from: { readonly portfolioId: string; readonly tradeId: string };
      readonly reason: string;
    };

/** What of a trade its allocations need to know. */
export interface AllocatedTrade {
  readonly tradeId: string;
  readonly orderId: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly price: DecimalString;
  readonly multiplier: DecimalString;
  /** absent: the portfolio's base currency */
  readonly currency?: string;
  readonly executedAtMs: number;
}

export interface SettleReceipt {
  readonly settled: readonly string[];
}

export interface TransactionReceipt {
  readonly transactionId: string;
  /** signed: what cash changed by */
  readonly cashChange: DecimalString;
  /** of that cash; absent: the base currency */
  readonly currency?: string;
  readonly conversion?: Conversion;
  /** gross, and tax kept, of a dividend; null for others */
  readonly dividend: { readonly gross: DecimalString; readonly withheld: DecimalString } | null;
  /** after a dividend or split; null for cash */
  readonly position: PositionSummary | null;
  /** by a dividend or split that was to adjust them */
  readonly adjustedOrders: readonly AdjustedOrder[];
  readonly effectiveAtMs: number;
  readonly recordedAtMs: number;
}

export interface Conversion {
  readonly from: string;
  readonly to: string;
  /** of `from` */
  readonly sold: DecimalString;
  /** of `to`, after the fee */
  readonly bought: DecimalString;
  /** of `to` */
  readonly fee: DecimalString;
  /** units of `to` for one of `from` */
  readonly rate: DecimalString;
  /** where it comes from, in words */
  readonly source: string;
}

/** An open order that a corporate action wants with other terms. */
export interface AdjustedOrder {
  readonly orderId: string;
  /** the whole order, what was filled of it before included */
  readonly orderQty?: DecimalString;
  readonly price?: DecimalString;
  readonly stopPx?: DecimalString;
  /** why it stays as it is; null: the amendment is on its way */
  readonly reason: string | null;
  /** asked to be canceled, as it must not stay as it is */
  readonly isCanceled?: true;
}

export interface AllocationReceipt {
  readonly tradeId: string;
  readonly allocations: readonly AllocationRow[];
}

export type AfterTradeReply = SettleReceipt | TransactionReceipt | AllocationReceipt;
