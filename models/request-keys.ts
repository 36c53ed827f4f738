import type { Pool } from "pg";
import { LAZILY } from "./postgres/lazily.ts";

/**
 * Ties an idempotency key to the body that it first came with. Its commit does not wait for the disk: what is then done under
 * the key is written behind it in the same log, so it cannot be durable without it.
 * @returns false when it came with another one before
 */
export async function claimRequestKey(
  pool: Pool,
  scope: string,
  key: string,
  bodyHash: string,
): Promise<boolean> {
  const answer = await pool.query<{ body_hash: string }>({
    name: "claim-request-key",
    text: `WITH ${LAZILY},
           added AS (
             INSERT INTO act.request_key (scope, key, body_hash) SELECT $1, $2, decode($3, 'hex') FROM lazily
             ON CONFLICT DO NOTHING RETURNING encode(body_hash, 'hex') AS body_hash
           )
           SELECT body_hash FROM added
           UNION ALL SELECT encode(body_hash, 'hex') FROM act.request_key WHERE scope = $1 AND key = $2 LIMIT 1`,
    values: [scope, key, bodyHash],
  });
  // No row: another request added it after this statement began. It is there now.
  const found = answer.rows[0]?.body_hash ?? (await storedHash(pool, scope, key));
  return found === bodyHash;
}

async function storedHash(pool: Pool, scope: string, key: string): Promise<string | undefined> {
  const answer = await pool.query<{ body_hash: string }>(
    "SELECT encode(body_hash, 'hex') AS body_hash FROM act.request_key WHERE scope = $1 AND key = $2",
    [scope, key],
  );
  return answer.rows[0]?.body_hash;
}
