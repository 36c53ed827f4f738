import type { BasketMode, GroupTerms } from "../execution/group/messages.ts";
import type { ExecutionReport } from "../order/execution-report.ts";
import type { ApprovedTerms } from "../order/messages.ts";
import type { ApprovedOrder, Denial, Hold, NewOrder, OrderTerms } from "../order/new-order.ts";
import type { DecimalString } from "../shared/decimal.ts";
import type { LedgerEntry, TradeRow } from "../shared/journal.ts";
import type {
  AfterTradeCommand,
  AfterTradeEvent,
  AfterTradeReply,
} from "./after-trade-messages.ts";
import type {
  FinancingSummary,
  MarginCommand,
  MarginEvent,
  MarginReply,
  MarginSummary,
} from "./margin/messages.ts";
import type { FinancingTerms, MarginTerms } from "./margin/terms.ts";
import type {
  ConvertCash,
  CurrenciesSummary,
  CurrencyConverted,
  FillConversion,
  InBase,
} from "./currency/messages.ts";
import type { CurrencyTerms } from "./currency/terms.ts";
import type {
  RiskCommand,
  RiskEvent,
  RiskReceipt,
  RiskStanding,
} from "../risk/kill-switch/messages.ts";
import type { PortfolioLimits, TradingState } from "../risk/live/limit-fields.ts";
import type { RiskSummary } from "../risk/live/risk-summary.ts";
import type { MarketView } from "./market-view.ts";
import type { SignalTerms } from "./signal-terms.ts";
import type { FillAlarm, LotChange, PositionSummary } from "./position.ts";

export type { MarketView, OrderRoute, RiskBoard, RouteProblem } from "./market-view.ts";
export type { FillAlarm, Lot, LotChange, PositionSummary } from "./position.ts";
export { TRADING_STATES } from "../risk/live/limit-fields.ts";
export type { PortfolioLimits, TradingState } from "../risk/live/limit-fields.ts";

export type LotMethod = "average" | "fifo" | "lifo";

/** Whether stored corporate actions reach the portfolio by themselves. */
export const CORPORATE_ACTIONS = ["automatic", "manual"] as const;
export type CorporateActionsSetting = (typeof CORPORATE_ACTIONS)[number];

export interface Signal {
  readonly signalId: string;
  readonly strategyId: string;
  readonly symbol: string;
  readonly side: "buy" | "sell" | "hold";
  /** 0..1 */
  readonly strength: number;
  /** null: nobody knows */
  readonly confidence: number | null;
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
      /** absent: a cash portfolio */
      readonly margin?: MarginTerms;
      /** absent: cash and borrowed units cost and earn nothing */
      readonly financing?: FinancingTerms;
      /** absent: one currency */
      readonly currencies?: CurrencyTerms;
      /** absent: netting */
      readonly accounting?: "hedging";
      /** absent: by hand */
      readonly corporateActions?: "automatic";
      /** what the tenant's limits and stops were as it was opened; repeats may say another */
      readonly standing?: RiskStanding;
    }
  | {
      readonly type: "Update";
      readonly name?: string;
      readonly limits?: PortfolioLimits;
      readonly tradingState?: TradingState;
      readonly corporateActions?: CorporateActionsSetting;
    }
  /** only when flat and without open orders */
  | { readonly type: "Close" }
  | { readonly type: "RequestOrder"; readonly order: NewOrder; readonly market: MarketView }
  /** the check of RequestOrder and nothing else: no hold, no order, no record */
  | { readonly type: "CheckOrder"; readonly order: NewOrder; readonly market: MarketView }
  | ({ readonly type: "RequestBasket" } & Basket)
  /** its check and nothing else */
  | ({ readonly type: "CheckBasket" } & Basket)
  | ({ readonly type: "ActOnSignal" } & ActOnSignal)
  /** its size and its check and nothing else */
  | ({ readonly type: "CheckSignal" } & ActOnSignal)
  | {
      readonly type: "ApplyFill";
      readonly report: ExecutionReport & { readonly execType: "trade" };
      readonly symbol: string;
      readonly side: "buy" | "sell";
      readonly multiplier: DecimalString;
      /** where positions stand side by side: the one that it is of; absent: of its order's own */
      readonly positionId?: string;
      /** units of the base currency for one of the fill's, where it is known now; absent: that of the order's check */
      readonly baseRate?: DecimalString;
      /** what one costs to buy, where that is known now; absent: as it was at the check */
      readonly baseAsk?: DecimalString;
    }
  /** the order is closed: what it still holds is free again */
  | {
      readonly type: "ReleaseHold";
      readonly orderId: string;
      readonly reason: string;
      /** what was filled of it, by its own count: fills that are still on their way keep what they need */
      readonly cumQty?: DecimalString;
    }
  /** the check of the order with these terms in place of its own; what it may need before and after is held */
  | {
      readonly type: "AmendOrder";
      readonly orderId: string;
      readonly amendId: string;
      readonly changes: OrderChanges;
      /** as in RequestReplace */
      readonly basedOn?: DecimalString;
      /** the order must not rest with its terms of before: when this is not taken, it is asked to be canceled */
      readonly isRequired?: true;
      readonly market: MarketView;
      readonly requestedBy: string;
    }
  /** the amendment is taken or not, or the venue changed the order by itself */
  | {
      readonly type: "ConcludeAmend";
      readonly orderId: string;
      /** absent: the venue's own doing, or of an amendment that it overtook */
      readonly amendId?: string;
      /** the order's terms from now on; absent: as they were */
      readonly terms?: OrderTerms;
    }
  | MarginCommand
  | ConvertCash
  | RiskCommand
  | AfterTradeCommand;

