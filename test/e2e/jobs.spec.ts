import { get } from "node:http";
import { text as readText } from "node:stream/consumers";
import type { JobKind } from "../../mixins/jobs/kind.ts";
import { cancelJob } from "../../mixins/rest/routes/jobs.ts";
import type { HttpClient } from "../support/http.ts";
import { EventStream } from "../support/http-stream.ts";
import { eventually } from "../support/node-eventually.ts";
import { signUp } from "../support/node-users.ts";
import type { TestUser } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { leaveJob } from "./jobs.ts";

/** Everything that a job's stream tells until it ends by itself; `onEvent` hears that it tells anything. */
function eventsOf(
  { url, token }: HttpClient,
  jobId: string,
  onEvent: () => void = () => undefined,
): Promise<string> {
  const headers = { authorization: `Bearer ${token ?? ""}` };
  return new Promise((resolve, reject) => {
    get(new URL(`/api/jobs/${jobId}/events`, url), { headers, agent: false }, (response) => {
      response.on("data", (chunk) => String(chunk).includes("event: jobs:") && onEvent());
      readText(response).then(resolve, reject);
    }).once("error", reject);
  });
}

const statusesIn = (events: string): readonly string[] =>
  [...events.matchAll(/"status":"(\w+)"/g)].map(([, status = ""]) => status);

describe("the progress of a job", () => {
  const node = withNode();
  let trader: TestUser;
  let finish: () => void = () => undefined;
  let isBegun = false;

  const waiting: JobKind = {
    kind: "waiting",
    isResumable: false,
    concurrency: 1,
    queuedMax: 10,
    deadlineMs: 60_000,
    run: async (run) => {
      isBegun = true;
      run.report(0.5, "half of it");
      await new Promise<void>((resolve, reject) => {
        finish = resolve;
        run.signal.addEventListener("abort", () => reject(new Error("ended")), { once: true });
      });
      return { done: true };
    },
  };

  beforeAll(async () => {
    trader = await signUp(node(), { role: "trader" });
  });

  /** A job of this kind that runs until it is told to finish. */
  const begin = async (): Promise<string> => {
    const { context, database } = node();
    isBegun = false;
    const jobId = await leaveJob(database.pool, trader.userId, "queued");
    await database.pool.query("UPDATE ops.job SET kind = 'waiting' WHERE job_id = $1", [jobId]);
    context.jobs.wake();
    await eventually("a run", () => (isBegun ? true : null));
    return jobId;
  };

  beforeAll(async () => {
    const { jobs } = node().context;
    await jobs.stop();
    jobs.add(waiting);
    jobs.start();
  });

  it("is told from how it stands to its end, and then the stream ends", async () => {
    const jobId = await begin();
    const stream = await EventStream.open(trader.client, [`jobs:${jobId}`]);
    let hasBegun = false;
    const events = eventsOf(trader.client, jobId, () => (hasBegun = true));
    await eventually("the first event", () => (hasBegun ? true : null));
    finish();
    const statuses = statusesIn(await events);
    expect([statuses[0], statuses.at(-1)]).toEqual(["running", "succeeded"]);
    const last = await stream.next("the end", ({ data }) => JSON.stringify(data).includes("succ"));
    expect(last.event).toBe(`jobs:${jobId}`);
    await stream.close();
  });

  it("is told of a job that is cancelled", async () => {
    const jobId = await begin();
    const events = eventsOf(trader.client, jobId);
    await trader.client.call(cancelJob, { jobId });
    expect(statusesIn(await events).at(-1)).toBe("cancelled");
  });

  it("of a job that is over is its end", async () => {
    const jobId = await leaveJob(node().database.pool, trader.userId, "succeeded");
    expect(statusesIn(await eventsOf(trader.client, jobId))).toEqual(["succeeded"]);
  });

  it("is not there for another tenant, on neither stream", async () => {
    const stranger = await signUp(node(), { role: "admin", tenantId: "elsewhere" });
    const jobId = await begin();
    const stream = await EventStream.open(stranger.client, [`jobs:${jobId}`]);
    expect(await eventsOf(stranger.client, jobId)).toContain("NOT_FOUND");
    const own = eventsOf(trader.client, jobId);
    finish();
    await own;
    expect(stream.events).toEqual([]);
    await stream.close();
  });
});
