import type { Pool } from "pg";
import type { AllocationRow, LedgerEntry, TradeRow } from "../domain/shared/journal.ts";
import type { Viewer } from "./views.ts";

/** A row of the book with its place in the order of booking. */
export type Booked<T> = T & { readonly seq: number };

/** A trade with what came after it. */
export interface StoredTrade extends Omit<TradeRow, "settlementStatus" | "allocatedFrom"> {
  readonly settlementStatus: "pending" | "settled" | "failed";
  /** when that was recorded; null for a trade that settled as it was booked, or has yet to */
  readonly settlementAtMs: number | null;
  readonly allocations: readonly AllocationRow[];
  readonly allocatedFrom: string | null;
}

interface Paging {
  readonly afterSeq: number | null;
  readonly order: "asc" | "desc";
  readonly limit: number;
}

export interface TradeQuery extends Paging {
  readonly viewer: Viewer;
  readonly tradeId?: string | undefined;
  readonly portfolioId?: string | undefined;
  readonly symbol?: string | undefined;
  readonly orderId?: string | undefined;
  /** of any of these orders */
  readonly orderIds?: readonly string[] | undefined;
  /** executed then or later */
  readonly sinceMs?: number | undefined;
}

const TRADE_COLUMNS = `t.trade_id AS "tradeId", t.exec_id AS "execId", t.venue, t.order_id AS "orderId",
  t.portfolio_id AS "portfolioId", t.tenant_id AS "tenantId", t.symbol, t.side, t.price, t.quantity, t.fees, t.currency,
  t.liquidity, t.executed_at AS "executedAtMs", t.recorded_at AS "recordedAtMs",
  to_char(t.settlement_date, 'YYYY-MM-DD') AS "settlementDate", t.realized_pnl AS "realizedPnl", t.seq,
  t.settlement_status AS "settlementStatus", t.settlement_at AS "settlementAtMs", t.allocations,
  t.allocated_from AS "allocatedFrom"`;

/** Fills on record, in the order of booking. */
export async function listTrades(
  pool: Pool,
  query: TradeQuery,
): Promise<readonly Booked<StoredTrade>[]> {
  const [past, direction] = query.order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const answer = await pool.query<Booked<StoredTrade>>(
    `SELECT ${TRADE_COLUMNS} FROM book.trade t
      WHERE t.tenant_id = $1
        AND ($2::text IS NULL OR EXISTS (
          SELECT 1 FROM act.view p WHERE p.type = 'portfolio' AND p.id = t.portfolio_id AND p.owner_id = $2))
        AND ($3::text IS NULL OR t.trade_id = $3) AND ($4::text IS NULL OR t.portfolio_id = $4)
        AND ($5::text IS NULL OR t.symbol = $5) AND ($6::text IS NULL OR t.order_id = $6)
        AND ($7::numeric IS NULL OR t.executed_at >= to_timestamp($7::numeric / 1000))
        AND ($8::bigint IS NULL OR t.seq ${past} $8) AND ($10::text[] IS NULL OR t.order_id = ANY($10))
      ORDER BY t.seq ${direction} LIMIT $9`,
    [
      query.viewer.tenantId,
      query.viewer.userId,
      query.tradeId ?? null,
      query.portfolioId ?? null,
      query.symbol ?? null,
      query.orderId ?? null,
      query.sinceMs ?? null,
      query.afterSeq,
      query.limit,
      query.orderIds ?? null,
    ],
  );
  return answer.rows;
}

export interface LedgerQuery extends Paging {
  readonly portfolioId: string;
  readonly startMs?: number | undefined;
  readonly endMs?: number | undefined;
}

/** Entries of one portfolio, in the order of booking. */
export async function listLedger(
  pool: Pool,
  query: LedgerQuery,
): Promise<readonly Booked<LedgerEntry>[]> {
  const [past, direction] = query.order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const answer = await pool.query<Booked<LedgerEntry>>(
    `SELECT transaction_id AS "transactionId", idx AS index, portfolio_id AS "portfolioId", account, currency, debit,
            credit, memo, order_id AS "orderId", trade_id AS "tradeId", at AS "atMs", seq
       FROM book.ledger_entry
      WHERE portfolio_id = $1
        AND ($2::numeric IS NULL OR at >= to_timestamp($2::numeric / 1000))
        AND ($3::numeric IS NULL OR at < to_timestamp($3::numeric / 1000))
        AND ($4::bigint IS NULL OR seq ${past} $4)
      ORDER BY seq ${direction} LIMIT $5`,
    [query.portfolioId, query.startMs ?? null, query.endMs ?? null, query.afterSeq, query.limit],
  );
  return answer.rows;
}
