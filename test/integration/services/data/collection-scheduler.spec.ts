import { randomUUID } from "node:crypto";
import { begunAnew } from "../../../../domain/market/collection/progress.ts";
import { RestError } from "../../../../mixins/rest/rest-error.ts";
import {
  deleteCollectionSchedule,
  findCollectionSchedule,
  insertCollectionSchedule,
  updateCollectionSchedule,
} from "../../../../models/collection-schedules.ts";
import type {
  CollectionTarget,
  StoredCollectionSchedule,
} from "../../../../models/collection-schedules.ts";
import type { RequestContext, RequestMeta } from "../../../../types/contracts.ts";
import { CollectionScheduler } from "../../../../services/data/collection/scheduler.ts";
import { zoneOffsets } from "../../../../services/data/feeds/read-time.ts";
import { Jobs } from "../../../../services/jobs/jobs.ts";
import { createLogger } from "../../../../services/logging.ts";
import { withDatabase } from "../../../support/database.ts";
import { FastClock } from "../../../support/fast-clock.ts";
import { addUser } from "../../../support/node-users.ts";

const MINUTE_MS = 60_000;
const T0 = Date.UTC(2024, 4, 1, 10);
const QUEUED_MAX = 3;
const BARS: CollectionTarget = {
  kind: "marketData",
  source: "auto",
  symbols: ["ACME"],
  timeframe: "1d",
  lookbackDays: 5,
};
const never = (): boolean => false;

