import type { RandomStream } from "../../numeric/random.ts";
import { activate, type Activation, derive } from "./activation.ts";
import { denseBackward, denseForward, denseGradient } from "./dense.ts";

/** Hidden layers of one activation and a linear one at the end. The parameters of all lie in one array: of each layer the weights, output by output, then the biases. */
export class Network {
  /** numbers of the input, of each hidden layer, and of the output */
  readonly sizes: readonly number[];
  readonly weights: Float64Array;
  readonly activation: Activation;

  /** @throws RangeError when the weights are not as many as the sizes take */
  constructor(sizes: readonly number[], weights: Float64Array, activation: Activation = "tanh") {
    const expected = weightsOf(sizes);
    if (weights.length !== expected)
      throw new RangeError(`expected ${expected} weights, found ${weights.length}`);
    this.sizes = sizes;
    this.weights = weights;
    this.activation = activation;
  }

  /**
   * Normal weights of variance 1/inputs (2/inputs behind relu, He et al. 2015), biases of 0.
   * @param outputScale of the last layer's: small, so that at first the network says much the same of everything
   */
  static initial(
    sizes: readonly number[],
    random: RandomStream,
    outputScale: number,
    activation: Activation = "tanh",
  ): Network {
    const weights = new Float64Array(weightsOf(sizes));
    for (const { at, inputs, outputs, isLast } of layersOf(sizes)) {
      const hidden = activation === "relu" ? Math.SQRT2 : 1;
      const scale = (isLast ? outputScale : hidden) / Math.sqrt(inputs);
      random.fillNormals(weights, at, at + inputs * outputs);
      for (let i = at; i < at + inputs * outputs; i += 1) weights[i] = scale * (weights[i] ?? 0);
    }
    return new Network(sizes, weights, activation);
  }
}

interface Layer {
  readonly at: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly isLast: boolean;
}

function layersOf(sizes: readonly number[]): readonly Layer[] {
  let at = 0;
  return sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i] ?? 0;
    const layer = { at, inputs, outputs, isLast: i === sizes.length - 2 };
    at += (inputs + 1) * outputs;
    return layer;
  });
}

function weightsOf(sizes: readonly number[]): number {
  return layersOf(sizes).reduce((sum, { inputs, outputs }) => sum + (inputs + 1) * outputs, 0);
}

/** Room to run a network over batches of up to so many rows, and back. */
export class Pass {
  /** to be filled before `forward`, a row an input */
  readonly input: Float64Array;
  /** of `forward`, a row an output */
  readonly output: Float64Array;
  /** the gradient of the loss by the output, to be filled before `backward` */
  readonly delta: Float64Array;
  readonly #network: Network;
  readonly #layers: readonly Layer[];
  readonly #values: readonly Float64Array[];
  readonly #deltas: readonly Float64Array[];

  constructor(network: Network, rows: number) {
    const room = (): readonly Float64Array[] =>
      network.sizes.map((size) => new Float64Array(rows * size));
    this.#network = network;
    this.#layers = layersOf(network.sizes);
    this.#values = room();
    this.#deltas = room();
    const none = new Float64Array();
    this.input = this.#values[0] ?? none;
    this.output = this.#values.at(-1) ?? none;
    this.delta = this.#deltas.at(-1) ?? none;
  }

  forward(count: number): void {
    const { weights, activation } = this.#network;
    const none = new Float64Array();
    for (const [i, { at, inputs, outputs, isLast }] of this.#layers.entries()) {
      const out = this.#values[i + 1] ?? none;
      denseForward(weights, at, this.#values[i] ?? none, count, inputs, outputs, out);
      if (!isLast) activate(activation, out, count * outputs);
    }
  }

  /** Adds to `gradient`, which is laid out as the weights are. After a `forward` of the same rows. */
  backward(count: number, gradient: Float64Array): void {
    const { weights, activation } = this.#network;
    const none = new Float64Array();
    for (const [i, { at, inputs, outputs }] of [...this.#layers.entries()].toReversed()) {
      const x = this.#values[i] ?? none;
      const delta = this.#deltas[i + 1] ?? none;
      denseGradient(gradient, at, x, delta, count, inputs, outputs);
      if (i === 0) return;
      const before = this.#deltas[i] ?? none;
      denseBackward(weights, at, delta, count, inputs, outputs, before);
      derive(activation, x, before, count * inputs);
    }
  }
}

/** Adds what the penalty ½·l2·Σw² has of the gradient; biases are free. */
export function addDecay({ sizes, weights }: Network, gradient: Float64Array, l2: number): void {
  if (l2 === 0) return;
  for (const { at, inputs, outputs } of layersOf(sizes))
    for (let i = at; i < at + inputs * outputs; i += 1)
      gradient[i] = (gradient[i] ?? 0) + l2 * (weights[i] ?? 0);
}
