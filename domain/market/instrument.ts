import type { DecimalString } from "../shared/decimal.ts";

export interface Instrument {
  readonly symbol: string;
  readonly name: string;
  readonly assetClass: "equity" | "index" | "etf" | "crypto" | "fx" | "future" | "commodity";
  readonly venue: string;
  /** ISO 4217, or the asset's ticker for crypto */
  readonly currency: string;
  readonly tickSize: DecimalString;
  readonly lotSize: DecimalString;
  readonly multiplier: DecimalString;
  readonly shortable: boolean;
  /** name of the trading calendar, e.g. `XNYS`, or `24x7` */
  readonly calendar: string;
  /** of an order; absent, as those below: not limited */
  readonly minQuantity?: DecimalString;
  readonly maxQuantity?: DecimalString;
  /** value of an order, multiplier included */
  readonly minNotional?: DecimalString;
  readonly maxNotional?: DecimalString;
  /** absent: it trades */
  readonly isHalted?: true;
  /** orders are taken in the calendar's sessions only; absent: at any time, to wait for the market */
  readonly isRegularHoursOnly?: true;
  /** e.g. `technology`: what stress tests and exposures group by; absent: not known */
  readonly sector?: string;
  /** what a margin portfolio must have to open a position, a fraction of its value; absent: the portfolio's own rate */
  readonly initialMargin?: DecimalString;
  /** and to keep it */
  readonly maintenanceMargin?: DecimalString;
  /** what a short position pays its lender a year, a fraction of its value; absent: nothing */
  readonly borrowRate?: DecimalString;
}
