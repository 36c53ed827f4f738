import type { Pool, PoolClient } from "pg";
import { inTransaction } from "../postgres/transaction.ts";
import type { StoredRole } from "./users.ts";

export interface NewSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  /** from now, by the database's clock */
  readonly lifetimeS: number;
}

/** Begins a session with its first refresh token. */
export async function insertSession(
  pool: Pool,
  { sessionId, userId, address, userAgent, lifetimeS }: NewSession,
  tokenHash: Buffer,
): Promise<void> {
  const sql = `
    WITH session AS (
      INSERT INTO identity.session (session_id, user_id, address, user_agent, expires_at)
      VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5))
      RETURNING session_id)
    INSERT INTO identity.refresh_token (token_hash, session_id) SELECT $6, session_id FROM session`;
  await pool.query(sql, [sessionId, userId, address, userAgent, lifetimeS, tokenHash]);
}

export type Rotation =
  | { readonly outcome: "rotated"; readonly sessionId: string; readonly userId: string }
  /** the token was spent before: somebody has a copy, so the whole session was ended */
  | { readonly outcome: "reused"; readonly sessionId: string }
  | { readonly outcome: "invalid" };

/** Spends a refresh token and records its successor; of two that present it at once, one gets it and the other reuses it. */
export function rotateRefreshToken(
  pool: Pool,
  tokenHash: Buffer,
  successorHash: Buffer,
): Promise<Rotation> {
  return inTransaction(pool, async (client) => {
    const found = await lockToken(client, tokenHash);
    if (found === null || !found.isAlive) return { outcome: "invalid" };
    const { sessionId, userId, isSpent } = found;
    if (isSpent) {
      await revoke(client, sessionId, "tokenReused");
      return { outcome: "reused", sessionId };
    }
    await client.query(
      "UPDATE identity.refresh_token SET spent_at = clock_timestamp() WHERE token_hash = $1",
      [tokenHash],
    );
    await client.query(
      "INSERT INTO identity.refresh_token (token_hash, session_id) VALUES ($1, $2)",
      [successorHash, sessionId],
    );
    return { outcome: "rotated", sessionId, userId };
  });
}

interface FoundToken {
  readonly sessionId: string;
  readonly userId: string;
  readonly isSpent: boolean;
  readonly isAlive: boolean;
}

async function lockToken(client: PoolClient, tokenHash: Buffer): Promise<FoundToken | null> {
  const sql = `
    SELECT s.session_id AS "sessionId", s.user_id AS "userId", t.spent_at IS NOT NULL AS "isSpent",
           s.revoked_at IS NULL AND s.expires_at > clock_timestamp() AND u.status = 'active' AS "isAlive"
    FROM identity.refresh_token t
    JOIN identity.session s USING (session_id)
    JOIN identity.app_user u USING (user_id)
    WHERE t.token_hash = $1
    FOR UPDATE OF t`;
  const { rows } = await client.query<FoundToken>(sql, [tokenHash]);
  return rows[0] ?? null;
}

export type RevocationReason = "logout" | "tokenReused";

/** May be repeated: the first reason stays. */
export async function revokeSession(
  pool: Pool,
  sessionId: string,
  reason: RevocationReason,
): Promise<void> {
  await revoke(pool, sessionId, reason);
}

async function revoke(
  db: Pool | PoolClient,
  sessionId: string,
  reason: RevocationReason,
): Promise<void> {
  const sql = `UPDATE identity.session SET revoked_at = clock_timestamp(), revoked_because = $2
               WHERE session_id = $1 AND revoked_at IS NULL`;
  await db.query(sql, [sessionId, reason]);
}

/** The role of a session's user; null when the session has ended or its user may not sign in. */
export async function findSessionRole(pool: Pool, sessionId: string): Promise<StoredRole | null> {
  const sql = `
    SELECT u.role FROM identity.session s JOIN identity.app_user u USING (user_id)
    WHERE s.session_id = $1 AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp()
      AND u.status = 'active'`;
  const { rows } = await pool.query<{ role: StoredRole }>(sql, [sessionId]);
  return rows[0]?.role ?? null;
}
