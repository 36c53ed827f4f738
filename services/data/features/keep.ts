import type { FeatureValue } from "../../../domain/features/kernel.ts";
import type { PriceColumns } from "../../../domain/market/adjust/adjust-columns.ts";
import type { Bar, Timeframe } from "../../../domain/market/bar.ts";
import { Refusal } from "../../../domain/shared/errors.ts";
import { recordedFeatures, recordFeatures } from "../../../models/features.ts";
import type { RecordedFeature } from "../../../models/features.ts";
import { featuresKept } from "../../../models/formulas.ts";
import type { KeptFeature } from "../../../models/formulas.ts";
import type { NodeContext } from "../../context.ts";
import type { LiveFeatures } from "../live-features.ts";
import type { Market } from "../market.ts";
import { seriesOn, spansOf, within } from "../series/holder.ts";
import { readSeriesColumns } from "../series/read-columns.ts";
import { dayOf } from "./bars.ts";
import { computeFrom, firstAt } from "./compute.ts";
import { keptFeature } from "./resolve.ts";
import type { ResolvedFeature } from "./resolve.ts";

/** Bars of which the record is looked at and written at once. */
const BARS_AT_ONCE = 1_000;

/** Records what somebody wants kept of a bar that has closed, as it is known from now on. A repeat changes nothing. */
export async function keepAtClose(node: NodeContext, live: LiveFeatures, bar: Bar): Promise<null> {
  const features = await wanted(node, bar);
  if (features.length === 0) return null;
  const { present } = await live.at(bar, features);
  const values = features.map((feature) =>
    recorded(bar, feature.key, bar.startMs, present[feature.name] ?? null),
  );
  await recordFeatures(node.pool, values, node.clock.now());
  return null;
}

/** The bars of a ticker from one on, one or more of which were changed or came late. */
export interface ChangedBars {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** when the first of them opened, epoch ms */
  readonly fromMs: number;
}

/**
 * What is on record of changed bars and of all later ones of their series, which may go on under another ticker, is recorded
 * anew where it is another now. Bars of which nothing is on record stay so: nobody computed anything as they closed.
 */
export async function keepAfterChange(
  node: NodeContext,
  market: Market,
  { symbol, timeframe, fromMs }: ChangedBars,
): Promise<null> {
  const series = await seriesOn({ node, market }, symbol, dayOf(fromMs));
  const spans = within(spansOf(series, timeframe), { startMs: fromMs });
  let columns: Promise<PriceColumns> | undefined;
  for (const { ticker, ...range } of spans) {
    const features = await wanted(node, { symbol: ticker, timeframe });
    if (features.length === 0) continue;
    columns ??= readSeriesColumns(node, series, { timeframe, factors: [] });
    await recordAnew(node, { symbol: ticker, timeframe, ...range }, features, await columns);
  }
  return null;
}

interface Recorded extends Pick<RecordedFeature, "symbol" | "timeframe"> {
  readonly startMs?: number;
  readonly endMs?: number;
}

async function recordAnew(
  { pool, clock }: NodeContext,
  range: Recorded,
  features: readonly ResolvedFeature[],
  columns: PriceColumns,
): Promise<void> {
  const keys = features.map(({ key }) => key);
  let valuesOf: ((startMs: number, key: string) => FeatureValue | undefined) | undefined;
  let { endMs } = range;
  for (;;) {
    const knownAtMs = clock.now();
    const rows = await recordedFeatures(pool, {
      ...range,
      endMs,
      keys,
      knownAtMs,
      limit: BARS_AT_ONCE,
    });
    const [first] = rows;
    if (first === undefined) return;
    valuesOf ??= await computed(features, columns, range.startMs ?? -Infinity);
    const values = rows.flatMap(({ startMs, key }) => {
      const value = valuesOf?.(startMs, key);
      return value === undefined ? [] : [recorded(range, key, startMs, value)];
    });
    await recordFeatures(pool, values, knownAtMs);
    endMs = first.startMs;
  }
}

/** What the features come to at each bar from one on; undefined where there is no such bar. */
async function computed(
  features: readonly ResolvedFeature[],
  columns: PriceColumns,
  fromMs: number,
): Promise<(startMs: number, key: string) => FeatureValue | undefined> {
  const first = firstAt(columns.startMs, fromMs);
  const values = new Map<string, readonly FeatureValue[]>();
  for (const feature of features) {
    values.set(feature.key, await computeFrom(feature, columns, first));
  }
  return (startMs, key) => {
    const row = firstAt(columns.startMs, startMs);
    return columns.startMs[row] === startMs ? values.get(key)?.[row - first] : undefined;
  };
}

function recorded(
  { symbol, timeframe }: Pick<RecordedFeature, "symbol" | "timeframe">,
  key: string,
  startMs: number,
  value: FeatureValue,
): RecordedFeature {
  return { symbol, timeframe, key, startMs, value };
}

async function wanted(
  node: NodeContext,
  { symbol, timeframe }: Pick<Bar, "symbol" | "timeframe">,
): Promise<readonly ResolvedFeature[]> {
  const found = new Map<string, ResolvedFeature>();
  for (const kept of await featuresKept(node.pool, symbol, timeframe)) {
    const feature = resolvedOrReported(node, kept);
    // By what it is: two tenants may have one formula under two names, or two under one.
    if (feature !== null) found.set(feature.key, { ...feature, name: feature.key });
  }
  return [...found.values()];
}

/** A feature that this version no longer knows does not hold up the market. */
function resolvedOrReported(node: NodeContext, kept: KeptFeature): ResolvedFeature | null {
  try {
    return keptFeature(kept);
  } catch (err) {
    if (!(err instanceof Refusal)) throw err;
    node.log.error({ err, feature: kept.name }, "a feature of a set cannot be computed");
    return null;
  }
}
