import type { Algorithm, AlgorithmBook } from "../../../domain/ai/learning/algorithm.ts";
import type { ParameterTerms } from "../../../domain/ai/learning/parameters.ts";
import type { Aliases, Stage } from "../../../domain/ai/model/version.ts";
import type { Json } from "../../../domain/shared/json.ts";
import type { AliasHistory } from "../../../mixins/rest/routes/model-registry.ts";
import type {
  ModelView,
  VersionSummary,
  VersionView,
} from "../../../mixins/rest/routes/model-views.ts";
import type { AlgorithmList } from "../../../mixins/rest/routes/models.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type {
  AliasMove,
  StoredModel,
  StoredReport,
  StoredVersion,
} from "../../../models/model-registry.ts";

export function modelView(model: StoredModel): ModelView {
  const { modelId, name, description, definition, aliases, isArchived } = model;
  const { kind, algorithm, symbols, timeframe, features, target, parameters, adjust } = definition;
  return {
    modelId,
    name,
    description,
    kind,
    algorithm,
    symbols,
    timeframe,
    features,
    target,
    parameters,
    adjust,
    aliases,
    schedule: scheduleView(model),
    isArchived,
    createdAt: isoTime(model.createdAtMs),
    updatedAt: isoTime(model.updatedAtMs),
  };
}

const HOUR_MS = 3_600_000;

function scheduleView({ schedule }: StoredModel): ModelView["schedule"] {
  if (schedule === null) return null;
  const { every, nextAtMs, request } = schedule;
  return "bars" in every
    ? { bars: every.bars, hours: null, next: null, request }
    : { bars: null, hours: every.ms / HOUR_MS, next: isoTime(nextAtMs), request };
}

function stageOf({ version, status }: StoredVersion, aliases: Aliases): Stage | null {
  if (status === "archived") return "archived";
  if (version === aliases.champion) return "production";
  return version === aliases.challenger ? "staging" : null;
}

export function versionSummary(version: StoredVersion, aliases: Aliases): VersionSummary {
  return {
    ...fieldsOf(version, aliases),
    metrics: version.report?.outOfSample.metrics ?? null,
  };
}

function fieldsOf(version: StoredVersion, aliases: Aliases): Omit<VersionSummary, "metrics"> {
  const { modelId, lineage, format, artifactSha256, artifactBytes, createdAtMs } = version;
  return {
    modelId,
    version: version.version,
    stage: stageOf(version, aliases),
    isShadow: aliases.shadow.includes(version.version),
    origin: lineage.origin,
    format,
    artifact: { sha256: artifactSha256, bytes: artifactBytes },
    algorithm: lineage.definition.algorithm,
    seed: seedIn(lineage.terms),
    createdAt: isoTime(createdAtMs),
  };
}

function seedIn(terms: Json): number | null {
  const seed: unknown =
    typeof terms === "object" && terms !== null ? Reflect.get(terms, "seed") : null;
  return typeof seed === "number" ? seed : null;
}

export function versionView(version: StoredVersion, aliases: Aliases): VersionView {
  const { lineage, report, note } = version;
  const { definition, data, terms, libraries, code, parent } = lineage;
  return {
    ...fieldsOf(version, aliases),
    // sound: a definition is plain data
    definition: definition as unknown as Json,
    data: data === null ? null : dataView(data),
    terms,
    libraries,
    code,
    parent,
    report: report === null ? null : reportView(report),
    note,
  };
}

function dataView({
  startMs,
  endMs,
  knownAtMs,
  rows,
  sha256,
}: NonNullable<StoredVersion["lineage"]["data"]>): VersionView["data"] {
  return {
    start: isoTime(startMs),
    end: isoTime(endMs),
    knownAt: isoTime(knownAtMs),
    rows,
    sha256,
  };
}

function reportView(report: StoredReport): VersionView["report"] {
  const { rows, folds, skippedFolds = 0, outOfSample, baselines, importance, notes } = report;
  return {
    rows,
    folds: folds.map(({ trainRows, testRows, testStartMs, testEndMs, metrics }) => ({
      trainRows,
      testRows,
      testStart: isoTime(testStartMs),
      testEnd: isoTime(testEndMs),
      metrics,
    })),
    skippedFolds,
    outOfSample,
    baselines,
    importance,
    notes,
  };
}

export function historyView(aliases: Aliases, moves: readonly AliasMove[]): AliasHistory {
  return {
    aliases,
    data: moves.map(({ atMs, userId, action, before, after, reason, isOverride, checks }) => ({
      at: isoTime(atMs),
      userId,
      action,
      before,
      after,
      reason,
      isOverride,
      checks,
    })),
    nextCursor: null,
  };
}

export function algorithmList(book: AlgorithmBook): AlgorithmList {
  return { data: [...book.values()].map(algorithmView), nextCursor: null };
}

function algorithmView({
  name,
  kinds,
  acceptsMissing,
  parameters,
}: Algorithm): AlgorithmList["data"][number] {
  return {
    name,
    kinds,
    acceptsMissing,
    parameters: Object.entries(parameters).map(([one, terms]) => parameterView(one, terms)),
  };
}

function parameterView(
  name: string,
  terms: ParameterTerms,
): AlgorithmList["data"][number]["parameters"][number] {
  const { type, about } = terms;
  return {
    name,
    type,
    min: "min" in terms ? terms.min : null,
    max: "max" in terms ? terms.max : null,
    values: "values" in terms ? terms.values : null,
    lengthMax: "lengthMax" in terms ? terms.lengthMax : null,
    default: terms.default,
    about,
  };
}
