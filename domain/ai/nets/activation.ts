/** What hidden neurons make of their sums. */
export const ACTIVATIONS = ["tanh", "relu"] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** In place, of the first `count` values. */
export function activate(activation: Activation, values: Float64Array, count: number): void {
  switch (activation) {
    case "tanh":
      return tanh(values, count);
    case "relu":
      for (let i = 0; i < count; i += 1) if ((values[i] ?? 0) < 0) values[i] = 0;
  }
}

/** Gradients by the outputs become gradients by the sums, in place. @param values the outputs */
export function derive(
  activation: Activation,
  values: Float64Array,
  gradients: Float64Array,
  count: number,
): void {
  switch (activation) {
    case "tanh":
      for (let i = 0; i < count; i += 1) {
        const value = values[i] ?? 0;
        gradients[i] = (gradients[i] ?? 0) * (1 - value * value);
      }
      return;
    case "relu":
      for (let i = 0; i < count; i += 1) if (values[i] === 0) gradients[i] = 0;
  }
}

/** Of exp alone: the same on every machine. */
function tanh(values: Float64Array, count: number): void {
  // Looked up once: in the contexts that tests run in, a global takes longer to find than all the rest here.
  const { exp, abs } = Math;
  for (let i = 0; i < count; i += 1) {
    const x = values[i] ?? 0;
    const fallen = exp(-2 * abs(x));
    const size = (1 - fallen) / (1 + fallen);
    values[i] = x < 0 ? -size : size;
  }
}