describe("schedules of collection", () => {
  const database = withDatabase();
  let clock: FastClock;
  let counted: string[];
  let lines: string[];

  beforeEach(async () => {
    clock = new FastClock(T0, 1);
    [counted, lines] = [[], []];
    await database.pool.query("DELETE FROM ops.collection_schedule");
    await database.pool.query("DELETE FROM ops.job");
  });

  type Ask = (schedule: StoredCollectionSchedule, meta: RequestMeta) => Promise<string>;

  /** One of the nodes, with the queue that all share. */
  const nodeOf = (change: (ask: Ask) => Ask = (ask) => ask): CollectionScheduler => {
    const log = createLogger({
      level: "warn",
      format: "json",
      nodeId: "node",
      write: (line) => void lines.push(line),
    });
    const { pool } = database;
    const jobs = new Jobs({
      pool,
      clock,
      log,
      live: { tell: () => undefined },
      broker: { broadcast: () => Promise.resolve() },
      newId: randomUUID,
      nodeId: "node",
    });
    jobs.add({
      kind: "collect",
      isResumable: true,
      concurrency: 1,
      queuedMax: QUEUED_MAX,
      deadlineMs: 86_400_000,
      run: () => Promise.resolve(null),
    });
    const ask: Ask = async ({ dueAtMs }, meta) => {
      // sound: of a context only this is looked at
      const ctx = { meta } as RequestContext;
      return (await jobs.submit(ctx, "collect", { dueAtMs })).jobId;
    };
    return new CollectionScheduler({
      node: { pool, clock, log },
      askForJob: change(ask),
      count: ({ outcome }) => void counted.push(outcome),
    });
  };

  /** Every ten minutes from T0. */
  const add = async (ownerId?: string): Promise<string> => {
    const scheduleId = randomUUID();
    const schedule = { timing: { kind: "every", minutes: 10 }, setAtMs: T0 } as const;
    const owner = ownerId ?? (await analyst());
    const row = {
      scheduleId,
      tenantId: "default",
      ownerId: owner,
      ownerRole: "analyst",
      name: "bars",
      target: BARS,
      isEnabled: true,
      updatedAtMs: T0,
      ...schedule,
      ...begunAnew(schedule, null, zoneOffsets),
    } as const;
    expect(await insertCollectionSchedule(database.pool, row, 100)).toBe("added");
    return scheduleId;
  };

  const analyst = async (): Promise<string> =>
    (await addUser(database.pool, { role: "analyst", tenantId: "default" })).userId;

  const read = async (scheduleId: string): Promise<StoredCollectionSchedule> => {
    const found = await findCollectionSchedule(database.pool, scheduleId);
    if (found === null) throw new Error(`there is no schedule ${scheduleId}`);
    return found;
  };

  const jobs = async (): Promise<readonly { jobId: string; params: { dueAtMs: number } }[]> => {
    const text = `SELECT job_id AS "jobId", params FROM ops.job ORDER BY created_at, job_id`;
    return (await database.pool.query<{ jobId: string; params: { dueAtMs: number } }>(text)).rows;
  };

  const end = async (jobId: string | null, status: "succeeded" | "failed" | "cancelled") => {
    const error = status === "failed" ? '{"code":"SOURCE_UNAVAILABLE","message":"down"}' : null;
    await database.pool.query(
      "UPDATE ops.job SET status = $2, error = $3::jsonb, ended_at = clock_timestamp() WHERE job_id = $1",
      [jobId, status, error],
    );
  };

  const minute = (count: number): void => {
    clock.nowMs = T0 + count * MINUTE_MS;
  };
  const minutesOf = ({ dueAtMs, startAtMs }: StoredCollectionSchedule) =>
    [dueAtMs, startAtMs].map((ms) => (ms - T0) / MINUTE_MS);

  it("have one job of each due time, whichever nodes look, and however often", async () => {
    const ids = [await add(), await add()];
    const [a, b] = [nodeOf(), nodeOf()];
    await a.round(never);
    expect(await jobs()).toEqual([]);
    minute(10);
    await Promise.all([a, b, a, b].map((node) => node.round(never)));
    expect(await jobs()).toHaveLength(2);
    expect(counted).toEqual(["started", "started"]);
    for (const id of ids) {
      const { jobId, lastRun } = await read(id);
      expect(lastRun).toMatchObject({ jobId, dueAtMs: T0 + 10 * MINUTE_MS, status: "queued" });
      await end(jobId, "succeeded");
    }
    await Promise.all([a, b].map((node) => node.round(never)));
    expect(counted).toEqual(["started", "started", "succeeded", "succeeded"]);
    for (const id of ids) expect(minutesOf(await read(id))).toEqual([20, 20]);
    expect(lines).toEqual([]);
  });

  it("ask for the same job again after a crash between asking for it and taking note of it", async () => {
    const id = await add();
    const crashing = nodeOf((ask) => async (schedule, meta) => {
      await ask(schedule, meta);
      throw new Error("the process ends here");
    });
    minute(10);
    await crashing.round(never);
    const [first] = await jobs();
    // It lives to tell, and tries again under the same name.
    expect((await read(id)).lastRun).toMatchObject({ status: "notStarted", jobId: null });
    minute(11);
    await nodeOf().round(never);
    expect(await jobs()).toHaveLength(1);
    expect((await read(id)).jobId).toBe(first?.jobId);
  });

  it("do once, after a restart, what fell due meanwhile", async () => {
    const id = await add();
    minute(95);
    await nodeOf().round(never);
    const [job, ...others] = await jobs();
    expect([job?.params.dueAtMs, others]).toEqual([T0 + 10 * MINUTE_MS, []]);
    await end(job?.jobId ?? null, "succeeded");
    await nodeOf().round(never);
    expect(minutesOf(await read(id))).toEqual([100, 100]);
    await nodeOf().round(never);
    expect(await jobs()).toHaveLength(1);
  });

  it("begin no run while the one before is under way, and one after it", async () => {
    const id = await add();
    const node = nodeOf();
    minute(10);
    await node.round(never);
    for (const later of [20, 30, 40]) {
      minute(later);
      await node.round(never);
    }
    expect(await jobs()).toHaveLength(1);
    await end((await read(id)).jobId, "succeeded");
    await node.round(never);
    await node.round(never);
    expect(await jobs()).toHaveLength(2);
  });

  it("wait when the queue is full, and go on when it is not", async () => {
    const ids = await Promise.all([add(), add(), add(), add()]);
    const node = nodeOf();
    minute(10);
    await node.round(never);
    expect(await jobs()).toHaveLength(QUEUED_MAX);
    const stored = await Promise.all(ids.map(read));
    const waiting = stored.find(({ jobId }) => jobId === null);
    expect(waiting).toMatchObject({
      failuresInARow: 1,
      lastRun: { status: "notStarted", error: { code: "RATE_LIMITED" } },
    });
    expect(waiting && minutesOf(waiting)).toEqual([10, 11]);
    await end(stored.find(({ jobId }) => jobId !== null)?.jobId ?? null, "succeeded");
    minute(11);
    await node.round(never);
    expect(await jobs()).toHaveLength(QUEUED_MAX + 1);
    expect((await read(waiting?.scheduleId ?? "")).lastRun).toMatchObject({
      status: "queued",
      dueAtMs: T0 + 10 * MINUTE_MS,
    });
  });

  it("try what failed again as another job, later each time, and never stop", async () => {
    const id = await add();
    const node = nodeOf();
    const seen: (readonly number[])[] = [];
    for (let at = 10, i = 0; i < 6; i += 1) {
      minute(at);
      await node.round(never);
      await end((await read(id)).jobId, "failed");
      await node.round(never);
      const schedule = await read(id);
      expect(schedule.lastRun).toMatchObject({
        status: "failed",
        error: { code: "SOURCE_UNAVAILABLE", message: "down" },
      });
      seen.push([...minutesOf(schedule), schedule.failuresInARow]);
      at = (schedule.startAtMs - T0) / MINUTE_MS;
    }
    expect(seen).toEqual([
      [10, 11, 1],
      [10, 13, 2],
      [10, 17, 3],
      [20, 20, 4],
      [30, 30, 5],
      [40, 40, 6],
    ]);
    expect(await jobs()).toHaveLength(6);
    minute(40);
    await node.round(never);
    await end((await read(id)).jobId, "succeeded");
    await node.round(never);
    expect(await read(id)).toMatchObject({ failuresInARow: 0, lastRun: { error: null } });
  });

  it.each([
    [
      "is not there any more",
      "UPDATE ops.collection_schedule SET owner_id = 'nobody'",
      "not there",
    ],
    ["is disabled", "UPDATE identity.app_user SET status = 'disabled'", "disabled"],
    ["has lost the permission", "UPDATE identity.app_user SET role = 'viewer'", "has not the"],
    [
      "is of another tenant by now",
      "UPDATE ops.collection_schedule SET tenant_id = 'x'",
      "not there",
    ],
  ])("collect nothing for a user that %s", async (_, change, words) => {
    const id = await add();
    await database.pool.query(change);
    minute(10);
    await nodeOf().round(never);
    await nodeOf().round(never);
    expect(await jobs()).toEqual([]);
    const schedule = await read(id);
    expect(schedule.lastRun).toMatchObject({ status: "refused", error: { code: "FORBIDDEN" } });
    expect(schedule.lastRun?.error?.message).toContain(words);
    expect([...minutesOf(schedule), schedule.failuresInARow]).toEqual([20, 20, 1]);
  });

  it("go on once the user may collect again", async () => {
    const userId = await analyst();
    await add(userId);
    const role = (name: string) =>
      database.pool.query("UPDATE identity.app_user SET role = $2 WHERE user_id = $1", [
        userId,
        name,
      ]);
    await role("viewer");
    minute(10);
    await nodeOf().round(never);
    await role("trader");
    minute(20);
    await nodeOf().round(never);
    expect(await jobs()).toHaveLength(1);
  });

  it("go on when the job of a run is not on record any more", async () => {
    const id = await add();
    minute(10);
    await nodeOf().round(never);
    await database.pool.query("DELETE FROM ops.job");
    await nodeOf().round(never);
    const schedule = await read(id);
    expect([schedule.lastRun?.status, ...minutesOf(schedule)]).toEqual(["unknown", 20, 20]);
  });

  it("stay as a user has changed them at the same time, with the job as their run under way", async () => {
    const id = await add();
    const node = nodeOf((ask) => async (schedule, meta) => {
      const changed = { ...schedule, setAtMs: T0 + 11 * MINUTE_MS, isEnabled: false };
      expect(await updateCollectionSchedule(database.pool, schedule, changed)).toBe(true);
      return ask(schedule, meta);
    });
    minute(10);
    await node.round(never);
    const [job] = await jobs();
    expect(await read(id)).toMatchObject({
      isEnabled: false,
      setAtMs: T0 + 11 * MINUTE_MS,
      jobId: job?.jobId,
      lastRun: { jobId: job?.jobId, status: "queued" },
    });
    expect(counted).toEqual(["started"]);
  });

  it("are gone when a user deletes them at the same time", async () => {
    const id = await add();
    const node = nodeOf((ask) => async (schedule, meta) => {
      await deleteCollectionSchedule(database.pool, id);
      return ask(schedule, meta);
    });
    minute(10);
    await node.round(never);
    expect(await findCollectionSchedule(database.pool, id)).toBeNull();
    expect([counted, lines]).toEqual([[], []]);
  });

  it("take note of how a run ended though they were paused meanwhile, and begin none", async () => {
    const id = await add();
    minute(10);
    await nodeOf().round(never);
    const held = await read(id);
    await updateCollectionSchedule(database.pool, held, { ...held, isEnabled: false });
    await end(held.jobId, "succeeded");
    minute(50);
    await nodeOf().round(never);
    await nodeOf().round(never);
    expect(await read(id)).toMatchObject({ jobId: null, lastRun: { status: "succeeded" } });
    expect(await jobs()).toHaveLength(1);
  });

  it("are each followed, though one cannot be", async () => {
    const [bad, good] = [await add(), await add()];
    const node = nodeOf((ask) => (schedule, meta) => {
      if (schedule.scheduleId === bad) throw new RestError("CONFLICT", "yahoo is disabled");
      return ask(schedule, meta);
    });
    minute(10);
    await node.round(never);
    expect((await read(bad)).lastRun?.error).toEqual({
      code: "CONFLICT",
      message: "yahoo is disabled",
    });
    expect((await read(good)).jobId).not.toBeNull();
    expect(counted.toSorted()).toEqual(["notStarted", "started"]);
  });

  it("begin nothing more once the node stops", async () => {
    await add();
    minute(10);
    await nodeOf().round(() => true);
    expect(await jobs()).toEqual([]);
  });
});
