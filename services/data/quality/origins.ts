import {
  countRevisions,
  type RefusalCount,
  refusalsOf,
  type RevisionCount,
  type SourceShare,
  sourcesOf,
} from "../../../models/quality.ts";
import type { NodeContext } from "../../context.ts";
import type { QualityRange } from "./range.ts";

/** Where the bars of a range came from, and what did not become one. */
export interface Origins {
  readonly sources: readonly SourceShare[];
  readonly revisions: RevisionCount;
  readonly refusals: readonly RefusalCount[];
}

export async function readOrigins({ pool }: NodeContext, range: QualityRange): Promise<Origins> {
  const sources: SourceShare[] = [];
  const revisions: RevisionCount[] = [];
  for (const { ticker, startMs, endMs } of range.spans) {
    const stored = { ticker, timeframe: range.storedTimeframe, startMs, endMs };
    sources.push(...(await sourcesOf(pool, stored)));
    revisions.push(await countRevisions(pool, stored));
  }
  const refusals: RefusalCount[] = [];
  for (const ticker of new Set(range.series.holder.spans.map((span) => span.ticker))) {
    refusals.push(...(await refusalsOf(pool, ticker)));
  }
  return { sources: merged(sources), revisions: total(revisions), refusals };
}

/** A source that brought bars under two tickers is one source. */
function merged(sources: readonly SourceShare[]): readonly SourceShare[] {
  return [...Map.groupBy(sources, ({ source }) => source)].map(([source, shares]) => ({
    source,
    bars: shares.reduce((sum, { bars }) => sum + bars, 0),
    firstMs: Math.min(...shares.map(({ firstMs }) => firstMs)),
    lastMs: Math.max(...shares.map(({ lastMs }) => lastMs)),
    lastUpdateMs: Math.max(...shares.map(({ lastUpdateMs }) => lastUpdateMs)),
  }));
}

function total(revisions: readonly RevisionCount[]): RevisionCount {
  const times = revisions.flatMap(({ lastMs }) => (lastMs === null ? [] : [lastMs]));
  return {
    count: revisions.reduce((sum, { count }) => sum + count, 0),
    lastMs: times.length === 0 ? null : Math.max(...times),
  };
}
