import type { FeatureValue } from "../../../domain/features/kernel.ts";
import type { Bar } from "../../../domain/market/bar.ts";
import { Refusal } from "../../../domain/shared/errors.ts";
import { recordedFeatures, recordFeatures } from "../../../models/features.ts";
import type { RecordedFeature } from "../../../models/features.ts";
import { featuresKept } from "../../../models/formulas.ts";
import type { KeptFeature } from "../../../models/formulas.ts";
import { readBarColumns } from "../../../models/timescale/bars.ts";
import type { BarColumns } from "../../../models/timescale/bars.ts";
import type { NodeContext } from "../../context.ts";
import type { LiveFeatures } from "../live-features.ts";
import { computeFrom, firstAt } from "./compute.ts";
import { keptFeature } from "./resolve.ts";
import type { ResolvedFeature } from "./resolve.ts";

/** Bars after a revised one that are recorded anew, at most; what is older than these is still computed on demand. */
const REVISED_MAX = 1_000;

/** Records what somebody wants kept of a bar that has closed, as it is known from now on. A repeat changes nothing. */
export async function keepAtClose(node: NodeContext, live: LiveFeatures, bar: Bar): Promise<null> {
  const features = await wanted(node, bar);
  if (features.length === 0) return null;
  const { present } = await live.at(bar, features);
  const values = features.map((feature) =>
    recorded(bar, feature, bar.startMs, present[feature.name] ?? null),
  );
  await recordFeatures(node.pool, values, node.clock.now());
  return null;
}

/** A bar of the past has changed: what is on record of it and of later bars is recorded anew where it is another now. */
export async function keepAfterRevision(node: NodeContext, bar: Bar): Promise<null> {
  const features = await wanted(node, bar);
  if (features.length === 0) return null;
  const { symbol, timeframe } = bar;
  const rows = await recordedFeatures(node.pool, {
    symbol,
    timeframe,
    keys: features.map(({ key }) => key),
    startMs: bar.startMs,
    knownAtMs: node.clock.now(),
    limit: REVISED_MAX,
  });
  const onRecord = new Set(rows.map(({ startMs, key }) => placeOf(startMs, key)));
  if (onRecord.size === 0) return null;
  const columns = await readBarColumns(node.pool, { symbol, timeframe });
  const values: RecordedFeature[] = [];
  for (const feature of features) {
    for (const found of await valuesSince(feature, columns, bar)) {
      if (onRecord.has(placeOf(found.startMs, feature.key))) values.push(found);
    }
  }
  await recordFeatures(node.pool, values, node.clock.now());
  return null;
}

async function valuesSince(
  feature: ResolvedFeature,
  columns: BarColumns,
  bar: Bar,
): Promise<readonly RecordedFeature[]> {
  const first = firstAt(columns.startMs, bar.startMs);
  const values = await computeFrom(feature, columns, first);
  return values.map((value, i) =>
    recorded(bar, feature, columns.startMs[first + i] ?? Number.NaN, value),
  );
}

function recorded(
  { symbol, timeframe }: Bar,
  { key }: ResolvedFeature,
  startMs: number,
  value: FeatureValue,
): RecordedFeature {
  return { symbol, timeframe, key, startMs, value };
}

function placeOf(startMs: number, key: string): string {
  return `${startMs} ${key}`;
}

async function wanted(
  node: NodeContext,
  { symbol, timeframe }: Bar,
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
