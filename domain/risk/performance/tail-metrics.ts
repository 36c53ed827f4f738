import { normalPdf, normalQuantile } from "../../numeric/distributions.ts";
import { excessKurtosis, mean, skewness } from "../../numeric/moments.ts";
import { quantileOfSorted } from "../../numeric/quantile.ts";
import { metric, spreadMetric } from "./metric.ts";

/** Losses that are exceeded with probability 1 − confidence, of one period, positive; below 0 they are gains. */
export const TAIL_METRICS = {
  historicalVaR: metric(
    "−quantile of type 7 at 1 − confidence",
    ({ ascending, confidence }) => -quantileOfSorted(ascending, 1 - confidence),
  ),
  historicalES: metric(
    "−mean of the returns at or below that quantile",
    ({ ascending, confidence }) => {
      const limit = quantileOfSorted(ascending, 1 - confidence);
      return -mean(ascending.filter((value) => value <= limit));
    },
  ),
  normalVaR: spreadMetric(
    "−(mean + z·s), z the normal quantile at 1 − confidence, s of n − 1",
    ({ mean: centre, deviation, confidence }) =>
      -(centre + normalQuantile(1 - confidence) * deviation),
  ),
  normalES: spreadMetric(
    "−mean + s·φ(z)/(1 − confidence)",
    ({ mean: centre, deviation, confidence }) =>
      -centre + (deviation * normalPdf(normalQuantile(1 - confidence))) / (1 - confidence),
  ),
  cornishFisherVaR: spreadMetric(
    "−(mean + z′·s) with z′ = z + (z² − 1)S/6 + (z³ − 3z)K/24 − (2z³ − 5z)S²/36, S and K the population's skewness and excess kurtosis",
    ({ returns, mean: centre, deviation, confidence }) => {
      if (deviation === 0) return -centre;
      const [z, skew, kurtosis] = [
        normalQuantile(1 - confidence),
        skewness(returns),
        excessKurtosis(returns),
      ];
      const adjusted =
        z +
        ((z ** 2 - 1) * skew) / 6 +
        ((z ** 3 - 3 * z) * kurtosis) / 24 -
        ((2 * z ** 3 - 5 * z) * skew ** 2) / 36;
      return -(centre + adjusted * deviation);
    },
  ),
} as const;
