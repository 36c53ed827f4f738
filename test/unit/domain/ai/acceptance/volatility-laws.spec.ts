import { PURE_ALGORITHMS } from "../../../../../domain/ai/algorithms/index.ts";
import { openArtifact } from "../../../../../domain/ai/model/serve.ts";
import type { TrainingOutcome } from "../../../../../domain/ai/training/terms.ts";
import type { Json } from "../../../../../domain/shared/json.ts";
import { onePool, trainedIn } from "./in-thread.ts";
import { sp500Model, sp500Sample, VOLATILITY_FEATURES } from "./sp500-sample.ts";

/* The variance of the S&P 500 (Parkinson's) one day ahead, refitted every 63 days on all that was known, scored from 2006 to 2020. */

const pool = onePool();

afterAll(() => pool.stop());

const target = { kind: "volatility", horizon: 1, measure: "parkinson" } as const;

function trained(
  algorithm: string,
  features: readonly string[],
  parameters: { readonly [name: string]: Json } = {},
): Promise<TrainingOutcome> {
  const terms = {
    definition: sp500Model({ kind: "forecaster", algorithm, target, features, parameters }),
    validation: {
      scheme: "walkForwardEvery",
      refitEvery: 63,
      testStartMs: Date.UTC(2006, 0, 1),
      embargo: 0,
      window: "expanding",
      trainBars: null,
    },
    calibration: "none",
    coverage: 0.9,
    halfLife: null,
    stopShare: 0,
    seed: 7,
  } as const;
  return trainedIn(pool, { terms, sample: sp500Sample(features, target) });
}

/** Against a baseline: t of Diebold & Mariano, below 0 where the model is better. */
function against({ report }: TrainingOutcome, name: string): number {
  return report.baselines.find((one) => one.name === name)?.dieboldMariano?.statistic ?? Number.NaN;
}

describe("the volatility of the next day", () => {
  const whole = trained("har", []);

  it("is forecast by HAR with a QLIKE of 0.408 ± 0.01", async () => {
    const har = await whole;
    expect(har.report.rows.tested).toBe(3_596);
    expect(har.report.outOfSample.metrics["qlike"]).toBeGreaterThan(0.398);
    expect(har.report.outOfSample.metrics["qlike"]).toBeLessThan(0.418);
  });

  it("is forecast better by HAR than by EWMA and GARCH, beyond chance", async () => {
    const har = await whole;
    expect(against(har, "ewma")).toBeLessThan(-3);
    expect(against(har, "garch")).toBeLessThan(-3);
    expect(har.report.notes).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^better than EWMA: Diebold–Mariano t = -\d/),
        expect.stringMatching(/^better than GARCH\(1,1\): /),
      ]),
    );
  });

  it("lies within HAR's intervals as often as they say, measured on later folds", async () => {
    const har = await whole;
    expect(har.report.outOfSample.coverage).toBeGreaterThan(0.87);
    expect(har.report.outOfSample.coverage).toBeLessThan(0.93);
  });

  it("is forecast by HAR, boosting and a network together with a QLIKE of 0.385 at most, |t| above 3 against HAR", async () => {
    const members = [
      { algorithm: "har", parameters: { windows: [1, 5, 22, 66], leverage: true } },
      { algorithm: "boosting", parameters: { rounds: 60, depth: 3, learningRate: 0.1 } },
      { algorithm: "mlp", parameters: { hidden: [8], nets: 3, epochs: 10, l2: 0.01 } },
    ];
    const together = await trained("ensemble", VOLATILITY_FEATURES, { members });
    expect(together.report.outOfSample.metrics["qlike"]).toBeLessThanOrEqual(0.385);
    expect(against(together, "har")).toBeLessThan(-3);
    // What was stored says the same as what was trained, of a day it has seen, and nothing of a day unlike any.
    const sample = sp500Sample(VOLATILITY_FEATURES, target);
    const model = openArtifact(together.artifact, PURE_ALGORITHMS);
    const rows = Int32Array.of(3_000, 5_000);
    for (const found of model.predict(sample, rows)) expect(found.isGiven).toBe(true);
    const strange = {
      ...sample,
      x: { ...sample.x, data: sample.x.data.map((value) => 50 * value) },
    };
    expect(model.predict(strange, rows)).toMatchObject([
      { isGiven: false, reason: "NOVEL_ROW" },
      { isGiven: false, reason: "NOVEL_ROW" },
    ]);
  });
});
