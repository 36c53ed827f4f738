import type { Pool } from "pg";
import { inTransaction } from "./postgres/transaction.ts";
import type { Viewer } from "./views.ts";

export type Severity = "info" | "warning" | "critical";

export interface NewAlert {
  readonly tenantId: string;
  readonly portfolioId: string | null;
  readonly ownerId: string | null;
  readonly kind: string;
  readonly severity: Severity;
  readonly message: string;
  readonly limit: string | null;
  readonly observed: string | null;
  readonly raisedAtMs: number;
}

export interface Alert extends NewAlert {
  readonly alertId: number;
  readonly repeats: number;
  readonly ackedAtMs: number | null;
  readonly ackedBy: string | null;
}

interface AlertRow {
  readonly alert_id: number;
  readonly tenant_id: string;
  readonly portfolio_id: string | null;
  readonly owner_id: string | null;
  readonly kind: string;
  readonly severity: Severity;
  readonly message: string;
  readonly limit_value: string | null;
  readonly observed: string | null;
  readonly raised_ms: number;
  readonly repeats: number;
  readonly acked_ms: number | null;
  readonly acked_by: string | null;
}

const COLUMNS = `alert_id::float8, tenant_id, portfolio_id, owner_id, kind, severity, message, limit_value, observed,
  (extract(epoch from raised_at) * 1000)::float8 AS raised_ms, repeats,
  (extract(epoch from acked_at) * 1000)::float8 AS acked_ms, acked_by`;

/**
 * Puts an alert on record, once for all nodes that see what it is about.
 * @param cooldownMs since the last of this condition: within it the alert is silent, and the last one's repeats grow
 * @returns null when it is silent
 */
export function raiseAlert(pool: Pool, alert: NewAlert, cooldownMs: number): Promise<Alert | null> {
  const { tenantId, portfolioId, kind, severity } = alert;
  return inTransaction(pool, async (client) => {
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
      `risk.alert ${tenantId} ${portfolioId ?? ""} ${kind} ${severity}`,
    ]);
    const silent = await client.query(
      `UPDATE risk.alert SET repeats = repeats + 1
        WHERE alert_id = (SELECT max(alert_id) FROM risk.alert
          WHERE tenant_id = $1 AND portfolio_id IS NOT DISTINCT FROM $2 AND kind = $3 AND severity = $4)
          AND raised_at > to_timestamp($5::float8 / 1000)`,
      [tenantId, portfolioId, kind, severity, alert.raisedAtMs - cooldownMs],
    );
    if ((silent.rowCount ?? 0) > 0) return null;
    const { rows } = await client.query<AlertRow>(
      `INSERT INTO risk.alert (tenant_id, portfolio_id, owner_id, kind, severity, message, limit_value, observed, raised_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9::float8 / 1000)) RETURNING ${COLUMNS}`,
      [
        tenantId,
        portfolioId,
        alert.ownerId,
        kind,
        severity,
        alert.message,
        alert.limit,
        alert.observed,
        alert.raisedAtMs,
      ],
    );
    return rows[0] === undefined ? null : toAlert(rows[0]);
  });
}

export interface AlertsAsked {
  readonly viewer: Viewer;
  readonly portfolioId: string | undefined;
  readonly kind: string | undefined;
  readonly severity: Severity | undefined;
  readonly isAcked: boolean | undefined;
  readonly sinceMs: number | undefined;
  readonly afterId: number | null;
  readonly order: "asc" | "desc";
  readonly limit: number;
}

/** Those of the tenant as a whole are everybody's of the tenant. */
export async function listAlerts(pool: Pool, asked: AlertsAsked): Promise<readonly Alert[]> {
  const [past, direction] = asked.order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const { rows } = await pool.query<AlertRow>(
    `SELECT ${COLUMNS} FROM risk.alert
      WHERE tenant_id = $1 AND ($2::text IS NULL OR owner_id IS NULL OR owner_id = $2)
        AND ($3::text IS NULL OR portfolio_id = $3) AND ($4::text IS NULL OR kind = $4)
        AND ($5::text IS NULL OR severity = $5)
        AND ($6::boolean IS NULL OR (acked_at IS NOT NULL) = $6)
        AND ($7::float8 IS NULL OR raised_at >= to_timestamp($7::float8 / 1000))
        AND ($8::bigint IS NULL OR alert_id ${past} $8)
      ORDER BY alert_id ${direction} LIMIT $9`,
    [
      asked.viewer.tenantId,
      asked.viewer.userId,
      asked.portfolioId ?? null,
      asked.kind ?? null,
      asked.severity ?? null,
      asked.isAcked ?? null,
      asked.sinceMs ?? null,
      asked.afterId,
      asked.limit,
    ],
  );
  return rows.map(toAlert);
}

/** The first who has seen it counts. Null: there is none that this viewer may see. */
export async function ackAlert(
  pool: Pool,
  viewer: Viewer,
  alertId: string,
  by: string,
): Promise<Alert | null> {
  const { rows } = await pool.query<AlertRow>(
    `UPDATE risk.alert SET acked_at = coalesce(acked_at, date_trunc('milliseconds', clock_timestamp())),
                           acked_by = coalesce(acked_by, $4)
      WHERE alert_id = $3::bigint AND tenant_id = $1
        AND ($2::text IS NULL OR owner_id IS NULL OR owner_id = $2)
      RETURNING ${COLUMNS}`,
    [viewer.tenantId, viewer.userId, alertId, by],
  );
  return rows[0] === undefined ? null : toAlert(rows[0]);
}

function toAlert(row: AlertRow): Alert {
  return {
    alertId: row.alert_id,
    tenantId: row.tenant_id,
    portfolioId: row.portfolio_id,
    ownerId: row.owner_id,
    kind: row.kind,
    severity: row.severity,
    message: row.message,
    limit: row.limit_value,
    observed: row.observed,
    raisedAtMs: Math.round(row.raised_ms),
    repeats: row.repeats,
    ackedAtMs: row.acked_ms === null ? null : Math.round(row.acked_ms),
    ackedBy: row.acked_by,
  };
}
