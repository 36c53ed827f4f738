import type { Timeframe } from "../domain/market/bar.ts";
import type { Db } from "./timescale/session.ts";

export interface StoredFormula {
  readonly tenantId: string;
  readonly name: string;
  readonly formula: string;
  readonly description: string;
  readonly createdBy: string;
  readonly createdAtMs: number;
}

const FORMULA = `tenant_id AS "tenantId", name, formula, description, created_by AS "createdBy",
  created_at AS "createdAtMs"`;

/** Adds a formula under a name that is free. @returns false when it is taken, or the tenant has `max` formulas */
export async function insertFormula(db: Db, formula: StoredFormula, max: number): Promise<boolean> {
  const { tenantId, name, createdBy, createdAtMs } = formula;
  const { rowCount } = await db.query(
    `INSERT INTO md.formula (tenant_id, name, formula, description, created_by, created_at)
     SELECT $1, $2, $3, $4, $5, to_timestamp($6::float8 / 1000)
     WHERE (SELECT count(*) FROM md.formula WHERE tenant_id = $1) < $7::int
     ON CONFLICT DO NOTHING`,
    [tenantId, name, formula.formula, formula.description, createdBy, createdAtMs, max],
  );
  return rowCount === 1;
}

export async function findFormula(
  db: Db,
  tenantId: string,
  name: string,
): Promise<StoredFormula | null> {
  const { rows } = await db.query<StoredFormula>(
    `SELECT ${FORMULA} FROM md.formula WHERE tenant_id = $1 AND name = $2`,
    [tenantId, name],
  );
  return rows[0] ?? null;
}

/** In the order of their names, those after `after`. */
export async function listFormulas(
  db: Db,
  { tenantId, after, limit }: NameQuery,
): Promise<readonly StoredFormula[]> {
  const { rows } = await db.query<StoredFormula>(
    `SELECT ${FORMULA} FROM md.formula WHERE tenant_id = $1 AND name > $2 ORDER BY name LIMIT $3::int`,
    [tenantId, after ?? "", limit],
  );
  return rows;
}

export interface NameQuery {
  readonly tenantId: string;
  /** a name */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** @returns whether there was one */
export async function deleteFormula(db: Db, tenantId: string, name: string): Promise<boolean> {
  const { rowCount } = await db.query("DELETE FROM md.formula WHERE tenant_id = $1 AND name = $2", [
    tenantId,
    name,
  ]);
  return rowCount === 1;
}

/** A feature as a set keeps it: with its formula where it is one. */
export interface KeptFeature {
  readonly name: string;
  readonly formula: string | null;
}

export interface StoredFeatureSet {
  readonly tenantId: string;
  readonly name: string;
  readonly timeframe: Timeframe;
  readonly symbols: readonly string[];
  readonly features: readonly KeptFeature[];
  readonly createdBy: string;
  readonly createdAtMs: number;
}

const SET = `tenant_id AS "tenantId", name, timeframe, symbols, features, created_by AS "createdBy",
  created_at AS "createdAtMs"`;

/** Adds a set under a name that is free. @returns false when it is taken, or the tenant has `max` sets */
export async function insertFeatureSet(
  db: Db,
  set: StoredFeatureSet,
  max: number,
): Promise<boolean> {
  const { tenantId, name, timeframe, symbols, features, createdBy, createdAtMs } = set;
  const { rowCount } = await db.query(
    `INSERT INTO md.feature_set (tenant_id, name, timeframe, symbols, features, created_by, created_at)
     SELECT $1, $2, $3, $4::text[], $5::jsonb, $6, to_timestamp($7::float8 / 1000)
     WHERE (SELECT count(*) FROM md.feature_set WHERE tenant_id = $1) < $8::int
     ON CONFLICT DO NOTHING`,
    [tenantId, name, timeframe, symbols, JSON.stringify(features), createdBy, createdAtMs, max],
  );
  return rowCount === 1;
}

export async function findFeatureSet(
  db: Db,
  tenantId: string,
  name: string,
): Promise<StoredFeatureSet | null> {
  const { rows } = await db.query<StoredFeatureSet>(
    `SELECT ${SET} FROM md.feature_set WHERE tenant_id = $1 AND name = $2`,
    [tenantId, name],
  );
  return rows[0] ?? null;
}

/** In the order of their names, those after `after`. */
export async function listFeatureSets(
  db: Db,
  { tenantId, after, limit }: NameQuery,
): Promise<readonly StoredFeatureSet[]> {
  const { rows } = await db.query<StoredFeatureSet>(
    `SELECT ${SET} FROM md.feature_set WHERE tenant_id = $1 AND name > $2 ORDER BY name LIMIT $3::int`,
    [tenantId, after ?? "", limit],
  );
  return rows;
}

/** @returns whether there was one */
export async function deleteFeatureSet(db: Db, tenantId: string, name: string): Promise<boolean> {
  const { rowCount } = await db.query(
    "DELETE FROM md.feature_set WHERE tenant_id = $1 AND name = $2",
    [tenantId, name],
  );
  return rowCount === 1;
}

/** What any tenant wants kept of a symbol's bars of a timeframe. */
export async function featuresKept(
  db: Db,
  symbol: string,
  timeframe: Timeframe,
): Promise<readonly KeptFeature[]> {
  const { rows } = await db.query<KeptFeature>(
    `SELECT DISTINCT f.name, f.formula
     FROM md.feature_set s, jsonb_to_recordset(s.features) AS f (name text, formula text)
     WHERE s.symbols @> ARRAY[$1::text] AND s.timeframe = $2
     ORDER BY f.name, f.formula`,
    [symbol, timeframe],
  );
  return rows;
}
