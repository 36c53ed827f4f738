import type { Pool, PoolClient } from "pg";
import type { Switch } from "../domain/risk/kill-switch/switch.ts";
import type { TradingState } from "../domain/risk/live/limit-fields.ts";
import type { Viewer } from "./views.ts";
import type { Json } from "../domain/shared/json.ts";
import { inTransaction } from "./postgres/transaction.ts";

/** A switch as it was set: whose it is, and what came with it. */
export interface SetSwitch extends Switch {
  readonly tenantId: string;
  /** null: all of the tenant's */
  readonly portfolioId: string | null;
  readonly cancelOpenOrders: boolean;
  readonly flatten: boolean;
}

export type NewSwitch = Omit<SetSwitch, "seq" | "atMs" | "scope"> & {
  /** the client's idempotency key */
  readonly requestKey?: string | undefined;
};

interface SwitchRow {
  readonly seq: number;
  readonly tenant_id: string;
  readonly portfolio_id: string | null;
  readonly symbol: string | null;
  readonly state: TradingState;
  readonly reason: string;
  readonly set_by: string;
  readonly cancel_open_orders: boolean;
  readonly flatten: boolean;
  readonly expires_ms: number | null;
  readonly set_ms: number;
}

const MS = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;
const COLUMNS = `seq::float8, tenant_id, portfolio_id, symbol, state, reason, set_by, cancel_open_orders, flatten,
  ${MS("expires_at")} AS expires_ms, ${MS("set_at")} AS set_ms`;

/**
 * Puts a switch on record, to be told to all portfolios that it concerns.
 * A repeat under its request key is what was set then.
 * @param refusalOf asked with the one in whose place it comes, or null, while no other can come between
 * @throws what `refusalOf` answers
 */
export function addSwitch(
  pool: Pool,
  added: NewSwitch,
  refusalOf: (before: SetSwitch | null) => Error | null,
): Promise<{ readonly set: SetSwitch; readonly isReplay: boolean }> {
  return inTransaction(pool, async (client) => {
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
      `risk.switch ${added.tenantId} ${added.portfolioId ?? ""} ${added.symbol ?? ""}`,
    ]);
    const before = await ofRequest(client, added);
    if (before !== null) return { set: before, isReplay: true };
    const refusal = refusalOf(await newest(client, added));
    if (refusal !== null) throw refusal;
    const { rows } = await client.query<SwitchRow>(
      `WITH added AS (
         INSERT INTO risk.switch (tenant_id, portfolio_id, symbol, state, reason, set_by,
                                  cancel_open_orders, flatten, expires_at, request_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9::float8 / 1000), $10)
         RETURNING *),
       pending AS (INSERT INTO risk.pending (kind, seq) SELECT 'switch', seq FROM added)
       SELECT ${COLUMNS} FROM added`,
      [
        added.tenantId,
        added.portfolioId,
        added.symbol,
        added.state,
        added.reason,
        added.by,
        added.cancelOpenOrders,
        added.flatten,
        added.expiresAtMs,
        added.requestKey ?? null,
      ],
    );
    const [row] = rows;
    if (row === undefined) throw new Error("a switch that was added is not there");
    return { set: toSwitch(row), isReplay: false };
  });
}

async function ofRequest(
  client: PoolClient,
  { by, requestKey }: NewSwitch,
): Promise<SetSwitch | null> {
  if (requestKey === undefined) return null;
  const { rows } = await client.query<SwitchRow>(
    `SELECT ${COLUMNS} FROM risk.switch WHERE set_by = $1 AND request_key = $2`,
    [by, requestKey],
  );
  return rows[0] === undefined ? null : toSwitch(rows[0]);
}

async function newest(
  client: PoolClient,
  { tenantId, portfolioId, symbol }: Pick<NewSwitch, "tenantId" | "portfolioId" | "symbol">,
): Promise<SetSwitch | null> {
  const { rows } = await client.query<SwitchRow>(
    `SELECT ${COLUMNS} FROM risk.switch
      WHERE tenant_id = $1 AND portfolio_id IS NOT DISTINCT FROM $2 AND symbol IS NOT DISTINCT FROM $3
      ORDER BY seq DESC LIMIT 1`,
    [tenantId, portfolioId, symbol],
  );
  return rows[0] === undefined ? null : toSwitch(rows[0]);
}

