import type { Pool } from "pg";
import type { Timeframe } from "../domain/market/bar.ts";
import type { LastRun, Progress } from "../domain/market/collection/progress.ts";
import type { Schedule } from "../domain/market/collection/timing.ts";
import type { JobError, JobStatus } from "../domain/shared/job.ts";
import type { StoredRole } from "./identity/users.ts";
import { inTransaction } from "./postgres/transaction.ts";
import type { Viewer } from "./views.ts";

export type CollectionTarget =
  | {
      readonly kind: "marketData";
      /** a source, or `auto` */
      readonly source: string;
      readonly symbols: readonly string[];
      readonly timeframe: Timeframe;
      /** null: each symbol goes on where its stored bars end */
      readonly lookbackDays: number | null;
    }
  | {
      readonly kind: "alternativeData";
      readonly source: string;
      readonly symbols: readonly string[];
      readonly series: readonly string[];
      readonly query: string | null;
      readonly knownAt: "now" | "published";
      readonly lookbackDays: number;
    };

/** What a user has said. */
export interface ScheduleTerms extends Schedule {
  readonly name: string;
  readonly target: CollectionTarget;
  readonly isEnabled: boolean;
  /** when a user last changed it, epoch ms */
  readonly updatedAtMs: number;
}

export interface NewCollectionSchedule extends ScheduleTerms, Progress {
  readonly scheduleId: string;
  readonly tenantId: string;
  readonly ownerId: string;
  readonly ownerRole: StoredRole;
}

export interface StoredCollectionSchedule extends NewCollectionSchedule {
  readonly revision: number;
  readonly createdAtMs: number;
  /** of the run under way; null: there is none, or its job is not on record any more */
  readonly jobStatus: JobStatus | null;
  readonly jobError: JobError | null;
}

const SELECT = `SELECT c.schedule_id AS "scheduleId", c.tenant_id AS "tenantId", c.owner_id AS "ownerId",
    c.owner_role AS "ownerRole", c.name, c.target, c.timing, c.is_enabled AS "isEnabled", c.set_at AS "setAtMs",
    c.due_at AS "dueAtMs", c.start_at AS "startAtMs", c.attempt, c.failures_in_a_row AS "failuresInARow", c.job_id AS "jobId",
    c.last_run AS "lastRun", c.revision, c.created_at AS "createdAtMs", c.updated_at AS "updatedAtMs",
    j.status AS "jobStatus", j.error AS "jobError"
  FROM ops.collection_schedule c LEFT JOIN ops.job j ON j.job_id = c.job_id`;

/**
 * Adds a schedule; one that is there under the id stays.
 * @param max of the tenant
 */
export function insertCollectionSchedule(
  pool: Pool,
  row: NewCollectionSchedule,
  max: number,
): Promise<"added" | "present" | "full"> {
  return inTransaction(pool, async (client) => {
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 28))", [row.tenantId]);
    const { rows } = await client.query<{ readonly count: number; readonly present: boolean }>(
      `SELECT count(*)::int AS count, coalesce(bool_or(schedule_id = $2), false) AS present
         FROM ops.collection_schedule WHERE tenant_id = $1`,
      [row.tenantId, row.scheduleId],
    );
    if (rows[0]?.present === true) return "present";
    if ((rows[0]?.count ?? 0) >= max) return "full";
    await client.query(
      `INSERT INTO ops.collection_schedule (schedule_id, tenant_id, owner_id, owner_role, ${CHANGED.join(", ")})
         VALUES ($1, $2, $3, $4, ${expressions(4).join(", ")})`,
      [row.scheduleId, row.tenantId, row.ownerId, row.ownerRole, ...valuesOf(row)],
    );
    return "added";
  });
}

const CHANGED = [
  "name",
  "target",
  "timing",
  "is_enabled",
  "set_at",
  "due_at",
  "start_at",
  "attempt",
  "failures_in_a_row",
  "job_id",
  "last_run",
  "updated_at",
] as const;
const TIMES: ReadonlySet<string> = new Set(["set_at", "due_at", "start_at", "updated_at"]);
const JSONS: ReadonlySet<string> = new Set(["target", "timing", "last_run"]);

