import type { Coverage, Gap } from "../../../domain/market/quality/coverage.ts";
import {
  OUTLIER_WINDOW,
  type Outlier,
  type PriceScan,
} from "../../../domain/market/quality/price-scan.ts";
import type { QualityView } from "../../../mixins/rest/routes/quality.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../../mixins/rest/views.ts";
import type { RefusalCount } from "../../../models/quality.ts";
import type { Origins } from "./origins.ts";
import type { QualityAsked, QualityRange } from "./range.ts";

interface Findings {
  readonly asked: QualityAsked;
  readonly range: QualityRange;
  readonly coverage: Coverage | null;
  readonly scan: PriceScan;
  readonly origins: Origins;
  /** bars that were looked at */
  readonly sampleSize: number;
}

const OUTLIERS_SHOWN = 100;
const METHOD = `modified z-score (Iglewicz and Hoaglin 1993) of log returns without splits, and of log(1 + volume), over the ${OUTLIER_WINDOW} bars before`;

export function toQualityView(findings: Findings): QualityView {
  const { asked, range, coverage, scan, origins, sampleSize } = findings;
  const { series, timeframe, storedTimeframe, startMs, endMs, isStale } = range;
  const { outliers, nonPositive, frozen } = scan;
  return {
    symbol: asked.symbol,
    timeframe,
    storedTimeframe,
    instrument: series.holder.symbol,
    start: isoTime(startMs),
    end: isoTime(endMs),
    calendar: series.calendar?.name ?? null,
    coverage: toCoverageView(coverage, sampleSize),
    ...gapsPage(coverage?.gaps ?? [], asked),
    gapCount: coverage?.gaps.length ?? null,
    outliers: greatest(outliers).map(({ startMs: at, kind, value, score }) => ({
      timestamp: isoTime(at),
      kind,
      value,
      score,
    })),
    outlierCount: outliers.length,
    method: METHOD,
    threshold: asked.threshold,
    sampleSize,
    nonPositive,
    frozen: frozen === null ? null : { start: isoTime(frozen.startMs), bars: frozen.bars },
    stale: isStale,
    ...toOriginsView(origins),
  };
}

function toCoverageView(coverage: Coverage | null, sampleSize: number): QualityView["coverage"] {
  if (coverage === null)
    return { expected: null, present: sampleSize, unexpected: null, completeness: null };
  const { expected, present, unexpected } = coverage;
  return {
    expected,
    present,
    unexpected,
    completeness: expected === 0 ? null : present / expected,
  };
}

function gapsPage(
  gaps: readonly Gap[],
  { limit, cursor }: QualityAsked,
): Pick<QualityView, "gaps" | "nextCursor"> {
  const after = decodeCursor(cursor, { startMs: "time" })?.startMs ?? -Infinity;
  const rest = gaps.filter(({ startMs }) => startMs > after);
  const shown = rest.slice(0, limit);
  const last = rest.length > limit ? shown.at(-1) : undefined;
  return {
    gaps: shown.map(({ startMs, endMs, missing }) => ({
      start: isoTime(startMs),
      end: isoTime(endMs),
      missing,
    })),
    nextCursor: last === undefined ? null : encodeCursor({ startMs: last.startMs }),
  };
}

function greatest(outliers: readonly Outlier[]): readonly Outlier[] {
  return outliers
    .toSorted((a, b) => Math.abs(b.score) - Math.abs(a.score))
    .slice(0, OUTLIERS_SHOWN);
}

function toOriginsView({ sources, revisions, refusals }: Origins) {
  const updates = sources.map(({ lastUpdateMs }) => lastUpdateMs);
  return {
    lastUpdate: updates.length === 0 ? null : isoTime(Math.max(...updates)),
    revisions: {
      count: revisions.count,
      last: revisions.lastMs === null ? null : isoTime(revisions.lastMs),
    },
    sources: sources.map(({ source, bars, firstMs, lastMs, lastUpdateMs }) => ({
      source,
      bars,
      first: isoTime(firstMs),
      last: isoTime(lastMs),
      lastUpdate: isoTime(lastUpdateMs),
    })),
    duplicates: countOf(refusals, "DUPLICATE"),
    outOfOrder: countOf(refusals, "OUT_OF_ORDER"),
    crossed: countOf(refusals, "QUOTE_CROSSED"),
    rejected: refusals
      .filter(({ reason }) => reason !== "DUPLICATE")
      .map(({ source, reason, count, detail, lastAtMs }) => ({
        source,
        reason,
        count,
        detail,
        lastAt: isoTime(lastAtMs),
      })),
  };
}

function countOf(refusals: readonly RefusalCount[], wanted: string): number {
  return refusals
    .filter(({ reason }) => reason === wanted)
    .reduce((sum, { count }) => sum + count, 0);
}
