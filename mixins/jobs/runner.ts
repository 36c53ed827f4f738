import type { JobClaim, JobOutcome, JobRecord } from "../../domain/shared/job.ts";
import type { Clock, Timer } from "../clock.ts";
import { JobFailure } from "./kind.ts";
import type { JobKind, JobLog, JobStore } from "./kind.ts";
import { ProgressReport } from "./progress.ts";

export interface RunnerParts {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly log: JobLog;
  /** unique to this run of the process: a node that comes back under its name holds nothing of before */
  readonly claimedBy: string;
  readonly kinds: readonly JobKind[];
  /** told of each change of a job that this node makes */
  readonly tell: (job: JobRecord) => void;
}

export interface RunnerTimes {
  /** how often the queue is looked at when nobody says that there is something in it */
  readonly pollMs: number;
  /** after so long without a word from its node a job is anybody's */
  readonly leaseMs: number;
}

const TIMES: RunnerTimes = { pollMs: 1_000, leaseMs: 15_000 };

const STOP_MS = 5_000;

/** Why a run is told to end. */
type End = "cancelled" | "late" | "lost" | "stopping";

interface Running {
  readonly jobId: string;
  readonly kind: JobKind;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

/**
 * Takes jobs from the queue and runs them, as many of a kind at a time as that kind allows. While it runs one it holds a
 * lease; when it cannot renew that in time it ends the run before another node may begin it.
 */
export class JobRunner {
  readonly #parts: RunnerParts;
  readonly #times: RunnerTimes;
  /** a run that was lost may still be ending when the job is taken again */
  readonly #running = new Set<Running>();
  #timer: Timer | null = null;
  #looking: Promise<void> | null = null;
  #isWoken = false;
  #isOpen = false;

  constructor(parts: RunnerParts, times: Partial<RunnerTimes> = {}) {
    this.#parts = parts;
    this.#times = { ...TIMES, ...times };
  }

  start(): void {
    this.#isOpen = true;
    this.wake();
  }

  /** There may be something in the queue. */
  wake(): void {
    if (!this.#isOpen) return;
    this.#isWoken = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
      this.#pollLater();
    });
  }

  /** Ends the run of a job, if it runs here. */
  cancel(jobId: string): void {
    for (const run of this.#running)
      if (run.jobId === jobId) run.controller.abort("cancelled" satisfies End);
  }

  /** Ends all runs: what can be gone on with is given back. */
  async stop(): Promise<void> {
    this.#isOpen = false;
    this.#timer?.cancel();
    await this.#looking;
    const runs = [...this.#running];
    for (const { controller } of runs) controller.abort("stopping" satisfies End);
    const ended = Promise.all(runs.map(({ done }) => done));
    // A run that does not heed its signal is left to the end of the process: its lease lapses.
    const patience = new AbortController();
    const given = this.#parts.clock.sleep(STOP_MS, patience.signal).catch(() => undefined);
    await Promise.race([ended, given]);
    patience.abort();
  }

  #pollLater(): void {
    this.#timer?.cancel();
    if (!this.#isOpen) return;
    if (this.#isWoken) this.wake();
    else this.#timer = this.#parts.clock.setTimer(this.#times.pollMs, () => this.wake());
  }

  async #look(): Promise<void> {
    const { store, log, tell } = this.#parts;
    this.#isWoken = false;
    try {
      for (const job of await store.sweep()) tell(job);
      while (this.#isOpen && (await this.#takeOne()));
    } catch (error) {
      log.warn("the queue of jobs could not be read", { error });
    }
  }

  async #takeOne(): Promise<boolean> {
    const kinds = this.#parts.kinds.filter((kind) => this.#hasRoom(kind));
    if (kinds.length === 0) return false;
    const job = await this.#parts.store.claim({
      kinds: kinds.map(({ kind }) => kind),
      claimedBy: this.#parts.claimedBy,
      leaseMs: this.#times.leaseMs,
    });
    const kind = kinds.find((one) => one.kind === job?.kind);
    if (job === null || kind === undefined) return false;
    this.#begin(job, kind);
    return true;
  }

  #hasRoom(kind: JobKind): boolean {
    const running = [...this.#running].filter((run) => run.kind === kind);
    return running.length < kind.concurrency;
  }

