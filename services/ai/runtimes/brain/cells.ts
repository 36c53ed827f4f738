import { Fields } from "../../../../domain/ai/algorithms/fitted.ts";
import type { Matrix } from "../../../../domain/numeric/matrix.ts";
import type { BrainMatrix } from "./library.ts";

export type Cell = "lstm" | "gru";

/** What is kept of a time-step network: of brain.js's `toJSON` what it runs by. */
export interface CellState {
  readonly hiddenLayers: readonly { readonly [name: string]: BrainMatrix }[];
  readonly outputConnector: BrainMatrix;
  readonly output: BrainMatrix;
}

/** Input matrix, hidden matrix and bias of each gate. */
const GATES = {
  lstm: [
    ["inputMatrix", "inputHidden", "inputBias"],
    ["forgetMatrix", "forgetHidden", "forgetBias"],
    ["outputMatrix", "outputHidden", "outputBias"],
    ["cellActivationMatrix", "cellActivationHidden", "cellActivationBias"],
  ],
  gru: [
    ["updateGateInputMatrix", "updateGateHiddenMatrix", "updateGateBias"],
    ["resetGateInputMatrix", "resetGateHiddenMatrix", "resetGateBias"],
    ["cellWriteInputMatrix", "cellWriteHiddenMatrix", "cellWriteBias"],
  ],
} as const;

/** @throws RangeError when it is no such network of so many inputs and one output */
export function readCell(cell: Cell, fitted: Fields, inputs: number): CellState {
  let width = inputs;
  const hiddenLayers = fitted.objects("hiddenLayers").map((layer) => {
    const size = new Fields(layer.any(GATES[cell][0][2]), "bias").number("rows");
    const matrices = GATES[cell].flatMap(([input, hidden, bias]) => [
      [input, readMatrix(layer, input, size, width)] as const,
      [hidden, readMatrix(layer, hidden, size, size)] as const,
      [bias, readMatrix(layer, bias, size, 1)] as const,
    ]);
    width = size;
    return Object.fromEntries(matrices);
  });
  return {
    hiddenLayers,
    outputConnector: readMatrix(fitted, "outputConnector", 1, width),
    output: readMatrix(fitted, "output", 1, 1),
  };
}

function readMatrix(of: Fields, name: string, rows: number, columns: number): BrainMatrix {
  const matrix = new Fields(of.any(name), name);
  const weights = matrix.numbers("weights");
  const isFitting = matrix.number("rows") === rows && matrix.number("columns") === columns;
  if (!isFitting || weights.length !== rows * columns)
    throw new RangeError(`expected ${name} of ${rows} × ${columns}`);
  return { rows, columns, weights };
}

/** What the network says after rows `first` to `last`. */
export function outputOf(
  cell: Cell,
  { hiddenLayers, outputConnector, output }: CellState,
  { columns, data }: Matrix,
  first: number,
  last: number,
): number {
  let states = hiddenLayers.map((layer) => new Float64Array(layer[GATES[cell][0][2]]?.rows ?? 0));
  for (let row = first; row <= last; row += 1) {
    let below: Float64Array = Float64Array.from(data.subarray(row * columns, (row + 1) * columns));
    states = hiddenLayers.map((layer, i) => {
      const next = step(cell, layer, below, states[i] ?? new Float64Array());
      below = next;
      return next;
    });
  }
  const top = states.at(-1) ?? new Float64Array();
  return product(outputConnector, top, 0) + (output.weights[0] ?? Number.NaN);
}

type Layer = CellState["hiddenLayers"][number];

function step(
  cell: Cell,
  layer: Layer,
  x: Float64Array,
  h: Float64Array,
): Float64Array<ArrayBuffer> {
  return cell === "lstm" ? lstmStep(layer, x, h) : gruStep(layer, x, h);
}

/** brain.js's: what it calls the cell is made anew of the hidden state at each step. h' = o·tanh(f·h + i·c). */
function lstmStep(layer: Layer, x: Float64Array, h: Float64Array): Float64Array<ArrayBuffer> {
  const [input, forget, output, write] = GATES.lstm;
  const sums = [input, forget, output, write].map((gate) => gateSums(layer, gate, x, h));
  return Float64Array.from(h, (before, k) => {
    const [i = 0, f = 0, o = 0, c = 0] = sums.map((sum) => sum[k] ?? Number.NaN);
    return sigmoid(o) * Math.tanh(sigmoid(f) * before + sigmoid(i) * Math.tanh(c));
  });
}

/** h' = (1 − z)·tanh(Wx + U(r·h) + b) + z·h. */
function gruStep(layer: Layer, x: Float64Array, h: Float64Array): Float64Array<ArrayBuffer> {
  const [update, reset, write] = GATES.gru;
  const keeps = gateSums(layer, update, x, h).map(sigmoid);
  const resets = gateSums(layer, reset, x, h).map(sigmoid);
  const written = gateSums(
    layer,
    write,
    x,
    h.map((value, k) => value * (resets[k] ?? Number.NaN)),
  );
  return Float64Array.from(h, (before, k) => {
    const keep = keeps[k] ?? Number.NaN;
    return (1 - keep) * Math.tanh(written[k] ?? Number.NaN) + keep * before;
  });
}

function gateSums(
  layer: Layer,
  [input, hidden, bias]: readonly [string, string, string],
  x: Float64Array,
  h: Float64Array,
): Float64Array {
  return h.map(
    (_, k) =>
      product(layer[input], x, k) +
      product(layer[hidden], h, k) +
      (layer[bias]?.weights[k] ?? Number.NaN),
  );
}

/** Of one row of the matrix with a vector. */
function product(matrix: BrainMatrix | undefined, vector: Float64Array, row: number): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i += 1)
    sum += (matrix?.weights[row * vector.length + i] ?? Number.NaN) * (vector[i] ?? Number.NaN);
  return sum;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
