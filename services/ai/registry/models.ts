import { NO_ALIASES } from "../../../domain/ai/registry/aliases.ts";
import type { ModelDefinition } from "../../../domain/ai/model/definition.ts";
import { bodyHash } from "../../../mixins/actor/ids.ts";
import { conflict } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { ModelPage, ModelView, VersionPage } from "../../../mixins/rest/routes/model-views.ts";
import { decodeCursor, encodeCursor } from "../../../mixins/rest/views.ts";
import { listRunningStrategies } from "../../../models/strategies.ts";
import type { ModelChange, StoredModel } from "../../../models/model-registry.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import { checkedDefinition, targetOf } from "./definition.ts";
import { modelOf } from "./parts.ts";
import type { RegistryParts } from "./parts.ts";
import { claimKey } from "./request-key.ts";
import { modelView, versionSummary } from "./views.ts";

type Ctx<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

/** A tenant's. */
const MODELS_MAX = 1_000;
const TRIES = 10;

/** Defines a model under a name. The same again succeeds; another under the name is refused. */
export async function createModel(
  parts: RegistryParts,
  ctx: Ctx<"models.create">,
): Promise<ModelView> {
  const { node, registry } = parts;
  const { tenantId, userId: ownerId } = userOf(ctx);
  const { name, description } = ctx.params;
  const definition = await definitionOf(parts, ctx);
  await claimKey(parts, ctx, "models");
  const there = await registry.findModelByName(tenantId, name);
  if (there !== null) return again(ctx, there, definition);
  if ((await registry.countModels(tenantId)) >= MODELS_MAX)
    throw conflict(`a tenant has ${MODELS_MAX} models at most`);
  const nowMs = node.clock.now();
  const model: StoredModel = {
    modelId: node.newId(),
    tenantId,
    ownerId,
    name,
    description,
    definition,
    aliases: NO_ALIASES,
    schedule: null,
    isArchived: false,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    revision: 0,
  };
  if (await registry.insertModel(model)) return modelView(model);
  // Another request was first.
  const first = await registry.findModelByName(tenantId, name);
  if (first === null) throw conflict(`${name} was defined and archived meanwhile; try again`);
  return again(ctx, first, definition);
}

function definitionOf(parts: RegistryParts, ctx: Ctx<"models.create">): Promise<ModelDefinition> {
  const { kind, algorithm, symbols, timeframe, target } = ctx.params;
  const { features = [], parameters = {}, adjust = "none" } = ctx.params;
  return checkedDefinition(parts, userOf(ctx).tenantId, {
    kind,
    algorithm,
    symbols,
    timeframe,
    features,
    target: targetOf(target),
    parameters,
    adjust,
  });
}

function again(
  ctx: Ctx<"models.create">,
  there: StoredModel,
  definition: ModelDefinition,
): ModelView {
  if (hashOf(there.definition) !== hashOf(definition))
    throw conflict(
      `${there.name} is there with another definition; change it, or use another name`,
    );
  ctx.meta.isReplay = true;
  return modelView(there);
}

function hashOf(definition: ModelDefinition): string {
  return bodyHash(definition);
}

export async function listModels(
  { registry }: RegistryParts,
  ctx: Ctx<"models.list">,
): Promise<ModelPage> {
  const { kind, symbol, archived, limit, cursor } = ctx.params;
  const after = decodeCursor(cursor, { name: "string", modelId: "string" });
  const found = await registry.listModels({
    tenantId: userOf(ctx).tenantId,
    kind,
    symbol,
    all: archived,
    ...(after !== null && { after }),
    limit: limit + 1,
  });
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(modelView),
    nextCursor:
      last === undefined ? null : encodeCursor({ name: last.name, modelId: last.modelId }),
  };
}

/** @throws RestError 404, 409 of an archived one, 422 */
export async function updateModel(
  parts: RegistryParts,
  ctx: Ctx<"models.update">,
): Promise<ModelView> {
  const { tenantId } = userOf(ctx);
  const { name, description, algorithm, symbols, features, parameters, adjust } = ctx.params;
  const changed = await change(parts, tenantId, ctx.params.modelId, async (model) => {
    const held = model.definition;
    const asked = {
      kind: held.kind,
      timeframe: held.timeframe,
      target: held.target,
      algorithm: algorithm ?? held.algorithm,
      symbols: symbols ?? held.symbols,
      features: features ?? held.features,
      // Those of another algorithm mean nothing to this one.
      parameters: parameters ?? (algorithm === undefined ? held.parameters : {}),
      adjust: adjust ?? held.adjust,
    };
    return { name, description, definition: await checkedDefinition(parts, tenantId, asked) };
  });
  return modelView(changed);
}

/**
 * Changes a model, from what it is when the change is written.
 * @throws RestError 404, 409 of an archived one and of a name that is taken
 */
export async function change(
  parts: RegistryParts,
  tenantId: string,
  modelId: string,
  changeOf: (model: StoredModel) => Promise<ModelChange>,
): Promise<StoredModel> {
  const { registry, node } = parts;
  for (let i = 0; i < TRIES; i += 1) {
    const model = await liveModelOf(parts, tenantId, modelId);
    const written = await registry.updateModel(model, await changeOf(model), node.clock.now());
    if (written === "taken") throw conflict("another model has that name");
    if (written !== null) return written;
  }
  throw conflict(`model ${modelId} is being changed by others; try again`);
}

/** @throws RestError 404, 409 of an archived one */
export async function liveModelOf(
  parts: RegistryParts,
  tenantId: string,
  modelId: string,
): Promise<StoredModel> {
  const model = await modelOf(parts, tenantId, modelId);
  if (model.isArchived) throw conflict(`model ${modelId} is archived`);
  return model;
}

/** Archived once is archived: a repeat changes nothing. */
export async function archiveModel(
  parts: RegistryParts,
  ctx: Ctx<"models.archive">,
): Promise<null> {
  const { tenantId } = userOf(ctx);
  const { modelId } = ctx.params;
  const model = await modelOf(parts, tenantId, modelId);
  if (model.isArchived) return null;
  await refuseInUse(parts, model);
  await change(parts, tenantId, modelId, async () => ({ isArchived: true, schedule: null }));
  return null;
}

/** Wherever in its parameters a strategy names the model: as its own, or as one of an ensemble. */
async function refuseInUse({ node }: RegistryParts, { modelId }: StoredModel): Promise<void> {
  const running = await listRunningStrategies(node.pool);
  const user = running.find(({ parameters }) => JSON.stringify(parameters).includes(modelId));
  if (user !== undefined)
    throw conflict(`strategy ${user.strategyId} acts by the model: stop it, or change it, first`);
}

export async function listVersions(
  parts: RegistryParts,
  ctx: Ctx<"models.versions">,
): Promise<VersionPage> {
  const { modelId, limit, cursor } = ctx.params;
  const model = await modelOf(parts, userOf(ctx).tenantId, modelId);
  const before = decodeCursor(cursor, { version: "number" })?.version;
  const found = await parts.registry.listVersions(model.tenantId, modelId, {
    before,
    limit: limit + 1,
  });
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map((version) => versionSummary(version, model.aliases)),
    nextCursor: last === undefined ? null : encodeCursor({ version: last.version }),
  };
}
