import type { Matrix } from "../../numeric/matrix.ts";
import type { AlgorithmBook, Predictor } from "../learning/algorithm.ts";
import type { Sample } from "../learning/sample.ts";
import { type ArtifactContent, fromBytes } from "./artifact.ts";
import { Finisher } from "./finish.ts";
import type { Prediction } from "./prediction.ts";
import { scaledRows } from "./scaler.ts";

/** A stored model, ready to predict. */
export interface OpenModel {
  readonly content: ArtifactContent;
  /** @throws RangeError when the sample has other columns than the model */
  predict(sample: Sample, rows: Int32Array): Prediction[];
  /** What the algorithm says, before it is finished; NaN of a row that lacks a feature it needs. */
  raw(sample: Sample, rows: Int32Array): Float64Array;
  prepare(sample: Sample, rows: Int32Array): Matrix;
  finish(raw: Float64Array, sample: Sample, rows: Int32Array): Prediction[];
}

/** @throws RangeError when the bytes are damaged, or the algorithm is not in the book */
export function openArtifact(bytes: Uint8Array, book: AlgorithmBook): OpenModel {
  const content = fromBytes(bytes);
  const algorithm = book.get(content.algorithm);
  if (algorithm === undefined)
    throw new RangeError(`expected an algorithm that is known here, found ${content.algorithm}`);
  const predictor = algorithm.predictor(content.fitted);
  const finisher = new Finisher(content);
  const lookback = algorithm.lookback(content.parameters);
  const raw = (sample: Sample, rows: Int32Array): Float64Array =>
    rawOf(finisher, predictor, lookback, sample, rows);
  return {
    content,
    raw,
    prepare: (sample, rows) => finisher.prepare(sample, rows),
    finish: (output, sample, rows) => finisher.finish(output, sample, rows),
    predict: (sample, rows) => finisher.finish(raw(sample, rows), sample, rows),
  };
}

function rawOf(
  finisher: Finisher,
  predictor: Predictor,
  lookback: number,
  sample: Sample,
  rows: Int32Array,
): Float64Array {
  finisher.checkWidth(sample);
  const output = new Float64Array(rows.length).fill(Number.NaN);
  const known = rows.filter((row) => finisher.isComplete(sample, row));
  if (known.length === 0) return output;
  const { part, from } = partOf(sample, known, lookback, finisher.content);
  const found = predictor.predict(
    part,
    known.map((row) => row - from),
  );
  for (let i = 0, k = 0; i < rows.length; i += 1)
    if (rows[i] === known[k]) {
      output[i] = found[k] ?? Number.NaN;
      k += 1;
    }
  return output;
}

/** The part of a sample that the rows and what they look back at lie in, scaled where the model wants it. */
function partOf(
  sample: Sample,
  rows: Int32Array,
  lookback: number,
  { scaling, scaler }: ArtifactContent,
): { readonly part: Sample; readonly from: number } {
  const first = rows.reduce((least, row) => Math.min(least, row), Infinity);
  const last = rows.reduce((most, row) => Math.max(most, row), 0);
  const from = Number.isFinite(lookback) ? Math.max(0, first - lookback) : 0;
  const to = last + 1;
  const { columns, data } = sample.x;
  const x =
    scaling === "standard"
      ? scaledRows(sample.x, scaler, from, to)
      : { rows: to - from, columns, data: data.subarray(from * columns, to * columns) };
  return {
    from,
    part: {
      x,
      symbol: sample.symbol.subarray(from, to),
      closeMs: sample.closeMs.subarray(from, to),
      logReturn: sample.logReturn.subarray(from, to),
      variance: sample.variance.subarray(from, to),
    },
  };
}
