import type { Instrument } from "../market/instrument.ts";
import type { DecimalString } from "../shared/decimal.ts";

export type Side = "buy" | "sell";

export const ORDER_TYPES = [
  "market",
  "limit",
  "stop",
  "stopLimit",
  "trailingStop",
  "marketIfTouched",
  "limitIfTouched",
] as const;
export type OrderType = (typeof ORDER_TYPES)[number];
/** `opg` and `cls`: only in the opening or closing auction of the venue's next session. */
export const TIMES_IN_FORCE = ["day", "gtc", "ioc", "fok", "gtd", "opg", "cls"] as const;
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];

/** How far behind the best price since its acceptance a trailing stop follows. A type alias, so that it is assignable to Json. */
export type Trail =
  | { readonly amount: DecimalString }
  /** of the best price */
  | { readonly bps: DecimalString }
  /** of the instrument's tick size; a whole number */
  | { readonly ticks: DecimalString };

/** What an amendment can change. A type alias, so that it is assignable to Json. */
export type OrderTerms = {
  /** the whole order, what was filled of it included */
  readonly orderQty: DecimalString;
  /** the limit; null for orders without one */
  readonly price: DecimalString | null;
  /** what sets the order off; null for orders that wait for nothing, and for a trailing stop that starts from the market */
  readonly stopPx: DecimalString | null;
};

/** An order as it was asked for, before anybody checked it. FIX names. */
export interface NewOrder {
  readonly orderId: string;
  /** the client's name for the order, unique within the portfolio */
  readonly clOrdId: string;
  readonly tenantId: string;
  readonly portfolioId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly ordType: OrderType;
  readonly orderQty: DecimalString;
  /** the limit of limit, stopLimit and limitIfTouched */
  readonly price?: DecimalString;
  /** the trigger of stop, stopLimit, marketIfTouched and limitIfTouched; of a trailing stop where it starts */
  readonly stopPx?: DecimalString;
  /** of trailing stops */
  readonly trail?: Trail;
  readonly timeInForce: TimeInForce;
  /** when a gtd order ends, epoch ms */
  readonly expireAtMs?: number;
  /** refused rather than filled on arrival */
  readonly postOnly?: true;
  /** may make the position smaller, never larger or of the other sign */
  readonly reduceOnly?: true;
  /** how much the venue shows of it at a time */
  readonly displayQty?: DecimalString;
  /** the venue that it shall go to (FIX 100); absent: the instrument's, or the account's */
  readonly exDestination?: string;
  /** the broker account that it shall go through; absent: the venue's own */
  readonly brokerAccountId?: string;
  /** what it is a part of: an actor that is told of all that happens to it */
  readonly parent?: OrderParent;
  /** legs that hold once together, because a fill of one is taken from the others */
  readonly ocoGroup?: string;
  /** of a hedging portfolio: the position that it closes, in whole or in part; absent: it opens one of its own */
  readonly positionId?: string;
  /** the user, or `strategy:{id}` */
  readonly placedBy: string;
  readonly signalId?: string;
}

/** `algo`: a schedule's order and its slices. `group`: orders that depend on one another (OCO, OTO, bracket, basket). */
export interface OrderParent {
  readonly type: "algo" | "group";
  readonly id: string;
}

/** What the pre-trade check set aside for an order until it is closed. */
export interface Hold {
  readonly orderId: string;
  readonly symbol: string;
  readonly side: Side;
  /** still to be filled */
  readonly quantity: DecimalString;
  /** buys: cash set aside, fees included; sells: 0. Of a margin portfolio: what fees and slippage may cost, of either side */
  readonly cash: DecimalString;
  readonly currency: string;
  /**
   * buys: the worst price that the cash covers. The venue may not fill above it, so a gap can never
   * spend more than was held. Sells: null
   */
  readonly worstPrice: DecimalString | null;
  /** the currency is not the portfolio's base currency */
  readonly isForeign?: true;
  /** the cash is of the base currency, and is converted as fills come, at this rate (base for one, the ask of the check) */
  readonly conversion?: { readonly currency: string; readonly rate: DecimalString };
}

declare const approved: unique symbol;
/** Only the portfolio's pre-trade check makes one, so nothing unchecked reaches a broker. */
export type RiskApproved<T> = T & { readonly [approved]: true };

