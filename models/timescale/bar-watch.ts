import type { SpecialBuilder } from "../../domain/market/bars/special-builder.ts";
import type { BarWatch } from "../../domain/market/bars/watch.ts";
import type { TradeTick } from "../../domain/market/quote.ts";
import type { Db } from "./session.ts";

/**
 * Where the series of a symbol stood when trades of one turn were counted: before them and after. Whether `mark`, one of
 * these trades, is stored tells which of the two holds.
 */
export interface Building {
  readonly before: readonly SpecialBuilder[];
  readonly after: readonly SpecialBuilder[];
  readonly mark: TradeTick;
}

export interface StoredWatch {
  readonly watch: BarWatch;
  /** null before the first trade */
  readonly building: Building | null;
}

/** Null for a symbol that nobody has configured. */
export async function getBarWatch(db: Db, symbol: string): Promise<StoredWatch | null> {
  const { rows } = await db.query<StoredWatch>(
    "SELECT watch, building FROM md.bar_watch WHERE symbol = $1",
    [symbol],
  );
  return rows[0] ?? null;
}

export async function saveBarWatch(db: Db, symbol: string, watch: BarWatch): Promise<void> {
  await db.query(
    `INSERT INTO md.bar_watch (symbol, watch) VALUES ($1, $2::jsonb)
     ON CONFLICT (symbol) DO UPDATE SET watch = excluded.watch, updated_at = now()`,
    [symbol, JSON.stringify(watch)],
  );
}

export async function saveBuilding(db: Db, symbol: string, building: Building): Promise<void> {
  await db.query(
    "UPDATE md.bar_watch SET building = $2::jsonb, updated_at = now() WHERE symbol = $1",
    [symbol, JSON.stringify(building)],
  );
}
