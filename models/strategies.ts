import type { SignalKind } from "../domain/ai/signals/definition.ts";
import type { SignalExecution } from "../domain/ai/signals/execution.ts";
import type { SignalSizing } from "../domain/ai/signals/sizing.ts";
import type { Timeframe } from "../domain/market/bar.ts";
import type { DecimalString } from "../domain/shared/decimal.ts";
import type { Json } from "../domain/shared/json.ts";
import type { Viewer } from "./views.ts";
import type { Db } from "./timescale/session.ts";

/** A source of signals that acts for one portfolio. */
export interface StrategyRow {
  readonly strategyId: string;
  /** of the portfolio; null: there was no such portfolio */
  readonly tenantId: string | null;
  readonly portfolioId: string;
  readonly name: string;
  /** of a pair the two, else each is traded for itself */
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  readonly kind: SignalKind;
  /** as they were given; `domain/ai/signals/read-definition.ts` reads them */
  readonly parameters: { readonly [name: string]: Json };
  readonly sizing: SignalSizing;
  /** a sell may open a position of its own */
  readonly allowShort: boolean;
  /** units, of either side; null: no limit of the strategy's own */
  readonly maxPosition: DecimalString | null;
  readonly execution: SignalExecution;
  /** symbols that may have a position at once; null: all */
  readonly maxOpenPositions: number | null;
  /** bars without a new position in a symbol after a stop there was hit; null: none */
  readonly cooldownBars: number | null;
  /** money: nothing is opened on the rest of a day (UTC, by the market) on which the strategy's trades lost so much; null: no limit */
  readonly maxDailyLoss: DecimalString | null;
  readonly status: "running" | "stopped";
}

