import { ended, notBegun, started } from "../../../domain/market/collection/progress.ts";
import type { Ended, Progress } from "../../../domain/market/collection/progress.ts";
import { isPermitted } from "../../../mixins/rest/permissions.ts";
import { toFailure } from "../../../mixins/rest/problem.ts";
import {
  findCollectionSchedule,
  schedulesToFollow,
  updateCollectionSchedule,
} from "../../../models/collection-schedules.ts";
import type { StoredCollectionSchedule } from "../../../models/collection-schedules.ts";
import { findUser } from "../../../models/identity/users.ts";
import type { StoredUser } from "../../../models/identity/users.ts";
import type { RequestMeta } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import { zoneOffsets } from "../feeds/read-time.ts";
import { permissionFor } from "./targets.ts";

/** In one look; the others come with the next. */
const BATCH = 200;

export interface SchedulerParts {
  readonly node: Pick<NodeContext, "pool" | "clock" | "log">;
  /** @throws what the route would answer */
  askForJob(schedule: StoredCollectionSchedule, meta: RequestMeta): Promise<string>;
  count(labels: { readonly target: string; readonly outcome: string }): void;
}

/**
 * Asks for the jobs of schedules, and takes note of how they ended. Schedules are on record: after a restart it goes on, and what
 * fell due meanwhile is done once. Any number of nodes may look: the job of one due time has one name, whoever asks for it.
 */
export class CollectionScheduler {
  readonly #parts: SchedulerParts;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  async round(isStopped: () => boolean): Promise<void> {
    const { pool, clock, log } = this.#parts.node;
    try {
      for (const schedule of await schedulesToFollow(pool, clock.now(), BATCH)) {
        if (isStopped()) return;
        await this.#follow(schedule);
      }
    } catch (err) {
      if (!isStopped()) log.warn({ err }, "schedules of collection could not be read; again soon");
    }
  }

  /** The job is asked for before that is written: cut off between the two, it is asked for again and is the same. */
  async #follow(schedule: StoredCollectionSchedule): Promise<void> {
    const { pool, log } = this.#parts.node;
    const { scheduleId } = schedule;
    try {
      const next =
        schedule.jobId === null ? await this.#begin(schedule) : this.#settle(schedule, schedule);
      const isWritten = await updateCollectionSchedule(pool, schedule, { ...schedule, ...next });
      if (isWritten) this.#tell(schedule, next);
      else if (next.jobId !== null) await this.#link(schedule, next);
    } catch (err) {
      log.warn({ err, scheduleId }, "a schedule of collection could not be followed; again soon");
    }
  }

  /**
   * Another node has written the same already, or a user has changed the schedule while the job was asked for: then the job is the
   * run under way of what it is now, so that no other is begun beside it.
   */
  async #link(asked: StoredCollectionSchedule, { jobId, lastRun }: Progress): Promise<void> {
    const { pool } = this.#parts.node;
    const now = await findCollectionSchedule(pool, asked.scheduleId);
    if (now === null || now.setAtMs === asked.setAtMs || now.jobId !== null) return;
    const next = { ...now, jobId, lastRun };
    if (await updateCollectionSchedule(pool, now, next)) this.#tell(asked, next);
  }

  async #begin(schedule: StoredCollectionSchedule): Promise<Progress> {
    const { pool, clock, log } = this.#parts.node;
    const { scheduleId, ownerId } = schedule;
    const user = await findUser(pool, ownerId);
    const message = refusalOf(schedule, user);
    if (user === null || message !== null)
      return notBegun(
        schedule,
        schedule,
        { status: "refused", error: { code: "FORBIDDEN", message: message ?? GONE } },
        clock.now(),
        zoneOffsets,
      );
    try {
      const jobId = await this.#parts.askForJob(schedule, metaOf(schedule, user));
      return started(schedule, jobId, clock.now());
    } catch (err) {
      log.warn({ err, scheduleId }, "a scheduled collection could not be begun; again later");
      const { code, detail } = toFailure(err);
      const failure = { status: "notStarted", error: { code, message: detail } } as const;
      return notBegun(schedule, schedule, failure, clock.now(), zoneOffsets);
    }
  }

  #settle(schedule: StoredCollectionSchedule, held: Progress): Progress {
    return ended(schedule, held, outcomeOf(schedule), this.#parts.node.clock.now(), zoneOffsets);
  }

  #tell({ scheduleId, target, jobId }: StoredCollectionSchedule, { lastRun }: Progress): void {
    if (lastRun === null) return;
    const outcome = jobId === null && lastRun.jobId !== null ? "started" : lastRun.status;
    this.#parts.count({ target: target.kind, outcome });
    const fields = { scheduleId, jobId: lastRun.jobId, outcome, error: lastRun.error };
    const { log } = this.#parts.node;
    if (lastRun.error === null) log.info(fields, "a scheduled collection");
    else log.warn(fields, "a scheduled collection has failed");
  }
}

const GONE = "the user that it collects for is not there any more";

/** Why nothing may be collected on behalf of this user; null: it may. */
function refusalOf(
  { tenantId, target }: StoredCollectionSchedule,
  user: StoredUser | null,
): string | null {
  if (user === null || user.tenantId !== tenantId) return GONE;
  if (user.status !== "active") return "the user that it collects for is disabled";
  const permission = permissionFor(target);
  return isPermitted(user.role, permission)
    ? null
    : `the user that it collects for, ${user.role}, has not the permission ${permission}`;
}

function metaOf(schedule: StoredCollectionSchedule, user: StoredUser): RequestMeta {
  const { scheduleId, setAtMs, dueAtMs, attempt } = schedule;
  const { userId, tenantId, role, email } = user;
  return {
    user: { userId, tenantId, role, email, sessionId: "" },
    idempotencyKey: `schedule:${scheduleId}:${setAtMs}:${dueAtMs}:${attempt}`,
  };
}

function outcomeOf({ jobStatus, jobError }: StoredCollectionSchedule): Ended {
  switch (jobStatus) {
    case "succeeded":
    case "cancelled":
      return { status: jobStatus };
    case "failed":
      return { status: "failed", error: jobError ?? { code: "JOB_CRASHED", message: "" } };
    case "queued":
    case "running":
    case null:
      return { status: "unknown" };
  }
}
