import type { Pool } from "pg";
import type { Json } from "../domain/shared/json.ts";

/** An actor as it stood after its last turn. */
export interface StoredView {
  readonly type: string;
  readonly id: string;
  readonly tenantId: string;
  readonly ownerId: string | null;
  readonly portfolioId: string | null;
  readonly symbol: string | null;
  readonly createdAtMs: number;
  readonly doc: Json;
}

/** Who asks: `userId` null sees everything of the tenant. */
export interface Viewer {
  readonly tenantId: string;
  readonly userId: string | null;
}

export interface ViewQuery {
  readonly type: string;
  readonly viewer: Viewer;
  readonly portfolioId?: string | undefined;
  readonly symbol?: string | undefined;
  readonly statuses?: readonly string[] | undefined;
  readonly sinceMs?: number | undefined;
  readonly after: { readonly atMs: number; readonly id: string } | null;
  readonly order: "asc" | "desc";
  readonly limit: number;
}

interface ViewRow {
  readonly type: string;
  readonly id: string;
  readonly tenant_id: string;
  readonly owner_id: string | null;
  readonly portfolio_id: string | null;
  readonly symbol: string | null;
  readonly created_at: number;
  readonly doc: Json;
}

const COLUMNS =
  "v.type, v.id, v.tenant_id, v.owner_id, v.portfolio_id, v.symbol, v.created_at, v.doc";

/** What belongs to a portfolio is seen by who sees the portfolio. */
const MINE = `($3::text IS NULL OR v.owner_id = $3 OR EXISTS (
  SELECT 1 FROM act.view p WHERE p.type = 'portfolio' AND p.id = v.portfolio_id AND p.owner_id = $3))`;

/** Actors of one type by creation time, a page at a time. */
export async function listViews(pool: Pool, query: ViewQuery): Promise<readonly StoredView[]> {
  const { type, viewer, portfolioId, symbol, statuses, sinceMs, after, order, limit } = query;
  const [past, direction] = order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const answer = await pool.query<ViewRow>(
    `SELECT ${COLUMNS} FROM act.view v
      WHERE v.type = $1 AND v.tenant_id = $2 AND ${MINE}
        AND ($4::text IS NULL OR v.portfolio_id = $4) AND ($5::text IS NULL OR v.symbol = $5)
        AND ($6::text[] IS NULL OR v.status = ANY ($6))
        AND ($7::numeric IS NULL OR v.created_at >= to_timestamp($7::numeric / 1000))
        AND ($8::numeric IS NULL OR (v.created_at, v.id) ${past} (to_timestamp($8::numeric / 1000), $9))
      ORDER BY v.created_at ${direction}, v.id ${direction} LIMIT $10`,
    [
      type,
      viewer.tenantId,
      viewer.userId,
      portfolioId ?? null,
      symbol ?? null,
      statuses ?? null,
      sinceMs ?? null,
      after?.atMs ?? null,
      after?.id ?? null,
      limit,
    ],
  );
  return answer.rows.map(toView);
}

export async function findViews(
  pool: Pool,
  refs: readonly { readonly type: string; readonly id: string }[],
): Promise<readonly StoredView[]> {
  const answer = await pool.query<ViewRow>({
    name: "find-views",
    text: `SELECT ${COLUMNS} FROM unnest($1::text[], $2::text[]) AS w (type, id)
             JOIN act.view v ON v.type = w.type AND v.id = w.id`,
    values: [refs.map((ref) => ref.type), refs.map((ref) => ref.id)],
  });
  return answer.rows.map(toView);
}

export async function findView(pool: Pool, type: string, id: string): Promise<StoredView | null> {
  return (await findViews(pool, [{ type, id }]))[0] ?? null;
}

function toView(row: ViewRow): StoredView {
  return {
    type: row.type,
    id: row.id,
    tenantId: row.tenant_id,
    ownerId: row.owner_id,
    portfolioId: row.portfolio_id,
    symbol: row.symbol,
    createdAtMs: row.created_at,
    doc: row.doc,
  };
}
