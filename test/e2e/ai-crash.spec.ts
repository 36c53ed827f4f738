import { getJob, type JobView } from "../../mixins/rest/routes/jobs.ts";
import { putSchedule, searchModel, trainModel } from "../../mixins/rest/routes/model-training.ts";
import { getModel, listVersions } from "../../mixins/rest/routes/models.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { openDocuments } from "../../models/documents/connect.ts";
import { ModelRegistry } from "../../models/model-registry.ts";
import { storeBars } from "../../models/timescale/bars.ts";
import { SPX } from "../../services/data/feeds/sp500.ts";
import { ChildNode } from "../support/child-node.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import type { HttpClient } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { defined, ended, HAR, sp500Bars, trained } from "./ai-desk.ts";

const EMAIL = "admin@crash.test";
const PASSWORD = "correct horse battery staple";

/** Slow enough to be killed in the middle. */
const SLOW = {
  ...HAR,
  name: "slow",
  algorithm: "boosting",
  features: ["rsi_14", "returns_1", "sma_20", "atr_14", "volatility_20"],
  parameters: { rounds: 400, patience: 400 },
};

const validation = { scheme: "walkForward", folds: 2 };

describe("a node that is killed while it trains", () => {
  it("leaves jobs that the next one goes on with, one version of each, and a registry that is whole", async () => {
    const directory = await temporaryDirectory();
    const database = await createTestDatabase();
    const env = {
      DATABASE_URL: database.url,
      ADMIN_EMAIL: EMAIL,
      ADMIN_PASSWORD: PASSWORD,
      SAMPLE_DATA: "off",
      LOG_LEVEL: "error",
      COMPUTE_THREADS: "2",
    };
    const first = await ChildNode.start({ dataDir: directory.path, env });
    let second: ChildNode | null = null;
    try {
      const admin = await first.client.login(EMAIL, PASSWORD);
      await admin.call(putSymbol, { ...SPX });
      await storeBars(database.pool, sp500Bars(2005).slice(0, -10), Date.UTC(2022, 0));
      const quick = await defined(admin, { ...HAR, name: "quick", algorithm: "ewma" });
      await trained(admin, { modelId: quick });
      const slow = await defined(admin, SLOW);
      const cut = [
        await admin.call(trainModel, {
          modelId: slow,
          validation,
          seed: 4,
          asChallenger: true,
        }),
        await admin.call(searchModel, {
          modelId: slow,
          method: "random",
          trials: 2,
          validation,
          space: { learningRate: { min: 0.05, max: 0.1 } },
          seed: 4,
        }),
      ];
      const scheduled = await defined(admin, { ...HAR, name: "scheduled", algorithm: "ewma" });
      await admin.call(putSchedule, { modelId: scheduled, bars: 10 });
      for (const { jobId } of cut) await running(admin, jobId);
      await first.kill();
      // So that nobody has to wait until the dead node's lease has lapsed.
      await database.pool.query("UPDATE ops.job SET lease_until = clock_timestamp()");
      await storeBars(database.pool, sp500Bars(2005).slice(-10), Date.now());
      second = await ChildNode.start({ dataDir: directory.path, env });
      const again = await second.client.login(EMAIL, PASSWORD);
      const jobs = await Promise.all(cut.map((job) => ended(again, job)));
      expect(jobs.map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
      // One of each job, though both were begun twice.
      expect(
        (await again.all(listVersions, { modelId: slow })).map(({ version }) => version),
      ).toEqual([2, 1]);
      expect((await again.call(getModel, { modelId: slow })).aliases.challenger).not.toBeNull();
      await eventually(
        "what fell due meanwhile",
        async () => {
          const { aliases } = await again.call(getModel, { modelId: scheduled });
          return aliases.challenger;
        },
        60_000,
      );
      await expectWhole(database, [quick, slow, scheduled]);
      expect((await again.call(getJob, { jobId: jobs[0]?.jobId ?? "" })).result).toEqual(
        jobs[0]?.result,
      );
    } finally {
      await first.kill();
      await second?.stop();
      await database.drop();
      await directory.remove();
    }
  }, 600_000);
});

/** Far enough into a training that there is something to lose. */
function running(client: HttpClient, jobId: string): Promise<JobView> {
  return eventually(
    `job ${jobId} under way`,
    async () => {
      const job = await client.call(getJob, { jobId });
      if (job.status === "failed" || job.status === "succeeded")
        throw new Error(`expected a job under way, found ${JSON.stringify(job)}`);
      return job.progress > 0.1 ? job : null;
    },
    60_000,
  );
}

/** Every artefact is what its version says, and so is what versions are compared by. */
async function expectWhole({ pool }: TestDatabase, modelIds: readonly string[]): Promise<void> {
  const documents = await openDocuments(
    { pool },
    { onError: () => undefined, expireEveryMs: null },
  );
  try {
    const registry = new ModelRegistry(documents.connection);
    for (const modelId of modelIds)
      for (const version of await registry.listVersions("default", modelId, { limit: 100 })) {
        expect(await registry.readArtifact(version.artifactSha256)).toHaveLength(
          version.artifactBytes,
        );
        expect((await registry.readEvidence(version))?.scored.loss.length).toBeGreaterThan(0);
      }
  } finally {
    await documents.close();
  }
}