/** Those of all portfolios, and those of portfolios that the viewer may see. */
const MINE = `tenant_id = $1 AND ($2::text IS NULL OR portfolio_id IS NULL OR EXISTS (
  SELECT 1 FROM act.view p WHERE p.type = 'portfolio' AND p.id = portfolio_id AND p.owner_id = $2))`;

/** The newest of each key of a tenant, resumed ones too. @param portfolioId only those that concern it */
export async function currentSwitches(
  pool: Pool,
  { tenantId, userId }: Viewer,
  portfolioId?: string,
): Promise<readonly SetSwitch[]> {
  const { rows } = await pool.query<SwitchRow>({
    name: "current-switches",
    text: `SELECT DISTINCT ON (portfolio_id, symbol) ${COLUMNS} FROM risk.switch
            WHERE ${MINE} AND ($3::text IS NULL OR portfolio_id IS NULL OR portfolio_id = $3)
            ORDER BY portfolio_id, symbol, seq DESC`,
    values: [tenantId, userId, portfolioId ?? null],
  });
  return rows.map(toSwitch);
}

interface HistoryAsked {
  readonly viewer: Viewer;
  readonly portfolioId: string | undefined;
  readonly afterSeq: number | null;
  readonly order: "asc" | "desc";
  readonly limit: number;
}

export async function listSwitches(pool: Pool, asked: HistoryAsked): Promise<readonly SetSwitch[]> {
  const [past, direction] = asked.order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const { rows } = await pool.query<SwitchRow>(
    `SELECT ${COLUMNS} FROM risk.switch
      WHERE ${MINE} AND ($3::text IS NULL OR portfolio_id IS NULL OR portfolio_id = $3)
        AND ($4::bigint IS NULL OR seq ${past} $4)
      ORDER BY seq ${direction} LIMIT $5`,
    [
      asked.viewer.tenantId,
      asked.viewer.userId,
      asked.portfolioId ?? null,
      asked.afterSeq,
      asked.limit,
    ],
  );
  return rows.map(toSwitch);
}

export async function pendingSwitches(pool: Pool): Promise<readonly SetSwitch[]> {
  const { rows } = await pool.query<SwitchRow>({
    name: "pending-switches",
    text: `SELECT ${COLUMNS} FROM risk.switch s
            WHERE EXISTS (SELECT 1 FROM risk.pending p WHERE p.kind = 'switch' AND p.seq = s.seq)
            ORDER BY seq`,
  });
  return rows.map(toSwitch);
}

export async function notPending(
  pool: Pool,
  kind: "switch" | "tenantLimits",
  seq: number,
): Promise<void> {
  await pool.query("DELETE FROM risk.pending WHERE kind = $1 AND seq = $2", [kind, seq]);
}

function toSwitch(row: SwitchRow): SetSwitch {
  return {
    seq: row.seq,
    tenantId: row.tenant_id,
    portfolioId: row.portfolio_id,
    scope: row.portfolio_id === null ? "global" : "portfolio",
    symbol: row.symbol,
    state: row.state,
    reason: row.reason,
    by: row.set_by,
    cancelOpenOrders: row.cancel_open_orders,
    flatten: row.flatten,
    expiresAtMs: row.expires_ms === null ? null : Math.round(row.expires_ms),
    atMs: Math.round(row.set_ms),
  };
}

/** Portfolios whose positions are being closed, as they stood after their last turns; `doc` is a portfolio's. */
export async function flatteningDocs(
  pool: Pool,
  { tenantId, userId }: Viewer,
): Promise<readonly Json[]> {
  const { rows } = await pool.query<{ readonly doc: Json }>(
    `SELECT doc FROM act.view WHERE type = 'portfolio' AND tenant_id = $1 AND status = 'open'
        AND ($2::text IS NULL OR owner_id = $2) AND doc #>> '{risk,flatten,seq}' IS NOT NULL`,
    [tenantId, userId],
  );
  return rows.map(({ doc }) => doc);
}

/** Those that not all portfolios have acknowledged. */
export async function unacknowledged(pool: Pool): Promise<ReadonlySet<number>> {
  const { rows } = await pool.query<{ readonly seq: number }>(
    "SELECT seq::float8 FROM risk.pending WHERE kind = 'switch'",
  );
  return new Set(rows.map(({ seq }) => seq));
}
