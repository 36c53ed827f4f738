import { ascending } from "../../features/statistics/ranks.ts";

/**
 * A measure of predictions against truths in which every row counts as often as its weight says: 1 each for the measure itself, how
 * often it was drawn for a bootstrap. NaN where it is not defined.
 */
export type WeightedMetric = (weights: Float64Array) => number;

/** Σw·v/Σw. */
export function meanMetric(values: Float64Array): WeightedMetric {
  return (weights) => {
    let [sum, total] = [0, 0];
    for (let i = 0; i < values.length; i += 1) {
      const weight = weights[i] ?? 0;
      sum += weight * (values[i] ?? 0);
      total += weight;
    }
    return sum / total;
  };
}

/** 1 − mean of the losses over the mean of other losses: how much of them the model saves. */
export function skillMetric(losses: Float64Array, others: Float64Array): WeightedMetric {
  const [own, other] = [meanMetric(losses), meanMetric(others)];
  return (weights) => 1 - own(weights) / other(weights);
}

/**
 * The area under the curve of true against false positives: the probability that a row of class 1 has a higher prediction than one of
 * class 0, ties counting half (Mann & Whitney). NaN where a class is missing.
 */
export function aucMetric(prediction: Float64Array, truth: Float64Array): WeightedMetric {
  const order = ascending(prediction);
  return (weights) => {
    let [pairs, below, ones] = [0, 0, 0];
    for (let from = 0; from < order.length;) {
      let [ties, hits] = [0, 0];
      let until = from;
      const value = prediction[order[from] ?? 0];
      for (; until < order.length && prediction[order[until] ?? 0] === value; until += 1) {
        const row = order[until] ?? 0;
        const weight = weights[row] ?? 0;
        if (truth[row] === 1) hits += weight;
        else ties += weight;
      }
      pairs += hits * (below + ties / 2);
      below += ties;
      ones += hits;
      from = until;
    }
    return pairs / (below * ones);
  };
}

/** 1 − Σw(y − ŷ)²/Σw(y − ȳ)²; NaN where the truths do not vary. */
export function determinationMetric(prediction: Float64Array, truth: Float64Array): WeightedMetric {
  const mean = meanMetric(truth);
  return (weights) => {
    const centre = mean(weights);
    let [errors, spread] = [0, 0];
    for (let i = 0; i < truth.length; i += 1) {
      const weight = weights[i] ?? 0;
      const y = truth[i] ?? 0;
      errors += weight * (y - (prediction[i] ?? 0)) ** 2;
      spread += weight * (y - centre) ** 2;
    }
    return spread > 0 ? 1 - errors / spread : Number.NaN;
  };
}

/** Spearman's correlation of ranks, equal values sharing the mean of theirs: the information coefficient. NaN where either does not vary. */
export function rankMetric(prediction: Float64Array, truth: Float64Array): WeightedMetric {
  const [ranksOfX, ranksOfY] = [weightedRanks(prediction), weightedRanks(truth)];
  return (weights) => weightedCorrelation(ranksOfX(weights), ranksOfY(weights), weights);
}

function weightedRanks(values: Float64Array): (weights: Float64Array) => Float64Array {
  const order = ascending(values);
  const ranks = new Float64Array(values.length);
  return (weights) => {
    let below = 0;
    for (let from = 0; from < order.length;) {
      let [until, ties] = [from, 0];
      const value = values[order[from] ?? 0];
      for (; until < order.length && values[order[until] ?? 0] === value; until += 1)
        ties += weights[order[until] ?? 0] ?? 0;
      for (; from < until; from += 1) ranks[order[from] ?? 0] = below + (ties + 1) / 2;
      below += ties;
    }
    return ranks;
  };
}

function weightedCorrelation(x: Float64Array, y: Float64Array, weights: Float64Array): number {
  const [mx, my] = [meanMetric(x)(weights), meanMetric(y)(weights)];
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < x.length; i += 1) {
    const weight = weights[i] ?? 0;
    const [dx, dy] = [(x[i] ?? 0) - mx, (y[i] ?? 0) - my];
    xx += weight * dx * dx;
    yy += weight * dy * dy;
    xy += weight * dx * dy;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : Number.NaN;
}
