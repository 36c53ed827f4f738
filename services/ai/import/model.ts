import { NO_ALIASES } from "../../../domain/ai/registry/aliases.ts";
import type { ModelDefinition } from "../../../domain/ai/model/definition.ts";
import { bodyHash } from "../../../mixins/actor/ids.ts";
import { conflict, notFound, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { StoredModel } from "../../../models/model-registry.ts";
import { userOf } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { ONNX, ONNX_ALGORITHM } from "../onnx/artifact.ts";
import { checkedDefinition, targetOf } from "../registry/definition.ts";
import type { ServingParts } from "../serving/parts.ts";
import type { ImportContext } from "./context.ts";
import { invalid } from "./plan.ts";

/** What the file is to become a version of. */
export interface TargetModel {
  /** of the version */
  readonly definition: ModelDefinition;
  /** The model, stored now if it was not before. @throws RestError 409 when the name is taken */
  store(): Promise<StoredModel>;
}

/** @throws RestError 404, 409, 422 */
export async function targetModel(
  node: NodeContext,
  parts: ServingParts,
  ctx: ImportContext,
): Promise<TargetModel> {
  const { modelId, name } = ctx.params;
  if ((modelId === undefined) === (name === undefined))
    throw invalid(modelId === undefined ? "name" : "modelId", "must be given, and not both");
  return modelId === undefined
    ? newModel(node, parts, ctx, name ?? "")
    : heldModel(node, parts, ctx, modelId);
}

async function heldModel(
  node: NodeContext,
  parts: ServingParts,
  ctx: ImportContext,
  modelId: string,
): Promise<TargetModel> {
  const { params } = ctx;
  const held = await parts.registry.findModel(userOf(ctx).tenantId, modelId);
  if (held === null) throw notFound("model", modelId);
  if (held.isArchived) throw conflict(`model ${modelId} is archived`);
  for (const path of ["kind", "target", "timeframe", "symbols", "adjust"] as const)
    if (params[path] !== undefined) throw invalid(path, "is the model's; leave it out");
  const { kind, target, timeframe, symbols, adjust } = held.definition;
  const features = params.features ?? held.definition.features;
  const definition = await checked(node, ctx, {
    kind,
    target,
    timeframe,
    symbols,
    adjust,
    features,
  });
  return { definition, store: async () => held };
}

async function newModel(
  node: NodeContext,
  parts: ServingParts,
  ctx: ImportContext,
  name: string,
): Promise<TargetModel> {
  const { kind, target, timeframe, symbols, features, adjust = "none" } = ctx.params;
  if (!kind || !target || !timeframe || !symbols || !features) throw missingOf(ctx);
  const asked = { kind, target: targetOf(target), timeframe, symbols, features, adjust };
  const definition = await checked(node, ctx, asked);
  const there = await parts.registry.findModelByName(userOf(ctx).tenantId, name);
  if (there !== null) requireSame(there, definition);
  return { definition, store: () => storedAs(node, parts, ctx, name, definition) };
}

function missingOf({ params }: ImportContext) {
  const needed = ["kind", "target", "timeframe", "symbols", "features"] as const;
  return unprocessable(
    needed
      .filter((path) => params[path] === undefined)
      .map((path) => ({ path, code: "REQUIRED", message: "is required with name" })),
  );
}

type Asked = Omit<ModelDefinition, "algorithm" | "parameters">;

function checked(node: NodeContext, ctx: ImportContext, asked: Asked): Promise<ModelDefinition> {
  const algorithms = new Map([[ONNX, ONNX_ALGORITHM]]);
  return checkedDefinition({ node, algorithms }, userOf(ctx).tenantId, {
    ...asked,
    algorithm: ONNX,
    parameters: {},
  });
}

async function storedAs(
  node: NodeContext,
  { registry }: ServingParts,
  ctx: ImportContext,
  name: string,
  definition: ModelDefinition,
): Promise<StoredModel> {
  const { tenantId, userId: ownerId } = userOf(ctx);
  const nowMs = node.clock.now();
  const model: StoredModel = {
    modelId: node.newId(),
    tenantId,
    ownerId,
    name,
    description: "",
    definition,
    aliases: NO_ALIASES,
    schedule: null,
    isArchived: false,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    revision: 0,
  };
  const there = await registry.findModelByName(tenantId, name);
  if (there === null && (await registry.insertModel(model))) return model;
  const first = there ?? (await registry.findModelByName(tenantId, name));
  if (first === null) throw conflict(`${name} was defined and archived meanwhile; try again`);
  return requireSame(first, definition);
}

function requireSame(there: StoredModel, definition: ModelDefinition): StoredModel {
  if (bodyHash(there.definition) === bodyHash(definition)) return there;
  throw conflict(
    `${there.name} is there with another definition: name its modelId, or use another name`,
  );
}
