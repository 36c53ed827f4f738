import { applyIsotonic, fitIsotonic, type Isotonic } from "./isotonic.ts";
import { applyPlatt, fitPlatt, type Platt } from "./platt.ts";

/** What a model's own probability is made into. */
export type Calibration =
  | { readonly kind: "none" }
  | ({ readonly kind: "platt" } & Platt)
  | ({ readonly kind: "isotonic" } & Isotonic);

/** Of fewer scored rows no calibration is learnt. */
const ROWS_MIN = 100;

/** `none` where too few rows, or one class only, have been scored. @param probabilities out of sample */
export function fitCalibration(
  kind: Calibration["kind"],
  probabilities: Float64Array,
  labels: Float64Array,
): Calibration {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  if (kind === "none" || labels.length < ROWS_MIN) return { kind: "none" };
  if (positives === 0 || positives === labels.length) return { kind: "none" };
  return kind === "platt"
    ? { kind, ...fitPlatt(probabilities, labels) }
    : { kind, ...fitIsotonic(probabilities, labels) };
}

export function calibrated(calibration: Calibration, probability: number): number {
  switch (calibration.kind) {
    case "none":
      return probability;
    case "platt":
      return applyPlatt(calibration, probability);
    case "isotonic":
      return applyIsotonic(calibration, probability);
  }
}
