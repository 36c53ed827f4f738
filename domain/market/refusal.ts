/** Why data from outside was not taken. Closed list; docs/ERRORS.md explains each and a test compares the two. */
export const MARKET_DATA_REFUSALS = [
  "NOT_AN_OBJECT",
  "SYMBOL_INVALID",
  "TIMEFRAME_UNKNOWN",
  "SOURCE_INVALID",
  "NOT_A_DECIMAL",
  "NUMBER_TOO_LONG",
  "COUNT_INVALID",
  "TIME_INVALID",
  "TIME_NOT_ALIGNED",
  "TIME_IN_FUTURE",
  "HIGH_BELOW_LOW",
  "OPEN_OUTSIDE_RANGE",
  "CLOSE_OUTSIDE_RANGE",
  "VOLUME_NEGATIVE",
  "SIZE_NEGATIVE",
  "QUOTE_EMPTY",
  "QUOTE_CROSSED",
] as const;
export type MarketDataRefusal = (typeof MARKET_DATA_REFUSALS)[number];

export interface Refused {
  readonly reason: MarketDataRefusal;
  /** names the field, what was expected and what was found */
  readonly detail: string;
}

export type Checked<T> = { readonly accepted: T } | { readonly refused: Refused };

/** What a check may know beside its input. */
export interface CheckLimits {
  readonly nowMs: number;
  /** how far ahead of `nowMs` a venue's clock may run, 5 s when absent */
  readonly toleranceMs?: number;
}

/** Real venues' clocks were seen 1.3 s ahead of a receiver's. */
const FUTURE_TOLERANCE_MS = 5_000;

export function refuse(reason: MarketDataRefusal, detail: string): { readonly refused: Refused } {
  return { refused: { reason, detail } };
}

/** null when the time is not too far ahead */
export function futureFault(field: string, atMs: number, limits: CheckLimits): Refused | null {
  const latestMs = limits.nowMs + (limits.toleranceMs ?? FUTURE_TOLERANCE_MS);
  if (atMs <= latestMs) return null;
  return {
    reason: "TIME_IN_FUTURE",
    detail: `${field}: expected at most ${String(latestMs)}, found ${String(atMs)}`,
  };
}
