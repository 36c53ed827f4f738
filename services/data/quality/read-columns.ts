import type { PriceColumns } from "../../../domain/market/adjust/adjust-columns.ts";
import type { NodeContext } from "../../context.ts";
import { adjustmentOf } from "../series/adjustment.ts";
import { readSeriesColumns } from "../series/read-columns.ts";
import type { QualityRange } from "./range.ts";

/** The bars of the range with splits taken out, so that none of them looks like a fall of the price. */
export async function readColumns(node: NodeContext, range: QualityRange): Promise<PriceColumns> {
  const { series, timeframe, startMs, endMs, nowMs } = range;
  const adjust = series.instrument === null ? "none" : "splits";
  const { factors } = await adjustmentOf(node, series, { adjust, timeframe, basisMs: nowMs });
  return readSeriesColumns(node, series, { timeframe, factors, startMs, endMs });
}
