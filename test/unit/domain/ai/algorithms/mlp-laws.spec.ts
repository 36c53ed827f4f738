import { createHash } from "node:crypto";
import { logistic } from "../../../../../domain/ai/algorithms/linear/logistic.ts";
import { mlp } from "../../../../../domain/ai/algorithms/mlp/mlp.ts";
import type { Algorithm } from "../../../../../domain/ai/learning/algorithm.ts";
import { readParameters } from "../../../../../domain/ai/learning/read-parameters.ts";
import type { Json } from "../../../../../domain/shared/json.ts";
import { logLossOf, nonlinearSet } from "../../../../support/nonlinear-set.ts";
import { jobOf, rowsOf } from "./samples.ts";

const { sample, probability } = nonlinearSet(12_000, 20, 1);
const TERMS = { hidden: [32, 16], activation: "relu", nets: 1, l2: 0.003, epochs: 25 };

function fit(algorithm: Algorithm, given: { readonly [name: string]: Json } = {}): Json {
  const read = readParameters(algorithm.parameters, given);
  if (!read.isValid) throw new Error(JSON.stringify(read.faults));
  const job = jobOf(sample, rowsOf(0, 6_800), {
    objective: "binary",
    valid: rowsOf(6_800, 8_000),
    parameters: read.parameters,
  });
  return algorithm.fit(job);
}

function lossOf(algorithm: Algorithm, fitted: Json): number {
  const said = algorithm.predictor(fitted).predict(sample, rowsOf(8_000, 12_000));
  return logLossOf(sample.y, said, 8_000, 12_000);
}

const fitted = fit(mlp, TERMS);

describe("a network on 8,000 rows that no line parts", () => {
  test("has a log-loss of less than 0.5 on 4,000 others, where nothing could do better than 0.435", () => {
    expect(logLossOf(sample.y, probability.subarray(8_000), 8_000, 12_000)).toBeCloseTo(0.435, 3);
    expect(lossOf(mlp, fitted)).toBeLessThan(0.5);
    expect(lossOf(logistic, fit(logistic))).toBeGreaterThan(0.64);
  });

  test("has the same sha256 for the same seed, twice", () => {
    const sha256 = (json: Json) => createHash("sha256").update(JSON.stringify(json)).digest("hex");
    expect(sha256(fit(mlp, TERMS))).toBe(sha256(fitted));
  });
});
