import type { ModelKind } from "../domain/ai/model/definition.ts";
import {
  type Interval,
  NO_PREDICTION,
  type NoPrediction,
  type Prediction,
} from "../domain/ai/model/prediction.ts";
import type { Timeframe } from "../domain/market/bar.ts";
import { type Page, pageOf } from "./timescale/page.ts";
import type { Db } from "./timescale/session.ts";

/** `champion` and `shadow`: made as the bar closed; `asked`: because somebody wanted to know. */
export const PREDICTION_ROLES = ["champion", "shadow", "asked"] as const;
export type PredictionRole = (typeof PREDICTION_ROLES)[number];

/** Opening of the first and close of the last bar that a prediction is about, epoch ms. */
export interface PredictedBars {
  readonly startMs: number;
  readonly endMs: number;
}

/** One version about one symbol at one close. */
export interface NewPrediction {
  readonly tenantId: string;
  readonly modelId: string;
  readonly version: number;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** close of the newest bar that it knew, epoch ms */
  readonly asOfMs: number;
  /** null where the market's calendar is not known */
  readonly bars: PredictedBars | null;
  readonly horizon: number;
  readonly kind: ModelKind;
  readonly role: PredictionRole;
  readonly prediction: Prediction;
  /** what the model was given */
  readonly features: FeatureRow;
  readonly madeAtMs: number;
}

export type FeatureRow = { readonly [name: string]: number | null };

export interface PredictionRecord extends NewPrediction {
  /** null: not on record, being about a bar of the past */
  readonly predictionId: number | null;
  /** what happened, in the units of the prediction; null while it is not known, or where bars are missing */
  readonly truth: number | null;
  /** log-loss, squared error or QLIKE, by kind */
  readonly loss: number | null;
  readonly scoredAtMs: number | null;
}

interface Row {
  readonly predictionId: number;
  readonly tenantId: string;
  readonly modelId: string;
  readonly version: number;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly asOfMs: number;
  readonly forStartMs: number | null;
  readonly forEndMs: number | null;
  readonly horizon: number;
  readonly kind: ModelKind;
  readonly role: PredictionRole;
  readonly value: number | null;
  readonly probability: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly coverage: number | null;
  readonly novelty: number | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly features: FeatureRow;
  readonly madeAtMs: number;
  readonly truth: number | null;
  readonly loss: number | null;
  readonly scoredAtMs: number | null;
}

const ms = (column: string, name: string): string =>
  `(extract(epoch FROM ${column}) * 1000)::float8 AS "${name}"`;

const COLUMNS = `prediction_id::float8 AS "predictionId", tenant_id AS "tenantId", model_id AS "modelId", version, symbol,
  timeframe, ${ms("as_of", "asOfMs")}, ${ms("for_start", "forStartMs")}, ${ms("for_end", "forEndMs")}, horizon, kind, role,
  value, probability, lower, upper, coverage, novelty, reason, message, features, ${ms("made_at", "madeAtMs")}, truth, loss,
  ${ms("scored_at", "scoredAtMs")}`;

/**
 * Puts a prediction on record. What the version said of that bar before stays; only that it was `asked` first is forgotten
 * once the bar's own round comes to it.
 * @returns what is on record
 */
