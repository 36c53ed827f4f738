/** Where a schedule of collection stands: what is due, what is under way, and when it is tried again. */
import type { JobError } from "../../shared/job.ts";
import { nextTime, type Schedule, type Zones } from "./timing.ts";

export const RUN_STATUSES = [
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  /** its user may not collect any more */
  "refused",
  /** nobody took it: the queue is full, or what it asks for cannot be collected now */
  "notStarted",
  /** its job is not on record any more */
  "unknown",
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export interface LastRun {
  /** when it fell due */
  readonly dueAtMs: number;
  /** when it was begun, or was to be */
  readonly atMs: number;
  /** null: there was none */
  readonly jobId: string | null;
  readonly status: RunStatus;
  readonly error: JobError | null;
}

export interface Progress {
  /** of the run that is to come or under way; its job is named after it */
  readonly dueAtMs: number;
  /** when it is begun; later than `dueAtMs` when it is tried again */
  readonly startAtMs: number;
  /** how many jobs of what is due have failed; one that could not be asked for may be there all the same */
  readonly attempt: number;
  /** runs that failed since one succeeded */
  readonly failuresInARow: number;
  /** under way; no other is begun meanwhile */
  readonly jobId: string | null;
  readonly lastRun: LastRun | null;
}

const FIRST_DELAY_MS = 60_000;
const LONGEST_DELAY_MS = 3_600_000;

/** How long after so many failures in a row it is tried again: a minute, twice as long each time, an hour at most. */
export function retryDelayMs(failuresInARow: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** Math.max(0, failuresInARow - 1), LONGEST_DELAY_MS);
}

/** What was missed before is not made up for; what runs and how it ended stays. */
export function begunAnew(schedule: Schedule, before: Progress | null, zones: Zones): Progress {
  const dueAtMs = nextTime(schedule, schedule.setAtMs, zones);
  return {
    dueAtMs,
    startAtMs: dueAtMs,
    attempt: 0,
    failuresInARow: 0,
    jobId: before?.jobId ?? null,
    lastRun: before?.lastRun ?? null,
  };
}

/** When the next run begins, epoch ms; while one is under way, after it. */
export function nextRunMs(schedule: Schedule, progress: Progress, zones: Zones): number {
  const { jobId, lastRun, startAtMs } = progress;
  if (jobId === null || lastRun === null || schedule.setAtMs > lastRun.atMs) return startAtMs;
  return nextTime(schedule, lastRun.atMs, zones);
}

export function started(progress: Progress, jobId: string, nowMs: number): Progress {
  const { dueAtMs } = progress;
  return {
    ...progress,
    jobId,
    lastRun: { dueAtMs, atMs: nowMs, jobId, status: "queued", error: null },
  };
}

export type Ended =
  | { readonly status: "succeeded" | "cancelled" | "unknown" }
  | { readonly status: "failed"; readonly error: JobError };

/**
 * After its job is over. What fell due while it ran is done once, at once. One that failed is tried again for the same time,
 * unless the next comes first.
 */
export function ended(
  schedule: Schedule,
  held: Progress,
  outcome: Ended,
  nowMs: number,
  zones: Zones,
): Progress {
  const { lastRun, jobId } = held;
  if (lastRun === null || jobId === null) return held;
  const error = outcome.status === "failed" ? outcome.error : null;
  const settled = { ...held, jobId: null, lastRun: { ...lastRun, status: outcome.status, error } };
  // Changed while it ran: what is due follows from the change.
  if (schedule.setAtMs > lastRun.atMs) return settled;
  if (outcome.status === "failed")
    return later(schedule, { ...settled, attempt: held.attempt + 1 }, nowMs, zones);
  const failuresInARow = outcome.status === "succeeded" ? 0 : held.failuresInARow;
  return onTime({ ...settled, failuresInARow }, nextTime(schedule, lastRun.atMs, zones));
}

export interface NotBegun {
  readonly status: "refused" | "notStarted";
  readonly error: JobError;
}

/** When no job could be had. Who may not collect is asked again at the next time only. */
export function notBegun(
  schedule: Schedule,
  held: Progress,
  { status, error }: NotBegun,
  nowMs: number,
  zones: Zones,
): Progress {
  const lastRun: LastRun = { dueAtMs: held.dueAtMs, atMs: nowMs, jobId: null, status, error };
  const failed = { ...held, lastRun };
  if (status === "notStarted") return later(schedule, failed, nowMs, zones);
  const failuresInARow = held.failuresInARow + 1;
  return onTime({ ...failed, failuresInARow }, nextTime(schedule, nowMs, zones));
}

function later(schedule: Schedule, held: Progress, nowMs: number, zones: Zones): Progress {
  const failuresInARow = held.failuresInARow + 1;
  const nextMs = nextTime(schedule, nowMs, zones);
  const retryMs = nowMs + retryDelayMs(failuresInARow);
  if (nextMs <= retryMs) return onTime({ ...held, failuresInARow }, nextMs);
  return { ...held, failuresInARow, startAtMs: retryMs };
}

function onTime(progress: Progress, dueAtMs: number): Progress {
  return { ...progress, dueAtMs, startAtMs: dueAtMs, attempt: 0 };
}