export interface StoredStrategy extends StrategyRow {
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

const COLUMNS = `id AS "strategyId", tenant_id AS "tenantId", portfolio_id AS "portfolioId", name,
  symbols, timeframe, kind, parameters, sizing, allow_short AS "allowShort", trim_scale(max_position)::text AS "maxPosition",
  execution, max_open_positions AS "maxOpenPositions", cooldown_bars AS "cooldownBars", trim_scale(max_daily_loss)::text AS "maxDailyLoss",
  status, (extract(epoch FROM created_at) * 1000)::float8 AS "createdAtMs",
  (extract(epoch FROM updated_at) * 1000)::float8 AS "updatedAtMs"`;

/** The strategies that are to act, oldest first; of one symbol and timeframe where these are given. */
export async function listRunningStrategies(
  db: Db,
  { symbol, timeframe }: { readonly symbol?: string; readonly timeframe?: Timeframe } = {},
): Promise<readonly StoredStrategy[]> {
  const { rows } = await db.query<StoredStrategy>(
    `SELECT ${COLUMNS} FROM md.strategy
     WHERE status = 'running' AND ($1::text IS NULL OR symbols @> ARRAY[$1::text]) AND ($2::text IS NULL OR timeframe = $2)
     ORDER BY created_at, id`,
    [symbol ?? null, timeframe ?? null],
  );
  return rows;
}

export interface StrategyQuery {
  readonly viewer: Viewer;
  readonly portfolioId?: string | undefined;
  readonly status?: StrategyRow["status"] | undefined;
  readonly after?: { readonly createdAtMs: number; readonly strategyId: string } | null;
  readonly limit: number;
}

/** Oldest first; one more than the limit, when there is one. */
export async function listStrategies(
  db: Db,
  { viewer, portfolioId, status, after, limit }: StrategyQuery,
): Promise<readonly StoredStrategy[]> {
  const { rows } = await db.query<StoredStrategy>(
    `SELECT ${COLUMNS} FROM md.strategy
     WHERE tenant_id = $1 AND ($2::text IS NULL OR EXISTS (
         SELECT 1 FROM act.view p WHERE p.type = 'portfolio' AND p.id = portfolio_id AND p.owner_id = $2)) AND ($3::text IS NULL OR portfolio_id = $3)
       AND ($4::text IS NULL OR status = $4)
       AND ($5::float8 IS NULL
         OR (date_trunc('milliseconds', created_at), id) > (to_timestamp($5::float8 / 1000), $6))
     ORDER BY date_trunc('milliseconds', created_at), id LIMIT $7::int`,
    [
      viewer.tenantId,
      viewer.userId,
      portfolioId ?? null,
      status ?? null,
      after?.createdAtMs ?? null,
      after?.strategyId ?? null,
      limit + 1,
    ],
  );
  return rows;
}

export async function findStrategy(db: Db, strategyId: string): Promise<StoredStrategy | null> {
  const { rows } = await db.query<StoredStrategy>(
    `SELECT ${COLUMNS} FROM md.strategy WHERE id = $1`,
    [strategyId],
  );
  return rows[0] ?? null;
}

export async function hasStrategy(db: Db, strategyId: string): Promise<boolean> {
  const { rowCount } = await db.query("SELECT 1 FROM md.strategy WHERE id = $1", [strategyId]);
  return rowCount === 1;
}

const INSERT = `INSERT INTO md.strategy
  (id, portfolio_id, symbols, timeframe, kind, parameters, status, tenant_id, name, sizing, allow_short, max_position, execution,
   max_open_positions, cooldown_bars, max_daily_loss)
  VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10::jsonb, $11, $12::numeric, $13::jsonb, $14, $15, $16::numeric)`;

function valuesOf(row: StrategyRow): readonly unknown[] {
  return [
    row.strategyId,
    row.portfolioId,
    row.symbols,
    row.timeframe,
    row.kind,
    JSON.stringify(row.parameters),
    row.status,
    row.tenantId,
    row.name,
    JSON.stringify(row.sizing),
    row.allowShort,
    row.maxPosition,
    JSON.stringify(row.execution),
    row.maxOpenPositions,
    row.cooldownBars,
    row.maxDailyLoss,
  ];
}

/** @returns whether it was new: what is there under the id stays */
export async function insertStrategy(db: Db, strategy: StrategyRow): Promise<boolean> {
  const text = `${INSERT} ON CONFLICT (id) DO NOTHING`;
  const { rowCount } = await db.query(text, [...valuesOf(strategy)]);
  return rowCount === 1;
}

/** Defines a strategy, or defines it anew under its id. */
export async function upsertStrategy(db: Db, strategy: StrategyRow): Promise<void> {
  await db.query(
    `${INSERT} ON CONFLICT (id) DO UPDATE SET
       portfolio_id = excluded.portfolio_id, symbols = excluded.symbols, timeframe = excluded.timeframe,
       kind = excluded.kind, parameters = excluded.parameters, status = excluded.status,
       tenant_id = excluded.tenant_id, name = excluded.name, sizing = excluded.sizing,
       allow_short = excluded.allow_short, max_position = excluded.max_position, execution = excluded.execution,
       max_open_positions = excluded.max_open_positions, cooldown_bars = excluded.cooldown_bars,
       max_daily_loss = excluded.max_daily_loss, updated_at = now()`,
    [...valuesOf(strategy)],
  );
}

/** Defines a stopped strategy anew. @returns false when it runs, or is not there */
export async function changeStopped(db: Db, strategy: StrategyRow): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE md.strategy SET portfolio_id = $2, symbols = $3, timeframe = $4, kind = $5, parameters = $6::jsonb, name = $7,
       sizing = $8::jsonb, allow_short = $9, max_position = $10::numeric, execution = $11::jsonb, max_open_positions = $12,
       cooldown_bars = $13, max_daily_loss = $14::numeric, updated_at = now()
     WHERE id = $1 AND status = 'stopped'`,
    [
      strategy.strategyId,
      strategy.portfolioId,
      strategy.symbols,
      strategy.timeframe,
      strategy.kind,
      JSON.stringify(strategy.parameters),
      strategy.name,
      JSON.stringify(strategy.sizing),
      strategy.allowShort,
      strategy.maxPosition,
      JSON.stringify(strategy.execution),
      strategy.maxOpenPositions,
      strategy.cooldownBars,
      strategy.maxDailyLoss,
    ],
  );
  return rowCount === 1;
}

export async function setStrategyStatus(
  db: Db,
  strategyId: string,
  status: StrategyRow["status"],
): Promise<void> {
  await db.query("UPDATE md.strategy SET status = $2, updated_at = now() WHERE id = $1", [
    strategyId,
    status,
  ]);
}

/** @returns false when it runs, or is not there */
export async function deleteStopped(db: Db, strategyId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    "DELETE FROM md.strategy WHERE id = $1 AND status = 'stopped'",
    [strategyId],
  );
  return rowCount === 1;
}
