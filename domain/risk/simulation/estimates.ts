import { mean, standardDeviation, variance } from "../../numeric/moments.ts";
import { quantileOfSorted } from "../../numeric/quantile.ts";
import { BATCHES, type Sampling } from "./input.ts";
import { countUpTo } from "./tail-ranks.ts";

export interface TailEstimate {
  /** a loss that is not exceeded with the confidence, as a positive number: the quantile of type 7 */
  readonly valueAtRisk: number;
  /** the mean of the losses at or beyond it */
  readonly expectedShortfall: number;
}

export interface TailWithErrors extends TailEstimate {
  readonly standardErrors: TailEstimate;
}

/** @param ascending profit and loss, sorted, not empty */
function tailOf(ascending: Float64Array, confidence: number): TailEstimate {
  const quantile = quantileOfSorted(ascending, 1 - confidence);
  return {
    valueAtRisk: lossOf(quantile),
    expectedShortfall: lossOf(mean(beyond(ascending, quantile))),
  };
}

/**
 * With their standard errors. Of independent paths: half the distance between the order statistics one binomial deviation
 * to either side (David & Nagaraja 2003, §7.1), and for the shortfall √((s² + c·(ES − VaR)²)/m) of the m losses of the tail
 * (Manistre & Hancock 2005). Of others, from sixteen batches: how the share beyond the quantile differs among them, over the
 * density there (Bahadur 1966), and how VaR + E(L − VaR)⁺/(1 − c) does (Rockafellar & Uryasev 2000).
 * @param outcomes in the order of the paths
 */
export function tailWithErrors(
  ascending: Float64Array,
  outcomes: Float64Array,
  confidence: number,
  sampling: Sampling,
): TailWithErrors {
  const tail = tailOf(ascending, confidence);
  const p = 1 - confidence;
  const reach = Math.sqrt((p * confidence) / ascending.length);
  const low = quantileOfSorted(ascending, Math.max(0, p - reach));
  const high = quantileOfSorted(ascending, Math.min(1, p + reach));
  const spacing = (high - low) / 2;
  const standardErrors =
    sampling === "random"
      ? { valueAtRisk: spacing, expectedShortfall: shortfallError(ascending, confidence, tail) }
      : errorsOfBatches(outcomes, confidence, tail, spacing / reach);
  return { ...tail, standardErrors };
}

function shortfallError(
  ascending: Float64Array,
  confidence: number,
  { valueAtRisk, expectedShortfall }: TailEstimate,
): number {
  const losses = beyond(ascending, -valueAtRisk);
  const spread = losses.length > 1 ? variance(losses) : 0;
  const between = confidence * (expectedShortfall - valueAtRisk) ** 2;
  return Math.sqrt((spread + between) / losses.length);
}

/** @param slope of the quantile: what a share of the outcomes is worth there */
function errorsOfBatches(
  outcomes: Float64Array,
  confidence: number,
  { valueAtRisk }: TailEstimate,
  slope: number,
): TailEstimate {
  const batches = Array.from({ length: BATCHES }, (_, i) => {
    const from = Math.floor((i * outcomes.length) / BATCHES);
    const to = Math.floor(((i + 1) * outcomes.length) / BATCHES);
    return outcomes.subarray(from, to);
  });
  const error = (of: (loss: number) => number): number => {
    const means = batches.map((batch) => mean(batch.map((outcome) => of(-outcome))));
    return standardDeviation(means) / Math.sqrt(BATCHES);
  };
  return {
    valueAtRisk: slope * error((loss) => (loss >= valueAtRisk ? 1 : 0)),
    expectedShortfall: error((loss) => Math.max(0, loss - valueAtRisk)) / (1 - confidence),
  };
}

/** Not −0, which would be written as it is. */
function lossOf(outcome: number): number {
  return outcome === 0 ? 0 : -outcome;
}

function beyond(ascending: Float64Array, quantile: number): Float64Array {
  // Where rounding puts the quantile below the least outcome, that one is the tail.
  return ascending.subarray(0, Math.max(1, countUpTo(ascending, quantile)));
}
