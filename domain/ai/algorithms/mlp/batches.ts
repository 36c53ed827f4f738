import type { Matrix } from "../../../numeric/matrix.ts";
import { type Network, Pass } from "../../nets/network.ts";

/** Rows a run forward: what a processor's cache holds of small networks. */
const BATCH = 256;

/**
 * The network's one output for each row.
 * @throws RangeError when it takes another number of features than there are
 */
export function outputsOf(network: Network, x: Matrix, rows: Int32Array): Float64Array {
  checkWidth(network, x);
  const pass = new Pass(network, Math.min(BATCH, rows.length));
  const outputs = new Float64Array(rows.length);
  for (let from = 0; from < rows.length; from += BATCH) {
    const part = rows.subarray(from, from + BATCH);
    gather(x, part, pass.input);
    pass.forward(part.length);
    outputs.set(pass.output.subarray(0, part.length), from);
  }
  return outputs;
}

/** Copies rows of the matrix, one after the other. */
export function gather({ columns, data }: Matrix, rows: Int32Array, into: Float64Array): void {
  for (let i = 0; i < rows.length; i += 1) {
    const from = (rows[i] ?? 0) * columns;
    for (let j = 0; j < columns; j += 1) into[i * columns + j] = data[from + j] ?? Number.NaN;
  }
}

function checkWidth({ sizes: [inputs] }: Network, { columns }: Matrix): void {
  if (inputs !== columns)
    throw new RangeError(`expected ${inputs} features, found rows of ${columns}`);
}
