import type { Goal } from "../domain/ai/signals/verdict.ts";
import type { Timeframe } from "../domain/market/bar.ts";
import type { Signal } from "../domain/portfolio/messages.ts";
import { type Page, pageOf } from "./timescale/page.ts";
import type { Db } from "./timescale/session.ts";

/** What a confidence is: a model's probability, how often the rule was right before, or how decisive it was (signals of old). */
export const CONFIDENCE_BASES = ["calibratedProbability", "hitRate", "rule"] as const;
export type ConfidenceBasis = (typeof CONFIDENCE_BASES)[number];

export const SIGNAL_STATUSES = ["active", "expired"] as const;
export type SignalStatus = (typeof SIGNAL_STATUSES)[number];

/** A signal as it was given. */
export interface RecordedSignal extends Signal {
  /** null: of a strategy whose portfolio is not there any more; nobody sees it */
  readonly tenantId: string | null;
  /** `request`: somebody asked, and `strategyId` stands for what was asked */
  readonly origin: "strategy" | "request";
  /** null of signals of old whose strategy is gone */
  readonly timeframe: Timeframe | null;
  /** null of a hold */
  readonly goal: Goal | null;
  /** of the legs of a pair: their shares, which stand as the hedge ratio, the larger being 1; else 1 */
  readonly weight: number;
  /** bars; null of signals of old */
  readonly horizon: number | null;
  /** close of the last of them, epoch ms */
  readonly expiresAtMs: number | null;
  /** null: there is no confidence */
  readonly confidenceBasis: ConfidenceBasis | null;
  /** of a hit rate, signals that it rests on, too few of which give none; null of others */
  readonly sampleSize: number | null;
  readonly modelId: string | null;
  readonly modelVersion: number | null;
}

/** As it stands by the newest bar of its symbol. */
export interface StoredSignal extends RecordedSignal {
  readonly status: SignalStatus;
}

/** Where a page of signals ended. */
export interface SignalKey {
  readonly asOfMs: number;
  readonly signalId: string;
}

export interface SignalQuery {
  readonly tenantId: string;
  readonly symbol?: string | undefined;
  readonly strategyId?: string | undefined;
  readonly modelId?: string | undefined;
  readonly side?: Signal["side"] | undefined;
  readonly status?: SignalStatus | undefined;
  /** computed on bars that closed in [sinceMs, untilMs), epoch ms */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** the `next` of the page before */
  readonly after?: SignalKey | null | undefined;
  readonly limit: number;
  readonly order: "asc" | "desc";
}

const STATUS =
  "CASE WHEN s.expires_at <= md.newest_close(s.symbol) THEN 'expired' ELSE 'active' END";

const COLUMNS = `s.id::text AS "signalId", s.strategy_id AS "strategyId", s.symbol, s.side, s.strength, s.confidence,
  s.reason, s.source, (extract(epoch FROM s.as_of) * 1000)::float8 AS "asOfMs", s.tenant_id AS "tenantId", s.origin,
  s.timeframe, s.goal, s.weight, s.horizon, (extract(epoch FROM s.expires_at) * 1000)::float8 AS "expiresAtMs",
  s.confidence_basis AS "confidenceBasis", s.sample_size AS "sampleSize", s.model_id AS "modelId",
  s.model_version AS "modelVersion", ${STATUS} AS status`;

/**
 * Records a signal under its id. What was recorded first stays: it may have been acted upon.
 * @returns what is on record, and whether it was new
 */
export async function recordSignal(
  db: Db,
  signal: RecordedSignal,
): Promise<{ readonly stored: StoredSignal; readonly isNew: boolean }> {
  const { rowCount } = await db.query(
    `INSERT INTO md.signal (id, strategy_id, symbol, side, strength, confidence, reason, source, as_of, tenant_id, origin,
       timeframe, goal, weight, horizon, expires_at, confidence_basis, sample_size, model_id, model_version)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9::float8 / 1000), $10, $11, $12, $13, $14, $15,
       to_timestamp($16::float8 / 1000), $17, $18, $19, $20)
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
      signal.tenantId,
      signal.origin,
      signal.timeframe,
      signal.goal,
      signal.weight,
      signal.horizon,
      signal.expiresAtMs,
      signal.confidenceBasis,
      signal.sampleSize,
      signal.modelId,
      signal.modelVersion,
    ],
  );
  const stored = await findSignal(db, signal.signalId);
  if (stored === null) throw new Error(`expected signal ${signal.signalId}, which was recorded`);
  return { stored, isNew: rowCount === 1 };
}

export async function findSignal(db: Db, signalId: string): Promise<StoredSignal | null> {
  const { rows } = await db.query<StoredSignal>(
    `SELECT ${COLUMNS} FROM md.signal s WHERE s.id = $1`,
    [signalId],
  );
  return rows[0] ?? null;
}

/** The newest signal of a strategy in a symbol that asked for anything, of bars that closed before. Null: there is none. */
export async function newestSignal(
  db: Db,
  of: { readonly strategyId: string; readonly symbol: string; readonly untilMs: number },
): Promise<StoredSignal | null> {
  const { rows } = await db.query<StoredSignal>(
    `SELECT ${COLUMNS} FROM md.signal s
     WHERE s.strategy_id = $1 AND s.symbol = $2 AND s.side <> 'hold' AND s.as_of < to_timestamp($3::float8 / 1000)
     ORDER BY s.as_of DESC LIMIT 1`,
    [of.strategyId, of.symbol, of.untilMs],
  );
  return rows[0] ?? null;
}

/** A tenant's signals in the order of their time, then of their id. */
export async function listSignals(
  db: Db,
  query: SignalQuery,
): Promise<Page<StoredSignal, SignalKey>> {
  const [beyond, direction] = query.order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const { rows } = await db.query<StoredSignal>(
    `SELECT ${COLUMNS} FROM md.signal s
     WHERE s.tenant_id = $1
       AND ($2::text IS NULL OR s.symbol = $2)
       AND ($3::text IS NULL OR s.strategy_id = $3)
       AND ($4::text IS NULL OR s.model_id = $4)
       AND ($5::text IS NULL OR s.side = $5)
       AND ($6::text IS NULL OR ${STATUS} = $6)
       AND ($7::float8 IS NULL OR s.as_of >= to_timestamp($7::float8 / 1000))
       AND ($8::float8 IS NULL OR s.as_of < to_timestamp($8::float8 / 1000))
       AND ($9::float8 IS NULL OR (s.as_of, s.id) ${beyond} (to_timestamp($9::float8 / 1000), $10::uuid))
     ORDER BY s.as_of ${direction}, s.id ${direction} LIMIT $11::int`,
    [
      query.tenantId,
      query.symbol ?? null,
      query.strategyId ?? null,
      query.modelId ?? null,
      query.side ?? null,
      query.status ?? null,
      query.sinceMs ?? null,
      query.untilMs ?? null,
      query.after?.asOfMs ?? null,
      query.after?.signalId ?? null,
      query.limit + 1,
    ],
  );
  return pageOf(rows, query.limit, ({ asOfMs, signalId }) => ({ asOfMs, signalId }));
}

/** When the newest stored bar of a symbol closed, whatever its timeframe, epoch ms; null: there is none. */
export async function newestCloseMs(db: Db, symbol: string): Promise<number | null> {
  const { rows } = await db.query<{ readonly at: number | null }>(
    "SELECT (extract(epoch FROM md.newest_close($1)) * 1000)::float8 AS at",
    [symbol],
  );
  return rows[0]?.at ?? null;
}
