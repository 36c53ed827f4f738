import type { Json } from "./json.ts";

export const JOB_STATUSES = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** Why a job of any kind failed, beside the codes of its kind. Closed list, in docs/ERRORS.md. */
export const JOB_FAULTS = [
  /** its node was lost, and what it had done cannot be gone on with */
  "JOB_INTERRUPTED",
  /** it took longer than its kind may */
  "JOB_DEADLINE_EXCEEDED",
  /** a fault of ours; the log has it */
  "JOB_CRASHED",
] as const;

export interface JobError {
  readonly code: string;
  readonly message: string;
}

/** Long work that somebody asked for, as it is on record. */
export interface JobRecord {
  readonly jobId: string;
  readonly kind: string;
  readonly tenantId: string;
  readonly ownerId: string;
  readonly params: Json;
  readonly status: JobStatus;
  /** 0 to 1 */
  readonly progress: number;
  readonly message: string | null;
  readonly result: Json | null;
  readonly error: JobError | null;
  /** how often a node has taken it, from 1 once it ran */
  readonly attempt: number;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
}

/** By this a node writes about a job that it holds; nothing is written once another has taken it. */
export interface JobClaim {
  readonly jobId: string;
  readonly attempt: number;
  readonly claimedBy: string;
}

/** How a run ended. */
export type JobOutcome =
  | { readonly status: "succeeded"; readonly result: Json }
  | { readonly status: "failed"; readonly error: JobError }
  | { readonly status: "cancelled" }
  /** given back: another node goes on with it */
  | { readonly status: "queued" };

export function isOver({ status }: Pick<JobRecord, "status">): boolean {
  return status === "succeeded" || status === "failed" || status === "cancelled";
}
