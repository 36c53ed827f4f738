import type { Timeframe } from "../bar.ts";
import type { BarSpec } from "./special-bar.ts";
import type { QuotePrice } from "./time-bar.ts";

/** Which bars a symbol's actor builds from what comes in. */
export interface BarWatch {
  /** of the clock, from trades; whatever is coarser is aggregated when it is read */
  readonly timeframes: readonly Timeframe[];
  readonly special: readonly BarSpec[];
  /** null: quotes build no bars. With a price, the bars of the clock are built from quotes, and trades build none of them */
  readonly quotes: QuotePrice | null;
}

export const DEFAULT_WATCH: BarWatch = { timeframes: ["1m"], special: [], quotes: null };

/** Weeks and months would keep the trades of as long to be restored from. */
export const WATCHED_TIMEFRAMES = ["1m", "5m", "15m", "30m", "1h", "4h", "1d"] as const;
