import type { Instrument } from "../market/instrument.ts";
import type { Quote } from "../market/quote.ts";
import type { ExecutionReport } from "../order/execution-report.ts";
import type { ApprovedOrder, Denial, Hold, NewOrder } from "../order/new-order.ts";
import type { DecimalString } from "../shared/decimal.ts";
import type { LedgerEntry, TradeRow } from "../shared/journal.ts";

export type LotMethod = "average" | "fifo" | "lifo";

/** Every limit is optional: absent means not limited, but for the price collar, which has a default. */
export interface PortfolioLimits {
  readonly maxOrderNotional?: DecimalString;
  /** position value over equity, a fraction */
  readonly maxPositionPct?: DecimalString;
  readonly maxOrdersPerMinute?: number;
  readonly restrictedSymbols?: readonly string[];
  /** how far a limit price may stand from the market, a fraction */
  readonly priceCollarPct?: DecimalString;
}

/** What the market looked like when the command was sent: the portfolio never asks, it is told. */
export interface MarketView {
  readonly instrument: Instrument | null;
  readonly quote: Quote | null;
  readonly isStale: boolean;
  /** what the broker will charge, for the hold */
  readonly feeBps: DecimalString;
}

export interface Signal {
  readonly signalId: string;
  readonly strategyId: string;
  readonly symbol: string;
  readonly side: "buy" | "sell" | "hold";
  /** 0..1 */
  readonly strength: number;
  readonly confidence: number;
  readonly reason: string;
  readonly source: string;
  /** close of the bar that it was computed on, epoch ms */
  readonly asOfMs: number;
}

export type PortfolioCommand =
  | {
      readonly type: "Open";
      readonly tenantId: string;
      readonly ownerId: string;
      readonly name: string;
      readonly baseCurrency: string;
      readonly initialCash: DecimalString;
      readonly lotMethod: LotMethod;
      readonly limits: PortfolioLimits;
    }
  | { readonly type: "Update"; readonly name?: string; readonly limits?: PortfolioLimits }
  /** only when flat and without open orders */
  | { readonly type: "Close" }
  | { readonly type: "RequestOrder"; readonly order: NewOrder; readonly market: MarketView }
  /** the check of RequestOrder and nothing else: no hold, no order, no record */
  | { readonly type: "CheckOrder"; readonly order: NewOrder; readonly market: MarketView }
  | {
      readonly type: "ActOnSignal";
      readonly signal: Signal;
      /** fraction of equity that a full position takes, in (0, 1] */
      readonly fraction: DecimalString;
      readonly market: MarketView;
    }
  | {
      readonly type: "ApplyFill";
      readonly report: ExecutionReport & { readonly execType: "trade" };
      readonly symbol: string;
      readonly side: "buy" | "sell";
      readonly multiplier: DecimalString;
    }
  /** the order is closed: what it still holds is free again */
  | { readonly type: "ReleaseHold"; readonly orderId: string; readonly reason: string };

/** Reply to RequestOrder and CheckOrder, and to ActOnSignal when it led to an order. */
export type OrderVerdict =
  | { readonly verdict: "approved"; readonly order: ApprovedOrder }
  | { readonly verdict: "denied"; readonly order: NewOrder; readonly reasons: readonly Denial[] }
  /** a signal that asks for what is there already, or for less than a lot */
  | { readonly verdict: "none"; readonly reason: string };

export interface PositionSummary {
  readonly symbol: string;
  readonly currency: string;
  readonly quantity: DecimalString;
  readonly averagePrice: DecimalString;
  /** Σ cost of the open lots, multiplier included, fees not */
  readonly cost: DecimalString;
  readonly multiplier: DecimalString;
  readonly realizedPnl: DecimalString;
  readonly fees: DecimalString;
}

