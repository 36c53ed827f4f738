import type { Instrument } from "../market/instrument.ts";
import type { DecimalString } from "../shared/decimal.ts";

export type Side = "buy" | "sell";

/** The order types and times in force that are executed today; the contract's others are refused by name. */
export const ORDER_TYPES = ["market", "limit"] as const;
export type OrderType = (typeof ORDER_TYPES)[number];
export const TIMES_IN_FORCE = ["day", "gtc", "ioc", "fok"] as const;
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];

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
  /** the limit; absent for market orders */
  readonly price?: DecimalString;
  readonly timeInForce: TimeInForce;
  /** the user, or `strategy:{id}` */
  readonly placedBy: string;
  readonly signalId?: string;
}

/** What the pre-trade check set aside for an order until it is closed. */
export interface Hold {
  readonly orderId: string;
  readonly symbol: string;
  readonly side: Side;
  /** still to be filled */
  readonly quantity: DecimalString;
  /** buys: cash set aside, fees included; sells: 0 */
  readonly cash: DecimalString;
  readonly currency: string;
  /**
   * buys: the worst price that the cash covers. The venue may not fill above it, so a gap can never
   * spend more than was held. Sells: null
   */
  readonly worstPrice: DecimalString | null;
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
    readonly lotSize: DecimalString;
    readonly assetClass: Instrument["assetClass"];
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
] as const;
export type DenialCode = (typeof DENIAL_CODES)[number];
