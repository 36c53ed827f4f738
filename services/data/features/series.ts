import type { PriceColumns } from "../../../domain/market/adjust/adjust-columns.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import { orNull } from "../../../domain/features/kernel.ts";
import { dayOfIso } from "../../../domain/market/calendars/day-rules.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { FeatureSeriesView } from "../../../mixins/rest/routes/features.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import { recordedFeatures } from "../../../models/features.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import type { AlternativeFeatures } from "../alternative/feature-values.ts";
import type { Market } from "../market.ts";
import { closeTimes } from "../series/close-times.ts";
import { findSeries } from "../series/holder.ts";
import { alternativeOf, type AlternativeFeature } from "./alternative-names.ts";
import { barsAsked } from "./bars.ts";
import { alignedCloses, byLine, computeFrom, firstAt } from "./compute.ts";
import type { ComputedSeries, Inputs } from "./compute.ts";
import { formulaFeature, resolveFeatures } from "./resolve.ts";
import type { ResolvedFeature } from "./resolve.ts";

type Params = ActionMap["features.series"]["params"];

/** What an inline formula is called in the answer. */
const INLINE = "formula";

/** Features of a symbol over a range of its bars, as believed now or as of an instant. */
export async function featureSeries(
  parts: SeriesParts,
  ctx: RequestContext<Params>,
): Promise<FeatureSeriesView> {
  const { params } = ctx;
  const { tenantId } = userOf(ctx);
  const asked = await featuresAsked(parts.node, tenantId, params);
  if (params.basis !== "recorded") return computed(parts, tenantId, params, asked);
  refuseUnrecorded(asked.alternative);
  return recorded(parts.node, parts.market, params, asked.features);
}

export interface SeriesParts {
  readonly node: NodeContext;
  readonly market: Market;
  readonly alternative: AlternativeFeatures;
}

interface FeaturesAsked {
  readonly features: readonly ResolvedFeature[];
  readonly alternative: readonly AlternativeFeature[];
}

async function featuresAsked(
  node: NodeContext,
  tenantId: string,
  { features = [], formula }: Params,
): Promise<FeaturesAsked> {
  const alternative = new Map(
    features.flatMap((name) => {
      const found = alternativeOf(name);
      return found === null ? [] : [[found.name, found] as const];
    }),
  );
  const others = features.filter((name) => alternativeOf(name) === null);
  const named = await resolveFeatures(node.pool, tenantId, others);
  return {
    features: formula === undefined ? named : [...named, formulaFeature(INLINE, formula)],
    alternative: [...alternative.values()],
  };
}

/** @throws RestError 422 */
function refuseUnrecorded([first]: readonly AlternativeFeature[]): void {
  if (first === undefined) return;
  const message = `${first.name} rests on alternative data, which has its own record: ask for basis=computed`;
  throw unprocessable([{ path: "features", code: "INVALID_VALUE", message }]);
}

async function computed(
  parts: SeriesParts,
  tenantId: string,
  params: Params,
  { features, alternative }: FeaturesAsked,
): Promise<FeatureSeriesView> {
  const { node, market } = parts;
  const { symbol, timeframe, start, limit, asOf, adjust } = params;
  const inputs = await inputsFor(node, market, params, features);
  const count = inputs.startMs.length;
  requireBars(features, count, timeframe);
  const first = Math.max(count - limit, start === undefined ? 0 : firstAt(inputs.startMs, start));
  const series: [string, ComputedSeries][] = [];
  for (const feature of features) {
    series.push([feature.name, byLine(feature, await computeFrom(feature, inputs, first))]);
  }
  if (alternative.length > 0) {
    const closesMs = await closesSeen(parts, params, inputs.startMs);
    const terms = { tenantId, symbol, closesMs, knownByMs: asOf ?? node.clock.now() };
    for (const feature of alternative) {
      const values = (await parts.alternative.values(feature, terms)).subarray(first);
      series.push([feature.name, Array.from(values, orNull)]);
    }
  }
  return {
    symbol,
    timeframe,
    adjust,
    timestamps: [...inputs.startMs.subarray(first)].map(isoTime),
    features: Object.fromEntries(series),
    basis: "computed",
    asOf: asOf === undefined ? null : isoTime(asOf),
    sampleSize: count,
  };
}

