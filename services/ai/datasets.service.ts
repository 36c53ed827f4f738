import type { ServiceSchema } from "moleculer";
import type { DataDefinition } from "../../domain/ai/model/definition.ts";
import { inTurns } from "../../mixins/compute/in-turns.ts";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import { describeDataset, type DatasetView } from "../../mixins/rest/routes/datasets.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import type { Datasets } from "./datasets/datasets.ts";
import { canonicalFeatures } from "./datasets/matrices.ts";
import { toDatasetView } from "./datasets/view.ts";
import { targetOf } from "./registry/definition.ts";

type Params = ActionMap["datasets.describe"]["params"];

/** What is looked at while somebody waits; a training may have more. */
const ROWS_MAX = 200_000;

/** What models learn from, to be looked at. */
export function datasetsService(node: NodeContext, datasets: Datasets): ServiceSchema {
  return {
    name: "datasets",
    actions: {
      describe: {
        ...heavyRead(2, 16),
        params: describeDataset.input.validator,
        handler: (ctx: RequestContext<Params>) => describe(node, datasets, ctx),
      },
    },
  };
}

async function describe(
  node: NodeContext,
  datasets: Datasets,
  ctx: RequestContext<Params>,
): Promise<DatasetView> {
  const { tenantId } = userOf(ctx);
  const { symbols, timeframe, adjust, start, end, knownAt, show } = ctx.params;
  const definition: DataDefinition = {
    symbols: [...new Set(symbols)],
    timeframe,
    features: await canonicalFeatures(node, tenantId, ctx.params.features),
    target: targetOf(ctx.params.target),
    adjust,
  };
  const knownAtMs = Math.min(knownAt ?? Infinity, node.clock.now());
  const dataset = await datasets.build({
    tenantId,
    definition,
    ...(start !== undefined && { startMs: start }),
    ...(end !== undefined && { endMs: end }),
    knownAtMs,
    rowsMax: ROWS_MAX,
  });
  return inTurns(toDatasetView(definition, dataset, { knownAtMs, show }));
}
