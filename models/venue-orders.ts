import type { Pool } from "pg";
import type { Instrument } from "../domain/market/instrument.ts";
import type { DecimalString } from "../domain/shared/decimal.ts";

/** An order of ours as its actor left it, whosever it is: a venue knows no tenants. */
export interface VenueOrder {
  readonly orderId: string;
  readonly status: string;
  readonly venue: string | null;
  /** its id there; null until the venue has told it */
  readonly venueOrderId: string | null;
  readonly symbol: string;
  readonly currency: string | null;
  readonly assetClass: Instrument["assetClass"] | null;
  readonly cumQty: DecimalString;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

const COLUMNS = `v.id AS "orderId", v.status, v.doc->>'venue' AS venue, v.doc->>'venueOrderId' AS "venueOrderId",
  v.symbol, v.doc->>'currency' AS currency, i.asset_class AS "assetClass", v.doc->>'cumQty' AS "cumQty", v.created_at AS "createdAtMs", v.updated_at AS "updatedAtMs"`;

/** Orders of a venue that are in one of these statuses, oldest first. */
export async function venueOrders(
  pool: Pool,
  venue: string,
  statuses: readonly string[],
): Promise<readonly VenueOrder[]> {
  const { rows } = await pool.query<VenueOrder>(
    `SELECT ${COLUMNS} FROM act.view v LEFT JOIN md.instrument i ON i.symbol = v.symbol
      WHERE v.type = 'order' AND v.status = ANY ($2) AND v.doc->>'venue' = $1
      ORDER BY v.created_at, v.id`,
    [venue, statuses],
  );
  return rows;
}

export async function findVenueOrder(pool: Pool, orderId: string): Promise<VenueOrder | null> {
  const { rows } = await pool.query<VenueOrder>(
    `SELECT ${COLUMNS} FROM act.view v LEFT JOIN md.instrument i ON i.symbol = v.symbol
      WHERE v.type = 'order' AND v.id = $1`,
    [orderId],
  );
  return rows[0] ?? null;
}

/** Which of these executions are in the book. */
export async function bookedExecIds(
  pool: Pool,
  venue: string,
  execIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ readonly exec_id: string }>(
    "SELECT exec_id FROM book.trade WHERE venue = $1 AND exec_id = ANY ($2)",
    [venue, execIds],
  );
  return new Set(rows.map(({ exec_id }) => exec_id));
}

/** When the newest execution in the book happened, epoch ms; null before the first. */
export async function newestExecutionMs(pool: Pool, venue: string): Promise<number | null> {
  const { rows } = await pool.query<{ readonly at: number | null }>(
    "SELECT max(executed_at) AS at FROM book.trade WHERE venue = $1",
    [venue],
  );
  return rows[0]?.at ?? null;
}

/** What a portfolio holds of an instrument. */
export interface Holding {
  readonly symbol: string;
  readonly assetClass: Instrument["assetClass"];
  readonly quantity: DecimalString;
}

/** What each portfolio holds of each instrument of a venue; of every instrument at least nothing. */
export async function venueHoldings(pool: Pool, venue: string): Promise<readonly Holding[]> {
  const { rows } = await pool.query<Holding>(
    `SELECT i.symbol, i.asset_class AS "assetClass", '0' AS quantity FROM md.instrument i WHERE i.venue = $1
      UNION ALL
     SELECT i.symbol, i.asset_class, p.position->>'quantity'
       FROM act.view v CROSS JOIN LATERAL json_array_elements(v.doc->'positions') AS p (position)
       JOIN md.instrument i ON i.symbol = p.position->>'symbol' AND i.venue = $1
      WHERE v.type = 'portfolio'`,
    [venue],
  );
  return rows;
}

/**
 * What was traded at a venue, of each instrument: bought less sold, whoever ordered it. A part that was allocated is in the
 * trade that it is a part of.
 */
export async function tradedHoldings(pool: Pool, venue: string): Promise<readonly Holding[]> {
  const { rows } = await pool.query<Holding>(
    `SELECT t.symbol, i.asset_class AS "assetClass",
            sum(CASE t.side WHEN 'buy' THEN t.quantity ELSE -t.quantity END) AS quantity
       FROM book.trade t JOIN md.instrument i ON i.symbol = t.symbol
      WHERE t.venue = $1 AND t.allocated_from IS NULL GROUP BY t.symbol, i.asset_class`,
    [venue],
  );
  return rows;
}
