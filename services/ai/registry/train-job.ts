import type { ModelDefinition } from "../../../domain/ai/model/definition.ts";
import type { Lineage } from "../../../domain/ai/model/version.ts";
import type { TrainingOutcome, TrainingTerms } from "../../../domain/ai/training/terms.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { JobFailure, type JobKind, type JobRun } from "../../../mixins/jobs/kind.ts";
import type { TrainingAsked } from "../../../mixins/rest/routes/model-training.ts";
import { findJob } from "../../../models/jobs.ts";
import type { StoredModel, StoredVersion } from "../../../models/model-registry.ts";
import type { Dataset } from "../datasets/datasets.ts";
import { checkedDefinition } from "./definition.ts";
import { orJobFailure } from "./failures.ts";
import { codeVersion, librariesOf } from "./libraries.ts";
import type { RegistryParts } from "./parts.ts";
import { becomeChallenger } from "./alias-moves.ts";
import { seedOf, termsOf } from "./terms.ts";
import { versionView } from "./views.ts";

export const TRAIN = "ai.train";

/** What a training is asked for with: its job keeps nothing else, so that the same request is the same job. */
export interface TrainParams {
  readonly modelId: string;
  readonly request: TrainingAsked;
}

/** How much of a job the reading of its data is, for its progress. */
export const READING = 0.1;

/** A crash leaves nothing behind but an artefact that nobody names: another node begins anew, and makes one version all the same. */
export function trainKind(parts: RegistryParts): JobKind {
  return {
    kind: TRAIN,
    isResumable: true,
    concurrency: 1,
    queuedMax: 20,
    deadlineMs: 4 * 3_600_000,
    run: (run) => orJobFailure(() => runTraining(parts, run)),
  };
}

async function runTraining(parts: RegistryParts, run: JobRun): Promise<Json> {
  // sound: what `submit` was given
  const { modelId, request } = run.params as unknown as TrainParams;
  const model = await trainable(parts, run.tenantId, modelId);
  const before = await parts.registry.findVersionMadeBy(modelId, run.jobId);
  const version = before ?? (await trainVersion(parts, run, model, request));
  const { aliases } = request.asChallenger
    ? await becomeChallenger(parts, version, `job ${run.jobId}`)
    : model;
  return versionView(version, aliases);
}

/** @throws JobFailure when it is gone */
export async function trainable(
  { registry }: RegistryParts,
  tenantId: string,
  modelId: string,
): Promise<StoredModel> {
  const model = await registry.findModel(tenantId, modelId);
  if (model === null || model.isArchived)
    throw new JobFailure("NOT_FOUND", `there is no model ${modelId} any more`);
  return model;
}

async function trainVersion(
  parts: RegistryParts,
  run: JobRun,
  model: StoredModel,
  request: TrainingAsked,
): Promise<StoredVersion> {
  // Formulas and symbols may have gone since the model was defined.
  const definition = await checkedDefinition(parts, run.tenantId, model.definition);
  const terms = termsOf(request, definition, seedOf(run.jobId));
  const knownAtMs = await askedAtMs(parts, run);
  run.report(0, "reading the data");
  const range = rangeOf(request);
  const dataset = await build(parts, { tenantId: run.tenantId, definition, range, knownAtMs });
  const outcome = await parts.train(
    { terms, sample: dataset.sample },
    {
      signal: run.signal,
      onProgress: (part) => run.report(READING + part * (1 - READING), "training"),
    },
  );
  const made = { run, model, terms, range, dataset, knownAtMs, note: null };
  return recordVersion(parts, made, outcome);
}

/** When its data are of: the moment that it was asked for, however often it is begun. */
export async function askedAtMs({ node }: RegistryParts, { jobId }: JobRun): Promise<number> {
  const job = await findJob(node.pool, jobId);
  if (job === null) throw new Error(`job ${jobId}: expected its record, found none`);
  return job.createdAtMs;
}

/** Bars that open in it, epoch ms; null: unbounded. */
export interface Range {
  readonly startMs: number | null;
  readonly endMs: number | null;
}

export interface DataAsked {
  readonly tenantId: string;
  readonly definition: ModelDefinition;
  readonly range: Range;
  readonly knownAtMs: number;
}

export function rangeOf({ start, end }: Pick<TrainingAsked, "start" | "end">): Range {
  return { startMs: start ?? null, endMs: end ?? null };
}

export function build(parts: RegistryParts, asked: DataAsked): Promise<Dataset> {
  const { tenantId, definition, range, knownAtMs } = asked;
  const { startMs, endMs } = range;
  return parts.datasets.build({
    tenantId,
    definition,
    ...(startMs !== null && { startMs }),
    ...(endMs !== null && { endMs }),
    knownAtMs,
  });
}

export interface Made {
  readonly run: JobRun;
  readonly model: StoredModel;
  readonly terms: TrainingTerms;
  /** what was asked for: the same request gives the same data set */
  readonly range: Range;
  readonly dataset: Dataset;
  readonly knownAtMs: number;
  readonly note: Json;
}

/** One version a job, whoever makes it. */
export async function recordVersion(
  { registry, node }: RegistryParts,
  made: Made,
  { artifact, report, evidence }: TrainingOutcome,
): Promise<StoredVersion> {
  const { run, model, note } = made;
  // Whoever has lost the job must not make a version of it.
  run.signal.throwIfAborted();
  const { version } = await registry.insertVersion(
    {
      modelId: model.modelId,
      tenantId: model.tenantId,
      madeBy: run.jobId,
      format: "native",
      lineage: lineageOf(made),
      report,
      note,
      createdAtMs: node.clock.now(),
    },
    artifact,
    evidence,
  );
  return version;
}

function lineageOf({ model, terms, range, dataset, knownAtMs }: Made): Lineage {
  const { definition, ...rest } = terms;
  const { startMs, endMs, rows, sha256 } = dataset;
  return {
    origin: "trained",
    definition,
    data: { startMs, endMs, knownAtMs, rows, sha256 },
    // sound: terms are plain data
    terms: { ...rest, range } as unknown as Json,
    libraries: librariesOf(definition),
    code: codeVersion(),
    parent: model.aliases.champion,
  };
}
