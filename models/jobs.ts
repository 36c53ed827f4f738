import type { Pool, PoolClient } from "pg";
import type { JobClaim, JobOutcome, JobRecord, JobStatus } from "../domain/shared/job.ts";
import type { Json } from "../domain/shared/json.ts";
import { inTransaction } from "./postgres/transaction.ts";
import type { Viewer } from "./views.ts";

export interface NewJob {
  readonly jobId: string;
  readonly kind: string;
  readonly tenantId: string;
  readonly ownerId: string;
  readonly params: Json;
  readonly isResumable: boolean;
  /** from when it is asked for to when it has to be done */
  readonly deadlineMs: number;
}

export interface InsertTerms {
  /** so many of its kind may wait */
  readonly queuedMax: number;
  readonly requestKey?: { readonly scope: string; readonly key: string; readonly hash: string };
}

const COLUMNS = `job_id AS "jobId", kind, tenant_id AS "tenantId", owner_id AS "ownerId", params, status, progress, message,
  result, error, attempt, created_at AS "createdAtMs", started_at AS "startedAtMs", ended_at AS "endedAtMs"`;

/** A message is for a person to read. */
const MESSAGE_MAX = 1_000;

/**
 * Queues a job, and ties the idempotency key to it in the same transaction.
 * @returns `used`: the key is on record; nothing was written then, nor when the queue is full
 */
export function insertJob(
  pool: Pool,
  job: NewJob,
  { queuedMax, requestKey }: InsertTerms,
): Promise<"added" | "used" | "full"> {
  return inTransaction(pool, async (client) => {
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 14))", [job.kind]);
    if (requestKey !== undefined && (await isUsed(client, requestKey))) return "used";
    if ((await queuedOf(client, job.kind)) >= queuedMax) return "full";
    if (requestKey !== undefined) await claimKey(client, requestKey);
    await client.query(
      `INSERT INTO ops.job (job_id, kind, tenant_id, owner_id, params, is_resumable, deadline_at)
         VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7::float8 * interval '1 ms')`,
      [
        job.jobId,
        job.kind,
        job.tenantId,
        job.ownerId,
        jsonText(job.params),
        job.isResumable,
        job.deadlineMs,
      ],
    );
    return "added";
  });
}

type RequestKey = NonNullable<InsertTerms["requestKey"]>;

async function isUsed(client: PoolClient, { scope, key }: RequestKey): Promise<boolean> {
  const { rowCount } = await client.query(
    "SELECT FROM act.request_key WHERE scope = $1 AND key = $2",
    [scope, key],
  );
  return rowCount !== 0;
}

async function claimKey(client: PoolClient, { scope, key, hash }: RequestKey): Promise<void> {
  await client.query(
    "INSERT INTO act.request_key (scope, key, body_hash) VALUES ($1, $2, decode($3, 'hex'))",
    [scope, key, hash],
  );
}

async function queuedOf(client: PoolClient, kind: string): Promise<number> {
  const { rows } = await client.query<{ readonly count: number }>(
    "SELECT count(*)::int AS count FROM ops.job WHERE kind = $1 AND status = 'queued'",
    [kind],
  );
  return rows[0]?.count ?? 0;
}

export async function findJob(pool: Pool, jobId: string): Promise<JobRecord | null> {
  const { rows } = await pool.query<JobRecord>(`SELECT ${COLUMNS} FROM ops.job WHERE job_id = $1`, [
    jobId,
  ]);
  return rows[0] ?? null;
}

/** Those of a kind that are not over, of all tenants. */
export async function liveJobs(pool: Pool, kind: string): Promise<readonly JobRecord[]> {
  const { rows } = await pool.query<JobRecord>(
    `SELECT ${COLUMNS} FROM ops.job WHERE kind = $1 AND status IN ('queued', 'running')`,
    [kind],
  );
  return rows;
}

export interface JobQuery {
  readonly viewer: Viewer;
  readonly kind?: string | undefined;
  readonly status?: JobStatus | undefined;
  readonly after: { readonly atMs: number; readonly id: string } | null;
  readonly order: "asc" | "desc";
  readonly limit: number;
}

