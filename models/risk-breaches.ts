import type { Pool } from "pg";

type BreachLevel = "warning" | "breach";

/** Whose limit it is. */
export interface BreachOwner {
  readonly tenantId: string;
  /** null: of all portfolios of the tenant together */
  readonly portfolioId: string | null;
}

export interface Breach extends BreachOwner {
  readonly breachId: number;
  readonly limitName: string;
  readonly level: BreachLevel;
  readonly limit: string;
  readonly observed: string;
  readonly beganAtMs: number;
  readonly endedAtMs: number | null;
}

interface BreachRow {
  readonly breach_id: number;
  readonly tenant_id: string;
  readonly portfolio_id: string | null;
  readonly limit_name: string;
  readonly level: BreachLevel;
  readonly limit_value: string;
  readonly observed: string;
  readonly began_ms: number;
  readonly ended_ms: number | null;
}

const COLUMNS = `breach_id::float8, tenant_id, portfolio_id, limit_name, level, limit_value, observed,
  (extract(epoch from began_at) * 1000)::float8 AS began_ms,
  (extract(epoch from ended_at) * 1000)::float8 AS ended_ms`;

/** Those that have not ended: what whoever looks at prices starts from. */
export async function openBreaches(pool: Pool): Promise<readonly Breach[]> {
  const { rows } = await pool.query<BreachRow>(
    `SELECT ${COLUMNS} FROM risk.breach WHERE ended_at IS NULL`,
  );
  return rows.map(toBreach);
}

export type NewBreach = Omit<Breach, "breachId" | "endedAtMs">;

/** @returns false when it is on record already, as another node has seen it */
export async function beginBreach(pool: Pool, breach: NewBreach): Promise<boolean> {
  const { rowCount } = await pool.query(
    `INSERT INTO risk.breach (tenant_id, portfolio_id, limit_name, level, limit_value, observed, began_at)
     VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8 / 1000)) ON CONFLICT DO NOTHING`,
    [
      breach.tenantId,
      breach.portfolioId,
      breach.limitName,
      breach.level,
      breach.limit,
      breach.observed,
      breach.beganAtMs,
    ],
  );
  return (rowCount ?? 0) > 0;
}

export async function endBreach(
  pool: Pool,
  owner: BreachOwner,
  limitName: string,
  atMs: number,
): Promise<void> {
  await pool.query(
    `UPDATE risk.breach SET ended_at = to_timestamp($3::float8 / 1000)
      WHERE ${isOf(owner)} AND limit_name = $2 AND ended_at IS NULL`,
    [ownerId(owner), limitName, atMs],
  );
}

export async function listBreaches(
  pool: Pool,
  asked: BreachOwner & {
    readonly afterId: number | null;
    readonly order: "asc" | "desc";
    readonly limit: number;
  },
): Promise<readonly Breach[]> {
  const [past, direction] = asked.order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const { rows } = await pool.query<BreachRow>(
    `SELECT ${COLUMNS} FROM risk.breach
      WHERE ${isOf(asked)} AND ($2::bigint IS NULL OR breach_id ${past} $2)
      ORDER BY breach_id ${direction} LIMIT $3`,
    [ownerId(asked), asked.afterId, asked.limit],
  );
  return rows.map(toBreach);
}

/** Whose `$1` names. */
function isOf({ portfolioId }: BreachOwner): string {
  return portfolioId === null ? "tenant_id = $1 AND portfolio_id IS NULL" : "portfolio_id = $1";
}

function ownerId({ tenantId, portfolioId }: BreachOwner): string {
  return portfolioId ?? tenantId;
}

function toBreach(row: BreachRow): Breach {
  return {
    breachId: row.breach_id,
    tenantId: row.tenant_id,
    portfolioId: row.portfolio_id,
    limitName: row.limit_name,
    level: row.level,
    limit: row.limit_value,
    observed: row.observed,
    beganAtMs: Math.round(row.began_ms),
    endedAtMs: row.ended_ms === null ? null : Math.round(row.ended_ms),
  };
}
