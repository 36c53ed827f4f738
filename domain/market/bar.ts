import type { DecimalString } from "../shared/decimal.ts";

export const TIMEFRAMES = ["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1mo"] as const;
export type Timeframe = (typeof TIMEFRAMES)[number];

/** A closed bar, stamped with its opening time. */
export interface Bar {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** epoch ms, UTC */
  readonly startMs: number;
  readonly open: DecimalString;
  readonly high: DecimalString;
  readonly low: DecimalString;
  readonly close: DecimalString;
  readonly volume: DecimalString;
  readonly vwap?: DecimalString;
  readonly tradeCount?: number;
  readonly source: string;
}
