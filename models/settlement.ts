import type { Pool } from "pg";
import type { Instrument } from "../domain/market/instrument.ts";

/** A symbol with trades to settle, and what says when its days begin; null where the instrument is gone. */
export interface UnsettledMarket {
  readonly symbol: string;
  readonly assetClass: Instrument["assetClass"] | null;
  readonly calendar: string | null;
  /** ISO date of the trade that is due first */
  readonly firstDate: string;
}

/** Trades of one portfolio that are due, in the order of booking. */
export interface DueTrades {
  readonly portfolioId: string;
  readonly tradeIds: readonly string[];
}

export async function unsettledMarkets(pool: Pool): Promise<readonly UnsettledMarket[]> {
  const { rows } = await pool.query<UnsettledMarket>({
    name: "settlement-markets",
    text: `SELECT t.symbol, i.asset_class AS "assetClass", i.calendar, to_char(t.first, 'YYYY-MM-DD') AS "firstDate"
             FROM (SELECT symbol, min(settlement_date) AS first FROM book.trade
                    WHERE settlement_status = 'pending' GROUP BY symbol) t
             LEFT JOIN md.instrument i ON i.symbol = t.symbol
            ORDER BY t.symbol`,
    values: [],
  });
  return rows;
}

/** @param limit of the trades of one portfolio */
export async function dueTrades(
  pool: Pool,
  symbol: string,
  asOf: string,
  limit: number,
): Promise<readonly DueTrades[]> {
  const { rows } = await pool.query<DueTrades>({
    name: "settlement-due",
    text: `SELECT portfolio_id AS "portfolioId", (array_agg(trade_id ORDER BY seq))[1:$3] AS "tradeIds"
             FROM book.trade
            WHERE settlement_status = 'pending' AND symbol = $1 AND settlement_date <= $2::date
            GROUP BY portfolio_id ORDER BY portfolio_id`,
    values: [symbol, asOf, limit],
  });
  return rows;
}
