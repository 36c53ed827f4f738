import type { PriceColumns } from "../../../domain/market/adjust/adjust-columns.ts";
import { type Adjustment, factorAt, type Factors } from "../../../domain/market/adjust/factors.ts";
import { forwardFactors } from "../../../domain/market/adjust/forward.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import {
  type KnownBars,
  knownBars,
  type KnownVersion,
  lowerBound,
} from "../../../domain/market/known-bars.ts";
import { RestError } from "../../../mixins/rest/rest-error.ts";
import { readBarVersions } from "../../../models/timescale/bar-versions.ts";
import type { NodeContext } from "../../context.ts";
import type { Market } from "../market.ts";
import { adjustmentOf } from "../series/adjustment.ts";
import { findSeries, spansOf } from "../series/holder.ts";
import { isCutByUnitsOrHolder } from "../series/read-series.ts";
import { type ColumnsTerms, type HistoryBasis, readColumns } from "./history-columns.ts";

export interface HistoryAsked {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly adjust: Adjustment;
  /** nothing that became known later is seen, epoch ms; absent: all that is known now */
  readonly knownAtMs?: number | undefined;
}

/** All closed bars of a series, as believed at each close and in the end; prices in the units of the first bar. */
export interface History extends KnownBars {
  readonly truth: PriceColumns;
  /** when the first bar closes that is stored and has not; infinite when there is none */
  readonly nextCloseMs: number;
  /** what it was read from, to go on from; null where that cannot be told */
  readonly basis: HistoryBasis | null;
}

/** Versions of revised bars that are read at most. */
const VERSIONS_MAX = 500_000;

/**
 * The bars of whoever holds a ticker today. Only of the units of the first bar it can be said that no later split or dividend moves
 * what was computed before it (see `forwardFactors`).
 * @param before an earlier reading: where only bars at the end were added since, no others are read
 * @throws RestError 404, 422
 */
export async function readHistory(
  node: NodeContext,
  market: Market,
  { symbol, timeframe, adjust, knownAtMs }: HistoryAsked,
  before: History | null = null,
): Promise<History> {
  const series = await findSeries({ node, market }, symbol, null);
  const nowMs = Math.min(knownAtMs ?? Infinity, node.clock.now());
  const asOf = knownAtMs === undefined ? {} : { asOfMs: knownAtMs };
  const asked = { adjust, timeframe, basisMs: nowMs, ...asOf };
  const factors = forwardFactors((await adjustmentOf(node, series, asked)).factors);
  const terms = { series, timeframe, factors, knownAtMs };
  const { columns, closes, basis } = await readColumns(node, terms, before?.basis ?? null);
  const closed = lowerBound(closes, nowMs + 1);
  const truth = firstRows(columns, closed);
  const closeMs = closes.subarray(0, closed);
  const versions = basis?.versions === 0 ? [] : await versionsOf(node, terms);
  return {
    ...knownBars(truth, closeMs, timeframe, versions),
    truth,
    nextCloseMs: closes[closed] ?? Infinity,
    basis,
  };
}

function firstRows(columns: PriceColumns, count: number): PriceColumns {
  if (count === columns.startMs.length) return columns;
  const { startMs, open, high, low, close, volume } = columns;
  const cut = (values: Float64Array) => values.subarray(0, count);
  return {
    startMs: cut(startMs),
    open: cut(open),
    high: cut(high),
    low: cut(low),
    close: cut(close),
    volume: cut(volume),
  };
}

/** Weeks and months that are made of days (`readSeriesColumns`) were revised when their days were. */
async function versionsOf(node: NodeContext, asked: ColumnsTerms): Promise<KnownVersion[]> {
  const { series, timeframe, factors } = asked;
  const spans = spansOf(series, timeframe);
  const isOfDays = isCutByUnitsOrHolder({ timeframe, spans, factors });
  const found = await readVersions(node, asked, isOfDays ? "1d" : timeframe);
  return found.map((version) => inUnits(version, factors));
}

async function readVersions(
  node: NodeContext,
  { series, knownAtMs }: ColumnsTerms,
  timeframe: Timeframe,
): Promise<KnownVersion[]> {
  const found: KnownVersion[] = [];
  for (const { ticker, ...range } of spansOf(series, timeframe)) {
    const limit = VERSIONS_MAX + 1 - found.length;
    const query = { symbol: ticker, timeframe, ...range, knownAtMs, limit };
    for (const version of await readBarVersions(node.pool, query)) found.push(version);
    if (found.length > VERSIONS_MAX)
      throw new RestError("RANGE_TOO_LARGE", `more than ${VERSIONS_MAX} versions of revised bars`);
  }
  return found;
}

function inUnits(version: KnownVersion, factors: Factors): KnownVersion {
  const factor = factorAt(factors, version.startMs);
  if (factor === null) return version;
  const price = Number(factor.price);
  const { startMs, revision, knownAtMs } = version;
  return {
    startMs,
    revision,
    knownAtMs,
    open: version.open * price,
    high: version.high * price,
    low: version.low * price,
    close: version.close * price,
    volume: version.volume * Number(factor.volume),
  };
}
