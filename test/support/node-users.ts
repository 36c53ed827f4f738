import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import type { UserRole } from "../../types/contracts.ts";
import { cheapPasswords } from "./cheap-passwords.ts";
import type { HttpClient } from "./http.ts";
import type { TestNode } from "./node.ts";

export interface TestUser {
  readonly userId: string;
  readonly email: string;
  readonly client: HttpClient;
}

/** of every user that is made here */
export const USER_PASSWORD = "a passphrase for tests";
/** Once will do. */
let passwordHash: Promise<string> | null = null;

/** A user who has signed in; of the administrator's tenant unless another is named. */
export async function signUp(
  { anonymous, database }: TestNode,
  { role, tenantId = "default" }: { readonly role: UserRole; readonly tenantId?: string },
): Promise<TestUser> {
  const { userId, email } = await addUser(database.pool, { role, tenantId });
  return { userId, email, client: await anonymous.login(email, USER_PASSWORD) };
}

/** A user who has not signed in yet, of a node that may be a process of its own. */
export async function addUser(
  pool: Pool,
  { role, tenantId }: { readonly role: UserRole; readonly tenantId: string },
): Promise<Pick<TestUser, "userId" | "email">> {
  const userId = randomUUID();
  const email = `${userId}@e2e.test`;
  passwordHash ??= cheapPasswords().hash(USER_PASSWORD);
  await insert(pool, [userId, tenantId, email, await passwordHash, role]);
  return { userId, email };
}

async function insert(pool: Pool, values: readonly [string, string, string, string, UserRole]) {
  await pool.query(
    "INSERT INTO identity.tenant (tenant_id, name) VALUES ($1, $1) ON CONFLICT DO NOTHING",
    [values[1]],
  );
  await pool.query(
    `INSERT INTO identity.app_user (user_id, tenant_id, email, password_hash, role)
     VALUES ($1, $2, $3, $4, $5)`,
    [...values],
  );
}
