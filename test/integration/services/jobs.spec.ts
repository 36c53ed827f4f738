import { randomUUID } from "node:crypto";
import type { JobRecord } from "../../../domain/shared/job.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { systemClock } from "../../../mixins/clock.ts";
import { JobFailure } from "../../../mixins/jobs/kind.ts";
import type { JobKind, JobRun } from "../../../mixins/jobs/kind.ts";
import { INTERRUPTED, JobRunner } from "../../../mixins/jobs/runner.ts";
import {
  cancelJob,
  claimJob,
  endJob,
  findJob,
  forgetJobs,
  insertJob,
  renewJob,
  reportJob,
  sweepJobs,
} from "../../../models/jobs.ts";
import { leaveJob } from "../../e2e/jobs.ts";
import { withDatabase } from "../../support/database.ts";
import { eventually } from "../../support/node-eventually.ts";

const LATE = { code: "JOB_DEADLINE_EXCEEDED", message: "late" };

describe("jobs", () => {
  const database = withDatabase();
  const runners: JobRunner[] = [];
  const crashes: unknown[] = [];
  const told: JobRecord[] = [];

  afterEach(async () => {
    await Promise.all(runners.splice(0).map((runner) => runner.stop()));
    crashes.length = 0;
    told.length = 0;
  });

  const kindOf = (run: JobKind["run"], change: Partial<JobKind> = {}): JobKind => ({
    kind: randomUUID(),
    isResumable: false,
    concurrency: 2,
    queuedMax: 10,
    deadlineMs: 60_000,
    run,
    ...change,
  });

  const start = (...kinds: readonly JobKind[]): JobRunner => {
    const { pool } = database;
    const runner = new JobRunner(
      {
        store: {
          claim: (terms) => claimJob(pool, terms),
          renew: (claim, leaseMs) => renewJob(pool, claim, leaseMs),
          report: (claim, progress, message) => reportJob(pool, claim, progress, message),
          end: (claim, outcome) => endJob(pool, claim, outcome),
          sweep: () => sweepJobs(pool, 3, { interrupted: INTERRUPTED, late: LATE }),
        },
        clock: systemClock,
        log: { warn: () => undefined, error: (_message, fields) => void crashes.push(fields) },
        claimedBy: randomUUID(),
        kinds,
        tell: (job) => void told.push(job),
      },
      { pollMs: 20, leaseMs: 5_000 },
    );
    runners.push(runner);
    runner.start();
    return runner;
  };

  const queue = async (kind: JobKind, params: Json = {}): Promise<string> => {
    const jobId = randomUUID();
    const job = { jobId, kind: kind.kind, tenantId: "t", ownerId: "o", params };
    const { isResumable, deadlineMs, queuedMax } = kind;
    const outcome = await insertJob(
      database.pool,
      { ...job, isResumable, deadlineMs },
      { queuedMax },
    );
    return outcome === "added" ? jobId : outcome;
  };

  const over = (jobId: string): Promise<JobRecord> =>
    eventually("a job that is over", async () => {
      const job = await findJob(database.pool, jobId);
      return job === null || job.endedAtMs === null ? null : job;
    });

  /** Waits for its signal, and ends with its reason. */
  const hanging = ({ signal }: JobRun): Promise<never> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("ended")), { once: true });
    });

  it("give back what their kind makes of their params", async () => {
    const kind = kindOf((run) => Promise.resolve({ doubled: Number(run.params) * 2 }));
    const jobId = await queue(kind, 21);
    start(kind);
    const { status, result, progress, attempt } = await over(jobId);
    expect([status, result, progress, attempt]).toEqual(["succeeded", { doubled: 42 }, 1, 1]);
  });

  it("are run once each, whoever takes them", async () => {
    const runs: string[] = [];
    const kind = kindOf(
      (run) => {
        runs.push(run.jobId);
        return Promise.resolve(null);
      },
      { queuedMax: 100 },
    );
    const jobIds = await Promise.all(Array.from({ length: 40 }, () => queue(kind)));
    for (let node = 0; node < 4; node += 1) start(kind);
    await Promise.all(jobIds.map(over));
    expect(runs.toSorted()).toEqual(jobIds.toSorted());
  });

  it("are refused when too many wait", async () => {
    const kind = kindOf(() => Promise.resolve(null), { queuedMax: 2 });
    const found = [await queue(kind), await queue(kind), await queue(kind)];
    expect(found[2]).toBe("full");
  });

  it("run no more at a time than their kind allows", async () => {
    let [running, most] = [0, 0];
    const full = Promise.withResolvers<null>();
    const kind = kindOf(
      async () => {
        running += 1;
        most = Math.max(most, running);
        if (running === 3) full.resolve(null);
        await full.promise;
        await systemClock.sleep(5);
        running -= 1;
        return null;
      },
      { concurrency: 3 },
    );
    const jobIds = await Promise.all(Array.from({ length: 9 }, () => queue(kind)));
    start(kind);
    await Promise.all(jobIds.map(over));
    expect(most).toBe(3);
  });

  it("fail with what their kind says, and a crash is ours", async () => {
    const knows = kindOf(() => Promise.reject(new JobFailure("NO_DATA", "there is none")));
    const crashing = kindOf(() => Promise.reject(new Error("a secret")));
    const [known, crashed] = [await queue(knows), await queue(crashing)];
    start(knows, crashing);
    expect((await over(known)).error).toEqual({ code: "NO_DATA", message: "there is none" });
    const { error } = await over(crashed);
    expect([error?.code, error?.message.includes("secret")]).toEqual(["JOB_CRASHED", false]);
    expect(crashes).toHaveLength(1);
  });

  it("end when they are cancelled, waiting or running", async () => {
    const kind = kindOf(hanging, { concurrency: 1 });
    const [first, second] = [await queue(kind), await queue(kind)];
    const runner = start(kind);
    await eventually("a job that runs", () => (told.length > 0 ? true : null));
    expect((await cancelJob(database.pool, second))?.status).toBe("cancelled");
    expect((await cancelJob(database.pool, first))?.status).toBe("running");
    runner.cancel(first);
    expect((await over(first)).status).toBe("cancelled");
    expect((await cancelJob(database.pool, first))?.status).toBe("cancelled");
  });

  it("hear of a cancellation on another node with their next renewal", async () => {
    const kind = kindOf(hanging);
    const jobId = await queue(kind);
    start(kind);
    await eventually("a job that runs", () => (told.length > 0 ? true : null));
    await cancelJob(database.pool, jobId);
    expect((await over(jobId)).status).toBe("cancelled");
  });

  it("fail at their deadline", async () => {
    const kind = kindOf(hanging, { deadlineMs: 200 });
    const jobId = await queue(kind);
    start(kind);
    expect((await over(jobId)).error?.code).toBe("JOB_DEADLINE_EXCEEDED");
  });

  it("fail at their deadline when nobody takes them up", async () => {
    const jobId = await queue(kindOf(hanging, { deadlineMs: 1 }));
    start();
    expect((await over(jobId)).error?.code).toBe("JOB_DEADLINE_EXCEEDED");
  });

  describe("whose node was lost", () => {
    const lose = async (kind: JobKind): Promise<string> => {
      const jobId = await queue(kind);
      const claim = { kinds: [kind.kind], claimedBy: "dead", leaseMs: -1 };
      expect((await claimJob(database.pool, claim))?.jobId).toBe(jobId);
      return jobId;
    };

    it("are begun again when they can be", async () => {
      const kind = kindOf((run) => Promise.resolve(run.attempt), { isResumable: true });
      const jobId = await lose(kind);
      start(kind);
      expect(await over(jobId)).toMatchObject({ status: "succeeded", result: 2 });
    });

    it("have failed when they cannot", async () => {
      const kind = kindOf(() => Promise.resolve(null));
      const jobId = await lose(kind);
      start(kind);
      expect((await over(jobId)).error?.code).toBe("JOB_INTERRUPTED");
    });

    it("have failed once they took too many nodes with them", async () => {
      const kind = kindOf(() => Promise.resolve(null), { isResumable: true });
      const jobId = await lose(kind);
      await database.pool.query("UPDATE ops.job SET attempt = 3 WHERE job_id = $1", [jobId]);
      start(kind);
      expect((await over(jobId)).error?.code).toBe("JOB_INTERRUPTED");
    });

    it("are not written to by a node that was given up", async () => {
      const kind = kindOf(() => Promise.resolve(null), { isResumable: true });
      const jobId = await lose(kind);
      start(kind);
      await over(jobId);
      const dead = { jobId, attempt: 1, claimedBy: "dead" };
      expect(await renewJob(database.pool, dead, 1_000)).toBe("lost");
      expect(await reportJob(database.pool, dead, 0.5, "still here")).toBeNull();
      const failed = { status: "failed", error: { code: "X", message: "x" } } as const;
      expect(await endJob(database.pool, dead, failed)).toBeNull();
      expect((await findJob(database.pool, jobId))?.status).toBe("succeeded");
    });
  });

  it("are given back by a node that stops, or fail when they cannot be", async () => {
    const [resumable, other] = [kindOf(hanging, { isResumable: true }), kindOf(hanging)];
    const [first, second] = [await queue(resumable), await queue(other)];
    const runner = start(resumable, other);
    await eventually("two jobs that run", () => (told.length >= 2 ? true : null));
    await runner.stop();
    expect((await findJob(database.pool, first))?.status).toBe("queued");
    expect((await findJob(database.pool, second))?.error?.code).toBe("JOB_INTERRUPTED");
  });

  it("tell how far they are ten times a second at most", async () => {
    const kind = kindOf(async (run) => {
      const untilMs = systemClock.monotonicMs() + 450;
      while (systemClock.monotonicMs() < untilMs) {
        run.report(0.25, "a quarter");
        await systemClock.sleep(1);
      }
      return null;
    });
    const jobId = await queue(kind);
    start(kind);
    await over(jobId);
    const reports = told.filter(({ message, status }) => message !== null && status === "running");
    expect(reports.length).toBeGreaterThanOrEqual(2);
    expect(reports.length).toBeLessThanOrEqual(6);
    expect(reports[0]).toMatchObject({ progress: 0.25, message: "a quarter" });
  });

  it("are forgotten when they ended before then, and never while they wait", async () => {
    const { pool } = database;
    const [old, recent] = [
      await leaveJob(pool, "u", "succeeded"),
      await leaveJob(pool, "u", "succeeded"),
    ];
    const waiting = await leaveJob(pool, "u", "queued");
    const aged = "UPDATE ops.job SET ended_at = ended_at - interval '31 days' WHERE job_id = $1";
    await pool.query(aged, [old]);
    expect(await forgetJobs(pool, Date.now() - 30 * 86_400_000)).toBe(1);
    expect(await findJob(pool, old)).toBeNull();
    for (const kept of [recent, waiting]) expect(await findJob(pool, kept)).not.toBeNull();
  });

  it("keep results that vendors have put unstorable characters into", async () => {
    const kind = kindOf(() => Promise.resolve({ text: "a\0b\uD800c" }));
    const jobId = await queue(kind);
    start(kind);
    expect((await over(jobId)).result).toEqual({ text: "ab\uFFFDc" });
  });
});
