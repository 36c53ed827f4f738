import { onePool, trainedIn } from "./in-thread.ts";
import { DIRECTION_FEATURES, sp500Model, sp500Sample } from "./sp500-sample.ts";

/* Whether the S&P 500 closes higher the next day: trained like any model, reported as the coin flip that it is. */

const pool = onePool();

afterAll(() => pool.stop());

const target = { kind: "direction", horizon: 1, threshold: 0 } as const;

function trained(algorithm: string) {
  const terms = {
    definition: sp500Model({
      kind: "classifier",
      algorithm,
      target,
      features: DIRECTION_FEATURES,
      parameters: { rounds: 60, depth: 3, learningRate: 0.1 },
    }),
    validation: {
      scheme: "walkForwardEvery",
      refitEvery: 63,
      testStartMs: Date.UTC(2006, 0, 1),
      embargo: 5,
      window: "expanding",
      trainBars: null,
    },
    calibration: "platt",
    coverage: 0.9,
    halfLife: null,
    stopShare: 0,
    seed: 7,
  } as const;
  const sample = sp500Sample(DIRECTION_FEATURES, target);
  return trainedIn(pool, { terms, sample });
}

describe("the direction of the next day", () => {
  const whole = trained("boosting");

  it("has an AUC that is as good as 0.5", async () => {
    const auc = (await whole).report.outOfSample.estimates["auc"];
    expect(auc?.value).toBeGreaterThan(0.48);
    expect(auc?.value).toBeLessThan(0.55);
    expect(auc?.lower).toBeLessThan(0.52);
  });

  it("is not said to be known: the base rate is as good, and a note says so", async () => {
    const { report } = await whole;
    expect(report.baselines[0]?.name).toBe("baseRate");
    expect(report.outOfSample.metrics["skill"]).toBeLessThan(0.005);
    expect(report.notes).toContainEqual(
      expect.stringMatching(/^(no better|worse) than the base rate: Diebold–Mariano t = -?\d/),
    );
  });

  it("is shown with probabilities that are near the base rate, once they are calibrated", async () => {
    const { report } = await whole;
    expect(report.outOfSample.reliability?.expectedError).toBeLessThan(0.06);
    const { truth } = report.scored;
    const mean = truth.reduce((sum, y) => sum + y, 0) / truth.length;
    expect(mean).toBeGreaterThan(0.53);
    expect(mean).toBeLessThan(0.56);
  });
});
