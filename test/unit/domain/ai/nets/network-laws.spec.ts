import { array, assert, constantFrom, integer, property } from "fast-check";
import { ACTIVATIONS, type Activation } from "../../../../../domain/ai/nets/activation.ts";
import { addDecay, Network, Pass } from "../../../../../domain/ai/nets/network.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";

const STEP = 1e-6;
const ROWS = 5;

/** Σ over rows and outputs of weight · output, so that the gradient by the output is the weight. */
function lossOf(network: Network, input: Float64Array, by: Float64Array): number {
  const pass = new Pass(network, ROWS);
  pass.input.set(input);
  pass.forward(ROWS);
  return pass.output.reduce((sum, value, i) => sum + value * (by[i] ?? 0), 0);
}

function gradientOf(network: Network, input: Float64Array, by: Float64Array): Float64Array {
  const pass = new Pass(network, ROWS);
  pass.input.set(input);
  pass.forward(ROWS);
  pass.delta.set(by);
  const gradient = new Float64Array(network.weights.length);
  pass.backward(ROWS, gradient);
  return gradient;
}

function differenceOf(network: Network, at: number, loss: (network: Network) => number): number {
  const moved = (step: number): number => {
    const weights = Float64Array.from(network.weights);
    weights[at] = (weights[at] ?? 0) + step;
    return loss(new Network(network.sizes, weights, network.activation));
  };
  return (moved(STEP) - moved(-STEP)) / (2 * STEP);
}

function given(seed: number, hidden: readonly number[], activation: Activation) {
  const sizes = [3, ...hidden, 2];
  const random = RandomStream.of(seed, 0);
  const network = Network.initial(sizes, random, 1, activation);
  // Biases away from 0, where a relu has no derivative.
  for (let i = 0; i < network.weights.length; i += 1)
    network.weights[i] = (network.weights[i] ?? 0) + 0.1 * random.normal();
  const input = random.fillNormals(new Float64Array(ROWS * 3));
  const by = random.fillNormals(new Float64Array(ROWS * 2));
  return { network, input, by };
}

const anything = [
  integer({ min: 0, max: 1_000_000 }),
  array(integer({ min: 1, max: 9 }), { maxLength: 3 }),
  constantFrom(...ACTIVATIONS),
] as const;

describe("the gradient of a network", () => {
  test("is that of finite differences, whatever the layers", () => {
    assert(
      property(...anything, (seed, hidden, activation) => {
        const { network, input, by } = given(seed, hidden, activation);
        const gradient = gradientOf(network, input, by);
        // A step that carries a relu over its corner has the mean of two slopes: a few of many weights may.
        const wrong = Array.from(gradient).filter((value, i) => {
          const found = differenceOf(network, i, (moved) => lossOf(moved, input, by));
          return Math.abs(value - found) > 1e-5 * Math.max(1, Math.abs(found));
        });
        expect(wrong.length).toBeLessThanOrEqual(activation === "relu" ? 2 : 0);
      }),
      { numRuns: 60 },
    );
  });

  test("of the penalty is l2·w for weights and 0 for biases", () => {
    assert(
      property(...anything, (seed, hidden, activation) => {
        const { network } = given(seed, hidden, activation);
        const gradient = new Float64Array(network.weights.length);
        addDecay(network, gradient, 0.5);
        const biases = hidden.reduce((sum, size) => sum + size, 2);
        expect(gradient.filter((value) => value === 0)).toHaveLength(biases);
        for (const [i, value] of gradient.entries())
          if (value !== 0) expect(value).toBe(0.5 * (network.weights[i] ?? 0));
      }),
      { numRuns: 60 },
    );
  });

  test("rows of a batch add up to the rows one by one", () => {
    assert(
      property(...anything, (seed, hidden, activation) => {
        const { network, input, by } = given(seed, hidden, activation);
        const together = gradientOf(network, input, by);
        const apart = new Float64Array(together.length);
        for (let row = 0; row < ROWS; row += 1) {
          const pass = new Pass(network, 1);
          pass.input.set(input.subarray(row * 3, row * 3 + 3));
          pass.forward(1);
          pass.delta.set(by.subarray(row * 2, row * 2 + 2));
          pass.backward(1, apart);
        }
        for (const [i, value] of together.entries()) expect(apart[i]).toBeCloseTo(value, 9);
      }),
      { numRuns: 60 },
    );
  });
});