/** @param before parameters that come before those of `valuesOf` */
function expressions(before: number): readonly string[] {
  return CHANGED.map((column, index) => {
    const value = `$${index + before + 1}`;
    if (TIMES.has(column)) return `to_timestamp(${value}::numeric / 1000)`;
    return JSONS.has(column) ? `${value}::jsonb` : value;
  });
}

function valuesOf(row: ScheduleTerms & Progress): readonly unknown[] {
  return [
    row.name,
    JSON.stringify(row.target),
    JSON.stringify(row.timing),
    row.isEnabled,
    row.setAtMs,
    row.dueAtMs,
    row.startAtMs,
    row.attempt,
    row.failuresInARow,
    row.jobId,
    row.lastRun === null ? null : lastRunText(row.lastRun),
    row.updatedAtMs,
  ];
}

/** Vendors' words may have what jsonb does not hold. */
function lastRunText(lastRun: LastRun): string {
  return JSON.stringify(lastRun, (_key, member: unknown) =>
    typeof member === "string" ? member.toWellFormed().replaceAll("\0", "") : member,
  );
}

/**
 * Writes terms and progress of a schedule that still has the revision it was read with.
 * @returns false when it has another by now, or is gone
 */
export async function updateCollectionSchedule(
  pool: Pool,
  { scheduleId, tenantId, revision }: StoredCollectionSchedule,
  next: ScheduleTerms & Progress,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE ops.collection_schedule SET (${CHANGED.join(", ")}) = ROW (${expressions(3).join(", ")}), revision = revision + 1
      WHERE schedule_id = $1 AND tenant_id = $2 AND revision = $3`,
    [scheduleId, tenantId, revision, ...valuesOf(next)],
  );
  return rowCount === 1;
}

export async function deleteCollectionSchedule(pool: Pool, scheduleId: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    "DELETE FROM ops.collection_schedule WHERE schedule_id = $1",
    [scheduleId],
  );
  return rowCount === 1;
}

export async function findCollectionSchedule(
  pool: Pool,
  scheduleId: string,
): Promise<StoredCollectionSchedule | null> {
  const { rows } = await pool.query<StoredCollectionSchedule>(
    `${SELECT} WHERE c.schedule_id = $1`,
    [scheduleId],
  );
  return rows[0] ?? null;
}

export interface CollectionScheduleQuery {
  readonly viewer: Viewer;
  readonly isEnabled?: boolean | undefined;
  readonly after: { readonly atMs: number; readonly id: string } | null;
  readonly order: "asc" | "desc";
  readonly limit: number;
}

/** By time of creation, a page at a time. */
export async function listCollectionSchedules(
  pool: Pool,
  { viewer, isEnabled, after, order, limit }: CollectionScheduleQuery,
): Promise<readonly StoredCollectionSchedule[]> {
  const [past, direction] = order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const { rows } = await pool.query<StoredCollectionSchedule>(
    `${SELECT}
      WHERE c.tenant_id = $1 AND ($2::text IS NULL OR c.owner_id = $2) AND ($3::boolean IS NULL OR c.is_enabled = $3)
        AND ($4::numeric IS NULL OR (c.created_at, c.schedule_id) ${past} (to_timestamp($4::numeric / 1000), $5))
      ORDER BY c.created_at ${direction}, c.schedule_id ${direction} LIMIT $6`,
    [
      viewer.tenantId,
      viewer.userId,
      isEnabled ?? null,
      after?.atMs ?? null,
      after?.id ?? null,
      limit,
    ],
  );
  return rows;
}

/** Of every tenant: those that are to begin by then, and those whose job is over, the longest waiting first. */
export async function schedulesToFollow(
  pool: Pool,
  nowMs: number,
  limit: number,
): Promise<readonly StoredCollectionSchedule[]> {
  const { rows } = await pool.query<StoredCollectionSchedule>(
    `${SELECT}
      WHERE (c.is_enabled AND c.job_id IS NULL AND c.start_at <= to_timestamp($1::numeric / 1000))
         OR (c.job_id IS NOT NULL AND (j.job_id IS NULL OR j.status IN ('succeeded', 'failed', 'cancelled')))
      ORDER BY c.start_at, c.schedule_id LIMIT $2`,
    [nowMs, limit],
  );
  return rows;
}
