/** The probabilities of one row of logits, into `into`; neither overflows. */
export function softmax(logits: Float64Array, at: number, count: number, into: Float64Array): void {
  let top = -Infinity;
  for (let k = 0; k < count; k += 1) top = Math.max(top, logits[at + k] ?? 0);
  let sum = 0;
  for (let k = 0; k < count; k += 1) {
    const value = Math.exp((logits[at + k] ?? 0) - top);
    into[k] = value;
    sum += value;
  }
  for (let k = 0; k < count; k += 1) into[k] = (into[k] ?? 0) / sum;
}

/** The first of the largest. */
export function argMax(values: Float64Array, at: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k += 1) if ((values[at + k] ?? 0) > (values[at + best] ?? 0)) best = k;
  return best;
}

/** An index by its probability. @param uniform within (0, 1) */
export function sampleIndex(probabilities: Float64Array, uniform: number): number {
  let sum = 0;
  for (const [index, probability] of probabilities.entries()) {
    sum += probability;
    if (uniform < sum) return index;
  }
  return probabilities.length - 1;
}
