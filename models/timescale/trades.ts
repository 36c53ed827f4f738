import type { Pool } from "pg";
import type { TradeTick } from "../../domain/market/quote.ts";
import { writeTrades } from "./trade-writer.ts";
import type { TradeReport } from "./trade-writer.ts";
import { selectTrades } from "./trade-reader.ts";
import type { StoredTrade, TradeQuery } from "./trade-reader.ts";
import { type Db, withSession } from "./session.ts";

export type { StoredTrade, TradeQuery, TradeReport };

/**
 * Stores prints, of any symbols and in any order; those of one instant keep the order in which they come. A trade that is
 * there already is left as it is: it is known by its instant, source and venue's id, or, where it has no id, by its price,
 * size and how many equal ones of its instant and source come before it in the batch. So a batch without ids that is cut
 * in another place within one instant may lose one of two equal trades. All or nothing.
 * @param knownAtMs when they were learnt, epoch ms
 */
export function storeTrades(
  pool: Pool,
  trades: readonly TradeTick[],
  knownAtMs: number,
): Promise<TradeReport> {
  return withSession(pool, (session) => writeTrades(session, trades, knownAtMs));
}

/** Prints in [startMs, endMs), in the order of their instants; continue a page with `after` of its last one. */
export function readTrades(db: Db, query: TradeQuery): Promise<readonly StoredTrade[]> {
  return withSession(db, (session) => selectTrades(session, query));
}
