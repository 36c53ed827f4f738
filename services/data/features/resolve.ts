import { compileFormula } from "../../../domain/features/formula/formula.ts";
import type { Formula } from "../../../domain/features/formula/formula.ts";
import { parseFeature } from "../../../domain/features/parse.ts";
import type { Feature } from "../../../domain/features/parse.ts";
import { Refusal } from "../../../domain/shared/errors.ts";
import { findFormula } from "../../../models/formulas.ts";
import type { KeptFeature } from "../../../models/formulas.ts";
import type { Pool } from "../../../models/postgres/pool.ts";
import { alternativeOf } from "./alternative-names.ts";
import { patternOf } from "./patterns.ts";

/** A feature ready to be computed, whether an indicator, a pattern or a formula. */
export interface ResolvedFeature extends Feature {
  /** what tells its values apart from all others: the name of an indicator, or "= " and a formula */
  readonly key: string;
  readonly formula: string | null;
}

/** How a formula that is stored is named where features are named. */
export const CUSTOM = "custom:";

/** An indicator or a pattern. @throws Refusal FEATURE_UNKNOWN or FEATURE_PARAMETER_INVALID */
function builtIn(name: string): Feature {
  if (alternativeOf(name) !== null) {
    const message = `feature ${JSON.stringify(name)}: it rests on alternative data, and is for GET /api/features/{symbol} and models`;
    throw new Refusal("invalid", "FEATURE_UNKNOWN", message, { feature: name });
  }
  return patternOf(name) ?? parseFeature(name);
}

/** @throws Refusal FORMULA_INVALID, or that of a feature in it */
export function formulaOf(text: string): Formula {
  return compileFormula(text, builtIn);
}

/** A formula as a feature called `name`. @throws Refusal as `formulaOf` */
export function formulaFeature(name: string, text: string): ResolvedFeature {
  const formula = formulaOf(text);
  const { kernel, warmup } = formula;
  return { name, kernel, params: [], warmup, key: `= ${formula.text}`, formula: formula.text };
}

/**
 * The features of these names, each once, in the order of their first mention: indicators, patterns, and with `custom:` the
 * formulas of the tenant.
 * @param tenantId null where nobody asks for a tenant: then there are no formulas
 * @throws Refusal naming the feature that is unknown
 */
export async function resolveFeatures(
  pool: Pool,
  tenantId: string | null,
  names: readonly string[],
): Promise<readonly ResolvedFeature[]> {
  const found = new Map<string, ResolvedFeature>();
  for (const name of names) {
    const feature = name.startsWith(CUSTOM)
      ? await stored(pool, tenantId, name)
      : resolvedBuiltIn(name);
    if (!found.has(feature.name)) found.set(feature.name, feature);
  }
  return [...found.values()];
}

/** One number a bar: a stored formula by its name, or any formula, such as `sma_20` or `macd_12_26_9.signal`. */
export async function resolveExpression(
  pool: Pool,
  tenantId: string,
  text: string,
): Promise<ResolvedFeature> {
  return text.startsWith(CUSTOM) ? stored(pool, tenantId, text) : formulaFeature(text, text);
}

/** A feature of a set, with the formula that it had when the set was made. @throws Refusal */
export function keptFeature({ name, formula }: KeptFeature): ResolvedFeature {
  return formula === null ? resolvedBuiltIn(name) : formulaFeature(name, formula);
}

function resolvedBuiltIn(name: string): ResolvedFeature {
  const feature = builtIn(name);
  return { ...feature, key: feature.name, formula: null };
}

async function stored(pool: Pool, tenantId: string | null, name: string): Promise<ResolvedFeature> {
  const found =
    tenantId === null ? null : await findFormula(pool, tenantId, name.slice(CUSTOM.length));
  if (found !== null) return formulaFeature(name, found.formula);
  const message = `feature ${JSON.stringify(name)}: there is no formula of this name`;
  throw new Refusal("invalid", "FEATURE_UNKNOWN", message, { feature: name });
}
