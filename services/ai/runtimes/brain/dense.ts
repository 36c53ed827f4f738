import { Fields, oneOf, parametersOf } from "../../../../domain/ai/algorithms/fitted.ts";
import { refuseMissing, targetsOf } from "../../../../domain/ai/algorithms/target.ts";
import type { Algorithm, FitJob, Predictor } from "../../../../domain/ai/learning/algorithm.ts";
import type { Matrix } from "../../../../domain/numeric/matrix.ts";
import type { Json } from "../../../../domain/shared/json.ts";
import { EPOCH_PARAMETERS, trainEpochs } from "./epochs.ts";
import { withBrain } from "./library.ts";
import { errorOf, fromOutput, readUnits, toOutput, unitsOf } from "./units.ts";

const ACTIVATIONS = ["sigmoid", "tanh"] as const;
type Activation = (typeof ACTIVATIONS)[number];

/** Of all neurons but the inputs: brain.js activates its output too. */
interface Layer {
  /** a list a neuron */
  readonly weights: readonly (readonly number[])[];
  readonly biases: readonly number[];
}

/**
 * brain.js's `NeuralNetwork`, by Adam, a row a step, squared error. It is run by our own few lines, which give what its `run` gives, so
 * that a node that predicts never loads the library.
 */
export const brainNetwork: Algorithm = {
  name: "brainNetwork",
  kinds: ["classifier", "regressor", "forecaster"],
  parameters: {
    hidden: {
      type: "integers",
      min: 1,
      max: 256,
      lengthMax: 3,
      default: [16],
      about: "neurons of each hidden layer",
    },
    activation: {
      type: "enum",
      values: ACTIVATIONS,
      default: "sigmoid",
      about: "of all neurons",
    },
    learningRate: { type: "number", min: 1e-6, max: 0.5, default: 0.001, about: "of Adam" },
    ...EPOCH_PARAMETERS,
  },
  acceptsMissing: false,
  scaling: "standard",
  lookback: () => 0,
  fit: fitDense,
  predictor: (fitted) => densePredictor(new Fields(fitted, "fitted")),
};

function fitDense(job: FitJob): Json {
  refuseMissing(job);
  const units = unitsOf(job.objective, targetsOf(job, 2));
  const given = parametersOf(job.parameters);
  const { x, y } = job.sample;
  const activation = oneOf(ACTIVATIONS, given.text("activation"));
  const layers = withBrain(job.seed, ({ NeuralNetwork }) => {
    const net = new NeuralNetwork({
      inputSize: x.columns,
      outputSize: 1,
      hiddenLayers: given.numbers("hidden"),
      activation,
      praxis: "adam",
      learningRate: given.number("learningRate"),
      // 0 is refused; nothing here trains until an error is small enough.
      errorThresh: 1e-9,
    });
    net.initialize();
    const [input, output] = [new Float32Array(x.columns), new Float32Array(1)];
    return trainEpochs<readonly Layer[]>(job, job, given, {
      train: (row) => {
        input.set(x.data.subarray(row * x.columns, (row + 1) * x.columns));
        output[0] = toOutput(units, y[row] ?? Number.NaN);
        net.trainPattern({ input, output });
      },
      state: () => net.toJSON().layers.slice(1),
      error: (state, rows) => errorOf(job, rows, units, outputsOf(state, activation, x, rows)),
    });
  });
  return {
    ...units,
    activation,
    inputs: x.columns,
    layers: layers.map(({ weights, biases }) => ({ weights, biases })),
  };
}

function densePredictor(fitted: Fields): Predictor {
  const units = readUnits(fitted);
  const activation = oneOf(ACTIVATIONS, fitted.text("activation"));
  const layers = readLayers(fitted);
  return {
    importance: null,
    predict({ x }, rows) {
      if (x.columns !== fitted.number("inputs"))
        throw new RangeError(`expected ${fitted.number("inputs")} features, found ${x.columns}`);
      return outputsOf(layers, activation, x, rows).map((output) => fromOutput(units, output));
    },
  };
}

/** @throws RangeError where the sizes of layers do not fit each other */
function readLayers(fitted: Fields): readonly Layer[] {
  let inputs = fitted.number("inputs");
  const layers = fitted.objects("layers").map((layer) => {
    const weights = layer.lists("weights");
    const biases = layer.numbers("biases");
    if (biases.length !== weights.length || weights.some((of) => of.length !== inputs))
      throw new RangeError(`expected neurons of ${inputs} inputs, with a bias each`);
    inputs = weights.length;
    return { weights, biases };
  });
  if (inputs !== 1 || layers.length === 0) throw new RangeError("expected one output");
  return layers;
}

function outputsOf(
  layers: readonly Layer[],
  activation: Activation,
  { columns, data }: Matrix,
  rows: Int32Array,
): Float64Array {
  return Float64Array.from(rows, (row) => {
    let values = Float32Array.from(data.subarray(row * columns, (row + 1) * columns));
    for (const layer of layers) values = forward(layer, activation, values);
    return values[0] ?? Number.NaN;
  });
}

/** In double precision, kept in single: as brain.js has it. */
function forward(
  { weights, biases }: Layer,
  activation: Activation,
  inputs: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  return Float32Array.from(weights, (of, neuron) => {
    let sum = biases[neuron] ?? 0;
    for (let i = 0; i < of.length; i += 1) sum += (of[i] ?? 0) * (inputs[i] ?? Number.NaN);
    return activation === "sigmoid" ? 1 / (1 + Math.exp(-sum)) : Math.tanh(sum);
  });
}