export async function recordPrediction(db: Db, made: NewPrediction): Promise<PredictionRecord> {
  const { bars, prediction } = made;
  const given = prediction.isGiven ? prediction : null;
  const not = prediction.isGiven ? null : prediction;
  const { rows } = await db.query<Row>(
    `INSERT INTO ai.prediction (tenant_id, model_id, version, symbol, timeframe, as_of, for_start, for_end, horizon, kind, role,
       value, probability, lower, upper, coverage, novelty, reason, message, features, made_at)
     VALUES ($1, $2, $3, $4, $5, to_timestamp($6::float8 / 1000), to_timestamp($7::float8 / 1000),
       to_timestamp($8::float8 / 1000), $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, to_timestamp($21::float8 / 1000))
     ON CONFLICT (model_id, version, symbol, timeframe, as_of) DO UPDATE
       SET role = CASE WHEN prediction.role = 'asked' THEN excluded.role ELSE prediction.role END
     RETURNING ${COLUMNS}`,
    [
      made.tenantId,
      made.modelId,
      made.version,
      made.symbol,
      made.timeframe,
      made.asOfMs,
      bars?.startMs ?? null,
      bars?.endMs ?? null,
      made.horizon,
      made.kind,
      made.role,
      given?.value ?? null,
      given?.probability ?? null,
      given?.interval?.lower ?? null,
      given?.interval?.upper ?? null,
      given?.interval?.coverage ?? null,
      given?.novelty ?? null,
      not?.reason ?? null,
      not?.message ?? null,
      made.features,
      made.madeAtMs,
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new Error("expected the prediction that was recorded");
  return toRecord(row);
}

export interface PredictionOf {
  readonly modelId: string;
  readonly version: number;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly asOfMs: number;
}

export async function findPrediction(db: Db, of: PredictionOf): Promise<PredictionRecord | null> {
  const { rows } = await db.query<Row>(
    `SELECT ${COLUMNS} FROM ai.prediction
      WHERE model_id = $1 AND version = $2 AND symbol = $3 AND timeframe = $4 AND as_of = to_timestamp($5::float8 / 1000)`,
    [of.modelId, of.version, of.symbol, of.timeframe, of.asOfMs],
  );
  return rows[0] === undefined ? null : toRecord(rows[0]);
}

export interface PredictionKey {
  readonly asOfMs: number;
  readonly predictionId: number;
}

export interface PredictionQuery {
  readonly tenantId: string;
  readonly symbol?: string | undefined;
  readonly modelId?: string | undefined;
  readonly version?: number | undefined;
  readonly isShadow?: boolean | undefined;
  readonly isScored?: boolean | undefined;
  /** about bars known by then or later, epoch ms */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** the `next` of the page before */
  readonly after?: PredictionKey | null | undefined;
  readonly limit: number;
  readonly order: "asc" | "desc";
}

/** In the order of the bars that they rest on, then of their making. */
export async function listPredictions(
  db: Db,
  query: PredictionQuery,
): Promise<Page<PredictionRecord, PredictionKey>> {
  const [beyond, direction] = query.order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const { rows } = await db.query<Row>(
    `SELECT ${COLUMNS} FROM ai.prediction
      WHERE tenant_id = $1
        AND ($2::text IS NULL OR symbol = $2)
        AND ($3::text IS NULL OR model_id = $3)
        AND ($4::integer IS NULL OR version = $4)
        AND ($5::boolean IS NULL OR (role = 'shadow') = $5)
        AND ($6::boolean IS NULL OR (scored_at IS NOT NULL) = $6)
        AND ($7::float8 IS NULL OR as_of >= to_timestamp($7::float8 / 1000))
        AND ($8::float8 IS NULL OR as_of < to_timestamp($8::float8 / 1000))
        AND ($9::float8 IS NULL OR (as_of, prediction_id) ${beyond} (to_timestamp($9::float8 / 1000), $10::bigint))
      ORDER BY as_of ${direction}, prediction_id ${direction} LIMIT $11::int`,
    [
      query.tenantId,
      query.symbol ?? null,
      query.modelId ?? null,
      query.version ?? null,
      query.isShadow ?? null,
      query.isScored ?? null,
      query.sinceMs ?? null,
      query.untilMs ?? null,
      query.after?.asOfMs ?? null,
      query.after?.predictionId ?? null,
      query.limit + 1,
    ],
  );
  const { data, next } = pageOf(rows, query.limit, ({ asOfMs, predictionId }) => ({
    asOfMs,
    predictionId,
  }));
  return { data: data.map(toRecord), next };
}

/** Of every tenant, oldest first: those of a symbol whose bars are over by `endMs`, as far as the calendar tells, and which nobody has scored. */
export async function listPending(
  db: Db,
  of: {
    readonly symbol: string;
    readonly timeframe: Timeframe;
    readonly endMs: number;
    readonly limit: number;
  },
): Promise<readonly Pending[]> {
  const { rows } = await db.query<Row>(
    `SELECT ${COLUMNS} FROM ai.prediction
      WHERE symbol = $1 AND timeframe = $2 AND as_of < to_timestamp($3::float8 / 1000)
        AND (for_end IS NULL OR for_end <= to_timestamp($3::float8 / 1000))
        AND scored_at IS NULL AND reason IS NULL
      ORDER BY as_of, prediction_id LIMIT $4`,
    [of.symbol, of.timeframe, of.endMs, of.limit],
  );
  return rows.map((row) => ({ ...toRecord(row), predictionId: row.predictionId }));
}

export type Pending = PredictionRecord & { readonly predictionId: number };

export interface Score {
  readonly predictionId: number;
  /** null: the bars that would tell are missing, and nobody waits for them any more */
  readonly truth: number | null;
  readonly loss: number | null;
}

/** Once for each, whoever comes first. */
export async function scorePredictions(
  db: Db,
  scores: readonly Score[],
  scoredAtMs: number,
): Promise<void> {
  if (scores.length === 0) return;
  await db.query(
    `UPDATE ai.prediction AS p SET truth = s.truth, loss = s.loss, scored_at = to_timestamp($4::float8 / 1000)
       FROM unnest($1::bigint[], $2::float8[], $3::float8[]) AS s (prediction_id, truth, loss)
      WHERE p.prediction_id = s.prediction_id AND p.scored_at IS NULL`,
    [
      scores.map(({ predictionId }) => predictionId),
      scores.map(({ truth }) => truth),
      scores.map(({ loss }) => loss),
      scoredAtMs,
    ],
  );
}

function toRecord(row: Row): PredictionRecord {
  const { forStartMs, forEndMs } = row;
  return {
    predictionId: row.predictionId,
    tenantId: row.tenantId,
    modelId: row.modelId,
    version: row.version,
    symbol: row.symbol,
    timeframe: row.timeframe,
    asOfMs: row.asOfMs,
    bars:
      forStartMs === null || forEndMs === null ? null : { startMs: forStartMs, endMs: forEndMs },
    horizon: row.horizon,
    kind: row.kind,
    role: row.role,
    prediction: predictionOf(row),
    features: row.features,
    madeAtMs: row.madeAtMs,
    truth: row.truth,
    loss: row.loss,
    scoredAtMs: row.scoredAtMs,
  };
}

function predictionOf({ value, probability, novelty, reason, message, ...row }: Row): Prediction {
  if (reason !== null)
    return { isGiven: false, reason: reasonOf(reason), message: message ?? reason };
  return { isGiven: true, value, probability, interval: intervalOf(row), novelty: novelty ?? 0 };
}

function reasonOf(text: string): NoPrediction {
  const reason = NO_PREDICTION.find((known) => known === text);
  if (reason === undefined) throw new Error(`expected a reason for no prediction, found ${text}`);
  return reason;
}

function intervalOf({
  lower,
  upper,
  coverage,
}: Pick<Row, "lower" | "upper" | "coverage">): Interval | null {
  return lower === null || upper === null || coverage === null ? null : { lower, upper, coverage };
}
