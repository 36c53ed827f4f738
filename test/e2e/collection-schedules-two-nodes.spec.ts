import {
  createCollectionSchedule,
  getCollectionSchedule,
  listCollectionSchedules,
} from "../../mixins/rest/routes/collection-schedules.ts";
import { listJobs } from "../../mixins/rest/routes/jobs.ts";
import type { HttpClient } from "../support/http.ts";
import { describeWithNats, NatsServer } from "../support/nats-server.ts";
import { eventually } from "../support/node-eventually.ts";
import { startTestNode } from "../support/node.ts";
import type { TestNode } from "../support/node.ts";
import { VendorServer } from "../support/vendor-server.ts";

/** A feed may be asked six times in a minute by a node: twice each. */
const SCHEDULES = 3;
const FEED = `<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title></channel></rss>`;

describeWithNats("schedules of collection of two nodes", () => {
  let nats: NatsServer;
  let wire: VendorServer;
  const nodes: TestNode[] = [];
  let a: HttpClient;
  let b: HttpClient;

  beforeAll(async () => {
    nats = await NatsServer.start();
    wire = await VendorServer.start();
    wire.respond = () => ({ body: FEED, headers: { "content-type": "application/rss+xml" } });
    const env = { NATS_URL: nats.url, NEWS_FEEDS: `wire=${wire.url}/feed.xml` };
    const first = await startTestNode({ env });
    nodes.push(first);
    const second = await startTestNode({ env, database: first.database });
    nodes.push(second);
    [a, b] = [first.admin, second.admin];
  });

  afterAll(async () => {
    for (const node of nodes.toReversed()) await node.stop();
    await nodes[0]?.database.drop();
    await wire.close();
    await nats.remove();
    const errors = nodes.flatMap((node) => node.errors);
    if (errors.length > 0) throw new Error(`logged as errors: ${errors.join()}`);
  });

  it("come to one job each, and go on when one of the nodes has stopped", async () => {
    const alternativeData = { source: "rss-wire" };
    for (let i = 0; i < SCHEDULES; i += 1)
      await [a, b][i % 2]?.call(createCollectionSchedule, {
        name: `news ${i}`,
        alternativeData,
        everyMinutes: 60,
      });
    const makeDue = () =>
      nodes[0]?.database.pool.query(
        `UPDATE ops.collection_schedule SET revision = revision + 1,
                due_at = date_trunc('milliseconds', clock_timestamp()), start_at = date_trunc('milliseconds', clock_timestamp())`,
      );
    const done = (client: HttpClient, runs: number) =>
      eventually(`${runs} runs of each`, async () => {
        const all = await client.all(listCollectionSchedules);
        const jobs = await client.all(listJobs, { status: "succeeded" });
        const isDone = all.every(({ lastRun }) => lastRun?.status === "succeeded");
        return isDone && jobs.length >= runs * SCHEDULES ? jobs.length : null;
      });
    await makeDue();
    expect(await done(b, 1)).toBe(SCHEDULES);
    const [{ scheduleId } = { scheduleId: "" }] = await a.all(listCollectionSchedules);
    expect(await b.call(getCollectionSchedule, { scheduleId })).toEqual(
      await a.call(getCollectionSchedule, { scheduleId }),
    );
    await nodes.pop()?.stop();
    await eventually("every run taken note of", async () => {
      const text = "SELECT FROM ops.collection_schedule WHERE job_id IS NOT NULL";
      return (await nodes[0]?.database.pool.query(text))?.rowCount === 0 ? true : null;
    });
    await makeDue();
    expect(await done(a, 2)).toBe(2 * SCHEDULES);
  });
});
