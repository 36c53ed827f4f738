import { type LabelledPart, putRows } from "../../../domain/ai/dataset/part.ts";
import type { LabelledSample } from "../../../domain/ai/learning/sample.ts";
import type { Steps } from "../../../domain/shared/steps.ts";

/** 1 MiB: a fraction of a millisecond of copying. */
const VALUES_A_STEP = 131_072;

/** Parts, one below the other, in memory that threads share: to hand them over costs nothing. @param rows of all parts together */
export function* joined(
  parts: readonly LabelledPart[],
  rows: number,
  columns: number,
): Steps<LabelledSample> {
  const column = () => floats(rows);
  const x = { rows, columns, data: floats(rows * columns) };
  const symbol = new Int32Array(new SharedArrayBuffer(rows * Int32Array.BYTES_PER_ELEMENT));
  const [closeMs, logReturn, variance] = [column(), column(), column()];
  const [y, labelEndMs, forwardReturn] = [column(), column(), column()];
  let at = 0;
  for (const [number, part] of parts.entries()) {
    const count = part.closeMs.length;
    symbol.fill(number, at, at + count);
    yield* copied(closeMs, part.closeMs, at);
    yield* copied(logReturn, part.logReturn, at);
    yield* copied(variance, part.variance, at);
    yield* copied(y, part.y, at);
    yield* copied(labelEndMs, part.labelEndMs, at);
    yield* copied(forwardReturn, part.forwardReturn, at);
    yield* putRows(x.data, at, part.values);
    at += count;
  }
  return { x, symbol, closeMs, logReturn, variance, y, labelEndMs, forwardReturn };
}

function floats(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));
}

function* copied(to: Float64Array, from: Float64Array, at: number): Steps<void> {
  for (let i = 0; i < from.length; i += VALUES_A_STEP) {
    to.set(from.subarray(i, i + VALUES_A_STEP), at + i);
    yield;
  }
}
