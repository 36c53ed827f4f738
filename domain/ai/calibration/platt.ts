import { logOddsOf, probabilityOf } from "../algorithms/log-odds.ts";

/** p = 1/(1 + exp(−(slope·z + intercept))), z the log-odds of the model's own probability. */
export interface Platt {
  readonly slope: number;
  readonly intercept: number;
}

const STEPS_MAX = 100;
const TOLERANCE = 1e-10;
/** Keeps Newton's matrix from being singular where all log-odds are alike. */
const RIDGE = 1e-9;

/**
 * Platt's scaling (1999) with his targets (N₊ + 1)/(N₊ + 2) and 1/(N₋ + 2) instead of 1 and 0, by Newton's steps that are halved until
 * they gain (Lin, Lin & Weng, Machine Learning 68 (2007) 267).
 * @param probabilities of the model
 * @param labels 0 or 1, as many
 */
export function fitPlatt(probabilities: Float64Array, labels: Float64Array): Platt {
  const z = probabilities.map(logOddsOf);
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const negatives = labels.length - positives;
  const targets = labels.map((label) =>
    label === 1 ? (positives + 1) / (positives + 2) : 1 / (negatives + 2),
  );
  let found: Platt = { slope: 0, intercept: Math.log((positives + 1) / (negatives + 1)) };
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const next = newtonStep(z, targets, found);
    if (next === null) return found;
    found = next;
  }
  return found;
}

export function applyPlatt({ slope, intercept }: Platt, probability: number): number {
  return probabilityOf(slope * logOddsOf(probability) + intercept);
}

/** null: nothing is gained any more. */
function newtonStep(z: Float64Array, targets: Float64Array, at: Platt): Platt | null {
  let [ga, gb, haa, hab, hbb] = [0, 0, RIDGE, 0, RIDGE];
  for (let i = 0; i < z.length; i += 1) {
    const x = z[i] ?? 0;
    const p = probabilityOf(at.slope * x + at.intercept);
    const [d, w] = [p - (targets[i] ?? 0), p * (1 - p)];
    ga += x * d;
    gb += d;
    haa += x * x * w;
    hab += x * w;
    hbb += w;
  }
  if (Math.abs(ga) < TOLERANCE && Math.abs(gb) < TOLERANCE) return null;
  const determinant = haa * hbb - hab * hab;
  const da = -(hbb * ga - hab * gb) / determinant;
  const db = -(haa * gb - hab * ga) / determinant;
  const before = cost(z, targets, at);
  for (let size = 1; size > TOLERANCE; size /= 2) {
    const next = { slope: at.slope + size * da, intercept: at.intercept + size * db };
    if (cost(z, targets, next) < before) return next;
  }
  return null;
}

/** Cross-entropy, from log-odds so that nothing overflows. */
function cost(z: Float64Array, targets: Float64Array, { slope, intercept }: Platt): number {
  let sum = 0;
  for (let i = 0; i < z.length; i += 1) {
    const f = slope * (z[i] ?? 0) + intercept;
    sum += Math.log1p(Math.exp(-Math.abs(f))) + Math.max(f, 0) - (targets[i] ?? 0) * f;
  }
  return sum;
}