/** When the closes were made, by which alternative data had to be known. */
async function closesSeen(
  parts: SeriesParts,
  { symbol, timeframe, on }: Params,
  startsMs: Float64Array,
): Promise<Float64Array> {
  const { calendar } = await findSeries(parts, symbol, on === undefined ? null : dayOfIso(on));
  return closeTimes(calendar, timeframe, startsMs);
}

async function inputsFor(
  node: NodeContext,
  market: Market,
  { symbol, timeframe, end, asOf, benchmark, adjust, on }: Params,
  features: readonly ResolvedFeature[],
): Promise<Inputs> {
  const terms = { timeframe, adjust, on, endMs: end, asOfMs: asOf };
  const read = (of: string): Promise<PriceColumns> =>
    barsAsked(node, market, { symbol: of, ...terms });
  const needsBenchmark = features.find(({ kernel }) => kernel.input === "benchmark");
  if (needsBenchmark === undefined) return read(symbol);
  if (benchmark === undefined) {
    const message = `is needed by ${needsBenchmark.name}`;
    throw unprocessable([{ path: "benchmark", code: "REQUIRED", message }]);
  }
  const columns = await read(symbol);
  return { ...columns, benchmark: alignedCloses(columns.startMs, await read(benchmark)) };
}

/** @throws RestError 422 when one of the features could not have a single value */
function requireBars(
  features: readonly ResolvedFeature[],
  count: number,
  timeframe: Timeframe,
): void {
  const needed = 1 + Math.max(0, ...features.map(({ warmup }) => warmup));
  if (count >= needed) return;
  const late = features.filter(({ warmup }) => warmup >= count);
  const names = late.map(({ name }) => name).join(", ") || "any feature";
  throw insufficientData(
    `a first value of ${names} needs ${needed} bars of ${timeframe}, there are ${count}`,
  );
}

/** What was recorded as the bars closed; a bar of which nothing is on record is not among the times. */
async function recorded(
  node: NodeContext,
  market: Market,
  params: Params,
  features: readonly ResolvedFeature[],
): Promise<FeatureSeriesView> {
  const { symbol, timeframe, start, end, limit, asOf, adjust } = params;
  refuseOtherThanRecorded(params);
  await findSeries({ node, market }, symbol, null);
  const rows = await recordedFeatures(node.pool, {
    symbol,
    timeframe,
    keys: features.map(({ key }) => key),
    startMs: start,
    endMs: end,
    knownAtMs: asOf ?? node.clock.now(),
    limit,
  });
  if (rows.length === 0) {
    throw insufficientData("nothing is on record: name the symbol and its features in a set");
  }
  const startsMs = [...new Set(rows.map(({ startMs }) => startMs))];
  const byPlace = new Map(rows.map((row) => [`${row.startMs} ${row.key}`, row.value]));
  const valuesOf = (feature: ResolvedFeature) =>
    startsMs.map((startMs) => byPlace.get(`${startMs} ${feature.key}`) ?? null);
  return {
    symbol,
    timeframe,
    adjust,
    timestamps: startsMs.map(isoTime),
    features: Object.fromEntries(
      features.map((feature) => [feature.name, byLine(feature, valuesOf(feature))]),
    ),
    basis: "recorded",
    asOf: asOf === undefined ? null : isoTime(asOf),
    sampleSize: startsMs.length,
  };
}

/** @throws RestError 422: what is on record was computed of bars as they were traded, under the ticker of the day */
function refuseOtherThanRecorded({ adjust, on }: Params): void {
  const message = "says nothing of what is on record: ask for basis=computed";
  const path = adjust !== "none" ? "adjust" : on !== undefined ? "on" : null;
  if (path !== null) throw unprocessable([{ path, code: "INVALID_VALUE", message }]);
}
