import type { Instrument } from "../domain/market/instrument.ts";
import { type Page, pageOf } from "./timescale/page.ts";
import type { Db } from "./timescale/session.ts";

export interface InstrumentQuery {
  /** part of the symbol or of the name, upper and lower case alike */
  readonly search?: string;
  readonly assetClass?: Instrument["assetClass"];
  /** the `next` of the page before */
  readonly after?: string;
  readonly limit: number;
}

const COLUMNS = `symbol, name, asset_class AS "assetClass", venue, currency,
  trim_scale(tick_size)::text AS "tickSize", trim_scale(lot_size)::text AS "lotSize",
  trim_scale(multiplier)::text AS multiplier, shortable, calendar,
  trim_scale(min_quantity)::text AS "minQuantity", trim_scale(max_quantity)::text AS "maxQuantity",
  trim_scale(min_notional)::text AS "minNotional", trim_scale(max_notional)::text AS "maxNotional",
  nullif(is_halted, false) AS "isHalted", nullif(is_regular_hours_only, false) AS "isRegularHoursOnly",
  sector, trim_scale(initial_margin)::text AS "initialMargin",
  trim_scale(maintenance_margin)::text AS "maintenanceMargin", trim_scale(borrow_rate)::text AS "borrowRate"`;

type Row = { readonly [K in keyof Instrument]: Instrument[K] | null };

/** What is not limited is not there. */
function instrumentOf(row: Row): Instrument {
  // sound: the columns that an instrument must have are never null
  return Object.fromEntries(
    Object.entries(row).filter(([, value]) => value !== null),
  ) as unknown as Instrument;
}

/** Instruments in the byte order of their symbols. */
export async function listInstruments(
  db: Db,
  { search, assetClass, after, limit }: InstrumentQuery,
): Promise<Page<Instrument, string>> {
  const { rows } = await db.query<Row>(
    `SELECT ${COLUMNS} FROM md.instrument
     WHERE ($1::text IS NULL OR strpos(lower(symbol), lower($1)) > 0 OR strpos(lower(name), lower($1)) > 0)
       AND ($2::text IS NULL OR asset_class = $2)
       AND ($3::text IS NULL OR symbol > $3)
     ORDER BY symbol LIMIT $4::int`,
    [search ?? null, assetClass ?? null, after ?? null, limit + 1],
  );
  return pageOf(rows.map(instrumentOf), limit, ({ symbol }) => symbol);
}

export async function getInstrument(db: Db, symbol: string): Promise<Instrument | null> {
  const { rows } = await db.query<Row>(`SELECT ${COLUMNS} FROM md.instrument WHERE symbol = $1`, [
    symbol,
  ]);
  return rows[0] === undefined ? null : instrumentOf(rows[0]);
}

/**
 * Describes an instrument, or describes it anew.
 * @returns whether it was not there before
 * @throws DatabaseError when tick size, lot size or multiplier is not positive
 */
export async function upsertInstrument(db: Db, instrument: Instrument): Promise<boolean> {
  const { rows } = await db.query<{ isNew: boolean }>(
    `INSERT INTO md.instrument
       (symbol, name, asset_class, venue, currency, tick_size, lot_size, multiplier, shortable, calendar,
        min_quantity, max_quantity, min_notional, max_notional, is_halted, is_regular_hours_only,
        sector, initial_margin, maintenance_margin, borrow_rate)
     VALUES ($1, $2, $3, $4, $5, $6::numeric, $7::numeric, $8::numeric, $9, $10,
        $11::numeric, $12::numeric, $13::numeric, $14::numeric, $15, $16,
        $17, $18::numeric, $19::numeric, $20::numeric)
     ON CONFLICT (symbol) DO UPDATE SET
       name = excluded.name, asset_class = excluded.asset_class, venue = excluded.venue,
       currency = excluded.currency, tick_size = excluded.tick_size, lot_size = excluded.lot_size,
       multiplier = excluded.multiplier, shortable = excluded.shortable,
       calendar = excluded.calendar, min_quantity = excluded.min_quantity,
       max_quantity = excluded.max_quantity, min_notional = excluded.min_notional,
       max_notional = excluded.max_notional, is_halted = excluded.is_halted,
       is_regular_hours_only = excluded.is_regular_hours_only,
       sector = excluded.sector, initial_margin = excluded.initial_margin,
       maintenance_margin = excluded.maintenance_margin, borrow_rate = excluded.borrow_rate,
       updated_at = now()
     RETURNING xmax = 0 AS "isNew"`,
    [
      instrument.symbol,
      instrument.name,
      instrument.assetClass,
      instrument.venue,
      instrument.currency,
      instrument.tickSize,
      instrument.lotSize,
      instrument.multiplier,
      instrument.shortable,
      instrument.calendar,
      instrument.minQuantity ?? null,
      instrument.maxQuantity ?? null,
      instrument.minNotional ?? null,
      instrument.maxNotional ?? null,
      instrument.isHalted ?? false,
      instrument.isRegularHoursOnly ?? false,
      instrument.sector ?? null,
      instrument.initialMargin ?? null,
      instrument.maintenanceMargin ?? null,
      instrument.borrowRate ?? null,
    ],
  );
  return rows[0]?.isNew === true;
}
