import { Refusal } from "../../../domain/shared/errors.ts";
import type { Pool } from "../../../models/postgres/pool.ts";
import { alternativeOf, type AlternativeFeature } from "../features/alternative-names.ts";
import { formulaFeature, type ResolvedFeature, resolveFeatures } from "../features/resolve.ts";

/** One number a bar. */
export type MatrixColumn =
  | {
      readonly kind: "computed";
      /** canonical: `rsi_14`, `macd_12_26_9.signal`, or "= " and a formula */
      readonly name: string;
      readonly feature: ResolvedFeature;
      /** null: the feature has one value without a name */
      readonly line: string | null;
    }
  | { readonly kind: "alternative"; readonly name: string; readonly feature: AlternativeFeature };

/** What a formula is called that is its own name. */
const FORMULA = "= ";

/**
 * The columns of these names: a feature of several lines stands for all of them, `macd_12_26_9.signal` for one, and the name of a stored
 * formula for what it says now, so that a model does not change when the formula does.
 * @param tenantId null: nobody's formulas
 * @throws Refusal naming the feature
 */
export async function columnsOf(
  pool: Pool,
  tenantId: string | null,
  names: readonly string[],
): Promise<readonly MatrixColumn[]> {
  const found = new Map<string, MatrixColumn>();
  for (const name of names)
    for (const column of await columnsNamed(pool, tenantId, name))
      if (!found.has(column.name)) found.set(column.name, column);
  return [...found.values()];
}

async function columnsNamed(
  pool: Pool,
  tenantId: string | null,
  name: string,
): Promise<readonly MatrixColumn[]> {
  const alternative = alternativeOf(name);
  if (alternative !== null)
    return [{ kind: "alternative", name: alternative.name, feature: alternative }];
  if (name.startsWith(FORMULA)) return linesOf(formulaFeature(name, name.slice(FORMULA.length)));
  const dot = name.lastIndexOf(".");
  const line = dot < 0 ? null : name.slice(dot + 1);
  // The part after the last point is a line unless it is a decimal, as in bbands_20_2.5.
  const hasLine = line !== null && !/^\d+$/.test(line);
  const [feature] = await resolveFeatures(pool, tenantId, [hasLine ? name.slice(0, dot) : name]);
  if (feature === undefined) return [];
  const lines = linesOf(feature);
  return hasLine ? [lineNamed(name, line, lines)] : lines;
}

function linesOf(feature: ResolvedFeature): readonly MatrixColumn[] {
  refuseBenchmark(feature);
  const { kernel, key } = feature;
  // By what it says, not by its name: the tenant may give the name to another formula.
  if (kernel.lines === null) return [{ kind: "computed", name: key, feature, line: null }];
  return kernel.lines.map((line) => ({
    kind: "computed",
    name: `${key}.${line}`,
    feature,
    line,
  }));
}

function lineNamed(name: string, line: string, lines: readonly MatrixColumn[]): MatrixColumn {
  const found = lines.find((column) => column.kind === "computed" && column.line === line);
  if (found !== undefined) return found;
  const known = lines.map((column) => column.name).join(", ");
  throw unknown(name, `it has no such line: expected one of ${known}`);
}

function refuseBenchmark({ name, kernel }: ResolvedFeature): void {
  if (kernel.input === "benchmark")
    throw unknown(name, "it compares with a benchmark, which models do not have");
}

function unknown(feature: string, why: string): Refusal {
  const message = `feature ${JSON.stringify(feature)}: ${why}`;
  return new Refusal("invalid", "FEATURE_UNKNOWN", message, { feature });
}
