import type { Pool, PoolClient } from "pg";
import type { Json } from "../domain/shared/json.ts";
import { inTransaction } from "./postgres/transaction.ts";
import type { Viewer } from "./views.ts";

export interface StoredAccount {
  readonly accountId: string;
  readonly tenantId: string;
  readonly ownerId: string;
  readonly broker: string;
  readonly name: string;
  readonly venue: string;
  readonly status: "enabled" | "disabled";
  readonly settings: { readonly [name: string]: Json };
  /** an envelope of what only the holder of a key can read */
  readonly sealed: string;
  readonly keyId: string;
  /** grows with every change */
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export type NewAccount = Omit<StoredAccount, "version" | "status" | "createdAtMs" | "updatedAtMs">;
export type AccountChanges = Partial<
  Pick<StoredAccount, "name" | "status" | "settings" | "sealed" | "keyId">
>;

/** Statuses of orders that a broker may have. */
const OPEN = [
  "pendingNew",
  "new",
  "partiallyFilled",
  "pendingCancel",
  "pendingReplace",
  "triggered",
  "unknown",
];

const COLUMNS = `account_id AS "accountId", tenant_id AS "tenantId", owner_id AS "ownerId", broker, name, venue, status,
  settings, sealed, key_id AS "keyId", version, created_at AS "createdAtMs", updated_at AS "updatedAtMs"`;

/**
 * Adds an account, and ties the idempotency key to it in the same transaction.
 * @returns `used`: the key is on record; nothing was written then, nor when the owner has too many
 */
export async function insertAccount(
  pool: Pool,
  account: NewAccount,
  { nowMs, perOwnerMax, requestKey }: InsertTerms,
): Promise<"added" | "used" | "tooMany"> {
  return inTransaction(pool, async (client) => {
    await lockOwner(client, account);
    if (requestKey !== undefined && (await isUsed(client, requestKey))) return "used";
    if ((await countOf(client, account)) >= perOwnerMax) return "tooMany";
    if (requestKey !== undefined) await claim(client, requestKey);
    const { accountId, tenantId, ownerId, broker, name, venue, settings, sealed, keyId } = account;
    await client.query(
      `INSERT INTO brokers.account (account_id, tenant_id, owner_id, broker, name, venue, settings, sealed, key_id,
                                    created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, to_timestamp($10::numeric / 1000), to_timestamp($10::numeric / 1000))`,
      [
        accountId,
        tenantId,
        ownerId,
        broker,
        name,
        venue,
        JSON.stringify(settings),
        sealed,
        keyId,
        nowMs,
      ],
    );
    return "added";
  });
}

export interface InsertTerms {
  readonly nowMs: number;
  readonly perOwnerMax: number;
  /** `hash` says nothing of credentials: it is stored in the clear */
  readonly requestKey?: { readonly scope: string; readonly key: string; readonly hash: string };
}

/** One at a time adds accounts for an owner, so that none passes the limit. */
async function lockOwner(client: PoolClient, { tenantId, ownerId }: NewAccount): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 8))", [
    JSON.stringify(["brokers.account", tenantId, ownerId]),
  ]);
}

type RequestKey = NonNullable<InsertTerms["requestKey"]>;

async function isUsed(client: PoolClient, { scope, key }: RequestKey): Promise<boolean> {
  const { rowCount } = await client.query(
    "SELECT FROM act.request_key WHERE scope = $1 AND key = $2",
    [scope, key],
  );
  return rowCount !== 0;
}

/** Scopes are their owner's, who is locked: nobody else has claimed it since. */
async function claim(client: PoolClient, { scope, key, hash }: RequestKey): Promise<void> {
  await client.query(
    "INSERT INTO act.request_key (scope, key, body_hash) VALUES ($1, $2, decode($3, 'hex'))",
    [scope, key, hash],
  );
}

async function countOf(client: PoolClient, { tenantId, ownerId }: NewAccount): Promise<number> {
  const { rows } = await client.query<{ readonly count: number }>(
    "SELECT count(*) AS count FROM brokers.account WHERE tenant_id = $1 AND owner_id = $2",
    [tenantId, ownerId],
  );
  return rows[0]?.count ?? 0;
}

export async function findAccount(pool: Pool, accountId: string): Promise<StoredAccount | null> {
  const { rows } = await pool.query<StoredAccount>(
    `SELECT ${COLUMNS} FROM brokers.account WHERE account_id = $1`,
    [accountId],
  );
  return rows[0] ?? null;
}

export async function findAccounts(
  pool: Pool,
  accountIds: readonly string[],
): Promise<readonly StoredAccount[]> {
  const { rows } = await pool.query<StoredAccount>(
    `SELECT ${COLUMNS} FROM brokers.account WHERE account_id = ANY ($1)`,
    [accountIds],
  );
  return rows;
}

