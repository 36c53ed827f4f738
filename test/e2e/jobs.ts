import { randomUUID } from "node:crypto";
import type { Pool } from "pg";

/** A job on record, of a kind that no node runs. */
export async function leaveJob(
  pool: Pool,
  ownerId: string,
  status: "queued" | "succeeded",
): Promise<string> {
  const jobId = randomUUID();
  await pool.query(
    `INSERT INTO ops.job (job_id, kind, tenant_id, owner_id, params, status, is_resumable, deadline_at, progress, result,
                          ended_at)
     VALUES ($1, 'left', 'default', $2, '{}', $3, false, clock_timestamp() + interval '1 day', 0.5,
             CASE WHEN $3 = 'succeeded' THEN '{"done":true}'::jsonb END,
             CASE WHEN $3 = 'succeeded' THEN clock_timestamp() END)`,
    [jobId, ownerId, status],
  );
  return jobId;
}
