import type { Pool } from "pg";
import type { Json } from "../domain/shared/json.ts";

/** A portfolio as it stood after its last turn. */
interface MarginedView {
  readonly portfolioId: string;
  /** grows with each turn */
  readonly version: number;
  readonly doc: Json;
}

/** Written before the portfolio is opened: one that never is costs nothing. */
export async function noteMargined(pool: Pool, portfolioId: string): Promise<void> {
  await pool.query({
    name: "note-margined",
    text: "INSERT INTO book.margined (portfolio_id) VALUES ($1) ON CONFLICT DO NOTHING",
    values: [portfolioId],
  });
}

/** Those that are open and have changed since `known`, which is their versions by id. */
export async function changedMargined(
  pool: Pool,
  known: ReadonlyMap<string, number>,
): Promise<readonly MarginedView[]> {
  const { rows } = await pool.query<MarginedView>({
    name: "changed-margined",
    text: `SELECT v.id AS "portfolioId", v.version, v.doc
             FROM book.margined m
             JOIN act.view v ON v.type = 'portfolio' AND v.id = m.portfolio_id
             LEFT JOIN unnest($1::text[], $2::bigint[]) AS k (id, version) ON k.id = v.id
            WHERE v.version > coalesce(k.version, 0)`,
    values: [[...known.keys()], [...known.values()]],
  });
  return rows;
}
