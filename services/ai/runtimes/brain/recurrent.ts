import { faultsOfEmpty, refuseFaults } from "../../../../domain/ai/algorithms/faults.ts";
import { Fields, parametersOf } from "../../../../domain/ai/algorithms/fitted.ts";
import { startsOf } from "../../../../domain/ai/algorithms/panel.ts";
import { refuseMissing, targetsOf } from "../../../../domain/ai/algorithms/target.ts";
import {
  type Algorithm,
  type FitJob,
  FitRefused,
  type Predictor,
} from "../../../../domain/ai/learning/algorithm.ts";
import type { Sample } from "../../../../domain/ai/learning/sample.ts";
import type { Json } from "../../../../domain/shared/json.ts";
import { type Cell, type CellState, outputOf, readCell } from "./cells.ts";
import { EPOCH_PARAMETERS, trainEpochs } from "./epochs.ts";
import { withBrain } from "./library.ts";
import { WindowTrainer } from "./window-trainer.ts";
import { errorOf, fromOutput, readUnits, toOutput, unitsOf } from "./units.ts";

export const brainLstm = recurrent("brainLstm", "lstm");
export const brainGru = recurrent("brainGru", "gru");

/**
 * brain.js's `LSTMTimeStep` and `GRUTimeStep`: they read the features of the last `window` rows one after the other, and say the label
 * of the last. On noisy series they lose to a ridge on the same lags, and often to persistence: let the validation decide.
 */
function recurrent(name: string, cell: Cell): Algorithm {
  return {
    name,
    kinds: ["classifier", "regressor", "forecaster"],
    parameters: {
      hidden: {
        type: "integers",
        min: 1,
        max: 64,
        lengthMax: 2,
        default: [16],
        about: "neurons of each hidden layer",
      },
      window: {
        type: "integer",
        min: 2,
        max: 250,
        default: 10,
        about: "rows that are read, the row's own among them",
      },
      learningRate: {
        type: "number",
        min: 1e-6,
        max: 0.5,
        default: 0.001,
        about: "of brain.js's RMSProp",
      },
      ...EPOCH_PARAMETERS,
    },
    check: (parameters) => faultsOfEmpty(parameters, "hidden"),
    acceptsMissing: false,
    scaling: "standard",
    lookback: (parameters) => parametersOf(parameters).number("window") - 1,
    fit: (job) => fitRecurrent(cell, job),
    predictor: (fitted) => recurrentPredictor(cell, new Fields(fitted, "fitted")),
  };
}

function fitRecurrent(cell: Cell, job: FitJob): Json {
  refuseFaults(faultsOfEmpty(job.parameters, "hidden"));
  refuseMissing(job);
  const given = parametersOf(job.parameters);
  const window = given.number("window");
  const units = unitsOf(job.objective, targetsOf(job, 2));
  const rows = wholeWindows(job, window);
  const { x, y } = job.sample;
  const state = withBrain(job.seed, ({ recurrent: { LSTMTimeStep, GRUTimeStep } }) => {
    const Net = cell === "lstm" ? LSTMTimeStep : GRUTimeStep;
    const trainer = new WindowTrainer(
      new Net({
        inputSize: x.columns,
        outputSize: 1,
        hiddenLayers: given.numbers("hidden"),
        learningRate: given.number("learningRate"),
      }),
      window,
    );
    return trainEpochs<CellState>(job, rows, given, {
      train: (row) => trainer.train(x, row, toOutput(units, y[row] ?? Number.NaN)),
      state: () => trainer.state(),
      error: (found, of) => errorOf(job, of, units, outputsOf(cell, found, window, job.sample, of)),
    });
  });
  return { ...units, window, inputs: x.columns, ...state };
}

/** The rows whose window is whole and without gaps. @throws FitRefused `TOO_FEW_ROWS` */
function wholeWindows(
  { sample, train, valid }: FitJob,
  window: number,
): Pick<FitJob, "train" | "valid"> {
  const starts = startsOf(sample);
  const whole = (rows: Int32Array) => rows.filter((row) => isWhole(sample, starts, row, window));
  const found = { train: whole(train), valid: whole(valid) };
  if (found.train.length < 2)
    throw new FitRefused(
      "TOO_FEW_ROWS",
      `${found.train.length} rows have the ${window} rows of features that the network reads`,
    );
  return found;
}

function isWhole({ x }: Sample, starts: Int32Array, row: number, window: number): boolean {
  const first = row - window + 1;
  if (first < (starts[row] ?? 0)) return false;
  return x.data
    .subarray(first * x.columns, (row + 1) * x.columns)
    .every((value) => Number.isFinite(value));
}

function recurrentPredictor(cell: Cell, fitted: Fields): Predictor {
  const units = readUnits(fitted);
  const window = fitted.number("window");
  const inputs = fitted.number("inputs");
  const state = readCell(cell, fitted, inputs);
  return {
    importance: null,
    predict(sample, rows) {
      if (sample.x.columns !== inputs)
        throw new RangeError(`expected ${inputs} features, found ${sample.x.columns}`);
      return outputsOf(cell, state, window, sample, rows).map((output) =>
        fromOutput(units, output),
      );
    },
  };
}

/** NaN where the window is not whole. */
function outputsOf(
  cell: Cell,
  state: CellState,
  window: number,
  sample: Sample,
  rows: Int32Array,
): Float64Array {
  const starts = startsOf(sample);
  return Float64Array.from(rows, (row) =>
    isWhole(sample, starts, row, window)
      ? outputOf(cell, state, sample.x, row - window + 1, row)
      : Number.NaN,
  );
}
