import { createHash } from "node:crypto";
import type { TrainingTerms } from "../../../domain/ai/training/terms.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { JobFailure, type JobKind, type JobRun } from "../../../mixins/jobs/kind.ts";
import type { StoredVersion } from "../../../models/model-registry.ts";
import { orJobFailure } from "./failures.ts";
import { codeVersion, librariesOf } from "./libraries.ts";
import type { RegistryParts } from "./parts.ts";
import { build, type Range, READING } from "./train-job.ts";

export const RETRAIN = "ai.retrain";

export interface RetrainParams {
  readonly modelId: string;
  readonly version: number;
}

/** Trains a version again from its lineage, to see that it gives the same artefact. It changes nothing. */
export function retrainKind(parts: RegistryParts): JobKind {
  return {
    kind: RETRAIN,
    isResumable: true,
    concurrency: 1,
    queuedMax: 20,
    deadlineMs: 4 * 3_600_000,
    run: (run) => orJobFailure(() => runRetraining(parts, run)),
  };
}

async function runRetraining(parts: RegistryParts, run: JobRun): Promise<Json> {
  // sound: what `submit` was given
  const { modelId, version } = run.params as unknown as RetrainParams;
  const stored = await parts.registry.findVersion(run.tenantId, modelId, version);
  if (stored === null) throw new JobFailure("NOT_FOUND", `there is no version ${version} any more`);
  const { data, definition } = stored.lineage;
  if (data === null)
    throw new JobFailure("NOT_TRAINED_HERE", "an imported version has no data to train it from");
  const { terms, range } = termsIn(stored);
  const { knownAtMs } = data;
  run.report(0, "reading the data");
  const dataset = await build(parts, { tenantId: run.tenantId, definition, range, knownAtMs });
  const { artifact } = await parts.train(
    { terms, sample: dataset.sample },
    {
      signal: run.signal,
      onProgress: (part) => run.report(READING + part * (1 - READING), "training"),
    },
  );
  return comparison(stored, dataset.sha256, artifact);
}

interface Recorded {
  readonly terms: TrainingTerms;
  readonly range: Range;
}

function termsIn({ lineage: { definition, terms: recorded } }: StoredVersion): Recorded {
  // sound: what `lineageOf` put together
  const { range, ...terms } = recorded as unknown as Omit<TrainingTerms, "definition"> & {
    readonly range: Range;
  };
  return { terms: { ...terms, definition }, range };
}

function comparison(
  { version, modelId, lineage, artifactSha256 }: StoredVersion,
  dataSha256: string,
  artifact: Uint8Array,
): Json {
  const found = createHash("sha256").update(artifact).digest("hex");
  const libraries = librariesOf(lineage.definition);
  return {
    modelId,
    version,
    isSame: found === artifactSha256,
    artifactSha256: { recorded: artifactSha256, found },
    dataSha256: { recorded: lineage.data?.sha256 ?? null, found: dataSha256 },
    code: { recorded: lineage.code, found: codeVersion() },
    libraries: { recorded: lineage.libraries, found: libraries },
  };
}
