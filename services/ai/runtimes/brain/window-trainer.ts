import type { Matrix } from "../../../../domain/numeric/matrix.ts";
import type { CellState } from "./cells.ts";
import type { RecurrentNet } from "./library.ts";

/**
 * Teaches one of brain.js's time-step networks to say one number at the end of a window. Its own `train` makes each step foretell the next
 * step's input, which would need as many outputs as features, and cannot be stopped before an epoch is over.
 */
export class WindowTrainer {
  readonly #net: RecurrentNet;
  readonly #window: number;
  readonly #target = new Float32Array(1);
  readonly #bias = new Float32Array(1);

  constructor(net: RecurrentNet, window: number) {
    this.#net = net;
    this.#window = window;
    net.initialize();
    for (let step = 0; step < window; step += 1) net.bindEquation();
  }

  /** One step on the window that ends with a row. */
  train({ columns, data }: Matrix, row: number, target: number): void {
    const { equations, output } = this.#net.model;
    const first = row - this.#window + 1;
    for (const [step, equation] of equations.entries()) {
      const from = (first + step) * columns;
      const input = Float32Array.from(data.subarray(from, from + columns));
      if (step < this.#window - 1) equation.runInput(input);
      else {
        this.#target[0] = target;
        equation.predictTarget(input, this.#target);
      }
    }
    for (let step = this.#window - 1; step >= 0; step -= 1) {
      equations[step]?.backpropagate();
      // Each step writes the gradient of the bias anew, and only the last has an error: the others would write 0.
      if (step === this.#window - 1) this.#bias.set(output.deltas);
    }
    output.deltas.set(this.#bias);
    this.#net.adjustWeights();
  }

  state(): CellState {
    const { hiddenLayers, outputConnector, output } = this.#net.toJSON();
    return { hiddenLayers, outputConnector, output };
  }
}
