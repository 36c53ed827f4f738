import type { AlgorithmBook } from "../../../domain/ai/learning/algorithm.ts";
import type { TrainingInput, TrainingOutcome } from "../../../domain/ai/training/terms.ts";
import { notFound } from "../../../mixins/rest/rest-error.ts";
import type { ModelRegistry, StoredModel, StoredVersion } from "../../../models/model-registry.ts";
import type { NodeContext } from "../../context.ts";
import type { Datasets } from "../datasets/datasets.ts";

/** How a training in a thread is followed, and ended. */
export interface TrainingWatch {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: number) => void;
}

/** What the registry's services work with: made once a node. */
export interface RegistryParts {
  readonly node: NodeContext;
  readonly registry: ModelRegistry;
  readonly algorithms: AlgorithmBook;
  readonly datasets: Pick<Datasets, "build" | "latest">;
  /** @throws FitRefused */
  train(input: TrainingInput, watch: TrainingWatch): Promise<TrainingOutcome>;
}

/** A model, archived or not. @throws RestError 404 */
export async function modelOf(
  { registry }: Pick<RegistryParts, "registry">,
  tenantId: string,
  modelId: string,
): Promise<StoredModel> {
  const model = await registry.findModel(tenantId, modelId);
  if (model === null) throw notFound("model", modelId);
  return model;
}

/** @throws RestError 404 */
export async function versionOf(
  { registry }: Pick<RegistryParts, "registry">,
  { tenantId, modelId }: StoredModel,
  version: number,
): Promise<StoredVersion> {
  const found = await registry.findVersion(tenantId, modelId, version);
  if (found === null) throw notFound("version", `${version} of model ${modelId}`);
  return found;
}

/** The version that is asked for; else the champion, else the newest. @throws RestError 404 */
export async function versionAsked(
  parts: Pick<RegistryParts, "registry">,
  model: StoredModel,
  asked: number | undefined,
): Promise<StoredVersion> {
  const number = asked ?? model.aliases.champion;
  if (number !== null) return versionOf(parts, model, number);
  const { tenantId, modelId } = model;
  const [newest] = await parts.registry.listVersions(tenantId, modelId, { limit: 1 });
  if (newest === undefined) throw notFound("version", `of model ${modelId}`);
  return newest;
}
