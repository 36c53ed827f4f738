import { createRequire } from "node:module";
import { isMainThread } from "node:worker_threads";
import { RandomStream } from "../../../../domain/numeric/random.ts";

/* What is used of brain.js 2.0.0-beta.24: the parts that work on their own. `train`, `trainAsync`, `CrossValidate` and `toFunction` are
   not among them: they cannot be stopped between rows, know no stopping rows and do not shuffle, or make code of text. */

/** A matrix as brain.js writes it: row by row, single precision. */
export type BrainMatrix = {
  readonly rows: number;
  readonly columns: number;
  readonly weights: readonly number[];
};

interface DenseNet {
  initialize(): void;
  /** one step: forward, back, and the weights moved */
  trainPattern(value: { readonly input: Float32Array; readonly output: Float32Array }): unknown;
  toJSON(): {
    readonly layers: readonly {
      readonly weights: readonly (readonly number[])[];
      readonly biases: readonly number[];
    }[];
  };
}

export interface RecurrentNet {
  readonly model: {
    /** one a step of time; they share the weights */
    readonly equations: readonly Equation[];
    readonly output: { readonly deltas: Float32Array };
  };
  initialize(): void;
  /** adds the equation of the next step */
  bindEquation(): void;
  adjustWeights(): void;
  toJSON(): {
    readonly hiddenLayers: readonly { readonly [name: string]: BrainMatrix }[];
    readonly outputConnector: BrainMatrix;
    readonly output: BrainMatrix;
  };
}

interface Equation {
  runInput(input: Float32Array): unknown;
  predictTarget(input: Float32Array, target: Float32Array): number;
  backpropagate(): unknown;
}

interface SizeOptions {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly hiddenLayers: readonly number[];
  readonly learningRate: number;
}

interface DenseOptions extends SizeOptions {
  readonly activation: "sigmoid" | "tanh";
  readonly praxis: "adam";
  readonly errorThresh: number;
}

type Recurrent = new (options: SizeOptions) => RecurrentNet;

interface BrainLibrary {
  readonly NeuralNetwork: new (options: DenseOptions) => DenseNet;
  readonly recurrent: { readonly LSTMTimeStep: Recurrent; readonly GRUTimeStep: Recurrent };
}

const require = createRequire(import.meta.url);

/**
 * Lets brain.js work, with random numbers of the seed: it knows no source of them but Math.random, which is replaced for as long.
 * The library takes 0.1 s to load, so that is left until somebody trains.
 * @throws Error on the main thread, whose other work would see the random numbers and wait for the training
 */
export function withBrain<T>(seed: number, work: (brain: BrainLibrary) => T): T {
  if (isMainThread) throw new Error("brain.js is trained in a thread of its own only");
  const random = RandomStream.of(seed, 0);
  const original = Math.random;
  Math.random = () => random.uniform();
  try {
    // sound: version 2.0.0-beta.24 is pinned, and a test trains each kind of network
    return work(require("brain.js") as BrainLibrary);
  } finally {
    Math.random = original;
  }
}
