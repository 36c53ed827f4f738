import type { Context, ServiceSchema } from "moleculer";
import type { Bar, Timeframe } from "../../domain/market/bar.ts";
import { catalogue } from "../../domain/features/catalogue.ts";
import type { CatalogueEntry } from "../../domain/features/catalogue.ts";
import { parseFeatures } from "../../domain/features/parse.ts";
import { computeSeries, warmupOf } from "../../domain/features/pipeline.ts";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import { insufficientData, notFound } from "../../mixins/rest/rest-error.ts";
import * as routes from "../../mixins/rest/routes/features.ts";
import type { FeatureCatalogueView, FeatureSeriesView } from "../../mixins/rest/routes/features.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import { readBarColumns } from "../../models/timescale/bars.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { LiveFeatures } from "./live-features.ts";
import type { FeaturePair } from "./live-features.ts";
import type { Market } from "./market.ts";

type Series = ActionMap["features.series"]["params"];

/** A bar that has just closed, and the features wanted of it. */
export interface VectorRequest {
  readonly bar: Bar;
  readonly timeframe: Timeframe;
  readonly features: readonly string[];
}

/** Features of stored bars over REST, and of the bar that has just closed for those who trade on it. */
export function featuresService(node: NodeContext, market: Market): ServiceSchema {
  const live = new LiveFeatures(node.pool);
  return {
    name: "features",
    actions: {
      catalogue: {
        params: routes.getFeatureCatalogue.input.validator,
        handler: (): FeatureCatalogueView => ({ data: catalogue().map(toView), nextCursor: null }),
      },
      series: {
        ...heavyRead(2, 16),
        params: routes.getFeatures.input.validator,
        handler: (ctx: RequestContext<Series>) => series(node, market, ctx.params),
      },
      vector: {
        visibility: "public",
        handler: ({ params }: Context<VectorRequest>): Promise<FeaturePair> =>
          live.at(params.bar, params.features),
      },
    },
  };
}

function toView(entry: CatalogueEntry): FeatureCatalogueView["data"][number] {
  const names = entry.parameters.map(({ name }) => name);
  return {
    name: entry.name,
    parameters: names,
    defaults: Object.fromEntries(names.map((name, i) => [name, entry.defaults[i] ?? 0])),
    warmup: entry.warmup,
    description: entry.description,
    source: entry.source,
  };
}

/**
 * Computed over all bars up to `end`, so that a value does not depend on where the question begins, then cut to the
 * last `limit` bars of the range.
 */
async function series(
  node: NodeContext,
  market: Market,
  params: Series,
): Promise<FeatureSeriesView> {
  const { symbol, timeframe, start, end, limit } = params;
  if ((await market.instrument(symbol)) === null) throw notFound("symbol", symbol);
  const names = parseFeatures(params.features).map(({ name }) => name);
  const columns = await readBarColumns(node.pool, {
    symbol,
    timeframe,
    ...(end !== undefined && { endMs: end }),
  });
  const count = columns.startMs.length;
  if (count < warmupOf(names)) {
    throw insufficientData(
      `${names.join(", ")} need ${warmupOf(names)} bars of ${timeframe}, ${count} are stored`,
    );
  }
  const computed = computeSeries(names, columns);
  const first = Math.max(
    count - limit,
    start === undefined ? 0 : firstFrom(columns.startMs, start),
  );
  return {
    symbol,
    timeframe,
    timestamps: [...columns.startMs.subarray(first)].map(isoTime),
    features: Object.fromEntries(names.map((name) => [name, (computed[name] ?? []).slice(first)])),
  };
}

function firstFrom(startMs: Float64Array, from: number): number {
  const at = startMs.findIndex((ms) => ms >= from);
  return at < 0 ? startMs.length : at;
}
