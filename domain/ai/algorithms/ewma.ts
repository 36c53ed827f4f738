import type { Sample } from "../learning/sample.ts";
import { parametersOf } from "./fitted.ts";
import { seriesOf } from "./panel.ts";
import { forecasterOf } from "./variance-path.ts";

/** The last bar counts as no less than this part of the mean of a month, so that a bar that did not move has a logarithm. */
const FLOOR = 1e-4;
const MONTH = 22;

/** Σλᵏv/Σλᵏ over all bars of the symbol up to the row (RiskMetrics 1996, of the target's own measure). */
export const ewma = forecasterOf({
  name: "ewma",
  parameters: {
    lambda: {
      type: "number",
      min: 0.01,
      max: 0.9999,
      default: 0.94,
      about: "what a bar's weight falls by with each bar after it",
    },
  },
  lookback: () => Infinity,
  fit: ({ parameters }) => ({ lambda: parametersOf(parameters).number("lambda") }),
  follow: (sample, fitted) => ewmaOf(sample, fitted.number("lambda")),
});

/** Tomorrow as today: what every forecast has to be better than. */
export const persistence = forecasterOf({
  name: "persistence",
  parameters: {},
  lookback: () => MONTH - 1,
  fit: () => ({}),
  follow: lastOf,
});

function ewmaOf(sample: Sample, lambda: number): Float64Array {
  const path = new Float64Array(sample.variance.length);
  for (const { from, to } of seriesOf(sample)) {
    let [sum, weight] = [0, 0];
    for (let row = from; row < to; row += 1) {
      sum = lambda * sum + (sample.variance[row] ?? Number.NaN);
      weight = lambda * weight + 1;
      path[row] = sum / weight;
    }
  }
  return path;
}

function lastOf(sample: Sample): Float64Array {
  const path = new Float64Array(sample.variance.length);
  for (const { from, to } of seriesOf(sample))
    for (let row = from; row < to; row += 1) {
      const first = Math.max(from, row - MONTH + 1);
      let sum = 0;
      for (let i = first; i <= row; i += 1) sum += sample.variance[i] ?? Number.NaN;
      path[row] = Math.max(sample.variance[row] ?? Number.NaN, (FLOOR * sum) / (row - first + 1));
    }
  return path;
}
