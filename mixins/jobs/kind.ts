import type { JobClaim, JobError, JobOutcome, JobRecord } from "../../domain/shared/job.ts";
import type { Json } from "../../domain/shared/json.ts";

/** Long work of one kind: what it needs to run, and how much of it at a time. */
export interface JobKind {
  /** of `kind` in the answers, e.g. `collect` */
  readonly kind: string;
  /** After its node was lost another begins it anew from its params; what it does twice must do no harm. */
  readonly isResumable: boolean;
  /** of one node at a time */
  readonly concurrency: number;
  /** in the whole installation; who asks then is told to come again */
  readonly queuedMax: number;
  /** from when it was asked for */
  readonly deadlineMs: number;
  /**
   * @returns the result, as the client is shown it
   * @throws JobFailure for what the client is to be told; anything else is a fault of ours
   */
  run(run: JobRun): Promise<Json>;
}

/** One run of a job. */
export interface JobRun {
  readonly jobId: string;
  readonly tenantId: string;
  readonly ownerId: string;
  readonly params: Json;
  /** 1 the first time; a resumable job may have been begun before */
  readonly attempt: number;
  /** aborted when the job is cancelled, late, lost, or the node stops: to be passed on to whatever the run waits for */
  readonly signal: AbortSignal;
  /** @param progress 0 to 1; may be called as often as one likes */
  report(progress: number, message: string): void;
}

/** A job failed in a way that its kind knows. */
export class JobFailure extends Error {
  override readonly name = "JobFailure";
  readonly code: string;

  /** @param code of the kind's closed list */
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }

  get error(): JobError {
    return { code: this.code, message: this.message };
  }
}

/** Where jobs are kept. */
export interface JobStore {
  claim(terms: ClaimTerms): Promise<JobRecord | null>;
  renew(claim: JobClaim, leaseMs: number): Promise<"kept" | "cancel" | "lost">;
  report(claim: JobClaim, progress: number, message: string | null): Promise<JobRecord | null>;
  end(claim: JobClaim, outcome: JobOutcome): Promise<JobRecord | null>;
  /** Settles jobs that nobody works on any more. */
  sweep(): Promise<readonly JobRecord[]>;
}

export interface ClaimTerms {
  readonly kinds: readonly string[];
  readonly claimedBy: string;
  readonly leaseMs: number;
}

export interface JobLog {
  warn(message: string, fields: object): void;
  error(message: string, fields: object): void;
}
