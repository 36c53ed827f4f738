import type { Pool } from "pg";
import type { TenantPolicy } from "../domain/risk/kill-switch/messages.ts";
import type { RiskPolicy } from "../domain/risk/live/policy.ts";
import type { Json } from "../domain/shared/json.ts";

interface PolicyRow {
  readonly seq: number;
  readonly tenant_id: string;
  readonly policy: RiskPolicy;
}

/** In place of what was set for the tenant before, to be told to all its portfolios. */
export async function addTenantLimits(
  pool: Pool,
  tenantId: string,
  policy: RiskPolicy,
  setBy: string,
): Promise<TenantPolicy> {
  const { rows } = await pool.query<PolicyRow>(
    `WITH added AS (
       INSERT INTO risk.tenant_limits (tenant_id, policy, set_by) VALUES ($1, $2, $3) RETURNING *),
     pending AS (INSERT INTO risk.pending (kind, seq) SELECT 'tenantLimits', seq FROM added),
     watched AS (
       INSERT INTO risk.watched (portfolio_id)
       SELECT id FROM act.view WHERE type = 'portfolio' AND tenant_id = $1 AND status = 'open'
       ON CONFLICT DO NOTHING)
     SELECT seq::float8, tenant_id, policy FROM added`,
    [tenantId, JSON.stringify(policy), setBy],
  );
  const [row] = rows;
  if (row === undefined) throw new Error("limits that were added are not there");
  return { version: row.seq, policy: row.policy };
}

/** Null: nothing was ever set. */
export async function tenantLimits(pool: Pool, tenantId: string): Promise<TenantPolicy | null> {
  const { rows } = await pool.query<PolicyRow>({
    name: "tenant-limits",
    text: `SELECT seq::float8, tenant_id, policy FROM risk.tenant_limits
            WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1`,
    values: [tenantId],
  });
  const [row] = rows;
  return row === undefined ? null : { version: row.seq, policy: row.policy };
}

export async function pendingTenantLimits(
  pool: Pool,
): Promise<readonly (TenantPolicy & { readonly tenantId: string })[]> {
  const { rows } = await pool.query<PolicyRow>({
    name: "pending-tenant-limits",
    text: `SELECT seq::float8, tenant_id, policy FROM risk.tenant_limits l
            WHERE EXISTS (SELECT 1 FROM risk.pending p WHERE p.kind = 'tenantLimits' AND p.seq = l.seq)
            ORDER BY seq`,
  });
  return rows.map(({ seq, tenant_id, policy }) => ({ version: seq, tenantId: tenant_id, policy }));
}

/** Written before the portfolio is told of limits that have to be watched: one that never is costs nothing. */
export async function noteWatched(pool: Pool, portfolioId: string): Promise<void> {
  await pool.query({
    name: "note-watched",
    text: "INSERT INTO risk.watched (portfolio_id) VALUES ($1) ON CONFLICT DO NOTHING",
    values: [portfolioId],
  });
}

/** A watched portfolio as it stood after its last turn. */
export interface WatchedView {
  readonly portfolioId: string;
  /** grows with each turn */
  readonly version: number;
  readonly doc: Json;
}

/** Those that have changed since `known`, which is their versions by id. @param tenantId only those; null: all */
export async function changedWatched(
  pool: Pool,
  known: ReadonlyMap<string, number>,
  tenantId: string | null = null,
): Promise<readonly WatchedView[]> {
  const { rows } = await pool.query<WatchedView>({
    name: "changed-watched",
    text: `SELECT v.id AS "portfolioId", v.version::float8 AS version, v.doc
             FROM risk.watched w
             JOIN act.view v ON v.type = 'portfolio' AND v.id = w.portfolio_id
             LEFT JOIN unnest($1::text[], $2::float8[]) AS k (id, version) ON k.id = v.id
            WHERE v.version > coalesce(k.version, 0) AND ($3::text IS NULL OR v.tenant_id = $3)`,
    values: [[...known.keys()], [...known.values()], tenantId],
  });
  return rows;
}

/** Open portfolios, in the order of their ids. */
export async function openPortfolios(
  pool: Pool,
  tenantId: string,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await pool.query<{ readonly id: string }>({
    name: "open-portfolios",
    text: `SELECT id FROM act.view
            WHERE type = 'portfolio' AND tenant_id = $1 AND status = 'open' AND id > $2
            ORDER BY id LIMIT $3`,
    values: [tenantId, after, limit],
  });
  return rows.map(({ id }) => id);
}

/** The portfolios that have an order or a trade at a venue: of an order's id, or of a symbol. */
export async function portfoliosAtVenue(
  pool: Pool,
  venue: string,
  id: string,
): Promise<readonly { readonly portfolioId: string; readonly tenantId: string }[]> {
  const { rows } = await pool.query<{ readonly portfolioId: string; readonly tenantId: string }>(
    `SELECT DISTINCT p.id AS "portfolioId", p.tenant_id AS "tenantId" FROM act.view p
      WHERE p.type = 'portfolio' AND p.status = 'open' AND p.id IN (
        SELECT portfolio_id FROM act.view WHERE type = 'order' AND id = $2
        UNION SELECT portfolio_id FROM book.trade WHERE venue = $1 AND symbol = $2)`,
    [venue, id],
  );
  return rows;
}
