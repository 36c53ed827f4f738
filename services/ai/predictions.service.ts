import type { Context, ServiceSchema } from "moleculer";
import type { Bar } from "../../domain/market/bar.ts";
import { barEndMs } from "../../domain/market/timeframe.ts";
import { unprocessable } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/predictions.ts";
import type {
  PredictedRowsView,
  PredictionRecordPage,
  PredictionView,
} from "../../mixins/rest/routes/predictions.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../mixins/rest/views.ts";
import type { StoredModel, StoredVersion } from "../../models/model-registry.ts";
import { listPredictions, type PredictionRecord } from "../../models/predictions.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import type { VersionAsked } from "./predictions/find-version.ts";
import type { MadePrediction } from "./predictions/maker.ts";
import { predictedView, recordView, saidOf } from "./predictions/views.ts";
import { ownRows } from "./serving/own-rows.ts";
import type { ServingParts } from "./serving/parts.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** What another service asks for. */
export interface OnSymbol extends VersionAsked {
  readonly modelId: string;
  /** the newest bar that had closed by then; absent: the newest */
  readonly asOfMs?: number;
}

/** What models say of the bars that have not happened: asked over REST, and made as bars close. */
export function predictionsService(node: NodeContext, parts: ServingParts): ServiceSchema {
  return {
    name: "predictions",
    actions: {
      predict: {
        params: routes.getPrediction.input.validator,
        handler: (ctx: RequestContext<Params<"predictions.predict">>) =>
          predict(node, parts, userOf(ctx).tenantId, ctx.params),
      },
      ask: {
        params: routes.predictRows.input.validator,
        handler: (ctx: RequestContext<Params<"predictions.ask">>) => {
          const { tenantId } = userOf(ctx);
          const { rows, ...asked } = ctx.params;
          return rows === undefined
            ? predict(node, parts, tenantId, asked)
            : predictOwnRows(parts, { tenantId, ...asked }, rows);
        },
      },
      list: {
        params: routes.listPredictions.input.validator,
        handler: (ctx: RequestContext<Params<"predictions.list">>) => list(node, ctx),
      },
      onSymbol: {
        visibility: "public",
        handler: async ({ params }: Context<OnSymbol>): Promise<PredictionRecord> => {
          const { model, stored } = await parts.versions.find(params);
          const { symbol, asOfMs } = params;
          return (await parts.maker.make(stored, model.aliases, symbol, asOfMs)).record;
        },
      },
      /** Acknowledged: it answers once all that is due at the bar is on record. A repeat changes nothing. */
      onBar: {
        visibility: "public",
        handler: async ({ params }: Context<{ readonly bar: Bar }>): Promise<null> => {
          await onBar(node, parts, params.bar);
          return null;
        },
      },
    },
    stopped: () => parts.onnx.stop(),
  };
}

async function predict(
  node: NodeContext,
  parts: ServingParts,
  tenantId: string,
  asked: Params<"predictions.predict">,
): Promise<PredictionView> {
  const { symbol, asOf } = asked;
  const { model, stored } = await parts.versions.find({ tenantId, ...asked });
  const made = await parts.maker.make(stored, model.aliases, symbol, asOf);
  return answerView(stored, made, node.clock.now());
}

function answerView(
  stored: StoredVersion,
  { record, staleFromMs }: MadePrediction,
  nowMs: number,
): PredictionView {
  return {
    ...ofVersion(stored, record.symbol),
    asOf: isoTime(record.asOfMs),
    for: predictedView(record.bars),
    isStale: staleFromMs !== null && nowMs >= staleFromMs,
    ...saidOf(record.prediction),
    features: record.features,
    madeAt: isoTime(record.madeAtMs),
    isRecorded: record.predictionId !== null,
  };
}

function ofVersion(stored: StoredVersion, symbol: string) {
  const { modelId, version, lineage, report } = stored;
  const { definition } = lineage;
  return {
    symbol,
    modelId,
    version,
    kind: definition.kind,
    timeframe: definition.timeframe,
    horizon: definition.target.horizon,
    method: definition.algorithm,
    source: `version ${version}, artefact ${stored.artifactSha256}`,
    sampleSize: report?.rows.labelled ?? null,
  };
}

async function predictOwnRows(
  { versions, server }: ServingParts,
  asked: VersionAsked,
  rows: readonly (readonly (number | null)[])[],
): Promise<PredictedRowsView> {
  const { stored } = await versions.find(asked);
  const { features } = stored.lineage.definition;
  if ((await server.lookback(stored)) > 0 || features.length === 0) throw readsBefore();
  const sample = ownRows(rows, features);
  const numbers = Int32Array.from(rows.keys());
  const predictions = await server.predictMany(stored, sample, numbers);
  return { ...ofVersion(stored, asked.symbol), features, rows: predictions.map(saidOf) };
}

function readsBefore() {
  const message = "cannot be given: the model reads the bars before a row beside its features";
  return unprocessable([{ path: "rows", code: "INVALID_VALUE", message }]);
}

async function list(
  node: NodeContext,
  ctx: RequestContext<Params<"predictions.list">>,
): Promise<PredictionRecordPage> {
  const { tenantId } = userOf(ctx);
  const { symbol, modelId, version, shadow, scored, since, until, cursor, limit, order } =
    ctx.params;
  const { data, next } = await listPredictions(node.pool, {
    tenantId,
    symbol,
    modelId,
    version,
    isShadow: shadow,
    isScored: scored,
    sinceMs: since,
    untilMs: until,
    after: decodeCursor(cursor, { asOfMs: "time", predictionId: "number" }),
    limit,
    order,
  });
  return {
    data: data.map(recordView),
    nextCursor:
      next === null ? null : encodeCursor({ asOfMs: next.asOfMs, predictionId: next.predictionId }),
  };
}

/** First what is now known of earlier ones, then what comes next: by every champion and shadow of the symbol. */
async function onBar(node: NodeContext, parts: ServingParts, bar: Bar): Promise<void> {
  const { registry, scorer } = parts;
  const fail = (err: unknown, of: { readonly modelId: string; readonly version: number }): void => {
    const { modelId, version } = of;
    parts.count("failed");
    node.log.error(
      { err, modelId, version, symbol: bar.symbol },
      "a model cannot be used on this bar",
    );
  };
  await scorer.onBar(bar, fail);
  for (const model of await registry.listServed(bar.symbol, bar.timeframe)) {
    const { champion, shadow } = model.aliases;
    for (const version of new Set(champion === null ? shadow : [champion, ...shadow])) {
      try {
        await predictBar(parts, model, version, bar);
      } catch (error) {
        // The market, and the other models, go on without it.
        fail(error, { modelId: model.modelId, version });
      }
    }
  }
}

async function predictBar(
  parts: ServingParts,
  { tenantId, modelId, aliases }: StoredModel,
  version: number,
  { symbol, timeframe, startMs }: Bar,
): Promise<void> {
  const stored = await parts.registry.findVersion(tenantId, modelId, version);
  if (stored === null) throw new Error(`model ${modelId} has no version ${version}`);
  if (!stored.lineage.definition.symbols.includes(symbol)) return;
  const { record } = await parts.maker.make(stored, aliases, symbol, barEndMs(timeframe, startMs));
  parts.count(record.prediction.isGiven ? "given" : record.prediction.reason);
}
