import { isOver } from "../../domain/shared/job.ts";
import type { JobRecord } from "../../domain/shared/job.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { JobAccepted, JobView } from "../rest/routes/jobs.ts";
import type { StreamMessage } from "../rest/stream-channels.ts";
import { isoTime } from "../rest/views.ts";

function linksOf(jobId: string): JobAccepted["links"] {
  return { self: `/api/jobs/${jobId}`, events: `/api/jobs/${jobId}/events` };
}

export function acceptedView({ jobId, status }: Pick<JobRecord, "jobId" | "status">): JobAccepted {
  return { jobId, status, links: linksOf(jobId) };
}

export function toJobView(job: JobRecord): JobView {
  const { jobId, kind, status, progress, message, result, error } = job;
  return {
    jobId,
    kind,
    status,
    progress,
    message,
    ...(result !== null && { result }),
    ...(error !== null && { error }),
    createdAt: isoTime(job.createdAtMs),
    startedAt: job.startedAtMs === null ? null : isoTime(job.startedAtMs),
    endedAt: job.endedAtMs === null ? null : isoTime(job.endedAtMs),
    links: linksOf(jobId),
  };
}

/** What streams are told of a job. A result may be large: whoever wants it reads it. */
export function jobNews(job: JobRecord): Json {
  const { jobId, kind, status, progress, message, error } = job;
  return {
    jobId,
    kind,
    status,
    progress,
    message,
    ...(error !== null && { error: { code: error.code, message: error.message } }),
    isOver: isOver(job),
  };
}

export function jobMessage(job: JobRecord): StreamMessage {
  const { tenantId, ownerId } = job;
  const channel = `jobs:${job.jobId}`;
  return { channel, tenantId, ownerId, portfolioId: null, data: jobNews(job) };
}
