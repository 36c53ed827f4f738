import { normalCdf } from "../../numeric/distributions.ts";
import { mean } from "../../numeric/moments.ts";
import { RandomStream } from "../../numeric/random.ts";
import { longRunVariance, usualLags } from "../metrics/diebold-mariano.ts";

/** Whether a model loses more of late than it did when it was validated. */
export interface LossDrift {
  readonly validationMean: number;
  readonly recentMean: number;
  /** difference of the means over its error; above 0: worse now */
  readonly statistic: number;
  /** that it is as far above by chance */
  readonly pValue: number;
  /** the greatest sum of recent losses above the validation's mean, since any bar, in its long-run deviations */
  readonly cusum: number;
  /** the share of windows as long, from the validation, that had as much or more */
  readonly cusumPValue: number;
  readonly isDrifting: boolean;
}

const VALIDATION_MIN = 50;
const RECENT_MIN = 10;
const DRAWS = 500;
const STREAM = 0x105d;
/** Of two tests, each at half of 5 % (Bonferroni). */
const LEVEL = 0.025;

/**
 * Page's cumulative sum (1954) of the recent losses against the validation's, judged by what windows taken whole from the validation
 * give, and a test of the means with the long-run variance of Newey & West (1987).
 * @param validation losses of predictions out of sample, one a moment in order of time
 * @param recent     losses of recorded predictions, the same
 * @returns null of fewer than 50 and 10, or of a validation whose losses do not vary
 */
export function lossDrift(
  validation: ArrayLike<number>,
  recent: ArrayLike<number>,
  { horizon, seed }: { readonly horizon: number; readonly seed: number },
): LossDrift | null {
  if (validation.length < VALIDATION_MIN || recent.length < RECENT_MIN) return null;
  const usual = Float64Array.from(validation);
  const centre = mean(usual);
  const longRun = longRunVariance(usual, centre, usualLags(usual.length, horizon));
  if (!(longRun > 0)) return null;
  const deviation = Math.sqrt(longRun);
  const late = Float64Array.from(recent);
  const error = deviation * Math.sqrt(1 / usual.length + 1 / late.length);
  const statistic = (mean(late) - centre) / error;
  const cusum = greatestSum(late, 0, late.length, centre) / deviation;
  const cusumPValue = shareAbove(usual, late.length, centre, cusum * deviation, seed);
  const pValue = normalCdf(-statistic);
  return {
    validationMean: centre,
    recentMean: mean(late),
    statistic,
    pValue,
    cusum,
    cusumPValue,
    isDrifting: pValue < LEVEL || cusumPValue < LEVEL,
  };
}

/** max over k of Sₖ = max(0, Sₖ₋₁ + lossₖ − centre), circularly. */
function greatestSum(losses: Float64Array, start: number, length: number, centre: number): number {
  let [sum, most] = [0, 0];
  for (let k = 0; k < length; k += 1) {
    sum = Math.max(0, sum + (losses[(start + k) % losses.length] ?? 0) - centre);
    most = Math.max(most, sum);
  }
  return most;
}

function shareAbove(
  usual: Float64Array,
  length: number,
  centre: number,
  limit: number,
  seed: number,
): number {
  const random = RandomStream.of(seed, STREAM);
  let reached = 0;
  for (let draw = 0; draw < DRAWS; draw += 1)
    if (greatestSum(usual, random.below(usual.length), length, centre) >= limit) reached += 1;
  return (1 + reached) / (DRAWS + 1);
}
