import type { FitJob, FitRun } from "../../../../../domain/ai/learning/algorithm.ts";
import type { LabelledSample } from "../../../../../domain/ai/learning/sample.ts";
import { matrixOf } from "../../../../../domain/numeric/matrix.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";

const DAY_MS = 86_400_000;

/** Rows of one symbol a day apart, whose labels end `horizon` rows later; what is not given is 0. */
export function sampleOf(
  y: ArrayLike<number>,
  {
    x = [],
    variance = new Float64Array(y.length),
    logReturn = new Float64Array(y.length),
    symbol = new Int32Array(y.length),
    horizon = 1,
  }: {
    readonly x?: readonly (readonly number[])[];
    readonly variance?: Float64Array;
    readonly logReturn?: Float64Array;
    readonly symbol?: Int32Array;
    readonly horizon?: number;
  } = {},
): LabelledSample {
  const closeMs = Float64Array.from(y, (_, i) => i * DAY_MS);
  return {
    x: x.length === 0 ? { rows: y.length, columns: 0, data: new Float64Array() } : matrixOf(x),
    symbol,
    closeMs,
    logReturn,
    variance,
    y: Float64Array.from(y),
    labelEndMs: closeMs.map((close) => close + horizon * DAY_MS),
    forwardReturn: new Float64Array(y.length),
  };
}

export function rowsOf(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to - from }, (_, i) => from + i);
}

export const RUN: FitRun = { report: () => undefined, isCancelled: false };

export function jobOf(
  sample: LabelledSample,
  train: Int32Array,
  over: Partial<FitJob> = {},
): FitJob {
  return {
    sample,
    train,
    valid: new Int32Array(),
    objective: "squared",
    parameters: {},
    seed: 1,
    run: RUN,
    ...over,
  };
}

/** Volatility that comes and goes: the log of a daily variance as an AR(1), labels the next row's log variance. */
export function volatileSample(rows: number, seed: number): LabelledSample {
  const random = RandomStream.of(seed, 0);
  const logs = new Float64Array(rows + 1);
  for (let i = 1, level = 0; i <= rows; i += 1) {
    level = 0.95 * level + 0.3 * random.normal();
    logs[i] = -9 + level + 0.3 * random.normal();
  }
  const variance = logs.subarray(0, rows).map((log) => Math.exp(log));
  const logReturn = variance.map((v) => Math.sqrt(v) * random.normal());
  logReturn[0] = Number.NaN;
  return sampleOf(logs.subarray(1), { variance, logReturn });
}

/** The rows from `from` to before `to` alone. */
export function cut(sample: LabelledSample, from: number, to: number): LabelledSample {
  const { columns, data } = sample.x;
  return {
    x: { rows: to - from, columns, data: data.slice(from * columns, to * columns) },
    symbol: sample.symbol.slice(from, to),
    closeMs: sample.closeMs.slice(from, to),
    logReturn: sample.logReturn.slice(from, to),
    variance: sample.variance.slice(from, to),
    y: sample.y.slice(from, to),
    labelEndMs: sample.labelEndMs.slice(from, to),
    forwardReturn: sample.forwardReturn.slice(from, to),
  };
}
