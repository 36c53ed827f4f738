import type { Instrument } from "../market/instrument.ts";
import type { Quote } from "../market/quote.ts";
import type { ExecutionReport } from "../order/execution-report.ts";
import type { ApprovedOrder, Denial, NewOrder } from "../order/new-order.ts";
import type { DecimalString } from "../shared/decimal.ts";

export type LotMethod = "average" | "fifo" | "lifo";

/** Every limit is optional: absent means not limited. */
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

/** Reply to RequestOrder, and to ActOnSignal when it led to an order. */
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
