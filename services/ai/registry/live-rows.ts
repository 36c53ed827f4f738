import type { ScoredRows } from "../../../domain/ai/registry/common-rows.ts";
import type { StoredVersion } from "../../../models/model-registry.ts";
import type { Pool } from "../../../models/postgres/pool.ts";
import { listPredictions } from "../../../models/predictions.ts";

/** The newest of them. */
const ROWS_MAX = 5_000;

/** What a version predicted live and has been scored on since. */
export async function liveRowsOf(
  pool: Pool,
  { tenantId, modelId, version }: StoredVersion,
): Promise<ScoredRows> {
  const { data } = await listPredictions(pool, {
    tenantId,
    modelId,
    version,
    isScored: true,
    limit: ROWS_MAX,
    order: "desc",
  });
  const rows = data.flatMap((record) => {
    const { prediction, loss, truth, asOfMs, symbol } = record;
    const said = prediction.isGiven ? (prediction.probability ?? prediction.value) : null;
    return said === null || loss === null || truth === null
      ? []
      : [{ closeMs: asOfMs, symbol, loss, truth, said }];
  });
  return {
    closeMs: rows.map(({ closeMs }) => closeMs),
    symbol: rows.map(({ symbol }) => symbol),
    loss: rows.map(({ loss }) => loss),
    prediction: rows.map(({ said }) => said),
    truth: rows.map(({ truth }) => truth),
    // What a position would have earned is not on record.
    forwardReturn: rows.map(() => Number.NaN),
  };
}
