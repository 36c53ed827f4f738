import type { PriceColumns } from "../../../domain/market/adjust/adjust-columns.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import { barEndMs } from "../../../domain/market/timeframe.ts";
import { standings } from "../../../domain/features/statistics/cross-section.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import type { CrossSectionView } from "../../../mixins/rest/routes/feature-statistics.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import type { Market } from "../market.ts";
import { barsAsked } from "./bars.ts";
import { computeFrom, numberOf } from "./compute.ts";
import { refuseBenchmark } from "./correlation.ts";
import { resolveExpression } from "./resolve.ts";
import type { ResolvedFeature } from "./resolve.ts";

type Params = ActionMap["features.crossSection"]["params"];

interface Observation {
  /** of the last bar that had closed; null before the first */
  readonly startMs: number | null;
  readonly value: number | null;
}

/** Where each symbol stands among some by one feature, at the last bar of each that had closed at an instant. */
export async function crossSection(
  node: NodeContext,
  market: Market,
  ctx: RequestContext<Params>,
): Promise<CrossSectionView> {
  const { symbols, timeframe, at, adjust } = ctx.params;
  const feature = await resolveExpression(node.pool, userOf(ctx).tenantId, ctx.params.feature);
  refuseBenchmark(feature, "feature");
  const atMs = at ?? node.clock.now();
  const found: Observation[] = [];
  for (const symbol of symbols) {
    const columns = await barsAt(node, market, symbol, atMs, ctx.params);
    found.push(await observe(closedBy(columns, timeframe, atMs), feature));
  }
  const standing = standings(found.map(({ value }) => value));
  const sampleSize = found.filter(({ value }) => value !== null).length;
  if (sampleSize === 0)
    throw insufficientData(`none of the symbols has a value of ${feature.name}`);
  return {
    timeframe,
    adjust,
    feature: ctx.params.feature,
    at: at === undefined ? null : isoTime(at),
    sampleSize,
    data: symbols.map((symbol, i) => ({
      symbol,
      timestamp: timeOf(found[i]),
      ...(standing[i] ?? { value: null, rank: null, zscore: null, percentile: null }),
    })),
  };
}

function timeOf(observation: Observation | undefined): string | null {
  const startMs = observation?.startMs ?? null;
  return startMs === null ? null : isoTime(startMs);
}

/** In the units of the instant: a later split had not happened. */
function barsAt(
  node: NodeContext,
  market: Market,
  symbol: string,
  atMs: number,
  { timeframe, adjust, on }: Params,
): Promise<PriceColumns> {
  return barsAsked(node, market, { symbol, timeframe, adjust, on, endMs: atMs, unitsOfMs: atMs });
}

async function observe(closed: PriceColumns, feature: ResolvedFeature): Promise<Observation> {
  const count = closed.startMs.length;
  const [value] = await computeFrom(feature, closed, count - 1);
  return { startMs: closed.startMs[count - 1] ?? null, value: numberOf(value ?? null) };
}

/** Without the bars that were still open at the instant: their closes were not known then. */
function closedBy(columns: PriceColumns, timeframe: Timeframe, atMs: number): PriceColumns {
  let count = columns.startMs.length;
  while (count > 0 && barEndMs(timeframe, columns.startMs[count - 1] ?? 0) > atMs) count -= 1;
  if (count === columns.startMs.length) return columns;
  return {
    startMs: columns.startMs.subarray(0, count),
    open: columns.open.subarray(0, count),
    high: columns.high.subarray(0, count),
    low: columns.low.subarray(0, count),
    close: columns.close.subarray(0, count),
    volume: columns.volume.subarray(0, count),
  };
}
