import type { DriftWindow } from "../../../domain/ai/drift/feature-drift.ts";
import type { Sample } from "../../../domain/ai/learning/sample.ts";
import type { ComputeTask } from "../../../mixins/compute/compute.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { DriftView } from "../../../mixins/rest/routes/model-insight.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { StoredVersion } from "../../../models/model-registry.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import type { DriftFound, DriftTask } from "./drift.worker.ts";
import { liveRowsOf } from "./live-rows.ts";
import { modelOf, versionAsked } from "./parts.ts";
import type { RegistryParts } from "./parts.ts";

const DRIFT: ComputeTask<DriftTask, DriftFound> = {
  module: new URL("./drift.worker.ts", import.meta.url),
  name: "driftInThread",
};

/** Of the draws that the limits come from: the same question has the same answer. */
const SEED = 7;

/** @throws RestError 404, 422 of a version that was not trained here */
export async function driftOf(
  parts: RegistryParts,
  ctx: RequestContext<ActionMap["models.drift"]["params"]>,
): Promise<DriftView> {
  const { modelId, window: windowBars } = ctx.params;
  const model = await modelOf(parts, userOf(ctx).tenantId, modelId);
  const version = await versionAsked(parts, model, ctx.params.version);
  const evidence = await parts.registry.readEvidenceBytes(version);
  if (evidence === null)
    throw insufficientData("of an imported version it is not known what it has learnt from");
  const newest = await newestRows(parts, version, windowBars);
  const live = await liveRowsOf(parts.node.pool, version);
  const found = await parts.node.compute.run(DRIFT, {
    evidence,
    window: newest.window,
    recent: live,
    horizon: version.lineage.definition.target.horizon,
    seed: SEED,
  });
  return {
    modelId,
    version: version.version,
    method: "psi over deciles against windows of the training rows; CUSUM and mean of the losses",
    asOf: newest.closeMs === null ? null : isoTime(newest.closeMs),
    source: `version ${version.version} of ${modelId}`,
    seed: SEED,
    windowBars,
    sampleSize: newest.rows,
    features: found.features,
    scored: live.loss.length,
    performance: found.performance,
  };
}

interface NewestRows {
  readonly window: DriftWindow;
  readonly rows: number;
  readonly closeMs: number | null;
}

/** The newest bars of each symbol that has any. */
async function newestRows(
  { datasets }: RegistryParts,
  { tenantId, lineage: { definition } }: StoredVersion,
  bars: number,
): Promise<NewestRows> {
  const series = definition.features.map((): Float64Array[] => []);
  let [rows, closeMs]: [number, number | null] = [0, null];
  for (const symbol of definition.symbols) {
    const latest = await datasets.latest({ tenantId, definition, symbol });
    const from = Math.max(0, latest.row + 1 - bars);
    series.forEach((own, column) => own.push(columnOf(latest.sample, column, from, latest.row)));
    rows += latest.row + 1 - from;
    closeMs = Math.max(closeMs ?? 0, latest.closeMs);
  }
  const window = Object.fromEntries(definition.features.map((name, i) => [name, series[i] ?? []]));
  return { window, rows, closeMs };
}

function columnOf({ x }: Sample, column: number, from: number, to: number): Float64Array {
  return Float64Array.from(
    { length: to - from + 1 },
    (_, i) => x.data[(from + i) * x.columns + column] ?? Number.NaN,
  );
}