export type ApprovedOrder = RiskApproved<
  NewOrder & {
    readonly hold: Hold;
    readonly venue: string;
    /** the instrument as the check saw it: nothing after the check looks it up again */
    readonly currency: string;
    readonly multiplier: DecimalString;
    /** units of the portfolio's base currency for one of the instrument's; absent: it is the base currency, or nobody knew */
    readonly baseRate?: DecimalString;
    readonly lotSize: DecimalString;
    readonly assetClass: Instrument["assetClass"];
    /** absent in orders of old */
    readonly tickSize?: DecimalString;
    readonly calendar?: string;
    /** absent: the instrument has none */
    readonly sector?: string;
    /** of margin portfolios: the instrument's own rates; null: the portfolio's */
    readonly margins?: {
      readonly initial: DecimalString | null;
      readonly maintenance: DecimalString | null;
    };
  }
>;

/** A rule that an order broke: which, the limit, and what was found. */
export interface Denial {
  readonly code: DenialCode;
  readonly message: string;
  readonly limit: string;
  readonly observed: string;
}

/** Closed list; docs/ERRORS.md explains each and a test compares the two. */
export const DENIAL_CODES = [
  "INSTRUMENT_NOT_FOUND",
  "NO_MARKET_DATA",
  "STALE_MARKET_DATA",
  "PORTFOLIO_CLOSED",
  "CURRENCY_MISMATCH",
  "FX_RATE_MISSING",
  "QUANTITY_NOT_POSITIVE",
  "QUANTITY_OFF_LOT",
  "PRICE_NOT_POSITIVE",
  "PRICE_OFF_TICK",
  "PRICE_COLLAR",
  "NOTIONAL_EXCEEDS_LIMIT",
  "POSITION_EXCEEDS_LIMIT",
  "ORDER_RATE_EXCEEDED",
  "SYMBOL_RESTRICTED",
  "INSUFFICIENT_BUYING_POWER",
  "SHORT_NOT_ALLOWED",
  "TRADING_HALTED",
  "TRADING_REDUCING",
  "INSTRUMENT_HALTED",
  "MARKET_CLOSED",
  "VENUE_NOT_FOUND",
  "BROKER_ACCOUNT_NOT_FOUND",
  "BROKER_ACCOUNT_DISABLED",
  "ORDER_TYPE_UNSUPPORTED",
  "TIME_IN_FORCE_UNSUPPORTED",
  "FLAG_UNSUPPORTED",
  "EXPIRE_TIME_IN_PAST",
  "QUANTITY_BELOW_MINIMUM",
  "QUANTITY_ABOVE_MAXIMUM",
  "DISPLAY_QUANTITY_INVALID",
  "STOP_PRICE_NOT_POSITIVE",
  "TRAIL_NOT_POSITIVE",
  "NOTIONAL_BELOW_MINIMUM",
  "DAILY_LOSS_EXCEEDED",
  "REDUCE_ONLY_WOULD_INCREASE",
  "SELF_CROSS",
  "ORDER_GROUP_MISMATCH",
  "INSUFFICIENT_MARGIN",
  "MARGIN_CALL_OPEN",
  "RISK_DATA_MISSING",
  "POSITION_NOT_FOUND",
  "LEVERAGE_EXCEEDS_LIMIT",
  "NET_LEVERAGE_EXCEEDS_LIMIT",
  "DRAWDOWN_EXCEEDED",
  "VAR_EXCEEDS_LIMIT",
  "SHORTFALL_EXCEEDS_LIMIT",
  "OPEN_ORDERS_EXCEEDED",
  "SYMBOL_NOTIONAL_EXCEEDS_LIMIT",
  "CONCENTRATION_EXCEEDS_LIMIT",
  "SECTOR_EXCEEDS_LIMIT",
  "SYMBOL_NOT_ALLOWED",
  "ASSET_CLASS_NOT_ALLOWED",
  "TENANT_NOTIONAL_EXCEEDS_LIMIT",
  "TENANT_LOSS_EXCEEDED",
  "RISK_UNAVAILABLE",
] as const;
export type DenialCode = (typeof DENIAL_CODES)[number];
