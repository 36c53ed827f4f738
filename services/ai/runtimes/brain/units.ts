import { Fields, oneOf } from "../../../../domain/ai/algorithms/fitted.ts";
import type { FitJob, Objective } from "../../../../domain/ai/learning/algorithm.ts";
import { mean, standardDeviation } from "../../../../domain/numeric/moments.ts";

const OBJECTIVES = ["binary", "squared"] as const satisfies readonly Objective[];

/** Labels this many deviations from the mean are where a network's output ends. */
const SPAN = 4;
/** A sigmoid never says 0 or 1: asked for them its weights grow without end. */
const EDGE = 0.02;
/** Between which a probability lies. */
const CERTAIN = 1e-6;

/** How labels become outputs between 0 and 1, which is all that a sigmoid can say; beyond it brain.js saturates without a word. */
export interface Units {
  readonly objective: Objective;
  readonly centre: number;
  readonly span: number;
}

export function unitsOf(objective: Objective, targets: Float64Array): Units {
  return objective === "binary"
    ? { objective, centre: 0.5, span: 0.5 }
    : { objective, centre: mean(targets), span: SPAN * standardDeviation(targets, 0) };
}

/** @returns within [EDGE, 1 − EDGE] of a value; labels further out are drawn in */
export function toOutput({ objective, centre, span }: Units, label: number): number {
  const output = 0.5 + (label - centre) / (2 * span);
  return objective === "binary" ? output : Math.min(1 - EDGE, Math.max(EDGE, output));
}

export function fromOutput({ objective, centre, span }: Units, output: number): number {
  const label = centre + (output - 0.5) * 2 * span;
  return objective === "binary" ? Math.min(1 - CERTAIN, Math.max(CERTAIN, label)) : label;
}

export function readUnits(fitted: Fields): Units {
  return {
    objective: oneOf(OBJECTIVES, fitted.text("objective")),
    centre: fitted.number("centre"),
    span: fitted.number("span"),
  };
}

/** Weighted mean square in outputs; NaN when one is. @param outputs a number a row */
export function errorOf(
  { sample, weights }: FitJob,
  rows: Int32Array,
  units: Units,
  outputs: Float64Array,
): number {
  let [sum, total] = [0, 0];
  for (const [i, row] of rows.entries()) {
    const weight = weights?.[row] ?? 1;
    const label = toOutput(units, sample.y[row] ?? Number.NaN);
    sum += weight * ((outputs[i] ?? Number.NaN) - label) ** 2;
    total += weight;
  }
  return total > 0 ? sum / total : 0;
}