export interface PortfolioSummary {
  readonly portfolioId: string;
  readonly tenantId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly status: "open" | "closed";
  readonly baseCurrency: string;
  readonly initialCash: DecimalString;
  readonly lotMethod: LotMethod;
  readonly limits: PortfolioLimits;
  readonly cash: DecimalString;
  readonly reserved: DecimalString;
  readonly buyingPower: DecimalString;
  readonly realizedPnl: DecimalString;
  readonly fees: DecimalString;
  readonly positions: readonly PositionSummary[];
  readonly openOrders: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** A parcel of a position as it was bought: signed quantity, and its cost with the multiplier, without fees. */
export interface Lot {
  readonly quantity: DecimalString;
  readonly cost: DecimalString;
}

/** What a fill did to the lots of a position: so many taken away at one end, and others put in their place. */
export interface LotChange {
  readonly end: "front" | "back";
  readonly removed: number;
  readonly put: readonly Lot[];
}

/** The signal that an order came from, so that an older one can no longer act. */
export interface ActedSignal {
  readonly signalId: string;
  readonly strategyId: string;
  readonly symbol: string;
  readonly asOfMs: number;
}

/**
 * Booked because a fill is a fact, and to be looked at by a person. `BuyingPowerExceeded`: the fill cost more than its hold
 * and the free cash. `PositionOversold`: more was sold than was there, the position is short.
 */
export type FillAlarm = "BuyingPowerExceeded" | "PositionOversold";

/** What a fill took from the hold of its order. */
export interface HoldUse {
  /** taken out of what was reserved: the fill's own charge, and with the last fill everything that is left */
  readonly freedCash: DecimalString;
  /** null: the order has nothing left to fill, its hold is gone */
  readonly remaining: Hold | null;
}

export interface FillApplied {
  readonly type: "FillApplied";
  readonly trade: TradeRow;
  /** of the whole portfolio, after the fill */
  readonly cash: DecimalString;
  /** signed: what the fill did to cash, fee included */
  readonly cashChange: DecimalString;
  /** of this fill, gross of fees */
  readonly realizedPnl: DecimalString;
  readonly fee: DecimalString;
  /** after the fill; quantity 0 when it was closed */
  readonly position: PositionSummary;
  readonly lots: LotChange;
  /** null: the order held nothing any more (a fill after its cancel) */
  readonly hold: HoldUse | null;
  readonly alarms: readonly FillAlarm[];
  readonly ledger: readonly LedgerEntry[];
}

export type PortfolioEvent =
  | {
      readonly type: "PortfolioOpened";
      readonly tenantId: string;
      readonly ownerId: string;
      readonly name: string;
      readonly baseCurrency: string;
      readonly initialCash: DecimalString;
      readonly lotMethod: LotMethod;
      readonly limits: PortfolioLimits;
      readonly ledger: readonly LedgerEntry[];
    }
  | {
      readonly type: "PortfolioUpdated";
      readonly name: string;
      readonly limits: PortfolioLimits;
    }
  | { readonly type: "PortfolioClosed" }
  | {
      readonly type: "OrderApproved";
      readonly order: ApprovedOrder;
      readonly signal: ActedSignal | null;
    }
  | {
      readonly type: "OrderDenied";
      readonly order: NewOrder;
      readonly reasons: readonly Denial[];
      readonly signal: ActedSignal | null;
    }
  | FillApplied
  | { readonly type: "HoldReleased"; readonly hold: Hold; readonly reason: string };

/** Reply to ApplyFill. */
export interface FillReceipt {
  readonly execId: string;
  /** null: the fill had been booked before */
  readonly tradeId: string | null;
}

/** Reply to ReleaseHold. */
export interface ReleaseReceipt {
  readonly orderId: string;
  /** null: there was nothing to release any more */
  readonly released: Hold | null;
}

/** Open, Update and Close answer with the summary, RequestOrder, CheckOrder and ActOnSignal with the verdict. */
export type PortfolioReply = PortfolioSummary | OrderVerdict | FillReceipt | ReleaseReceipt;
