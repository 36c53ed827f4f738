import { cancelJob, getJob, type JobView } from "../../mixins/rest/routes/jobs.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { simulateBook, type SimulationView } from "../../mixins/rest/routes/risk-simulation.ts";
import type { RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";
import { bar, barsOf } from "./stored-bars.ts";

const node = withNode({ env: { COMPUTE_THREADS: "2" } });
const { define, store } = barsOf(node);
const refused = (input: RouteInput) => node().admin.ask(simulateBook, input);

async function simulated(input: RouteInput): Promise<SimulationView> {
  const answer = await node().admin.call(simulateBook, input);
  if ("jobId" in answer) throw new Error("expected an answer, found a job");
  return answer;
}

const covariance = [
  [0.0001, 0.00006],
  [0.00006, 0.0004],
];
const ofCovariance = { covariance, weights: [0.5, 0.5], simulations: 20_000, seed: 11 };
const history = Array.from({ length: 60 }, (_, t) => 0.01 * Math.sin(t * 2.3) + 0.001);
const assets = { A: history, B: history.map((value, t) => 0.5 * value + 0.004 * Math.cos(t)) };

describe("a simulation of a covariance", () => {
  it("has the value at risk of the closed form, its errors, and components that sum to it", async () => {
    const found = await simulated(ofCovariance);
    const deviation = Math.sqrt(0.25 * (0.0001 + 0.0004 + 2 * 0.00006));
    const [, tail] = found.risks;
    if (tail === undefined) throw new Error("expected two tails");
    // Hull 2018 (12.1): z of 99 % is 2.3263, the shortfall φ(z)/0.01 = 2.6652.
    const { standardErrors } = tail;
    expect(Math.abs(tail.var - 2.326_348 * deviation)).toBeLessThan(4 * standardErrors.var);
    expect(Math.abs(tail.expectedShortfall - 2.665_214 * deviation)).toBeLessThan(
      4 * standardErrors.expectedShortfall,
    );
    const sum = (tail.components ?? []).reduce((total, one) => total + one.var, 0);
    expect(sum).toBeCloseTo(tail.var, 12);
    expect(found).toMatchObject({
      method: "monteCarlo",
      unit: "fraction",
      seed: 11,
      simulations: 20_000,
      sampleSize: 0,
      paths: null,
    });
    expect(found.histogram.counts.reduce((total, count) => total + count, 0)).toBe(20_000);
  });

  it("is the same again for its seed, and another for another; one that is drawn is told", async () => {
    const first = await simulated(ofCovariance);
    const again = await simulated(ofCovariance);
    expect({ ...again, asOf: "" }).toEqual({ ...first, asOf: "" });
    const { seed: _, ...without } = ofCovariance;
    const drawn = await simulated(without);
    expect(drawn.risks).not.toEqual(first.risks);
    expect((await simulated({ ...without, seed: drawn.seed })).risks).toEqual(drawn.risks);
  });

  it("in currency is the fraction times the value", async () => {
    const fraction = await simulated(ofCovariance);
    const money = await simulated({ ...ofCovariance, value: 1_000_000 });
    expect(money.unit).toBe("currency");
    expect(money.risks[0]?.var).toBeCloseTo(1e6 * (fraction.risks[0]?.var ?? 0), 4);
  });
});

describe("a simulation of a history", () => {
  it.each([
    { distribution: "studentT", parameters: { nu: 4 }, sampling: "sobol" },
    { distribution: "gaussianCopula", sampling: "antithetic", horizonDays: 3 },
    { distribution: "studentTCopula", parameters: { nu: 3, marginals: "normal" } },
    {
      distribution: "bootstrap",
      parameters: { blocks: "moving", blockLength: 5 },
      horizonDays: 10,
    },
    { distribution: "gbm", horizonDays: 20, steps: 10, drift: "zero" },
    { distribution: "normal", momentMatching: true, components: false },
    {
      distribution: "normal",
      horizonDays: 10,
      returns: history,
      assets: undefined,
      weights: undefined,
    },
  ])("%j is answered", async (terms) => {
    const found = await simulated({ assets, weights: [0.7, 0.3], simulations: 5_000, ...terms });
    expect(found).toMatchObject({ distribution: terms.distribution, sampleSize: 60 });
    for (const tail of found.risks) {
      expect(tail.expectedShortfall).toBeGreaterThanOrEqual(tail.var);
      expect(tail.standardErrors.var).toBeGreaterThan(0);
    }
    const hasPath = found.steps > 1;
    expect(found.paths === null).toBe(!hasPath);
    if (hasPath) expect(found.paths?.maxDrawdown.mean).toBeGreaterThan(0);
  });

  it("of stored bars and positions is in the book's currency", async () => {
    await define("SIMA");
    const closes = Array.from({ length: 40 }, (_, t) => (100 + 3 * Math.sin(t * 1.7)).toFixed(2));
    const dates = closes.map((_, t) =>
      new Date(Date.UTC(2021, 0, 4 + t)).toISOString().slice(0, 10),
    );
    await store(closes.map((close, t) => bar("SIMA", dates[t] ?? "", close)));
    const asked = { positions: [{ symbol: "SIMA", quantity: "10" }], lookback: 20 };
    const found = await simulated({ ...asked, simulations: 2_000, distribution: "bootstrap" });
    expect(found).toMatchObject({ unit: "currency", currency: "USD", sampleSize: 20 });
    expect(found.value).toBeCloseTo(10 * Number(closes.at(-1)), 6);
    expectProblem(await refused({ ...asked, lookback: 200 }), "INSUFFICIENT_DATA");
  });

  it("of another's portfolio is not there, and a viewer may not ask", async () => {
    const owner = await signUp(node(), { role: "trader" });
    const stranger = await signUp(node(), { role: "trader" });
    const viewer = await signUp(node(), { role: "viewer" });
    const terms = { name: "Mine", baseCurrency: "USD", initialCash: "1000" };
    const { portfolioId } = await owner.client.call(createPortfolio, terms);
    expectProblem(await stranger.client.ask(simulateBook, { portfolioId }), "NOT_FOUND");
    expectProblem(await owner.client.ask(simulateBook, { portfolioId }), "INSUFFICIENT_DATA");
    expectProblem(await viewer.client.ask(simulateBook, ofCovariance), "FORBIDDEN");
    expectProblem(await node().anonymous.ask(simulateBook, ofCovariance), "UNAUTHENTICATED");
  });
});

describe("a simulation that cannot be", () => {
  it.each([
    [{}, ["returns"]],
    [{ ...ofCovariance, returns: [0.1, 0.2] }, ["returns"]],
    [{ ...ofCovariance, assets }, ["assets"]],
    [{ ...ofCovariance, weights: [1] }, ["weights"]],
    [{ ...ofCovariance, mean: [0] }, ["mean"]],
    [{ ...ofCovariance, covariance: [[1, 2], [3]] }, ["covariance"]],
    [{ ...ofCovariance, steps: 4 }, ["steps"]],
    [{ ...ofCovariance, confidence: [1] }, ["confidence"]],
    [{ ...ofCovariance, confidence: [] }, ["confidence"]],
    [{ ...ofCovariance, simulations: 1e9 }, ["simulations"]],
    [{ ...ofCovariance, seed: -1 }, ["seed"]],
    [{ assets, mean: [0, 0] }, ["mean"]],
    [{ assets: { A: history, B: [0.1] } }, ["assets.B"]],
    [
      { assets, distribution: "gbm", horizonDays: 1_000, steps: 2_000, simulations: 1_000_000 },
      ["simulations"],
    ],
    [{ assets, distribution: "gbm", horizonDays: 300, sampling: "sobol" }, ["sampling"]],
  ])("%j is refused at its field", async (input, paths) => {
    expectProblem(await refused(input), "VALIDATION_FAILED", paths);
  });

  it.each([
    [
      {
        ...ofCovariance,
        covariance: [
          [1, 2],
          [2, 1],
        ],
      },
    ],
    [
      {
        ...ofCovariance,
        covariance: [
          [1, 0.5],
          [0.4, 1],
        ],
      },
    ],
    [{ ...ofCovariance, distribution: "bootstrap" }],
    [{ ...ofCovariance, distribution: "gaussianCopula" }],
    [{ ...ofCovariance, distribution: "studentT", parameters: { nu: 2 } }],
    [{ ...ofCovariance, confidence: [0.9999] }],
    [{ assets, distribution: "bootstrap", parameters: { blockLength: 61 } }],
    [{ assets, distribution: "bootstrap", sampling: "sobol" }],
    [{ assets, distribution: "gbm", momentMatching: true }],
    [
      {
        assets: { A: [1e6, 1e6, 1e6] },
        distribution: "bootstrap",
        horizonDays: 200,
        simulations: 1_000,
        parameters: { blockLength: 1 },
      },
    ],
  ])("%j is refused with the reason", async (input) => {
    expectProblem(await refused(input), "VALIDATION_FAILED");
  });

  it("of names from a prototype and of nothing that moves ends in an answer", async () => {
    const still = { constructor: [0, 0, 0], toString: [0, 0, 0] };
    const found = await simulated({
      assets: still,
      simulations: 1_000,
      distribution: "studentTCopula",
    });
    expect(found.risks[1]).toMatchObject({ var: 0, expectedShortfall: 0 });
    expect(found.risks[1]?.components?.[0]?.percent).toBeNull();
    expect(found.histogram.counts).toEqual([1_000]);
  });
});

describe("a large simulation", () => {
  const large = {
    covariance,
    weights: [0.5, 0.5],
    distribution: "gbm",
    horizonDays: 250,
    simulations: 60_000,
    seed: 3,
  };

  const reached = (jobId: string, isThere: (job: JobView) => boolean) =>
    eventually(`the job ${jobId}`, async () => {
      const job = await node().admin.call(getJob, { jobId });
      return isThere(job) ? job : null;
    });
  const ended = (jobId: string) =>
    reached(jobId, ({ status }) => ["succeeded", "failed", "cancelled"].includes(status));

  it("is a job that tells its progress and ends with the answer", async () => {
    const answer = await refused(large);
    expect(answer.status).toBe(202);
    const { jobId } = JSON.parse(answer.text) as { jobId: string };
    const done = await ended(jobId);
    expect(done.result).toMatchObject({ method: "monteCarlo", steps: 250, simulations: 60_000 });
  });

  it("ends when it is cancelled", async () => {
    const { text } = await refused({ ...large, simulations: 1_000_000 });
    const { jobId } = JSON.parse(text) as { jobId: string };
    await reached(jobId, ({ progress }) => progress > 0);
    await node().admin.call(cancelJob, { jobId });
    expect((await ended(jobId)).status).toBe("cancelled");
  });

  it("whose data do not allow it fails with the reason", async () => {
    const answer = await refused({
      ...large,
      covariance: [
        [1, 2],
        [2, 1],
      ],
    });
    const { jobId } = JSON.parse(answer.text) as { jobId: string };
    const failed = await ended(jobId);
    expect(failed.error?.code).toBe("VALIDATION_FAILED");
  });
});
