import type { Connection, Model } from "mongoose";
import { type Evidence, evidenceBytes, evidenceFrom } from "../domain/ai/training/evidence.ts";
import { ArtifactStore } from "./artifacts.ts";
import {
  modelDocument,
  type ModelDocument,
  modelFrom,
  modelSchema,
  versionDocument,
  type VersionDocument,
  versionFrom,
  versionSchema,
} from "./model-documents.ts";
import {
  type AliasMove,
  type ModelChange,
  type ModelQuery,
  MOVES_MAX,
  type NewVersion,
  type StoredModel,
  type StoredVersion,
} from "./model-records.ts";

export type {
  AliasMove,
  ModelChange,
  NewVersion,
  StoredModel,
  StoredReport,
  StoredSchedule,
  StoredVersion,
} from "./model-records.ts";
export { ArtifactBroken } from "./artifacts.ts";

const TRIES = 50;

/** Models and their immutable versions as documents, on the connection of a node. */
export class ModelRegistry {
  readonly #models: Model<ModelDocument>;
  readonly #versions: Model<VersionDocument>;
  readonly #artifacts: ArtifactStore;

  constructor(connection: Connection) {
    const { AiModel, AiVersion } = connection.models;
    // sound: the models of these names are the ones that are made here
    this.#models =
      (AiModel as Model<ModelDocument> | undefined) ??
      connection.model<ModelDocument>("AiModel", modelSchema);
    // sound: as above
    this.#versions =
      (AiVersion as Model<VersionDocument> | undefined) ??
      connection.model<VersionDocument>("AiVersion", versionSchema);
    this.#artifacts = new ArtifactStore(connection);
  }

