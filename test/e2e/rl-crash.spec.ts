import { getJob } from "../../mixins/rest/routes/jobs.ts";
import type { AgentView } from "../../mixins/rest/routes/rl-views.ts";
import { actAgent, listAgents, trainAgent } from "../../mixins/rest/routes/rl.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { openDocuments } from "../../models/documents/connect.ts";
import { CheckpointStore } from "../../models/rl-checkpoints.ts";
import { storeBars } from "../../models/timescale/bars.ts";
import { agentIdOf } from "../../services/ai/rl/order.ts";
import { SPX } from "../../services/data/feeds/sp500.ts";
import { ChildNode } from "../support/child-node.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { ended, sp500Bars } from "./ai-desk.ts";
import { KNOWN_MS } from "./stored-bars.ts";

const EMAIL = "admin@crash.test";
const PASSWORD = "correct horse battery staple";

const ASKED: RouteInput = {
  name: "cut off",
  symbols: ["SPX"],
  timeframe: "1d",
  features: ["returns_1", "rsi_14"],
  trainRange: { start: "2010-01-01T00:00:00Z", end: "2016-01-01T00:00:00Z" },
  testRange: { start: "2016-01-01T00:00:00Z", end: "2019-01-01T00:00:00Z" },
  parameters: { rolloutSteps: 500, hidden: [8], epochs: 2 },
  steps: 60_000,
  seed: 3,
};

describe("a node that is killed while an agent learns", () => {
  it("leaves checkpoints, from which the next one goes on to the same agent, bit by bit", async () => {
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
      await storeBars(database.pool, sp500Bars(2009), KNOWN_MS);
      const { jobId } = await admin.call(trainAgent, ASKED);
      await underWay(admin, jobId);
      await first.kill();
      const stood = await checkpointOf(database, jobId);
      expect(stood).toBeGreaterThanOrEqual(20_000);
      // So that nobody has to wait until the dead node's lease has lapsed.
      await database.pool.query("UPDATE ops.job SET lease_until = clock_timestamp()");
      second = await ChildNode.start({ dataDir: directory.path, env });
      const again = await second.client.login(EMAIL, PASSWORD);
      const cut = await ended(again, { jobId });
      expect(cut.status).toBe("succeeded");
      const whole = await ended(again, await again.call(trainAgent, ASKED));
      const [found, expected] = [cut, whole].map(({ result }) => result as unknown as AgentView);
      expect(found?.policySha256).toBe(expected?.policySha256);
      expect(found?.evaluation).toEqual(expected?.evaluation);
      expect((await again.call(listAgents, {})).data).toHaveLength(2);
      const act = { agentId: found?.agentId ?? "", symbol: "SPX" };
      expect((await again.call(actAgent, act)).steps).toBe(60_000);
    } finally {
      await first.kill();
      await second?.stop();
      await database.drop();
      await directory.remove();
    }
  }, 240_000);
});

/** The first seed has learnt, the others have not. */
function underWay(client: HttpClient, jobId: string) {
  return eventually(
    `job ${jobId} under way`,
    async () => {
      const { progress, status } = await client.call(getJob, { jobId });
      if (status === "failed" || status === "succeeded")
        throw new Error(`it has ${status} already`);
      return progress > 0.25 ? true : null;
    },
    120_000,
  );
}

/** How far the first seed's stands. */
async function checkpointOf({ pool }: TestDatabase, jobId: string): Promise<number> {
  const documents = await openDocuments(
    { pool },
    { onError: () => undefined, expireEveryMs: null },
  );
  try {
    const store = new CheckpointStore(documents.connection);
    const found = await store.newest(
      { agentId: agentIdOf({ jobId, params: {} }), seed: 3 },
      Infinity,
    );
    return found?.steps ?? 0;
  } finally {
    await documents.close();
  }
}
