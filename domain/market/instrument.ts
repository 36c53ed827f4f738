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
}
