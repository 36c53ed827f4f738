import { Schema } from "mongoose";
import type { ModelDefinition } from "../domain/ai/model/definition.ts";
import type { Lineage } from "../domain/ai/model/version.ts";
import type { TrainingReport } from "../domain/ai/training/terms.ts";
import type { Json } from "../domain/shared/json.ts";
import type {
  NewVersion,
  StoredModel,
  StoredReport,
  StoredSchedule,
  StoredVersion,
} from "./model-records.ts";

/** As it is written: what is asked for by queries as fields, the rest as JSON text, since names of parameters are no names of fields. */
export interface ModelDocument {
  readonly _id: string;
  readonly tenantId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly description: string;
  readonly kind: string;
  readonly symbols: readonly string[];
  readonly timeframe: string;
  readonly definition: string;
  readonly champion: number | null;
  readonly challenger: number | null;
  readonly shadow: readonly number[];
  readonly isServed: boolean;
  readonly isArchived: boolean;
  readonly schedule: string | null;
  readonly nextTrainAtMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly revision: number;
  readonly moves?: readonly string[];
}

export interface VersionDocument {
  /** `modelId/version` */
  readonly _id: string;
  readonly modelId: string;
  readonly tenantId: string;
  readonly version: number;
  readonly madeBy: string;
  readonly format: string;
  readonly artifactSha256: string;
  readonly artifactBytes: number;
  readonly evidenceSha256: string | null;
  readonly lineage: string;
  readonly report: string;
  readonly note: string;
  readonly createdAtMs: number;
  readonly archivedAtMs: number | null;
}

export const modelSchema = new Schema<ModelDocument>(
  {
    _id: String,
    tenantId: { type: String, required: true },
    ownerId: { type: String, required: true },
    name: { type: String, required: true },
    description: { type: String, default: "" },
    kind: { type: String, required: true },
    symbols: [String],
    timeframe: { type: String, required: true },
    definition: { type: String, required: true },
    champion: { type: Number, default: null },
    challenger: { type: Number, default: null },
    shadow: [Number],
    isServed: { type: Boolean, required: true },
    isArchived: { type: Boolean, required: true },
    schedule: { type: String, default: null },
    nextTrainAtMs: { type: Number, default: null },
    createdAtMs: { type: Number, required: true },
    updatedAtMs: { type: Number, required: true },
    revision: { type: Number, required: true },
    moves: [String],
  },
  { collection: "ai_models", versionKey: false },
)
  .index({ tenantId: 1, name: 1 }, { unique: true, partialFilterExpression: { isArchived: false } })
  .index({ symbols: 1, timeframe: 1 })
  .index({ nextTrainAtMs: 1 });

export const versionSchema = new Schema<VersionDocument>(
  {
    _id: String,
    modelId: { type: String, required: true },
    tenantId: { type: String, required: true },
    version: { type: Number, required: true },
    madeBy: { type: String, required: true },
    format: { type: String, required: true },
    artifactSha256: { type: String, required: true },
    artifactBytes: { type: Number, required: true },
    evidenceSha256: { type: String, default: null },
    lineage: { type: String, required: true },
    report: { type: String, required: true },
    note: { type: String, required: true },
    createdAtMs: { type: Number, required: true },
    archivedAtMs: { type: Number, default: null },
  },
  { collection: "ai_versions", versionKey: false },
)
  .index({ modelId: 1, version: -1 }, { unique: true })
  .index({ modelId: 1, madeBy: 1 }, { unique: true });

/** Without its moves, which a write of the other fields leaves as they are. */
export function modelDocument(model: StoredModel): ModelDocument {
  const { definition, aliases, schedule, isArchived } = model;
  return {
    _id: model.modelId,
    tenantId: model.tenantId,
    ownerId: model.ownerId,
    name: model.name,
    description: model.description,
    kind: definition.kind,
    symbols: [...definition.symbols],
    timeframe: definition.timeframe,
    definition: JSON.stringify(definition),
    champion: aliases.champion,
    challenger: aliases.challenger,
    shadow: [...aliases.shadow],
    isServed: aliases.champion !== null || aliases.shadow.length > 0,
    isArchived,
    schedule: schedule === null ? null : JSON.stringify(schedule),
    nextTrainAtMs: schedule === null || isArchived ? null : schedule.nextAtMs,
    createdAtMs: model.createdAtMs,
    updatedAtMs: model.updatedAtMs,
    revision: model.revision,
  };
}

export function modelFrom(document: ModelDocument): StoredModel {
  const {
    _id: modelId,
    tenantId,
    ownerId,
    name,
    description,
    champion,
    challenger,
    shadow,
  } = document;
  return {
    modelId,
    tenantId,
    ownerId,
    name,
    description,
    // sound: it was valid when it was stored
    definition: JSON.parse(document.definition) as ModelDefinition,
    aliases: { champion, challenger, shadow },
    // sound: as above
    schedule: document.schedule === null ? null : (JSON.parse(document.schedule) as StoredSchedule),
    isArchived: document.isArchived,
    createdAtMs: document.createdAtMs,
    updatedAtMs: document.updatedAtMs,
    revision: document.revision,
  };
}

/** @param stored where its bytes are */
export function versionDocument(
  made: NewVersion,
  version: number,
  stored: Pick<VersionDocument, "artifactSha256" | "artifactBytes" | "evidenceSha256">,
): VersionDocument {
  const { modelId, tenantId, madeBy, format, createdAtMs } = made;
  return {
    _id: `${modelId}/${version}`,
    modelId,
    tenantId,
    version,
    madeBy,
    format,
    artifactSha256: stored.artifactSha256,
    artifactBytes: stored.artifactBytes,
    evidenceSha256: stored.evidenceSha256,
    lineage: JSON.stringify(made.lineage),
    report: JSON.stringify(made.report === null ? null : withoutRows(made.report)),
    note: JSON.stringify(made.note),
    createdAtMs,
    archivedAtMs: null,
  };
}

/** A version is read at every prediction; its rows are read to compare versions only. */
function withoutRows(whole: TrainingReport): StoredReport {
  const { rows, folds, skippedFolds = 0, outOfSample, baselines, importance, notes } = whole;
  return { rows, folds, skippedFolds, outOfSample, baselines, importance, notes };
}

export function versionFrom(document: VersionDocument): StoredVersion {
  const { modelId, tenantId, version, madeBy, archivedAtMs } = document;
  return {
    modelId,
    tenantId,
    version,
    madeBy,
    status: archivedAtMs === null ? "ready" : "archived",
    artifactSha256: document.artifactSha256,
    artifactBytes: document.artifactBytes,
    format: document.format === "onnx" ? "onnx" : "native",
    // sound: what `versionDocument` wrote; versions are never changed
    lineage: JSON.parse(document.lineage) as Lineage,
    // sound: as above
    report: JSON.parse(document.report) as StoredReport | null,
    evidenceSha256: document.evidenceSha256,
    // sound: as above
    note: JSON.parse(document.note) as Json,
    createdAtMs: document.createdAtMs,
    archivedAtMs,
  };
}
