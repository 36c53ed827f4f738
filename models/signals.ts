import type { Signal } from "../domain/portfolio/messages.ts";
import { invariant, Refusal } from "../domain/shared/errors.ts";
import { type Page, pageOf } from "./timescale/page.ts";
import type { Db } from "./timescale/session.ts";

/** Where a page of signals ended. */
export interface SignalKey {
  readonly asOfMs: number;
  readonly signalId: string;
}

export interface SignalQuery {
  readonly symbol?: string;
  /** computed on bars that closed at or after it, epoch ms */
  readonly sinceMs?: number;
  /** the `next` of the page before */
  readonly after?: SignalKey;
  readonly limit: number;
  readonly order: "asc" | "desc";
}

const COLUMNS = `id::text AS "signalId", strategy_id AS "strategyId", symbol, side, strength, confidence,
  reason, source, (extract(epoch FROM as_of) * 1000)::float8 AS "asOfMs"`;

/**
 * Records a signal under its id; a repeat of the same signal changes nothing.
 * @returns whether it was new
 * @throws Refusal IDEMPOTENCY_KEY_REUSED, naming the field, when another signal has the id
 */
export async function insertSignal(db: Db, signal: Signal): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO md.signal
       (id, strategy_id, symbol, side, strength, confidence, reason, source, as_of)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9::float8 / 1000))
     ON CONFLICT (id) DO NOTHING`,
    [
      signal.signalId,
      signal.strategyId,
      signal.symbol,
      signal.side,
      signal.strength,
      signal.confidence,
      signal.reason,
      signal.source,
      signal.asOfMs,
    ],
  );
  if (rowCount === 1) return true;
  await refuseOther(db, signal);
  return false;
}

const FIELDS = [
  "strategyId",
  "symbol",
  "side",
  "strength",
  "confidence",
  "reason",
  "source",
  "asOfMs",
] as const satisfies readonly (keyof Signal)[];

async function refuseOther(db: Db, signal: Signal): Promise<void> {
  const { rows } = await db.query<Signal>(`SELECT ${COLUMNS} FROM md.signal WHERE id = $1`, [
    signal.signalId,
  ]);
  const [stored] = rows;
  invariant(stored !== undefined, `signal ${signal.signalId} is stored when its id is taken`);
  const field = FIELDS.find((name) => stored[name] !== signal[name]);
  if (field === undefined) return;
  throw new Refusal(
    "invalid",
    "IDEMPOTENCY_KEY_REUSED",
    `signal ${signal.signalId}: ${field} was ${stored[field]}, now ${signal[field]}`,
    { signalId: signal.signalId, field },
  );
}

/** Signals in the order of their time, then of their id. */
export async function listSignals(
  db: Db,
  { symbol, sinceMs, after, limit, order }: SignalQuery,
): Promise<Page<Signal, SignalKey>> {
  const [beyond, direction] = order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const { rows } = await db.query<Signal>(
    `SELECT ${COLUMNS} FROM md.signal
     WHERE ($1::text IS NULL OR symbol = $1)
       AND ($2::float8 IS NULL OR as_of >= to_timestamp($2::float8 / 1000))
       AND ($3::float8 IS NULL OR (as_of, id) ${beyond} (to_timestamp($3::float8 / 1000), $4::uuid))
     ORDER BY as_of ${direction}, id ${direction} LIMIT $5::int`,
    [symbol ?? null, sinceMs ?? null, after?.asOfMs ?? null, after?.signalId ?? null, limit + 1],
  );
  return pageOf(rows, limit, ({ asOfMs, signalId }) => ({ asOfMs, signalId }));
}
