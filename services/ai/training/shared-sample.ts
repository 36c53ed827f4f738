import { setImmediate } from "node:timers/promises";
import type { LabelledSample } from "../../../domain/ai/learning/sample.ts";

/** 2 MiB: half a millisecond of copying, after which the event loop has its turn. */
const VALUES_A_TURN = 262_144;

/** The sample in memory that threads share, so that to hand it over costs nothing; what is there already stays there. */
export async function sharedSample(sample: LabelledSample): Promise<LabelledSample> {
  const { x, symbol } = sample;
  return {
    x: { ...x, data: await sharedFloats(x.data) },
    symbol: isShared(symbol) ? symbol : sharedIntegers(symbol),
    closeMs: await sharedFloats(sample.closeMs),
    logReturn: await sharedFloats(sample.logReturn),
    variance: await sharedFloats(sample.variance),
    y: await sharedFloats(sample.y),
    labelEndMs: await sharedFloats(sample.labelEndMs),
    forwardReturn: await sharedFloats(sample.forwardReturn),
  };
}

async function sharedFloats(values: Float64Array): Promise<Float64Array> {
  if (isShared(values)) return values;
  const copy = new Float64Array(new SharedArrayBuffer(values.byteLength));
  for (let from = 0; from < values.length; from += VALUES_A_TURN) {
    copy.set(values.subarray(from, from + VALUES_A_TURN), from);
    if (from + VALUES_A_TURN < values.length) await setImmediate();
  }
  return copy;
}

/** One a row, at most a million. */
function sharedIntegers(values: Int32Array): Int32Array {
  const copy = new Int32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

/** Whole buffers only: a view of a part would hand over the rest with it. */
function isShared({ buffer, byteLength }: Float64Array | Int32Array): boolean {
  return buffer instanceof SharedArrayBuffer && buffer.byteLength === byteLength;
}
