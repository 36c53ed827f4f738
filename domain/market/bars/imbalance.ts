import { compareFixed, type Fixed } from "./fixed.ts";
import type { CountedTrade } from "./tally.ts";

/**
 * What an imbalance bar compares itself with, after López de Prado, Advances in Financial Machine Learning (2018), 2.3.2. The
 * imbalance θ is Σ b (tick) or Σ b·v (volume) over the trades of the bar, b being +1 for a trade that a buyer began and −1 for
 * a seller's. A bar closes when |θ| ≥ E[T]·|E[b]|, or E[T]·|E[b·v]|: the expected number of trades times the expected
 * imbalance of one. Both expectations are exponentially weighted means: of T over the closed bars, of b or b·v over their
 * trades. They are statistics, hence float64. Plain JSON.
 */
export interface Imbalance {
  readonly lastPrice: Fixed | null;
  /** of the last trade; 0 before the first change of price */
  readonly sign: -1 | 0 | 1;
  /** θ of the open bar */
  readonly theta: number;
  /** what |θ| has to reach; null in the first bar, which closes after `expectedTrades` and makes the first expectations */
  readonly threshold: number | null;
  /** E[T] */
  readonly expectedTrades: number;
  /** E[b] or E[b·v], up to the last trade */
  readonly expectedSigned: number;
  readonly seen: number;
}

/** The mean of T weighs about as many bars. */
const BARS_SPAN = 20;
/**
 * E[T] may leave its first value by this factor: without a bound the bars of a one-sided market shrink to single trades, and
 * those of a balanced one never close.
 */
const DRIFT_MAX = 10;

/** @param expectedTrades the first E[T]; E[b] weighs about as many trades */
export function noImbalance(expectedTrades: number): Imbalance {
  return {
    lastPrice: null,
    sign: 0,
    theta: 0,
    threshold: null,
    expectedTrades,
    expectedSigned: 0,
    seen: 0,
  };
}

/** Counts a trade. @param weigh how much a trade counts: 1, or its size */
export function countSigned(
  imbalance: Imbalance,
  trade: CountedTrade,
  weight: number,
  span: number,
): Imbalance {
  const sign = signOf(imbalance, trade);
  const signed = sign * weight;
  const { expectedSigned, seen } = imbalance;
  const alpha = seen === 0 ? 1 : 2 / (span + 1);
  return {
    lastPrice: trade.price,
    sign,
    theta: imbalance.theta + signed,
    threshold: imbalance.threshold,
    expectedTrades: imbalance.expectedTrades,
    expectedSigned: expectedSigned + alpha * (signed - expectedSigned),
    seen: seen + 1,
  };
}

export function isImbalanced(
  { threshold, theta, expectedTrades }: Imbalance,
  trades: number,
): boolean {
  return threshold === null ? trades >= expectedTrades : Math.abs(theta) >= threshold;
}

/** Begins the next bar. @param trades T of the one that closed */
export function closeImbalance(imbalance: Imbalance, trades: number, span: number): Imbalance {
  const { expectedTrades, expectedSigned } = imbalance;
  const drifted = expectedTrades + (2 / (BARS_SPAN + 1)) * (trades - expectedTrades);
  const expected = Math.min(Math.max(drifted, span / DRIFT_MAX), span * DRIFT_MAX);
  return {
    lastPrice: imbalance.lastPrice,
    sign: imbalance.sign,
    theta: 0,
    threshold: expected * Math.abs(expectedSigned),
    expectedTrades: expected,
    expectedSigned,
    seen: imbalance.seen,
  };
}

/** The venue's word where it says who took, else the tick rule: the sign of the change of price, or of the last change. */
function signOf({ lastPrice, sign }: Imbalance, { aggressor, price }: CountedTrade): -1 | 0 | 1 {
  if (aggressor !== null) return aggressor === "buy" ? 1 : -1;
  const change = lastPrice === null ? 0 : compareFixed(price, lastPrice);
  if (change === 0) return sign;
  return change > 0 ? 1 : -1;
}
