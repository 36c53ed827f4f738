import { createHash } from "node:crypto";
import type { LabelledSample } from "../../../domain/ai/learning/sample.ts";
import type { DataDefinition } from "../../../domain/ai/model/definition.ts";
import type { Steps } from "../../../domain/shared/steps.ts";

/** Numbers that are hashed in one step: a millisecond. */
const AT_ONCE = 65_536;

/**
 * The sha256, in hexadecimal, of what a data set is of and of every number in it, bit by bit: the same on every machine. Numbers are
 * little-endian, and each NaN is the same NaN.
 */
export function* fingerprint(
  { symbols, timeframe, features, target, adjust }: DataDefinition,
  sample: LabelledSample,
): Steps<string> {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([symbols, timeframe, features, inOrder(target), adjust]));
  const { x, symbol, closeMs, logReturn, variance, y, labelEndMs, forwardReturn } = sample;
  for (const column of [x.data, symbol, closeMs, logReturn, variance, y, labelEndMs, forwardReturn])
    for (let at = 0; at < column.length; at += AT_ONCE) {
      hash.update(canonicalBytes(column.subarray(at, at + AT_ONCE)));
      yield;
    }
  return hash.digest("hex");
}

/** By name, so that it does not matter in which order a target came. */
function inOrder(target: DataDefinition["target"]): readonly (readonly [string, unknown])[] {
  return Object.entries(target).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** As float64. Processors make NaN of different bits. */
function canonicalBytes(values: Float64Array | Int32Array): Uint8Array {
  const copy = new Float64Array(values);
  const bits = new BigUint64Array(copy.buffer);
  for (let i = 0; i < copy.length; i += 1)
    if (Number.isNaN(copy[i])) bits[i] = 0x7ff8_0000_0000_0000n;
  return new Uint8Array(copy.buffer);
}
