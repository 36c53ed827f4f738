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
}
