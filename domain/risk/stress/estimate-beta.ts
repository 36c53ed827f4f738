import { covariance, variance } from "../../numeric/moments.ts";
import { alignReturns, type PriceSeries } from "../history/align.ts";
import type { Beta } from "./position.ts";

/** Daily returns that a beta is estimated from at most, and at least. */
export const BETA_DAYS = 252;
const BETA_DAYS_MIN = 60;

/** cov(r, b)/var(b) of the newest daily returns that both have. @returns null where there are too few, or b does not vary */
export function estimateBeta(prices: PriceSeries, benchmark: PriceSeries): Beta | null {
  const aligned = alignReturns([prices, benchmark], "complete");
  if ("problem" in aligned) return null;
  const [own, other] = aligned.columns.map((column) => column.subarray(-BETA_DAYS));
  if (own === undefined || other === undefined || own.length < BETA_DAYS_MIN) return null;
  const value = covariance(own, other) / variance(other);
  if (!Number.isFinite(value)) return null;
  return { value, source: `of ${own.length} daily returns on ${benchmark.symbol}` };
}
