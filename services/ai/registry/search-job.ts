import type { Json } from "../../../domain/shared/json.ts";
import type { JobKind, JobRun } from "../../../mixins/jobs/kind.ts";
import type { SearchAsked } from "../../../mixins/rest/routes/model-training.ts";
import { orJobFailure } from "./failures.ts";
import type { RegistryParts } from "./parts.ts";
import { becomeChallenger } from "./alias-moves.ts";
import { Search } from "./search.ts";
import { trainable } from "./train-job.ts";
import { versionView } from "./views.ts";

export const SEARCH = "ai.search";

export interface SearchParams {
  readonly modelId: string;
  readonly request: SearchAsked;
}

/** Begun anew after a crash: by its seed it tries the same in the same order, and makes one version. */
export function searchKind(parts: RegistryParts): JobKind {
  return {
    kind: SEARCH,
    isResumable: true,
    concurrency: 1,
    queuedMax: 10,
    deadlineMs: 12 * 3_600_000,
    run: (run) => orJobFailure(() => runSearch(parts, run)),
  };
}

async function runSearch(parts: RegistryParts, run: JobRun): Promise<Json> {
  // sound: what `submit` was given
  const { modelId, request } = run.params as unknown as SearchParams;
  const model = await trainable(parts, run.tenantId, modelId);
  const before = await parts.registry.findVersionMadeBy(modelId, run.jobId);
  const version = before ?? (await new Search(parts, run, request).version(model));
  const { aliases } = request.asChallenger
    ? await becomeChallenger(parts, version, `the best of search ${run.jobId}`)
    : model;
  return versionView(version, aliases);
}
