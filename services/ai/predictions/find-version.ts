import type { Clock } from "../../../mixins/clock.ts";
import { conflict, notFound, unprocessable } from "../../../mixins/rest/rest-error.ts";
import { Lru } from "../../../models/cache/lru.ts";
import type { ModelRegistry, StoredModel, StoredVersion } from "../../../models/model-registry.ts";
import { SharedReads } from "./shared-reads.ts";

export interface VersionAsked {
  readonly tenantId: string;
  readonly symbol: string;
  /** absent: the only model of the symbol that has a champion */
  readonly modelId?: string | undefined;
  /** absent: the champion */
  readonly version?: number | undefined;
  readonly horizon?: number | undefined;
}

interface FoundVersion {
  readonly model: StoredModel;
  readonly stored: StoredVersion;
}

/** A tenant with more is asked to name the model. */
const MODELS_MAX = 1_000;

/** Versions that are kept: what they say of themselves is large, and never changes. */
const KEPT_MAX = 500;
/** For how long it may go unnoticed that a version was archived. */
const KEPT_MS = 1_000;

interface Kept {
  readonly stored: StoredVersion;
  readonly untilMs: number;
}

/** Finds the version that is to predict. */
export class VersionFinder {
  readonly #registry: ModelRegistry;
  readonly #clock: Clock;
  readonly #models = new SharedReads<StoredModel>();
  readonly #kept = new Lru<Kept>(KEPT_MAX);

  constructor(registry: ModelRegistry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /** @throws RestError 404 when there is none; 409 when there is no champion, or more than one model; 422 when it is not about that */
  async find(asked: VersionAsked): Promise<FoundVersion> {
    const { tenantId, modelId = "", symbol, horizon = "" } = asked;
    const key = JSON.stringify([tenantId, modelId, modelId === "" ? [symbol, horizon] : null]);
    const model = await this.#models.read(key, () => modelAsked(this.#registry, asked));
    const number = asked.version ?? model.aliases.champion;
    if (number === null)
      throw conflict(`model ${model.modelId} has no version in production yet: name a version`);
    const stored = await this.#version(model, number);
    if (stored.status === "archived")
      throw conflict(`version ${number} of model ${model.modelId} is archived`);
    checkAbout(stored, asked);
    return { model, stored };
  }

  async #version({ tenantId, modelId }: StoredModel, version: number): Promise<StoredVersion> {
    const key = `${tenantId}/${modelId}/${version}`;
    const kept = this.#kept.get(key);
    const nowMs = this.#clock.monotonicMs();
    if (kept !== undefined && nowMs < kept.untilMs) return kept.stored;
    const stored = await this.#registry.findVersion(tenantId, modelId, version);
    if (stored === null) throw notFound("version", `${version} of model ${modelId}`);
    this.#kept.set(key, { stored, untilMs: nowMs + KEPT_MS });
    return stored;
  }
}

async function modelAsked(registry: ModelRegistry, asked: VersionAsked): Promise<StoredModel> {
  const { tenantId, modelId } = asked;
  if (modelId === undefined) return onlyModel(registry, asked);
  const model = await registry.findModel(tenantId, modelId);
  if (model === null) throw notFound("model", modelId);
  if (model.isArchived) throw conflict(`model ${modelId} is archived`);
  return model;
}

async function onlyModel(
  registry: ModelRegistry,
  { tenantId, symbol, horizon }: VersionAsked,
): Promise<StoredModel> {
  const all = await registry.listModels({ tenantId, symbol, all: false, limit: MODELS_MAX });
  const fitting = all.filter(
    ({ aliases, definition }) =>
      aliases.champion !== null && (horizon === undefined || definition.target.horizon === horizon),
  );
  const [first] = fitting;
  if (first === undefined) throw notFound("model in production", `for ${symbol}`);
  if (fitting.length === 1) return first;
  const names = fitting.slice(0, 10).map((model) => model.modelId);
  throw conflict(
    `${fitting.length} models of ${symbol} are in production: name one of ${names.join(", ")}`,
  );
}

function checkAbout({ lineage }: StoredVersion, { symbol, horizon }: VersionAsked): void {
  const { symbols, target } = lineage.definition;
  if (!symbols.includes(symbol))
    throw invalid("symbol", `is none of the model's: ${symbols.slice(0, 20).join(", ")}`);
  if (horizon !== undefined && horizon !== target.horizon)
    throw invalid("horizon", `must be the model's, ${target.horizon}`);
}

function invalid(path: string, message: string) {
  return unprocessable([{ path, code: "INVALID_VALUE", message }]);
}
