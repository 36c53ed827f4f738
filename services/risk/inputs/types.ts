import type { Instrument } from "../../../domain/market/instrument.ts";
import type { Missing } from "../../../domain/risk/history/align.ts";

/** What a question about risk is asked of: a portfolio, or holdings that a caller names. */
export type BookAsked =
  | { readonly portfolioId: string }
  | { readonly positions: readonly HoldingAsked[]; readonly currency?: string };

export interface HoldingAsked {
  readonly symbol: string;
  /** signed units; absent where `value` says what it is worth */
  readonly quantity?: string | number;
  /** signed, in the book's currency */
  readonly value?: string | number;
  /** in the instrument's currency; absent: the market's */
  readonly price?: string | number;
}

/** One holding at the market. Statistics of money: float64, never booked. */
export interface BookLine {
  readonly symbol: string;
  /** null: nobody has described the symbol, and the caller said what it is worth */
  readonly instrument: Instrument | null;
  /** signed; null where only a value was given */
  readonly quantity: number | null;
  /** in the instrument's currency, of one unit; null where only a value was given */
  readonly price: number | null;
  readonly currency: string;
  /** units of the book's currency for one of the line's */
  readonly rate: number;
  /** signed, in the book's currency */
  readonly value: number;
}

/** Cash of another currency than the book's, which moves as its rate does. */
export interface CashLine {
  readonly currency: string;
  /** signed, in the book's currency */
  readonly value: number;
}

export interface Book {
  readonly portfolioId: string | null;
  readonly currency: string;
  /** cash in the book's currency, other currencies converted; 0 of bare positions */
  readonly cash: number;
  /** of it what is in other currencies, those of which nothing is held left out */
  readonly foreignCash: readonly CashLine[];
  /** of a portfolio its equity; of bare positions the sum of their values */
  readonly value: number;
  readonly lines: readonly BookLine[];
  /** epoch ms */
  readonly asOfMs: number;
  /** where prices came from, in words */
  readonly source: string;
}

export interface ReturnsAsked {
  readonly symbols: readonly string[];
  /** whose cash is a column too, after the symbols': the return of their rate in `currency`; named as `cashName` does */
  readonly cashOf?: readonly string[];
  /** returns wanted, the newest; fewer are an error unless `min` says how few will do */
  readonly lookback: number;
  readonly min?: number;
  /** the currency that prices are brought into; absent: each its own */
  readonly currency?: string;
  /** absent: complete */
  readonly missing?: Missing;
  /** of days that begin in [startMs, endMs), epoch ms; absent: the newest */
  readonly startMs?: number;
  readonly endMs?: number;
}

/** Daily simple returns, oldest first, of closes adjusted for splits and dividends. */
export interface ReturnHistory {
  readonly names: readonly string[];
  /** when the day of each return began, epoch ms */
  readonly timesMs: Float64Array;
  /** one a name, as long as `timesMs`; NaN only where `pairwise` was asked for */
  readonly columns: readonly Float64Array[];
  readonly sampleSize: number;
  /** e.g. `stored 1d bars, adjusted for splits and dividends, in USD` */
  readonly source: string;
}

/** Cash of a currency among names of instruments, none of which is called so. */
export function cashName(currency: string): string {
  return `cash:${currency}`;
}
