import type { DecimalString } from "../../shared/decimal.ts";

/** Bars that something other than the clock closes. What closes each is said in docs/MARKET-DATA.md. */
export const SPECIAL_BAR_KINDS = [
  "tick",
  "volume",
  "dollar",
  "range",
  "renko",
  "tickImbalance",
  "volumeImbalance",
] as const;
export type SpecialBarKind = (typeof SPECIAL_BAR_KINDS)[number];

/** Names a series of a symbol. */
export interface BarSpec {
  readonly kind: SpecialBarKind;
  /** trades, volume, turnover, price range or brick of a bar; of imbalance bars the expected number of trades at the start */
  readonly size: DecimalString;
}

/** A closed bar of a series that is named by symbol, kind and size. */
export interface SpecialBar extends BarSpec {
  readonly symbol: string;
  /** event times of its first and last trade, epoch ms; they may be equal */
  readonly startMs: number;
  /** microseconds within that millisecond, 0 to 999; absent: the venue does not say */
  readonly startMicros?: number;
  readonly endMs: number;
  readonly endMicros?: number;
  /** counts from 0 in its series, unbroken */
  readonly sequence: number;
  readonly open: DecimalString;
  readonly high: DecimalString;
  readonly low: DecimalString;
  readonly close: DecimalString;
  readonly volume: DecimalString;
  /** Σ price · size / volume, ten places, half to even; absent: nothing was traded in it, or it is not known */
  readonly vwap?: DecimalString;
  readonly tradeCount: number;
  readonly source: string;
}