/** By time of creation, a page at a time. */
export async function listJobs(
  pool: Pool,
  { viewer, kind, status, after, order, limit }: JobQuery,
): Promise<readonly JobRecord[]> {
  const [past, direction] = order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const { rows } = await pool.query<JobRecord>(
    `SELECT ${COLUMNS} FROM ops.job
      WHERE tenant_id = $1 AND ($2::text IS NULL OR owner_id = $2) AND ($3::text IS NULL OR kind = $3)
        AND ($4::text IS NULL OR status = $4)
        AND ($5::numeric IS NULL OR (created_at, job_id) ${past} (to_timestamp($5::numeric / 1000), $6))
      ORDER BY created_at ${direction}, job_id ${direction} LIMIT $7`,
    [
      viewer.tenantId,
      viewer.userId,
      kind ?? null,
      status ?? null,
      after?.atMs ?? null,
      after?.id ?? null,
      limit,
    ],
  );
  return rows;
}

/**
 * Takes the oldest waiting job of these kinds; two nodes never get the same one.
 * @param leaseMs for so long nobody else takes it, unless it is renewed
 */
export async function claimJob(
  pool: Pool,
  { kinds, claimedBy, leaseMs }: ClaimTerms,
): Promise<JobRecord | null> {
  const { rows } = await pool.query<JobRecord>({
    name: "claim-job",
    text: `UPDATE ops.job SET status = 'running', claimed_by = $2, attempt = attempt + 1,
                  lease_until = clock_timestamp() + $3::float8 * interval '1 ms',
                  started_at = coalesce(started_at, clock_timestamp())
            WHERE job_id = (SELECT job_id FROM ops.job WHERE status = 'queued' AND kind = ANY ($1)
                             ORDER BY created_at, job_id FOR UPDATE SKIP LOCKED LIMIT 1)
        RETURNING ${COLUMNS}`,
    values: [kinds, claimedBy, leaseMs],
  });
  return rows[0] ?? null;
}

export interface ClaimTerms {
  readonly kinds: readonly string[];
  readonly claimedBy: string;
  readonly leaseMs: number;
}

const HELD = "job_id = $1 AND attempt = $2 AND claimed_by = $3 AND status = 'running'";

/** `cancel`: held, and somebody wants it to end. `lost`: another has it, or it is over. */
export async function renewJob(
  pool: Pool,
  { jobId, attempt, claimedBy }: JobClaim,
  leaseMs: number,
): Promise<"kept" | "cancel" | "lost"> {
  const { rows } = await pool.query<{ readonly isCancelRequested: boolean }>(
    `UPDATE ops.job SET lease_until = clock_timestamp() + $4::float8 * interval '1 ms' WHERE ${HELD}
     RETURNING is_cancel_requested AS "isCancelRequested"`,
    [jobId, attempt, claimedBy, leaseMs],
  );
  const [row] = rows;
  if (row === undefined) return "lost";
  return row.isCancelRequested ? "cancel" : "kept";
}

/** @returns the job as it stands then; null when it is not held any more */
export async function reportJob(
  pool: Pool,
  { jobId, attempt, claimedBy }: JobClaim,
  progress: number,
  message: string | null,
): Promise<JobRecord | null> {
  const { rows } = await pool.query<JobRecord>(
    `UPDATE ops.job SET progress = $4, message = $5 WHERE ${HELD} RETURNING ${COLUMNS}`,
    [jobId, attempt, claimedBy, progress, messageText(message)],
  );
  return rows[0] ?? null;
}

