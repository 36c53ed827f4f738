/** How fast what was seen of gradients and of their squares is forgotten (Kingma & Ba 2015). */
const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

/** Everything of an optimiser that the next step depends on. */
export interface AdamState {
  readonly mean: Float64Array;
  readonly square: Float64Array;
  /** β₁ᵗ and β₂ᵗ */
  readonly powers: Float64Array;
}

export function adamStart(size: number): AdamState {
  return {
    mean: new Float64Array(size),
    square: new Float64Array(size),
    powers: Float64Array.of(1, 1),
  };
}

/**
 * One step of Adam, in place.
 * @param normMax a gradient longer than this is shortened to it; changed in place
 */
export function adamStep(
  { mean, square, powers }: AdamState,
  weights: Float64Array,
  gradient: Float64Array,
  rate: number,
  normMax: number,
): void {
  const { sqrt } = Math;
  const shrink = shrinkOf(gradient, normMax);
  powers[0] = (powers[0] ?? 1) * BETA_1;
  powers[1] = (powers[1] ?? 1) * BETA_2;
  const step = rate / (1 - powers[0]);
  const root = 1 / sqrt(1 - powers[1]);
  for (let i = 0; i < weights.length; i += 1) {
    const g = shrink * (gradient[i] ?? 0);
    const m = BETA_1 * (mean[i] ?? 0) + (1 - BETA_1) * g;
    const s = BETA_2 * (square[i] ?? 0) + (1 - BETA_2) * g * g;
    mean[i] = m;
    square[i] = s;
    weights[i] = (weights[i] ?? 0) - (step * m) / (sqrt(s) * root + EPSILON);
  }
}

function shrinkOf(gradient: Float64Array, normMax: number): number {
  let sum = 0;
  for (let i = 0; i < gradient.length; i += 1) sum += (gradient[i] ?? 0) * (gradient[i] ?? 0);
  const norm = Math.sqrt(sum);
  return norm > normMax ? normMax / norm : 1;
}
