import type { Context, ServiceSchema } from "moleculer";
import { toJobView } from "../mixins/jobs/views.ts";
import type { ActionMap } from "../mixins/rest/routes/index.ts";
import * as routes from "../mixins/rest/routes/jobs.ts";
import type { JobPage, JobView } from "../mixins/rest/routes/jobs.ts";
import { conflict } from "../mixins/rest/rest-error.ts";
import { decodeCursor, encodeCursor } from "../mixins/rest/views.ts";
import { listJobs } from "../models/jobs.ts";
import type { EventMap, RequestContext } from "../types/contracts.ts";
import { userOf, viewerOf } from "./access.ts";
import type { NodeContext } from "./context.ts";
import type { Jobs } from "./jobs/jobs.ts";

type Params<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

/**
 * Long work over REST. It stands on every node, because each can answer from the record; what a node runs is the kinds that
 * its modules have added.
 */
export function jobsService(node: NodeContext, jobs: Jobs): ServiceSchema {
  return {
    name: "jobs",
    actions: {
      list: {
        params: routes.listJobs.input.validator,
        handler: (ctx: Params<"jobs.list">) => list(node, ctx),
      },
      get: {
        params: routes.getJob.input.validator,
        handler: async (ctx: Params<"jobs.get">): Promise<JobView> =>
          toJobView(await jobs.get(userOf(ctx), ctx.params.jobId)),
      },
      cancel: {
        params: routes.cancelJob.input.validator,
        handler: async (ctx: Params<"jobs.cancel">): Promise<JobView> => {
          const job = await jobs.cancel(userOf(ctx), ctx.params.jobId);
          if (job.status === "succeeded" || job.status === "failed")
            throw conflict(`the job has ${job.status} already`);
          return toJobView(job);
        },
      },
    },
    events: {
      "jobs.queued": () => jobs.wake(),
      "jobs.cancelled": (ctx: Context<EventMap["jobs.cancelled"]>) =>
        jobs.endHere(ctx.params.jobId),
    },
    started: () => jobs.start(),
    stopped: () => jobs.stop(),
  };
}

async function list(node: NodeContext, ctx: Params<"jobs.list">): Promise<JobPage> {
  const { kind, status, limit, cursor, order } = ctx.params;
  const found = await listJobs(node.pool, {
    viewer: viewerOf(userOf(ctx)),
    kind,
    status,
    after: decodeCursor(cursor, { atMs: "time", id: "string" }),
    order,
    limit: limit + 1,
  });
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  const nextCursor = last ? encodeCursor({ atMs: last.createdAtMs, id: last.jobId }) : null;
  return { data: shown.map(toJobView), nextCursor };
}
