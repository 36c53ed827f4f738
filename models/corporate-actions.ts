import type { CorporateAction } from "../domain/market/adjust/corporate-action.ts";
import { invariant } from "../domain/shared/errors.ts";
import { type Page, pageOf } from "./timescale/page.ts";
import type { Db } from "./timescale/session.ts";

/** An action as it is on record. */
export interface RecordedAction {
  readonly actionId: string;
  readonly symbol: string;
  readonly action: CorporateAction;
  readonly source: string;
  /** epoch ms */
  readonly knownAtMs: number;
}

/** Where a page of actions ended. */
export interface ActionKey {
  readonly exDay: number;
  readonly actionId: string;
}

export interface ActionQuery {
  readonly symbol: string;
  readonly kind?: CorporateAction["kind"];
  /** ex-dates from this day on, days since 1970-01-01 */
  readonly fromDay?: number;
  /** ex-dates before this day */
  readonly beforeDay?: number;
  /** what was believed at this instant, epoch ms; absent: what is believed now */
  readonly asOfMs?: number;
  readonly after?: ActionKey;
  readonly limit: number;
}

interface Row {
  readonly actionId: string;
  readonly symbol: string;
  readonly kind: CorporateAction["kind"];
  readonly exDay: number;
  readonly newUnits: string | null;
  readonly oldUnits: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
  readonly referencePrice: string | null;
  readonly source: string;
  readonly knownAtMs: number;
}

const COLUMNS = `action_id::text AS "actionId", symbol, kind, ex_date - date '1970-01-01' AS "exDay",
  trim_scale(new_units)::text AS "newUnits", trim_scale(old_units)::text AS "oldUnits",
  trim_scale(amount)::text AS amount, currency, trim_scale(reference_price)::text AS "referencePrice",
  source, (extract(epoch FROM known_at) * 1000)::float8 AS "knownAtMs"`;

/**
 * Records an action; the same one again changes nothing. A date has one split, and one dividend of an amount.
 * @returns what is on record for it, and whether it was there; other units for the split of a date are the caller's conflict
 */
export async function addCorporateAction(
  db: Db,
  { actionId, symbol, action, source, knownAtMs }: RecordedAction,
): Promise<{ readonly recorded: RecordedAction; readonly isNew: boolean }> {
  const split = action.kind === "split" ? action : null;
  const dividend = action.kind === "dividend" ? action : null;
  const { rows } = await db.query<Row>(
    `INSERT INTO md.corporate_action
       (action_id, symbol, kind, ex_date, new_units, old_units, amount, currency, reference_price, source, known_at)
     VALUES ($1, $2, $3, date '1970-01-01' + $4::int, $5::numeric, $6::numeric, $7::numeric, $8, $9::numeric, $10,
       to_timestamp($11::float8 / 1000))
     ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    [
      actionId,
      symbol,
      action.kind,
      action.exDay,
      split?.newUnits ?? null,
      split?.oldUnits ?? null,
      dividend?.amount ?? null,
      dividend?.currency ?? null,
      dividend?.referencePrice ?? null,
      source,
      knownAtMs,
    ],
  );
  const [added] = rows;
  if (added !== undefined) return { recorded: recordedOf(added), isNew: true };
  return { recorded: await sameAction(db, symbol, action), isNew: false };
}

async function sameAction(
  db: Db,
  symbol: string,
  action: CorporateAction,
): Promise<RecordedAction> {
  const { rows } = await db.query<Row>(
    `SELECT ${COLUMNS} FROM md.corporate_action
     WHERE symbol = $1 AND kind = $2 AND ex_date = date '1970-01-01' + $3::int AND retracted_at IS NULL
       AND ($2 = 'split' OR (amount = $4::numeric AND currency = $5))`,
    [
      symbol,
      action.kind,
      action.exDay,
      action.kind === "dividend" ? action.amount : null,
      action.kind === "dividend" ? action.currency : null,
    ],
  );
  const [row] = rows;
  invariant(row !== undefined, `${symbol}: expected the action that another conflicts with`);
  return recordedOf(row);
}

/** Actions in the order of their ex-dates. */
export async function listCorporateActions(
  db: Db,
  { symbol, kind, fromDay, beforeDay, asOfMs, after, limit }: ActionQuery,
): Promise<Page<RecordedAction, ActionKey>> {
  const { rows } = await db.query<Row>(
    `SELECT ${COLUMNS} FROM md.corporate_action
     WHERE symbol = $1
       AND ($2::text IS NULL OR kind = $2)
       AND ($3::int IS NULL OR ex_date >= date '1970-01-01' + $3::int)
       AND ($4::int IS NULL OR ex_date < date '1970-01-01' + $4::int)
       AND CASE WHEN $5::float8 IS NULL THEN retracted_at IS NULL
             ELSE known_at <= to_timestamp($5::float8 / 1000)
               AND (retracted_at IS NULL OR retracted_at > to_timestamp($5::float8 / 1000)) END
       AND ($6::int IS NULL OR (ex_date, action_id) > (date '1970-01-01' + $6::int, $7::uuid))
     ORDER BY ex_date, action_id LIMIT $8::int`,
    [
      symbol,
      kind ?? null,
      fromDay ?? null,
      beforeDay ?? null,
      asOfMs ?? null,
      after?.exDay ?? null,
      after?.actionId ?? null,
      limit + 1,
    ],
  );
  return pageOf(rows.map(recordedOf), limit, ({ action, actionId }) => ({
    exDay: action.exDay,
    actionId,
  }));
}

/** From then on the action is not believed. @returns false when there is none that is */
export async function retractCorporateAction(
  db: Db,
  symbol: string,
  actionId: string,
  atMs: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE md.corporate_action SET retracted_at = to_timestamp($3::float8 / 1000)
     WHERE symbol = $1 AND action_id::text = $2 AND retracted_at IS NULL`,
    [symbol, actionId, atMs],
  );
  return rowCount === 1;
}

function recordedOf(row: Row): RecordedAction {
  const { actionId, symbol, source, knownAtMs } = row;
  return { actionId, symbol, action: actionOf(row), source, knownAtMs };
}

function actionOf({ kind, exDay, ...row }: Row): CorporateAction {
  const { newUnits, oldUnits, amount, currency, referencePrice } = row;
  switch (kind) {
    case "split":
      invariant(newUnits !== null && oldUnits !== null, "a split has units");
      return { kind, exDay, newUnits, oldUnits };
    case "dividend":
      invariant(amount !== null && currency !== null, "a dividend has an amount");
      return { kind, exDay, amount, currency, referencePrice };
  }
}
