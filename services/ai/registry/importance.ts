import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { ImportanceView } from "../../../mixins/rest/routes/model-insight.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import { modelOf, versionAsked } from "./parts.ts";
import type { RegistryParts } from "./parts.ts";

/** @throws RestError 404, 422 of a version that was not trained here */
export async function importanceOf(
  parts: RegistryParts,
  ctx: RequestContext<ActionMap["models.importance"]["params"]>,
): Promise<ImportanceView> {
  const { modelId } = ctx.params;
  const model = await modelOf(parts, userOf(ctx).tenantId, modelId);
  const version = await versionAsked(parts, model, ctx.params.version);
  const { report, lineage } = version;
  if (report === null) throw insufficientData("an imported version comes without importance");
  const { gain, permutation } = report.importance;
  return {
    modelId,
    version: version.version,
    method: "gain and permutation",
    sampleSize: report.rows.tested,
    asOf: isoTime(lineage.data?.endMs ?? version.createdAtMs),
    source: `version ${version.version} of ${modelId}`,
    gain,
    permutation,
  };
}
