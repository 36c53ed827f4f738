import type { Pool } from "pg";
import { inTransaction } from "../postgres/transaction.ts";

export type StoredRole = "viewer" | "analyst" | "trader" | "risk_manager" | "compliance" | "admin";

export interface StoredUser {
  readonly userId: string;
  readonly tenantId: string;
  readonly email: string;
  readonly name: string | null;
  readonly passwordHash: string;
  readonly role: StoredRole;
  readonly status: "active" | "disabled";
  readonly createdAtMs: number;
}

const COLUMNS = `user_id AS "userId", tenant_id AS "tenantId", email, name, password_hash AS "passwordHash",
  role, status, created_at AS "createdAtMs"`;

/** The case of an e-mail address does not count. */
export async function findUserByEmail(pool: Pool, email: string): Promise<StoredUser | null> {
  const sql = `SELECT ${COLUMNS} FROM identity.app_user WHERE lower(email) = lower($1)`;
  const { rows } = await pool.query<StoredUser>(sql, [email]);
  return rows[0] ?? null;
}

export async function findUser(pool: Pool, userId: string): Promise<StoredUser | null> {
  const sql = `SELECT ${COLUMNS} FROM identity.app_user WHERE user_id = $1`;
  const { rows } = await pool.query<StoredUser>(sql, [userId]);
  return rows[0] ?? null;
}

export async function hasAdministrator(pool: Pool): Promise<boolean> {
  const sql = `SELECT EXISTS (SELECT FROM identity.app_user WHERE role = 'admin') AS found`;
  const { rows } = await pool.query<{ found: boolean }>(sql);
  return rows[0]?.found === true;
}

export interface NewAdministrator {
  readonly userId: string;
  readonly email: string;
  readonly passwordHash: string;
}

/** Serialises first starts of several nodes. */
const SEED_LOCK = 7_140_202;

/**
 * Makes the first administrator.
 * @returns false when there is one already, or the address belongs to somebody
 */
export function insertFirstAdministrator(
  pool: Pool,
  { userId, email, passwordHash }: NewAdministrator,
): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    await client.query("SELECT pg_advisory_xact_lock($1)", [SEED_LOCK]);
    const { rowCount } = await client.query(
      `INSERT INTO identity.app_user (user_id, tenant_id, email, password_hash, role)
       SELECT $1, 'default', $2, $3, 'admin'
       WHERE NOT EXISTS (SELECT FROM identity.app_user WHERE role = 'admin')
       ON CONFLICT DO NOTHING`,
      [userId, email, passwordHash],
    );
    return rowCount === 1;
  });
}
