import { cancelJob, getJob } from "../../mixins/rest/routes/jobs.ts";
import { trainModel } from "../../mixins/rest/routes/model-training.ts";
import { listVersions } from "../../mixins/rest/routes/models.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { SPX } from "../../services/data/feeds/sp500.ts";
import { eventually } from "../support/node-eventually.ts";
import { withNode } from "../support/node.ts";
import { defined, ended, HAR, sp500Bars, trained } from "./ai-desk.ts";
import { expectProblem } from "./problems.ts";
import { barsOf } from "./stored-bars.ts";

const node = withNode({ env: { COMPUTE_THREADS: "1" } });
const { store } = barsOf(node);
const admin = () => node().admin;

/** Minutes, when nobody ends it. */
const ENDLESS = {
  ...HAR,
  name: "endless",
  algorithm: "boosting",
  features: ["returns_1", "rsi_14", "atr_14", "macd", "bbands"],
  parameters: { rounds: 5_000, patience: 1_000 },
};

describe("trainings that wait", () => {
  it("are 20 at most; cancelled, the one that runs ends within a moment and leaves no version", async () => {
    await admin().call(putSymbol, { ...SPX });
    await store(sp500Bars());
    const modelId = await defined(admin(), ENDLESS);
    const first = await admin().call(trainModel, { modelId });
    await eventually("a training under way", async () => {
      const { progress } = await admin().call(getJob, { jobId: first.jobId });
      return progress > 0.1 ? true : null;
    });
    const waiting = [];
    for (let i = 0; i < 20; i += 1) waiting.push(await admin().call(trainModel, { modelId }));
    const refused = await admin().ask(trainModel, { modelId });
    expectProblem(refused, "RATE_LIMITED");
    expect(refused.headers["retry-after"]).toBeDefined();
    for (const { jobId } of waiting) await admin().call(cancelJob, { jobId });
    const cancelledMs = performance.now();
    await admin().call(cancelJob, { jobId: first.jobId });
    expect((await ended(admin(), first)).status).toBe("cancelled");
    expect(performance.now() - cancelledMs).toBeLessThan(5_000);
    expect(await admin().all(listVersions, { modelId })).toEqual([]);
    // The thread is there for who comes next.
    const quick = await defined(admin(), { ...HAR, name: "quick" });
    expect((await trained(admin(), { modelId: quick })).version).toBe(1);
  });
});
