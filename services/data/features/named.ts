import { bodyHash } from "../../../mixins/actor/ids.ts";
import { conflict, notFound, RestError, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type {
  FeatureSetPage,
  FeatureSetView,
  FormulaPage,
  FormulaView,
} from "../../../mixins/rest/routes/feature-sets.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../../mixins/rest/views.ts";
import {
  deleteFeatureSet,
  deleteFormula,
  findFeatureSet,
  findFormula,
  insertFeatureSet,
  insertFormula,
  listFeatureSets,
  listFormulas,
} from "../../../models/formulas.ts";
import type { StoredFeatureSet, StoredFormula } from "../../../models/formulas.ts";
import { claimRequestKey } from "../../../models/request-keys.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import type { Market } from "../market.ts";
import { formulaOf, resolveFeatures } from "./resolve.ts";

type Params<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;
type Named = RequestContext<{ readonly name: string }>;
type List = RequestContext<{ readonly limit: number; readonly cursor?: string | undefined }>;

/** A tenant's; each is computed at every close that it is kept for. */
const FORMULAS_MAX = 200;
const SETS_MAX = 100;

/** Stores a formula under a name. The same again succeeds; another under the name is refused. */
export async function createFormula(
  node: NodeContext,
  ctx: Params<"features.createFormula">,
): Promise<FormulaView> {
  const { tenantId, userId } = userOf(ctx);
  const { name, description } = ctx.params;
  const formula = formulaOf(ctx.params.formula).text;
  await claimKey(node, ctx);
  const wanted = { tenantId, name, formula, description, createdBy: userId };
  const createdAtMs = node.clock.now();
  const isNew = await insertFormula(node.pool, { ...wanted, createdAtMs }, FORMULAS_MAX);
  const stored = await findFormula(node.pool, tenantId, name);
  if (stored === null) throw conflict(`a tenant has ${FORMULAS_MAX} formulas at most`);
  if (stored.formula !== formula || stored.description !== description) throw taken(name);
  if (!isNew) ctx.meta.isReplay = true;
  return formulaView(stored);
}

export async function getFormula(node: NodeContext, ctx: Named): Promise<FormulaView> {
  const found = await findFormula(node.pool, userOf(ctx).tenantId, ctx.params.name);
  if (found === null) throw notFound("formula", ctx.params.name);
  return formulaView(found);
}

export async function formulaPage(node: NodeContext, ctx: List): Promise<FormulaPage> {
  const { tenantId } = userOf(ctx);
  const found = await listFormulas(node.pool, { tenantId, ...pageQuery(ctx) });
  return pageOf(found, ctx.params.limit, formulaView);
}

/** Sets that name it go on with the formula that it was. */
export async function removeFormula(node: NodeContext, ctx: Named): Promise<null> {
  const { name } = ctx.params;
  if (await deleteFormula(node.pool, userOf(ctx).tenantId, name)) return null;
  throw notFound("formula", name);
}

function formulaView(stored: StoredFormula): FormulaView {
  const { name, formula, description, createdAtMs } = stored;
  const { features, warmup } = formulaOf(formula);
  return { name, formula, description, features, warmup, createdAt: isoTime(createdAtMs) };
}

/** Has features kept as the bars of some symbols close. The same set again succeeds; another under the name is refused. */
export async function createFeatureSet(
  node: NodeContext,
  market: Market,
  ctx: Params<"features.createSet">,
): Promise<FeatureSetView> {
  const { tenantId, userId } = userOf(ctx);
  const { name, timeframe } = ctx.params;
  const symbols = [...new Set(ctx.params.symbols)].toSorted();
  for (const symbol of symbols) {
    if ((await market.instrument(symbol)) === null) throw notFound("symbol", symbol);
  }
  const features = await keptFeatures(node, tenantId, ctx.params.features);
  await claimKey(node, ctx);
  const createdAtMs = node.clock.now();
  const wanted = { tenantId, name, timeframe, symbols, features, createdBy: userId, createdAtMs };
  const isNew = await insertFeatureSet(node.pool, wanted, SETS_MAX);
  const stored = await findFeatureSet(node.pool, tenantId, name);
  if (stored === null) throw conflict(`a tenant has ${SETS_MAX} sets of features at most`);
  if (contentOf(stored) !== contentOf(wanted)) throw taken(name);
  if (!isNew) ctx.meta.isReplay = true;
  return setView(stored);
}

async function keptFeatures(node: NodeContext, tenantId: string, names: readonly string[]) {
  const resolved = await resolveFeatures(node.pool, tenantId, names);
  const compared = resolved.find(({ kernel }) => kernel.input === "benchmark");
  if (compared === undefined) return resolved.map(({ name, formula }) => ({ name, formula }));
  // The benchmark's bar of the same time may close later than the symbol's.
  const message = `${compared.name} compares with a benchmark, and cannot be kept as bars close`;
  throw unprocessable([{ path: "features", code: "INVALID_VALUE", message }]);
}

function contentOf({ timeframe, symbols, features }: StoredFeatureSet): string {
  return JSON.stringify([timeframe, symbols, features.map(({ name, formula }) => [name, formula])]);
}

export async function getFeatureSet(node: NodeContext, ctx: Named): Promise<FeatureSetView> {
  const found = await findFeatureSet(node.pool, userOf(ctx).tenantId, ctx.params.name);
  if (found === null) throw notFound("set of features", ctx.params.name);
  return setView(found);
}

export async function featureSetPage(node: NodeContext, ctx: List): Promise<FeatureSetPage> {
  const { tenantId } = userOf(ctx);
  const found = await listFeatureSets(node.pool, { tenantId, ...pageQuery(ctx) });
  return pageOf(found, ctx.params.limit, setView);
}

/** What was recorded for it stays on record. */
export async function removeFeatureSet(node: NodeContext, ctx: Named): Promise<null> {
  const { name } = ctx.params;
  if (await deleteFeatureSet(node.pool, userOf(ctx).tenantId, name)) return null;
  throw notFound("set of features", name);
}

function setView({ name, timeframe, symbols, features, createdAtMs }: StoredFeatureSet) {
  return {
    name,
    timeframe,
    symbols,
    features: features.map((feature) => feature.name),
    createdAt: isoTime(createdAtMs),
  };
}

function taken(name: string): RestError {
  return conflict(`${name} is there with other content; delete it first`);
}

async function claimKey(
  { pool }: NodeContext,
  ctx: RequestContext<{ readonly name: string }>,
): Promise<void> {
  const key = ctx.meta.idempotencyKey;
  if (key === undefined) return;
  const scope = `features:${userOf(ctx).userId}`;
  if (await claimRequestKey(pool, scope, key, bodyHash(ctx.params))) return;
  throw new RestError("IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used with another body");
}

function pageQuery({ params: { limit, cursor } }: List) {
  return { after: decodeCursor(cursor, { name: "string" })?.name, limit: limit + 1 };
}

function pageOf<T extends { readonly name: string }, V>(
  found: readonly T[],
  limit: number,
  view: (item: T) => V,
) {
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map((item) => view(item)),
    nextCursor: last ? encodeCursor({ name: last.name }) : null,
  };
}
