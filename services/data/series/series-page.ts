import type { Bar } from "../../../domain/market/bar.ts";
import { dayOfIso } from "../../../domain/market/calendars/day-rules.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type {
  BarAdjustmentView,
  BarsView,
  BarView,
} from "../../../mixins/rest/routes/market-data.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../../mixins/rest/views.ts";
import { lastKnown } from "../../../models/timescale/bars.ts";
import type { NodeContext } from "../../context.ts";
import { isoDate } from "../iso-date.ts";
import type { Market } from "../market.ts";
import { adjustmentOf, type SeriesAdjustment } from "./adjustment.ts";
import { findSeries, type HeldSeries, spansOf } from "./holder.ts";
import { readSeries, readsOf } from "./read-series.ts";

type Asked = ActionMap["market-data.bars"]["params"];

const METHOD =
  "before each ex-date prices × oldUnits/newUnits and volumes × newUnits/oldUnits of a split, prices × (1 − amount/close before) of a dividend; 12 decimals, half to even";

/** A page of the bars of whoever holds a ticker, adjusted as asked. */
export async function seriesPage(
  node: NodeContext,
  market: Market,
  asked: Asked,
): Promise<BarsView> {
  const { symbol, timeframe, adjust, asOf, on, limit, order } = asked;
  checkRange(asked);
  const series = await findSeries({ node, market }, symbol, on === undefined ? null : dayOfIso(on));
  if (asOf !== undefined) await checkStored(node, series, asked);
  const adjustment = await adjustmentOf(node, series, {
    adjust,
    timeframe,
    // What is still to come has not happened, whatever is asked for.
    basisMs: Math.min(asOf ?? Infinity, node.clock.now()),
    ...(asOf !== undefined && { asOfMs: asOf }),
  });
  const found = await readSeries(node, {
    spans: spansOf(series, timeframe),
    factors: adjustment.factors,
    timeframe,
    order,
    limit: limit + 1,
    ...boundsOf(asked),
    ...(asOf !== undefined && { asOfMs: asOf }),
  });
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    symbol,
    timeframe,
    source: shown[0]?.source ?? null,
    adjust,
    adjustment: adjust === "none" ? null : toAdjustmentView(adjustment),
    instrument: series.holder.symbol,
    data: shown.map(toBarView),
    nextCursor: last ? encodeCursor({ startMs: last.startMs }) : null,
  };
}

/** What was known at an instant is kept of stored bars; aggregates of it are not made. */
async function checkStored(
  { pool }: NodeContext,
  { holder }: HeldSeries,
  { timeframe }: Asked,
): Promise<void> {
  const readable = readsOf(timeframe);
  const stored = await Promise.all(holder.spans.map(({ ticker }) => lastKnown(pool, ticker)));
  if (stored.flat().some((series) => readable.includes(series.timeframe))) return;
  throw insufficientData(
    `what was known at an instant can be told of bars that are stored as such, and none of ${timeframe} are`,
  );
}

function checkRange({ start, end }: Pick<Asked, "start" | "end">): void {
  if (start === undefined || end === undefined || start <= end) return;
  throw unprocessable([
    { path: "start", code: "OUT_OF_RANGE", message: "must not be after the end" },
  ]);
}

function boundsOf({ start, end, cursor, order }: Asked) {
  const after = decodeCursor(cursor, { startMs: "time" })?.startMs;
  const from = order === "asc" && after !== undefined ? after + 1 : start;
  const until = order === "desc" && after !== undefined ? after : end;
  return {
    ...(from !== undefined && { startMs: from }),
    ...(until !== undefined && { endMs: until }),
  };
}

function toAdjustmentView({ actions }: SeriesAdjustment): BarAdjustmentView {
  const count = (wanted: string) => actions.filter(({ kind }) => kind === wanted).length;
  const exDays = actions.map(({ exDay }) => exDay);
  return {
    splits: count("split"),
    dividends: count("dividend"),
    latestExDate: exDays.length === 0 ? null : isoDate(Math.max(...exDays)),
    method: METHOD,
  };
}

function toBarView(bar: Bar): BarView {
  return {
    timestamp: isoTime(bar.startMs),
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    volume: bar.volume,
    ...(bar.vwap !== undefined && { vwap: bar.vwap }),
    ...(bar.tradeCount !== undefined && { tradeCount: bar.tradeCount }),
  };
}
