import type { StressPosition } from "../../../../../domain/risk/stress/position.ts";
import type { Outcome } from "../../../../../domain/risk/stress/outcome.ts";

/** A position of which nothing but its value is known. */
export function holding(
  symbol: string,
  value: number,
  more: Partial<StressPosition> = {},
): StressPosition {
  return {
    symbol,
    value,
    currency: "USD",
    assetClass: null,
    sector: null,
    beta: null,
    duration: null,
    convexity: null,
    vega: null,
    ...more,
  };
}

export const beta = (value: number) => ({ value, source: "given" });

export function changed(outcome: Outcome): number {
  if (!outcome.isCovered) throw new Error(`expected it covered: ${outcome.reason}`);
  return outcome.change;
}
