import type { DecimalString } from "../shared/decimal.ts";

/** What a market displays beyond its best prices, whole and at one time. */
export interface DisplayedBook {
  readonly symbol: string;
  /** best first, as are the asks */
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
  /** of the instrument: prices and sizes that are not on it are left out */
  readonly tickSize: DecimalString;
  readonly lotSize: DecimalString;
  /** at the venue, epoch ms */
  readonly tsEventMs: number;
}

/** A type alias, so that it is assignable to Json. */
export type BookLevel = { readonly price: DecimalString; readonly size: DecimalString };