  /** Waits until the indexes are there. */
  async ready(): Promise<void> {
    await Promise.all([this.#models.init(), this.#versions.init(), this.#artifacts.ready()]);
  }

  /** @returns false when the tenant has one of that name */
  insertModel(model: StoredModel): Promise<boolean> {
    return unlessDuplicate(() => this.#models.create(modelDocument(model)));
  }

  async findModel(tenantId: string, modelId: string): Promise<StoredModel | null> {
    const found = await this.#models
      .findOne({ _id: modelId, tenantId }, { moves: 0 })
      .lean<ModelDocument>();
    return found === null ? null : modelFrom(found);
  }

  /** One that is not archived. */
  async findModelByName(tenantId: string, name: string): Promise<StoredModel | null> {
    const found = await this.#models
      .findOne({ tenantId, name, isArchived: false }, { moves: 0 })
      .lean<ModelDocument>();
    return found === null ? null : modelFrom(found);
  }

  /** By name. */
  async listModels(query: ModelQuery): Promise<readonly StoredModel[]> {
    const { tenantId, kind, symbol, all, after, limit } = query;
    const found = await this.#models
      .find(
        {
          tenantId,
          ...(kind !== undefined && { kind }),
          ...(symbol !== undefined && { symbols: symbol }),
          ...(!all && { isArchived: false }),
          ...(after !== undefined && {
            $or: [{ name: { $gt: after.name } }, { name: after.name, _id: { $gt: after.modelId } }],
          }),
        },
        { moves: 0 },
      )
      .sort({ name: 1, _id: 1 })
      .limit(limit)
      .lean<ModelDocument[]>();
    return found.map(modelFrom);
  }

  /** Of every tenant: those with a champion or a shadow, that predict bars of this symbol and timeframe. */
  async listServed(symbol: string, timeframe: string): Promise<readonly StoredModel[]> {
    const found = await this.#models
      .find({ symbols: symbol, timeframe, isServed: true, isArchived: false }, { moves: 0 })
      .sort({ _id: 1 })
      .lean<ModelDocument[]>();
    return found.map(modelFrom);
  }

  /** Of every tenant: those whose scheduled training is due by then, or follows their bars. */
  async listScheduled(nowMs: number): Promise<readonly StoredModel[]> {
    const found = await this.#models
      .find({ nextTrainAtMs: { $lte: nowMs }, isArchived: false }, { moves: 0 })
      .sort({ nextTrainAtMs: 1 })
      .lean<ModelDocument[]>();
    return found.map(modelFrom);
  }

  countModels(tenantId: string): Promise<number> {
    return this.#models.countDocuments({ tenantId, isArchived: false }).exec();
  }

  /**
   * Changes a model that still has the revision it was read with.
   * @returns null when it has another by now; `taken` when the tenant has one of the new name
   */
  async updateModel(
    held: StoredModel,
    change: ModelChange,
    nowMs: number,
  ): Promise<StoredModel | "taken" | null> {
    const next: StoredModel = {
      ...held,
      name: change.name ?? held.name,
      description: change.description ?? held.description,
      definition: change.definition ?? held.definition,
      schedule: change.schedule === undefined ? held.schedule : change.schedule,
      isArchived: change.isArchived ?? held.isArchived,
      updatedAtMs: nowMs,
      revision: held.revision + 1,
    };
    const { _id, ...fields } = modelDocument(next);
    const wrote = await this.#writeModel(held, { $set: fields });
    return typeof wrote === "string" ? wrote : wrote ? next : null;
  }

  /**
   * Moves aliases of a model that still has the revision it was read with, and records the move in the same write.
   * @returns null when it has another by now
   */
  async moveAliases(held: StoredModel, move: AliasMove): Promise<StoredModel | null> {
    const next = {
      ...held,
      aliases: move.after,
      updatedAtMs: move.atMs,
      revision: held.revision + 1,
    };
    const { _id, ...fields } = modelDocument(next);
    const moves = { $each: [JSON.stringify(move)], $slice: -MOVES_MAX };
    const wrote = await this.#writeModel(held, { $set: fields, $push: { moves } });
    return wrote === true ? next : null;
  }

  async #writeModel(held: StoredModel, update: object): Promise<boolean | "taken"> {
    const { modelId: _id, tenantId, revision } = held;
    try {
      const { matchedCount } = await this.#models.updateOne({ _id, tenantId, revision }, update);
      return matchedCount === 1;
    } catch (error) {
      if (isDuplicateKey(error)) return "taken";
      throw error;
    }
  }

  /** Newest first; the oldest of more than `MOVES_MAX` are forgotten. */
  async aliasMoves(tenantId: string, modelId: string): Promise<readonly AliasMove[]> {
    const found = await this.#models
      .findOne({ _id: modelId, tenantId }, { moves: 1 })
      .lean<Pick<ModelDocument, "moves">>();
    // sound: what `moveAliases` wrote
    return (found?.moves ?? []).map((move) => JSON.parse(move) as AliasMove).toReversed();
  }

  /**
   * Makes a version: its artefact is stored first, and one insert then makes it visible. Numbers run 1, 2, 3 … without gaps, from
   * however many processes. What was made before is found again.
   * @param evidence of its report, where whoever made it has packed it already
   */
  async insertVersion(
    made: NewVersion,
    artifact: Uint8Array,
    evidence: Uint8Array | null = made.report === null ? null : evidenceBytes(made.report),
  ): Promise<{ readonly version: StoredVersion; readonly isNew: boolean }> {
    const artifactSha256 = await this.#artifacts.put(artifact);
    const evidenceSha256 = evidence === null ? null : await this.#artifacts.put(evidence);
    for (let i = 0; i < TRIES; i++) {
      const there = await this.findVersionMadeBy(made.modelId, made.madeBy);
      if (there !== null) return { version: there, isNew: false };
      const version = (await this.#newestNumber(made.modelId)) + 1;
      const sizes = { artifactSha256, artifactBytes: artifact.length, evidenceSha256 };
      const document = versionDocument(made, version, sizes);
      if (await unlessDuplicate(() => this.#versions.create(document)))
        return { version: versionFrom(document), isNew: true };
    }
    throw new Error(`model ${made.modelId}: no number was free in ${TRIES} tries`);
  }

  async #newestNumber(modelId: string): Promise<number> {
    const newest = await this.#versions
      .findOne({ modelId }, { version: 1 })
      .sort({ version: -1 })
      .lean<Pick<VersionDocument, "version">>();
    return newest?.version ?? 0;
  }

  async findVersion(
    tenantId: string,
    modelId: string,
    version: number,
  ): Promise<StoredVersion | null> {
    const found = await this.#versions
      .findOne({ modelId, version, tenantId })
      .lean<VersionDocument>();
    return found === null ? null : versionFrom(found);
  }

  async findVersionMadeBy(modelId: string, madeBy: string): Promise<StoredVersion | null> {
    const found = await this.#versions.findOne({ modelId, madeBy }).lean<VersionDocument>();
    return found === null ? null : versionFrom(found);
  }

  /** Newest first; those before `before`, when it is given. */
  async listVersions(
    tenantId: string,
    modelId: string,
    { before, limit }: { readonly before?: number | undefined; readonly limit: number },
  ): Promise<readonly StoredVersion[]> {
    const found = await this.#versions
      .find({ modelId, tenantId, ...(before !== undefined && { version: { $lt: before } }) })
      .sort({ version: -1 })
      .limit(limit)
      .lean<VersionDocument[]>();
    return found.map(versionFrom);
  }

  /** Their numbers. */
  async archivedVersions(tenantId: string, modelId: string): Promise<ReadonlySet<number>> {
    const found = await this.#versions
      .find({ modelId, tenantId, archivedAtMs: { $ne: null } }, { version: 1 })
      .lean<Pick<VersionDocument, "version">[]>();
    return new Set(found.map(({ version }) => version));
  }

  /** The one thing of a version that changes. @returns whether there was such a version */
  async archiveVersion(
    tenantId: string,
    modelId: string,
    version: number,
    archivedAtMs: number | null,
  ): Promise<boolean> {
    const { matchedCount } = await this.#versions.updateOne(
      { modelId, version, tenantId },
      { $set: { archivedAtMs } },
    );
    return matchedCount === 1;
  }

  /**
   * @returns null when there is none
   * @throws ArtifactBroken when it is not what was stored
   */
  readArtifact(sha256: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#artifacts.get(sha256);
  }

  /** What a version said out of sample, and what it learnt from looks like; null of an imported one. @throws ArtifactBroken */
  async readEvidence(version: StoredVersion): Promise<Evidence | null> {
    const bytes = await this.readEvidenceBytes(version);
    return bytes === null ? null : evidenceFrom(bytes);
  }

  /** The same for `evidenceFrom`, in whatever thread. @throws ArtifactBroken */
  async readEvidenceBytes({
    evidenceSha256,
  }: StoredVersion): Promise<Uint8Array<ArrayBuffer> | null> {
    return evidenceSha256 === null ? null : this.#artifacts.get(evidenceSha256);
  }
}

/** @returns false when a unique key is taken */
async function unlessDuplicate(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

function isDuplicateKey(error: unknown): boolean {
  return typeof error === "object" && error !== null && Reflect.get(error, "code") === 11_000;
}
