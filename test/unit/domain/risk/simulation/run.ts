import { matrixOf } from "../../../../../domain/numeric/matrix.ts";
import type { SimulationInput } from "../../../../../domain/risk/simulation/input.ts";
import type { Law } from "../../../../../domain/risk/simulation/law.ts";
import { simulated } from "../../../../../domain/risk/simulation/value-at-risk.ts";

/** One asset of value 1, 20,000 times. */
export const run = (law: Law, more: Partial<SimulationInput> = {}) =>
  simulated({
    law,
    exposures: Float64Array.of(1),
    wealth: 1,
    paths: 20_000,
    seed: 5,
    sampling: "random",
    isMatched: false,
    confidences: [0.99],
    hasComponents: true,
    ...more,
  });

/** The covariance of one asset. */
export const one = (value: number) => matrixOf([[value]]);
