import { setImmediate } from "node:timers/promises";
import type { PriceColumns } from "../../../domain/market/adjust/adjust-columns.ts";
import { type Coverage, CoverageCount } from "../../../domain/market/quality/coverage.ts";
import { expectedBarStarts } from "../../../domain/market/quality/expected-bars.ts";
import { type PriceScan, PriceScanner } from "../../../domain/market/quality/price-scan.ts";
import type { QualityView } from "../../../mixins/rest/routes/quality.ts";
import type { NodeContext } from "../../context.ts";
import type { Market } from "../market.ts";
import { findSeries } from "../series/holder.ts";
import { type QualityAsked, type QualityRange, rangeOf } from "./range.ts";
import { readColumns } from "./read-columns.ts";
import { toQualityView } from "./report-view.ts";
import { readOrigins } from "./origins.ts";

/** Bars that are looked at before other work has its turn: some milliseconds. */
const AT_ONCE = 10_000;

/** What is missing of a series in a range, and what is odd about what is there. */
export async function qualityReport(
  node: NodeContext,
  market: Market,
  asked: QualityAsked,
): Promise<QualityView> {
  const series = await findSeries({ node, market }, asked.symbol, null);
  const range = await rangeOf(node, series, asked);
  const columns = await readColumns(node, range);
  const coverage = await countCoverage(range, columns.startMs);
  const scan = await scanPrices(columns, asked.threshold);
  const origins = await readOrigins(node, range);
  return toQualityView({
    asked,
    range,
    coverage,
    scan,
    origins,
    sampleSize: columns.startMs.length,
  });
}

/** Null where no calendar says what should be there. */
async function countCoverage(
  { series, timeframe, spans, nowMs }: QualityRange,
  starts: Float64Array,
): Promise<Coverage | null> {
  const { calendar } = series;
  if (calendar === null) return null;
  const count = new CoverageCount(starts, timeframe);
  let looked = 0;
  for (const { startMs, endMs } of spans) {
    const expected = { startMs, endMs, closedByMs: nowMs };
    for (const start of expectedBarStarts(calendar, timeframe, expected)) {
      count.expect(start);
      looked += 1;
      if (looked % AT_ONCE === 0) await setImmediate();
    }
  }
  return count.finish();
}

async function scanPrices(columns: PriceColumns, threshold: number): Promise<PriceScan> {
  const scanner = new PriceScanner(columns, threshold);
  for (let row = 0; row < columns.startMs.length; row += 1) {
    scanner.look(row);
    if (row % AT_ONCE === AT_ONCE - 1) await setImmediate();
  }
  return scanner.finish();
}
