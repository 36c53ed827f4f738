import { describeDataset } from "../../mixins/rest/routes/datasets.ts";
import { cancelJob, getJob, type JobAccepted } from "../../mixins/rest/routes/jobs.ts";
import { getDrift, getImportance } from "../../mixins/rest/routes/model-insight.ts";
import {
  retrainVersion,
  searchModel,
  trainModel,
} from "../../mixins/rest/routes/model-training.ts";
import { archiveModel } from "../../mixins/rest/routes/models.ts";
import { getPrediction } from "../../mixins/rest/routes/predictions.ts";
import { trainAgent } from "../../mixins/rest/routes/rl.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { SPX } from "../../services/data/feeds/sp500.ts";
import { mlpFile } from "../support/onnx-file.ts";
import { eventually } from "../support/node-eventually.ts";
import { withNode } from "../support/node.ts";
import { defined, ended, sp500Bars, trained } from "./ai-desk.ts";
import { imported, NET } from "./imported.ts";
import { barsOf } from "./stored-bars.ts";

const node = withNode({ env: { COMPUTE_THREADS: "1" } });
const { store } = barsOf(node);
const admin = () => node().admin;

const DATA = {
  symbols: ["SPX"],
  timeframe: "1d",
  features: ["returns_1", "rsi_14", "atr_14", "volatility_20", "sma_20", "macd", "bbands"],
  target: { kind: "direction", horizon: 5 },
};

/** Of the processor time that the process takes; the rest is that of threads. The loop also runs the tests and their questions. */
const LOOP_SHARE_MAX = 0.5;

async function succeeded(job: JobAccepted): Promise<void> {
  const { status, error } = await ended(admin(), job);
  expect([status, error]).toEqual(["succeeded", undefined]);
}

/** How much of the processor time that something takes is spent on the event loop, where everybody else waits. */
async function loopShare(work: () => Promise<unknown>): Promise<number> {
  const [loop, all] = [process.threadCpuUsage(), process.cpuUsage()];
  await work();
  const [loopTook, allTook] = [process.threadCpuUsage(loop), process.cpuUsage(all)];
  return (loopTook.user + loopTook.system) / (allTook.user + allTook.system);
}

describe("the event loop", () => {
  let modelId: string;

  beforeAll(async () => {
    await admin().call(putSymbol, { ...SPX });
    await store(sp500Bars());
    modelId = await defined(admin(), {
      ...DATA,
      name: "long",
      kind: "classifier",
      algorithm: "boosting",
      parameters: { rounds: 300, patience: 300 },
    });
    // What the first of all works takes to be compiled is none of theirs.
    await admin().call(describeDataset, DATA);
    await trained(admin(), { modelId, seed: 1, validation: { scheme: "walkForward", folds: 2 } });
  }, 600_000);

  it.each<readonly [string, () => Promise<unknown>]>([
    ["a training", () => trained(admin(), { modelId, seed: 1 })],
    [
      "a re-training",
      async () => succeeded(await admin().call(retrainVersion, { modelId, version: 2 })),
    ],
    [
      "a search",
      async () => {
        const space = { depth: { values: [2, 3] } };
        await succeeded(await admin().call(searchModel, { modelId, method: "grid", space }));
      },
    ],
    [
      "agents that learn",
      async () => {
        const asked = {
          name: "agents",
          symbols: ["SPX"],
          timeframe: "1d",
          features: ["returns_1", "rsi_14"],
          trainRange: { start: "2002-01-01T00:00:00Z", end: "2012-01-01T00:00:00Z" },
          testRange: { start: "2012-01-01T00:00:00Z", end: "2019-01-01T00:00:00Z" },
          steps: 8_192,
        };
        await succeeded(await admin().call(trainAgent, asked));
      },
    ],
  ])(
    "has little to do with %s",
    async (_, work) => {
      expect(await loopShare(work)).toBeLessThan(LOOP_SHARE_MAX);
    },
    180_000,
  );

  it("leaves a thread to those who ask while a training has the only one", async () => {
    const endless = await defined(admin(), {
      ...DATA,
      name: "endless",
      kind: "classifier",
      algorithm: "boosting",
      parameters: { rounds: 5_000, patience: 1_000 },
    });
    const job = await admin().call(trainModel, { modelId: endless });
    await eventually("a training under way", async () => {
      const { progress } = await admin().call(getJob, { jobId: job.jobId });
      return progress > 0.1 ? true : null;
    });
    const { features } = await admin().call(getDrift, { modelId });
    expect(features.length).toBeGreaterThan(DATA.features.length);
    expect((await admin().call(getJob, { jobId: job.jobId })).status).toBe("running");
    await admin().call(cancelJob, { jobId: job.jobId });
    expect((await ended(admin(), job)).status).toBe("cancelled");
  }, 600_000);

  it("is not waited for by what else is done with models, one after the other", async () => {
    const net = { ...DATA, features: ["returns_1", "returns_3"], name: "theirs" };
    const form = { ...net, kind: "regressor", target: { kind: "return", horizon: 1 } };
    const works = async (): Promise<void> => {
      await trained(admin(), { modelId, seed: 2 });
      await admin().call(describeDataset, DATA);
      await admin().call(getDrift, { modelId });
      await admin().call(getImportance, { modelId });
      await admin().call(getPrediction, { symbol: "SPX", modelId, version: 1 });
      await imported(admin(), form, mlpFile(NET));
      await admin().call(archiveModel, { modelId });
    };
    expect(await loopShare(works)).toBeLessThan(LOOP_SHARE_MAX);
  }, 600_000);
});
