import type { ServerResponse } from "node:http";
import { isOver } from "../../domain/shared/job.ts";
import type { JobRecord } from "../../domain/shared/job.ts";
import type { Clock } from "../../mixins/clock.ts";
import { jobNews } from "../../mixins/jobs/views.ts";
import { mayRead } from "../../mixins/rest/permissions.ts";
import { notFound, RestError } from "../../mixins/rest/rest-error.ts";
import { eventStreamWire, Frame } from "../../mixins/rest/stream-wire.ts";
import type { Wire } from "../../mixins/rest/stream-wire.ts";
import type { StreamHub } from "../../mixins/rest/stream.ts";
import type { Exchange } from "./exchange.ts";
import type { JobSource } from "./ports.ts";

/** What is told on streams is not durable: how a job ended is looked up now and then as well. */
const LOOK_MS = 5_000;

/** The progress of one job: how it stands, then each change, then the end. @throws RestError 404 for another's */
export async function openJobEvents(
  hub: StreamHub,
  jobs: JobSource,
  clock: Clock,
  { req, res, params, identity }: Exchange,
): Promise<void> {
  if (identity === null) throw new RestError("UNAUTHENTICATED", "a stream needs a user");
  const { expiresAtMs, ...user } = identity;
  const jobId = String(params["jobId"]);
  const job = await jobs.find(jobId);
  if (job === null || !mayRead(user, job)) throw notFound("job", jobId);
  const wire = untilOver(eventStreamWire(res), res);
  if (req.method === "HEAD") {
    wire.open();
    return void res.end();
  }
  const channels = new Set([`jobs:${jobId}`]);
  hub.add(wire, { user, channels, expiresAtMs, lastEventId: null });
  void watch(jobs, clock, wire, jobId);
}

/** Begins after the stream has: what happens in between is on the one or on the other. */
async function watch(jobs: JobSource, clock: Clock, wire: Wire, jobId: string): Promise<void> {
  const closed = new AbortController();
  wire.onClosed(() => closed.abort());
  for (let isFirst = true; !closed.signal.aborted; isFirst = false) {
    const job = await jobs.find(jobId).catch(() => null);
    if (job !== null && (isFirst || isOver(job))) wire.send([frameOf(job)], () => undefined);
    await clock.sleep(LOOK_MS, closed.signal).catch(() => undefined);
  }
}

/** Without an id: a client that comes back is told how the job stands, whatever it has heard before. */
function frameOf(job: JobRecord): Frame {
  return new Frame(`event: jobs:${job.jobId}\ndata: ${JSON.stringify(jobNews(job))}\n\n`);
}

/** Ends the answer behind the event that says that the job is over; what comes after that is left out. */
function untilOver(wire: Wire, res: ServerResponse): Wire {
  let isTold = false;
  return {
    ...wire,
    send(frames, taken) {
      if (isTold) return taken();
      isTold = frames.some(({ text }) => /^data: .*"isOver":true\}$/m.test(text));
      wire.send(frames, taken);
      if (isTold) res.end();
    },
  };
}
