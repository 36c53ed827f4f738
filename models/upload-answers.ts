import type { Pool } from "pg";
import type { Json } from "../domain/shared/json.ts";

/** Of an idempotency key: never seen, or seen and not answered yet; answered; or used with another body. */
export type UploadClaim =
  | { readonly kind: "open" }
  | { readonly kind: "answered"; readonly answer: Json }
  | { readonly kind: "reused" };

/** Ties an idempotency key to the body that it first came with, and finds what was answered to it. */
export async function claimUpload(
  pool: Pool,
  scope: string,
  key: string,
  bodyHash: string,
): Promise<UploadClaim> {
  await pool.query(
    `INSERT INTO md.upload_answer (scope, key, body_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    [scope, key, bodyHash],
  );
  const { rows } = await pool.query<{ hash: string; answer: Json | null }>(
    "SELECT body_hash AS hash, answer FROM md.upload_answer WHERE scope = $1 AND key = $2",
    [scope, key],
  );
  const [found] = rows;
  // Deleted since as too old: nothing is known of it any more.
  if (found === undefined) return { kind: "open" };
  if (found.hash !== bodyHash) return { kind: "reused" };
  return found.answer === null ? { kind: "open" } : { kind: "answered", answer: found.answer };
}

export async function answerUpload(
  pool: Pool,
  scope: string,
  key: string,
  answer: Json,
): Promise<void> {
  await pool.query("UPDATE md.upload_answer SET answer = $3::json WHERE scope = $1 AND key = $2", [
    scope,
    key,
    JSON.stringify(answer),
  ]);
}

/** As `answerUpload`, unless something was answered before. @returns what is answered to the key from now on */
export async function answerOnce(
  pool: Pool,
  scope: string,
  key: string,
  answer: Json,
): Promise<Json> {
  const { rows } = await pool.query<{ answer: Json }>(
    `UPDATE md.upload_answer SET answer = coalesce(answer, $3::json)
     WHERE scope = $1 AND key = $2 RETURNING answer`,
    [scope, key, JSON.stringify(answer)],
  );
  return rows[0]?.answer ?? answer;
}

/** A key is remembered for so long. */
export async function forgetUploads(pool: Pool, beforeMs: number): Promise<void> {
  await pool.query(
    "DELETE FROM md.upload_answer WHERE created_at < to_timestamp($1::float8 / 1000)",
    [beforeMs],
  );
}
