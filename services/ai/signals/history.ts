import type { Moment } from "../../../domain/ai/signals/verdict.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import { durationMs } from "../../../domain/market/timeframe.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import { latestBar } from "../../../models/timescale/bars.ts";
import type { NodeContext } from "../../context.ts";
import { featureMatrix } from "../datasets/matrices.ts";

/** About ten years of days: how far back a rule is tried. */
const BARS = 2_520;
const MONTH_MS = 31 * 86_400_000;
const DAY_MS = 86_400_000;
/** Time for one bar that is stored: weekends of days, nights of what is shorter. */
const DAYS_SPARSE = 1.5;
const INTRADAY_SPARSE = 5;

export interface HistoryRequest {
  readonly tenantId: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly columns: readonly string[];
  /** the bar that the history ends with; absent: the newest that is closed */
  readonly lastStartMs?: number;
}

/** Closed bars of a symbol with features, oldest first. Splits are adjusted for: they are no moves. */
export interface History {
  readonly symbol: string;
  readonly startMs: Float64Array;
  readonly closeMs: Float64Array;
  readonly closes: Float64Array;
  /** by the names that were asked for */
  readonly columns: ReadonlyMap<string, Float64Array>;
}

/** @throws RestError 404, 422 INSUFFICIENT_DATA; Refusal of a feature */
export async function readHistory(node: NodeContext, request: HistoryRequest): Promise<History> {
  const { tenantId, symbol, timeframe, columns, lastStartMs } = request;
  const endMs = lastStartMs === undefined ? {} : { endMs: lastStartMs + 1 };
  const newest = lastStartMs ?? (await latestBar(node.pool, symbol, timeframe))?.startMs;
  const startMs = newest === undefined ? {} : { startMs: newest - spanMs(timeframe) };
  const matrix = await featureMatrix(node, {
    tenantId,
    symbol,
    timeframe,
    features: columns,
    adjust: "splits",
    ...startMs,
    ...endMs,
  });
  if (matrix.rows === 0)
    throw insufficientData(`${symbol} has no closed bars of ${timeframe} for a signal`);
  return {
    symbol,
    startMs: matrix.bars.startMs,
    closeMs: matrix.bars.closeMs,
    closes: matrix.bars.close,
    columns: new Map(columns.map((name, i) => [name, matrix.values[i] ?? new Float64Array(0)])),
  };
}

/** What a rule may look at at a row; before the first there is nothing. */
export function momentAt({ closes, columns }: History, row: number): Moment {
  const numberAt = (values: Float64Array): number | null => {
    const value = values[row] ?? Number.NaN;
    return Number.isNaN(value) ? null : value;
  };
  const values: Record<string, number | null> = {};
  for (const [name, column] of columns) values[name] = numberAt(column);
  return { close: numberAt(closes), values };
}

function spanMs(timeframe: Timeframe): number {
  const barMs = durationMs(timeframe) ?? MONTH_MS;
  return BARS * barMs * (barMs >= DAY_MS ? DAYS_SPARSE : INTRADAY_SPARSE);
}
