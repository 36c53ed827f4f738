import { randomUUID } from "node:crypto";
import type { ModelDefinition } from "../../domain/ai/model/definition.ts";
import type { Aliases } from "../../domain/ai/model/version.ts";
import type { TrainingReport } from "../../domain/ai/training/terms.ts";
import { type AliasMove, ModelRegistry, type StoredModel } from "../../models/model-registry.ts";
import type { NodeContext } from "../../services/context.ts";
import type { RouteInput } from "../support/http.ts";

const definition: ModelDefinition = {
  kind: "regressor",
  algorithm: "ridge",
  symbols: ["ACME"],
  timeframe: "1d",
  features: ["returns_1"],
  target: { kind: "return", horizon: 1 },
  parameters: {},
  adjust: "none",
};

const report: TrainingReport = {
  rows: { total: 3, labelled: 2, tested: 1 },
  folds: [],
  outOfSample: { metrics: { rmse: 1 }, estimates: {}, coverage: null, trading: null },
  baselines: [{ name: "zero", metrics: {}, dieboldMariano: { statistic: -4, pValue: 0.001 } }],
  importance: { gain: { returns_1: 1 }, permutation: null },
  reference: { returns_1: { edges: [0], shares: [0.5, 0.5, 0], paths: ["0101010101"] } },
  scored: { closeMs: [1], symbol: [0], loss: [2], prediction: [3], truth: [4], forwardReturn: [5] },
  notes: [],
};

/**
 * Puts a model on record with two versions, the second of which follows the first as the champion; nothing was trained.
 * @returns what requests about its first version say
 */
export async function leaveModel(node: NodeContext, ownerId: string): Promise<RouteInput> {
  const registry = new ModelRegistry(node.documents.connection);
  const model: StoredModel = {
    modelId: randomUUID(),
    tenantId: "default",
    ownerId,
    name: randomUUID(),
    description: "",
    definition,
    aliases: { champion: null, challenger: null, shadow: [] },
    schedule: null,
    isArchived: false,
    createdAtMs: 1,
    updatedAtMs: 1,
    revision: 0,
  };
  await registry.insertModel(model);
  for (const madeBy of ["one", "two"]) await leaveVersion(registry, model, madeBy);
  const first = await registry.moveAliases(model, moveTo(model.aliases, 1));
  if (first !== null) await registry.moveAliases(first, moveTo(first.aliases, 2));
  return { modelId: model.modelId, version: 1 };
}

function leaveVersion(registry: ModelRegistry, { modelId, tenantId }: StoredModel, madeBy: string) {
  const lineage = {
    origin: "trained",
    definition,
    data: { startMs: 1, endMs: 2, knownAtMs: 3, rows: 3, sha256: "0" },
    terms: { seed: 1, range: { startMs: null, endMs: null } },
    libraries: {},
    code: "1",
    parent: null,
  } as const;
  const about = { modelId, tenantId, madeBy, note: null, createdAtMs: 4 };
  const bytes = new TextEncoder().encode(madeBy);
  return registry.insertVersion({ ...about, format: "native", lineage, report }, bytes);
}

function moveTo(before: Aliases, champion: number): AliasMove {
  return {
    atMs: champion,
    userId: null,
    action: "promote",
    before,
    after: { champion, challenger: null, shadow: [] },
    reason: null,
    isOverride: false,
    requestKey: null,
    checks: [],
  };
}
