/** Predictions of one bin beside what happened. */
export interface ReliabilityBin {
  readonly rows: number;
  readonly meanPrediction: number;
  readonly frequency: number;
}

export interface Reliability {
  /** of tenths of [0, 1]; those without a row are left out */
  readonly bins: readonly ReliabilityBin[];
  /** expected calibration error: the mean distance of prediction and frequency, weighted by rows (Naeini, Cooper & Hauskrecht 2015) */
  readonly expectedError: number;
}

const BINS = 10;

/** @param probabilities not empty @param labels 0 or 1, as many */
export function reliability(probabilities: Float64Array, labels: Float64Array): Reliability {
  const sums = Array.from({ length: BINS }, () => ({ rows: 0, prediction: 0, label: 0 }));
  probabilities.forEach((p, i) => {
    const bin = sums[Math.min(BINS - 1, Math.floor(p * BINS))];
    if (bin === undefined) return;
    bin.rows += 1;
    bin.prediction += p;
    bin.label += labels[i] ?? 0;
  });
  const bins = sums
    .filter(({ rows }) => rows > 0)
    .map(({ rows, prediction, label }) => ({
      rows,
      meanPrediction: prediction / rows,
      frequency: label / rows,
    }));
  const gaps = bins.reduce(
    (sum, bin) => sum + bin.rows * Math.abs(bin.meanPrediction - bin.frequency),
    0,
  );
  return { bins, expectedError: gaps / probabilities.length };
}
