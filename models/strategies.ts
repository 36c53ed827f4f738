import type { Timeframe } from "../domain/market/bar.ts";
import type { Json } from "../domain/shared/json.ts";
import type { Db } from "./timescale/session.ts";

/** A source of signals that acts for one portfolio on one symbol. */
export interface StrategyRow {
  readonly strategyId: string;
  readonly portfolioId: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** e.g. `crossover` */
  readonly kind: string;
  /** what the kind needs, e.g. `{ fast: 10, slow: 30 }` */
  readonly parameters: { readonly [name: string]: Json };
  readonly status: "running" | "stopped";
}

const COLUMNS = `id AS "strategyId", portfolio_id AS "portfolioId", symbol, timeframe, kind, parameters, status`;

/** The strategies that are to act, oldest first; of one symbol and timeframe where these are given. */
export async function listRunningStrategies(
  db: Db,
  { symbol, timeframe }: { readonly symbol?: string; readonly timeframe?: Timeframe } = {},
): Promise<readonly StrategyRow[]> {
  const { rows } = await db.query<StrategyRow>(
    `SELECT ${COLUMNS} FROM md.strategy
     WHERE status = 'running' AND ($1::text IS NULL OR symbol = $1) AND ($2::text IS NULL OR timeframe = $2)
     ORDER BY created_at, id`,
    [symbol ?? null, timeframe ?? null],
  );
  return rows;
}

export async function hasStrategy(db: Db, strategyId: string): Promise<boolean> {
  const { rowCount } = await db.query("SELECT 1 FROM md.strategy WHERE id = $1", [strategyId]);
  return rowCount === 1;
}

/** Defines a strategy, or defines it anew under its id. */
export async function upsertStrategy(db: Db, strategy: StrategyRow): Promise<void> {
  await db.query(
    `INSERT INTO md.strategy (id, portfolio_id, symbol, timeframe, kind, parameters, status)
     VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7)
     ON CONFLICT (id) DO UPDATE SET
       portfolio_id = excluded.portfolio_id, symbol = excluded.symbol, timeframe = excluded.timeframe,
       kind = excluded.kind, parameters = excluded.parameters, status = excluded.status`,
    [
      strategy.strategyId,
      strategy.portfolioId,
      strategy.symbol,
      strategy.timeframe,
      strategy.kind,
      JSON.stringify(strategy.parameters),
      strategy.status,
    ],
  );
}
