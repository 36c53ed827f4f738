import type { Steps } from "../../shared/steps.ts";
import type { Sample } from "../learning/sample.ts";

/** Closes that are merged in one step. */
const CLOSES_A_STEP = 32_768;

/** The closes of a sample, each once, ascending, epoch ms. Rows of a symbol are in order, so that its closes are merged into the others. */
export function* distinctCloses({
  symbol,
  closeMs,
}: Pick<Sample, "symbol" | "closeMs">): Steps<Float64Array> {
  let all = new Float64Array(0);
  for (let from = 0; from < closeMs.length;) {
    let to = from + 1;
    while (to < closeMs.length && symbol[to] === symbol[from]) to += 1;
    all = yield* merged(all, closeMs.subarray(from, to));
    from = to;
  }
  return all;
}

function* merged(a: Float64Array, b: Float64Array): Steps<Float64Array<ArrayBuffer>> {
  const both = new Float64Array(a.length + b.length);
  let [i, j, count] = [0, 0, 0];
  while (i < a.length || j < b.length) {
    const next = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    while (a[i] === next) i += 1;
    while (b[j] === next) j += 1;
    both[count] = next;
    count += 1;
    if (count % CLOSES_A_STEP === 0) yield;
  }
  yield;
  return both.subarray(0, count);
}