/** Which accounts there are, and how new each is. */
export async function accountVersions(pool: Pool): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ readonly id: string; readonly version: number }>({
    name: "broker-account-versions",
    text: "SELECT account_id AS id, version FROM brokers.account",
  });
  return new Map(rows.map(({ id, version }) => [id, version]));
}

export interface AccountQuery {
  readonly viewer: Viewer;
  readonly broker?: string | undefined;
  readonly after: { readonly atMs: number; readonly id: string } | null;
  readonly order: "asc" | "desc";
  readonly limit: number;
}

/** By time of creation, a page at a time. */
export async function listAccounts(
  pool: Pool,
  { viewer, broker, after, order, limit }: AccountQuery,
): Promise<readonly StoredAccount[]> {
  const [past, direction] = order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const { rows } = await pool.query<StoredAccount>(
    `SELECT ${COLUMNS} FROM brokers.account
      WHERE tenant_id = $1 AND ($2::text IS NULL OR owner_id = $2) AND ($3::text IS NULL OR broker = $3)
        AND ($4::numeric IS NULL OR (created_at, account_id) ${past} (to_timestamp($4::numeric / 1000), $5))
      ORDER BY created_at ${direction}, account_id ${direction} LIMIT $6`,
    [viewer.tenantId, viewer.userId, broker ?? null, after?.atMs ?? null, after?.id ?? null, limit],
  );
  return rows;
}

/** What may be done to an account, decided while nobody else changes it. */
export type AccountDecision = "keep" | "delete" | AccountChanges;

/**
 * Changes or deletes an account as `decide` says.
 * @param decide is told how many open orders go through it
 * @returns the account as it stands then; null when it is not there, or not any more
 */
export async function changeAccount(
  pool: Pool,
  accountId: string,
  nowMs: number,
  decide: (account: StoredAccount, openOrders: number) => AccountDecision,
): Promise<StoredAccount | null> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<StoredAccount>(
      `SELECT ${COLUMNS} FROM brokers.account WHERE account_id = $1 FOR UPDATE`,
      [accountId],
    );
    const [account] = rows;
    if (account === undefined) return null;
    const decision = decide(account, await openOrders(client, account));
    if (decision === "keep") return account;
    if (decision === "delete") {
      await client.query("DELETE FROM brokers.account WHERE account_id = $1", [accountId]);
      return null;
    }
    return write(client, account, decision, nowMs);
  });
}

async function openOrders(
  client: PoolClient,
  { accountId, tenantId }: StoredAccount,
): Promise<number> {
  const { rows } = await client.query<{ readonly count: number }>(
    `SELECT count(*) AS count FROM act.view
      WHERE type = 'order' AND tenant_id = $1 AND status = ANY ($2) AND doc->>'brokerAccountId' = $3`,
    [tenantId, OPEN, accountId],
  );
  return rows[0]?.count ?? 0;
}

async function write(
  client: PoolClient,
  account: StoredAccount,
  changes: AccountChanges,
  nowMs: number,
): Promise<StoredAccount> {
  const { accountId, name, status, settings, sealed, keyId } = { ...account, ...changes };
  const { rows } = await client.query<StoredAccount>(
    `UPDATE brokers.account SET name = $2, status = $3, settings = $4, sealed = $5, key_id = $6, version = version + 1,
            updated_at = to_timestamp($7::numeric / 1000)
      WHERE account_id = $1 RETURNING ${COLUMNS}`,
    [accountId, name, status, JSON.stringify(settings), sealed, keyId, nowMs],
  );
  // sound: the row is locked, so that it is there
  return rows[0] as StoredAccount;
}

/** Accounts that are not sealed with this key. */
export async function accountsSealedOtherwise(
  pool: Pool,
  keyId: string,
): Promise<readonly StoredAccount[]> {
  const { rows } = await pool.query<StoredAccount>(
    `SELECT ${COLUMNS} FROM brokers.account WHERE key_id <> $1 ORDER BY account_id`,
    [keyId],
  );
  return rows;
}

/** The same secrets in another envelope: no adapter needs to hear of it. Nothing happens when it was changed meanwhile. */
export async function resealAccount(
  pool: Pool,
  { accountId, version }: StoredAccount,
  envelope: { readonly sealed: string; readonly keyId: string },
): Promise<void> {
  await pool.query(
    "UPDATE brokers.account SET sealed = $3, key_id = $4 WHERE account_id = $1 AND version = $2",
    [accountId, version, envelope.sealed, envelope.keyId],
  );
}