/** A strategy's signal, and what the strategy makes of it. */
export interface ActOnSignal {
  readonly signal: Signal;
  /** fraction of equity that a full position takes, in (0, 1] */
  readonly fraction: DecimalString;
  /**
   * Where the position shall be; absent: a buy is to be long, a sell to hold nothing. `flat` ends what the signal's side is against,
   * `closed` what there is, whatever its sign.
   */
  readonly goal?: "long" | "flat" | "short" | "closed";
  /** units that the position shall not go beyond, of either side */
  readonly maxPosition?: DecimalString;
  /** of an order that opens a position; absent: a market order without exits. What ends one is a market order always */
  readonly terms?: SignalTerms;
  /** a leg of a pair: what it cannot open it is not to close either */
  readonly mustOpen?: true;
  /** it is to end a position and nothing else; `first`: the signal has more to it, and is not acted upon yet when this is done */
  readonly ends?: "first" | "all";
  /** the group whose exits the order takes the place of: what they would close is there to be closed */
  readonly insteadOf?: string;
  /** orders that must hold nothing any more before the portfolio can say how much there is to trade */
  readonly after?: readonly string[];
  /** no position is opened where so many of these symbols have one, or an order for one */
  readonly maxOpen?: { readonly positions: number; readonly symbols: readonly string[] };
  readonly market: MarketView;
}

/** The orders that begin a group: checked in one turn, each against what the ones before it leave; the group is told. */
export interface Basket {
  readonly terms: GroupTerms;
  readonly mode: BasketMode;
  readonly orders: readonly BasketOrder[];
  /** placed when the first are filled, and checked again then; what can never pass is denied now */
  readonly later: readonly BasketOrder[];
}

export interface BasketOrder {
  readonly order: NewOrder;
  readonly market: MarketView;
  /** what it came from; absent: no signal */
  readonly signal?: ActedSignal;
}

/** What a client wants changed of an order; absent: as it is. */
export type OrderChanges = {
  readonly orderQty?: DecimalString;
  readonly price?: DecimalString;
  readonly stopPx?: DecimalString;
};

/** Reply to RequestOrder and CheckOrder, and to ActOnSignal and CheckSignal when it led to an order. */
export type OrderVerdict =
  | { readonly verdict: "approved"; readonly order: ApprovedOrder }
  | { readonly verdict: "denied"; readonly order: NewOrder; readonly reasons: readonly Denial[] }
  /** a signal that asks for what is there already, or for less than a lot */
  | { readonly verdict: "none"; readonly reason: string };