  #begin(job: JobRecord, kind: JobKind): void {
    const controller = new AbortController();
    this.#parts.tell(job);
    const done = this.#run(job, kind, controller).finally(() => {
      this.#running.delete(run);
      this.wake();
    });
    const run: Running = { jobId: job.jobId, kind, controller, done };
    this.#running.add(run);
  }

  async #run(job: JobRecord, kind: JobKind, controller: AbortController): Promise<void> {
    const { store, clock, log, claimedBy, tell } = this.#parts;
    const { jobId, attempt, tenantId, ownerId, params } = job;
    const claim = { jobId, attempt, claimedBy };
    const progress = new ProgressReport(clock, async (part, message) => {
      const now = await store.report(claim, part, message).catch(() => null);
      if (now !== null) tell(now);
    });
    const leftMs = job.createdAtMs + kind.deadlineMs - clock.now();
    const late = clock.setTimer(leftMs, () => controller.abort("late" satisfies End));
    const lease = this.#keepLease(claim, controller);
    const report = (part: number, message: string): void => progress.report(part, message);
    const { signal } = controller;
    const outcome = await outcomeOf(kind, signal, log, jobId, () =>
      kind.run({ jobId, tenantId, ownerId, params, attempt, signal, report }),
    );
    late.cancel();
    await progress.end();
    if (outcome !== null) await this.#settle(claim, outcome);
    lease.end();
  }

  /** Tried again while the lease holds: what was done must not be done anew because the store was away for a moment. */
  async #settle(claim: JobClaim, outcome: JobOutcome): Promise<void> {
    const { store, clock, log, tell } = this.#parts;
    const untilMs = clock.monotonicMs() + this.#times.leaseMs;
    for (;;) {
      try {
        const job = await store.end(claim, outcome);
        if (job !== null) tell(job);
        return;
      } catch (error) {
        if (clock.monotonicMs() >= untilMs)
          return log.error("the end of a job could not be recorded", { jobId: claim.jobId, error });
        await clock.sleep(500);
      }
    }
  }

  #keepLease(claim: JobClaim, controller: AbortController): { end(): void } {
    const { store, clock } = this.#parts;
    const { leaseMs } = this.#times;
    let heldUntilMs = clock.monotonicMs() + leaseMs;
    let timer: Timer | null = null;
    let isOver = false;
    const renew = async (): Promise<void> => {
      const askedAtMs = clock.monotonicMs();
      const answer = await store.renew(claim, leaseMs).catch(() => "unknown" as const);
      if (answer === "kept" || answer === "cancel") heldUntilMs = askedAtMs + leaseMs;
      if (answer === "cancel") controller.abort("cancelled" satisfies End);
      // A margin, so that this run has ended when another may begin.
      const isLapsing = clock.monotonicMs() > heldUntilMs - leaseMs / 3;
      if (answer === "lost" || isLapsing) controller.abort("lost" satisfies End);
      else if (!isOver) next();
    };
    const next = (): void => {
      timer = clock.setTimer(leaseMs / 6, () => void renew());
    };
    next();
    return {
      end: () => {
        isOver = true;
        timer?.cancel();
      },
    };
  }
}

/** Null when it is not for this node to say. */
async function outcomeOf(
  kind: JobKind,
  signal: AbortSignal,
  log: JobLog,
  jobId: string,
  work: () => ReturnType<JobKind["run"]>,
): Promise<JobOutcome | null> {
  try {
    const result = await work();
    return signal.reason === "lost" ? null : { status: "succeeded", result };
  } catch (error) {
    if (signal.aborted) return endedBy(signal.reason, kind);
    if (error instanceof JobFailure) return { status: "failed", error: error.error };
    log.error("a job crashed", { kind: kind.kind, jobId, error });
    const message = "something went wrong on our side; the log has it";
    return { status: "failed", error: { code: "JOB_CRASHED", message } };
  }
}

function endedBy(why: unknown, { isResumable, deadlineMs }: JobKind): JobOutcome | null {
  switch (why) {
    case "cancelled":
      return { status: "cancelled" };
    case "late":
      return { status: "failed", error: lateError(deadlineMs) };
    case "stopping":
      return isResumable ? { status: "queued" } : { status: "failed", error: INTERRUPTED };
    default:
      return null;
  }
}

/** Of a job whose node was lost. */
export const INTERRUPTED = {
  code: "JOB_INTERRUPTED",
  message: "its node stopped or was lost, and it cannot be gone on with",
} as const;

function lateError(deadlineMs: number) {
  const message = `it was not done within ${Math.round(deadlineMs / 60_000)} minutes`;
  return { code: "JOB_DEADLINE_EXCEEDED", message };
}
