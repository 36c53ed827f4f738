import type { Pool } from "pg";
import type { DecimalString } from "../domain/shared/decimal.ts";

/** What was bought through a venue less what was sold there, all portfolios together. */
export interface NetTraded {
  readonly symbol: string;
  /** negative when more was sold */
  readonly quantity: DecimalString;
}

/** Of everything that was ever traded there; a part that was allocated is in the trade that it is a part of. */
export async function netTraded(pool: Pool, venue: string): Promise<readonly NetTraded[]> {
  const { rows } = await pool.query<NetTraded>(
    `SELECT symbol, sum(CASE side WHEN 'buy' THEN quantity ELSE -quantity END)::text AS quantity
      FROM book.trade WHERE venue = $1 AND allocated_from IS NULL GROUP BY symbol ORDER BY symbol`,
    [venue],
  );
  return rows;
}

/** Symbols of which a venue has had orders that changed after an instant, or may have some still. */
export async function symbolsInUse(
  pool: Pool,
  venue: string,
  statuses: readonly string[],
  sinceMs: number,
): Promise<readonly string[]> {
  const { rows } = await pool.query<{ readonly symbol: string }>(
    `SELECT DISTINCT symbol FROM act.view
      WHERE type = 'order' AND doc->>'venue' = $1 AND (status = ANY ($2) OR updated_at >= $3)
      ORDER BY symbol`,
    [venue, statuses, new Date(sinceMs)],
  );
  return rows.map(({ symbol }) => symbol);
}

/** Whether a venue has an order of ours in one of these statuses. */
export async function hasOpenOrders(
  pool: Pool,
  venue: string,
  statuses: readonly string[],
): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT 1 FROM act.view
      WHERE type = 'order' AND doc->>'venue' = $1 AND status = ANY ($2) LIMIT 1`,
    [venue, statuses],
  );
  return rows.length > 0;
}