/** Reply to AmendOrder. */
export type AmendVerdict =
  | { readonly verdict: "amended"; readonly orderId: string; readonly terms: ApprovedTerms }
  | Extract<OrderVerdict, { readonly verdict: "denied" }>;

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
  readonly tradingState: TradingState;
  /** as of the trade date: what is bought is paid, what is sold has come in */
  readonly cash: DecimalString;
  /** of the cash, what has moved */
  readonly settledCash: DecimalString;
  /** of the cash, what is still to come, less what is still to be paid */
  readonly unsettledCash: DecimalString;
  /** deposits less withdrawals since it was opened */
  readonly netDeposits: DecimalString;
  /** after tax */
  readonly dividends: DecimalString;
  readonly reserved: DecimalString;
  readonly buyingPower: DecimalString;
  readonly realizedPnl: DecimalString;
  readonly fees: DecimalString;
  readonly positions: readonly PositionSummary[];
  readonly openOrders: number;
  readonly accounting?: "hedging";
  /** absent: by hand */
  readonly corporateActions?: "automatic";
  /** of a margin portfolio */
  readonly margin?: MarginSummary;
  /** where cash costs or earns something */
  readonly financing?: FinancingSummary;
  /** of a portfolio that keeps several; money beside it is of the base currency alone */
  readonly currencies?: CurrenciesSummary;
  /** what was set beside its owner's limits, and how equity went; absent: nothing */
  readonly risk?: RiskSummary;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** The signal that an order came from, so that an older one can no longer act. */
export interface ActedSignal {
  readonly signalId: string;
  readonly strategyId: string;
  readonly symbol: string;
  readonly asOfMs: number;
}

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
  /** of the whole portfolio, after the fill, in the trade's currency */
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
  /** of a trade in another currency than the base currency */
  readonly inBase?: InBase;
  /** what was converted to pay for it */
  readonly conversion?: FillConversion;
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
      readonly margin?: MarginTerms;
      readonly financing?: FinancingTerms;
      readonly currencies?: CurrencyTerms;
      readonly accounting?: "hedging";
      readonly corporateActions?: "automatic";
      readonly standing?: RiskStanding;
      readonly ledger: readonly LedgerEntry[];
    }
  | {
      readonly type: "PortfolioUpdated";
      readonly name: string;
      readonly limits: PortfolioLimits;
      /** absent: active, in events of old */
      readonly tradingState?: TradingState;
      /** absent: as it was */
      readonly corporateActions?: CorporateActionsSetting;
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
  | {
      readonly type: "AmendApproved";
      readonly orderId: string;
      readonly amendId: string;
      readonly terms: ApprovedTerms;
      /** as the order will need it when the amendment is taken, for what is not filled yet */
      readonly hold: Hold;
      /** as in AmendOrder */
      readonly isRequired?: true;
      readonly requestedBy: string;
    }
  | {
      readonly type: "AmendDenied";
      readonly orderId: string;
      readonly amendId: string;
      readonly changes: OrderChanges;
      readonly reasons: readonly Denial[];
      readonly requestedBy: string;
    }
  | {
      readonly type: "AmendConcluded";
      readonly orderId: string;
      /** the order's terms from now on; absent: as they were */
      readonly terms?: OrderTerms;
      /** what it holds from now on */
      readonly hold: Hold;
      /** an amendment of ours is still under way */
      readonly isPending?: true;
    }
  /** closed, and some of its fills are not here yet: what those need stays held, and goes with the last of them */
  | {
      readonly type: "HoldReduced";
      readonly orderId: string;
      readonly hold: Hold;
      readonly reason: string;
    }
  | { readonly type: "HoldReleased"; readonly hold: Hold; readonly reason: string }
  | MarginEvent
  | CurrencyConverted
  | RiskEvent
  | AfterTradeEvent;

/** Reply to ApplyFill. */
export interface FillReceipt {
  readonly execId: string;
  /** null: the fill had been booked before */
  readonly tradeId: string | null;
}

/** Reply to ReleaseHold and ConcludeAmend. */
export interface ReleaseReceipt {
  readonly orderId: string;
  /** null: there was nothing to release any more */
  readonly released: Hold | null;
}

/** Reply to RequestBasket and CheckBasket: the verdict on each order, in their order, then on those of `later` that are denied. */
export interface BasketVerdict {
  readonly verdict: "placed" | "denied";
  readonly orders: readonly OrderVerdict[];
}

/** Open, Update and Close answer with the summary, RequestOrder, CheckOrder and ActOnSignal with the verdict. */
export type PortfolioReply =
  | BasketVerdict
  | AmendVerdict
  | PortfolioSummary
  | OrderVerdict
  | FillReceipt
  | ReleaseReceipt
  | MarginReply
  | RiskReceipt
  | AfterTradeReply;