/** @returns the job as it stands then; null when it is not held any more, and nothing was written */
export async function endJob(
  pool: Pool,
  { jobId, attempt, claimedBy }: JobClaim,
  outcome: JobOutcome,
): Promise<JobRecord | null> {
  const result = outcome.status === "succeeded" ? jsonText(outcome.result) : null;
  const error = outcome.status === "failed" ? jsonText({ ...outcome.error }) : null;
  const { rows } = await pool.query<JobRecord>(
    `UPDATE ops.job
        SET status = CASE WHEN $4 = 'queued' AND is_cancel_requested THEN 'cancelled' ELSE $4 END,
            result = $5::jsonb, error = $6::jsonb, claimed_by = NULL, lease_until = NULL,
            progress = CASE WHEN $4 = 'succeeded' THEN 1 ELSE progress END,
            ended_at = CASE WHEN $4 = 'queued' AND NOT is_cancel_requested THEN NULL ELSE clock_timestamp() END
      WHERE ${HELD} RETURNING ${COLUMNS}`,
    [jobId, attempt, claimedBy, outcome.status, result, error],
  );
  return rows[0] ?? null;
}

/** A job that waits is cancelled; one that runs is told to end. @returns the job as it stands then */
export async function cancelJob(pool: Pool, jobId: string): Promise<JobRecord | null> {
  const { rows } = await pool.query<JobRecord>(
    `UPDATE ops.job
        SET is_cancel_requested = true,
            status = CASE WHEN status = 'queued' THEN 'cancelled' ELSE status END,
            ended_at = CASE WHEN status = 'queued' THEN clock_timestamp() ELSE ended_at END
      WHERE job_id = $1 AND status IN ('queued', 'running') RETURNING ${COLUMNS}`,
    [jobId],
  );
  return rows[0] ?? findJob(pool, jobId);
}

/**
 * Settles what nobody works on any more: a job whose lease has lapsed waits again when it can be gone on with, and has failed
 * otherwise, as has one whose deadline is over.
 * @returns what changed
 */
export async function sweepJobs(
  pool: Pool,
  attemptsMax: number,
  words: { readonly interrupted: Json; readonly late: Json },
): Promise<readonly JobRecord[]> {
  const { rows } = await pool.query<JobRecord>(
    `WITH lapsed AS (
       SELECT job_id AS id, deadline_at < clock_timestamp() AS is_late,
              is_resumable AND attempt < $1 AS may_go_on
         FROM ops.job
        WHERE (status = 'running' AND lease_until < clock_timestamp())
           OR (status = 'queued' AND deadline_at < clock_timestamp())
        FOR UPDATE SKIP LOCKED)
     UPDATE ops.job
        SET status = CASE WHEN is_cancel_requested THEN 'cancelled' WHEN is_late THEN 'failed'
                          WHEN may_go_on THEN 'queued' ELSE 'failed' END,
            error = CASE WHEN is_cancel_requested THEN NULL WHEN is_late THEN $3::jsonb
                         WHEN may_go_on THEN NULL ELSE $2::jsonb END,
            ended_at = CASE WHEN NOT is_cancel_requested AND NOT is_late AND may_go_on THEN NULL
                            ELSE clock_timestamp() END,
            claimed_by = NULL, lease_until = NULL
       FROM lapsed WHERE job_id = lapsed.id RETURNING ${COLUMNS}`,
    [attemptsMax, JSON.stringify(words.interrupted), JSON.stringify(words.late)],
  );
  return rows;
}

/** Deletes the jobs that ended before an instant, epoch ms. @returns how many */
export async function forgetJobs(pool: Pool, endedBeforeMs: number): Promise<number> {
  const { rowCount } = await pool.query(
    `DELETE FROM ops.job WHERE status IN ('succeeded', 'failed', 'cancelled')
        AND ended_at < to_timestamp($1::float8 / 1000)`,
    [endedBeforeMs],
  );
  return rowCount ?? 0;
}

function messageText(message: string | null): string | null {
  return message?.toWellFormed().replaceAll("\0", "").slice(0, MESSAGE_MAX) ?? null;
}

/** PostgreSQL's jsonb holds neither a NUL nor half of a surrogate pair, and vendors send both. */
function jsonText(value: Json): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "string" ? member.toWellFormed().replaceAll("\0", "") : member,
  );
}
