import { JOB_STATUSES } from "../../../domain/shared/job.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, pageOf, paging } from "./common.ts";

const status = s.enum(JOB_STATUSES);
const links = s.object({ self: s.string(), events: s.string() });

export const jobAccepted = s.named("JobAccepted", s.object({ jobId: id(), status, links }));
export type JobAccepted = Infer<typeof jobAccepted>;

const job = s.named(
  "Job",
  s.object({
    jobId: id(),
    kind: s.string(),
    status,
    progress: s.describe(s.number({ min: 0, max: 1 }), "0 to 1"),
    message: s.nullable(s.string()),
    result: s.optional(s.json("once it has succeeded; see its kind")),
    error: s.optional(s.object({ code: s.string(), message: s.string() })),
    createdAt: s.isoTime(),
    startedAt: s.nullable(s.isoTime()),
    endedAt: s.nullable(s.isoTime()),
    links,
  }),
);
export type JobView = Infer<typeof job>;
const jobPage = pageOf("JobPage", job);
export type JobPage = Infer<typeof jobPage>;

const jobId = { jobId: id() };
const terms = { area: "operations", permission: "jobs.read" } as const;

export const listJobs = route({
  ...terms,
  method: "GET",
  path: "/api/jobs",
  action: "jobs.list",
  summary: "Your long work, newest first; with oversight that of the tenant",
  query: {
    kind: s.optional(s.string({ min: 1, max: 50 })),
    status: s.optional(status),
    ...paging,
  },
  response: jobPage,
});

export const getJob = route({
  ...terms,
  method: "GET",
  path: "/api/jobs/{jobId}",
  action: "jobs.get",
  summary: "How far a job is, and its result",
  params: jobId,
  response: job,
  problems: ["NOT_FOUND"],
});

export const cancelJob = route({
  ...terms,
  method: "DELETE",
  path: "/api/jobs/{jobId}",
  action: "jobs.cancel",
  permission: "jobs.cancel",
  summary: "Cancel a job",
  description:
    "One that runs ends a little later. To cancel again changes nothing; 409 when it is done.",
  params: jobId,
  response: job,
  problems: ["NOT_FOUND", "CONFLICT"],
});

export const jobEvents = route({
  ...terms,
  method: "GET",
  path: "/api/jobs/{jobId}/events",
  action: "api.jobEvents",
  summary: "The progress of a job, as Server-Sent Events",
  description:
    "Events are named `jobs:{jobId}` and carry the job without its result; the first tells how it stands, and the stream " +
    "ends with the one that has `isOver`. The same events are on `/api/stream` as the channel `jobs:{jobId}`.",
  params: jobId,
  response: null,
  mediaType: "text/event-stream",
  problems: ["NOT_FOUND"],
});
