import type { PriceColumns } from "../../../domain/market/adjust/adjust-columns.ts";
import type { Factors } from "../../../domain/market/adjust/factors.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import type { TradingCalendar } from "../../../domain/market/calendars/trading-calendar.ts";
import { appended } from "../../../domain/numeric/growing.ts";
import { inSpans, type Steps } from "../../../domain/shared/steps.ts";
import { inTurns } from "../../../mixins/compute/in-turns.ts";
import { type SeriesCounts, seriesCounts } from "../../../models/timescale/series-counts.ts";
import type { NodeContext } from "../../context.ts";
import { closeTimes } from "../series/close-times.ts";
import { type HeldSeries, spansOf } from "../series/holder.ts";
import { readSeriesColumns } from "../series/read-columns.ts";
import { isCutByUnitsOrHolder } from "../series/read-series.ts";

export interface ColumnsTerms {
  readonly series: HeldSeries;
  readonly timeframe: Timeframe;
  readonly factors: Factors;
  readonly knownAtMs: number | undefined;
}

/** What was read of a series that is stored under one ticker in the very timeframe, and how much of it there was. */
export interface HistoryBasis {
  readonly ticker: string;
  readonly calendar: TradingCalendar | null;
  readonly factors: Factors;
  readonly columns: PriceColumns;
  readonly closes: Float64Array;
  /** of bars that were revised, when it was read */
  readonly versions: number;
}

export interface HistoryColumns {
  /** of all bars that are stored, closed or not */
  readonly columns: PriceColumns;
  /** when each closes, epoch ms */
  readonly closes: Float64Array;
  readonly basis: HistoryBasis | null;
}

/** @param before where nothing but bars at its end has been stored since, only those are read */
export async function readColumns(
  node: NodeContext,
  terms: ColumnsTerms,
  before: HistoryBasis | null,
): Promise<HistoryColumns> {
  const ticker = onlyTicker(terms);
  if (ticker === null) return { ...(await readAll(node, terms)), basis: null };
  const lastMs = before?.columns.startMs.at(-1) ?? Infinity;
  // Before the bars are read: what changes meanwhile is noticed at the next reading.
  const counts = await seriesCounts(node.pool, ticker, terms.timeframe, lastMs);
  if (counts === null) return { ...(await readAll(node, terms)), basis: null };
  const isMore = before !== null && isContinued(before, terms, counts);
  const read = isMore
    ? await readMore(node, terms, before, counts.after === 0 ? null : lastMs + 1)
    : await readAll(node, terms);
  const { series, factors } = terms;
  const basis = { ...read, ticker, calendar: series.calendar, factors, versions: counts.versions };
  return { ...read, basis: isMore || isWhole(read, counts) ? basis : null };
}

/** Null where bars lie under several tickers, are made of days, or are asked for as of an instant. */
function onlyTicker({ series, timeframe, factors, knownAtMs }: ColumnsTerms): string | null {
  const spans = spansOf(series, timeframe);
  const [only] = spans;
  const isPlain = knownAtMs === undefined && spans.length === 1;
  if (!isPlain || isCutByUnitsOrHolder({ timeframe, spans, factors })) return null;
  return only?.ticker ?? null;
}

function isContinued(
  { ticker, calendar, factors, columns, versions }: HistoryBasis,
  terms: ColumnsTerms,
  counts: SeriesCounts,
): boolean {
  return (
    terms.series.holder.spans[0]?.ticker === ticker &&
    terms.series.calendar === calendar &&
    JSON.stringify(terms.factors) === JSON.stringify(factors) &&
    columns.startMs[0] === counts.firstMs &&
    columns.startMs.length === counts.bars - counts.after &&
    versions === counts.versions
  );
}

/** Whether what was read is what was counted: bars may have come in between, and those of a range are not all. */
function isWhole({ columns: { startMs } }: { columns: PriceColumns }, counts: SeriesCounts) {
  return startMs.length === counts.bars && startMs[0] === counts.firstMs;
}

type Read = Pick<HistoryColumns, "columns" | "closes">;

async function readAll(node: NodeContext, terms: ColumnsTerms): Promise<Read> {
  const { series, timeframe, factors, knownAtMs } = terms;
  const asOf = knownAtMs === undefined ? {} : { asOfMs: knownAtMs };
  const columns = await readSeriesColumns(node, series, { timeframe, factors, ...asOf });
  return { columns, closes: await inTurns(closesOf(terms, columns.startMs)) };
}

/** @param startMs of the first bar that is new; null: there is none */
async function readMore(
  node: NodeContext,
  terms: ColumnsTerms,
  { columns, closes }: HistoryBasis,
  startMs: number | null,
): Promise<Read> {
  if (startMs === null) return { columns, closes };
  const { series, timeframe, factors } = terms;
  const more = await readSeriesColumns(node, series, { timeframe, factors, startMs });
  return {
    columns: {
      startMs: appended(columns.startMs, more.startMs),
      open: appended(columns.open, more.open),
      high: appended(columns.high, more.high),
      low: appended(columns.low, more.low),
      close: appended(columns.close, more.close),
      volume: appended(columns.volume, more.volume),
    },
    closes: appended(closes, await inTurns(closesOf(terms, more.startMs))),
  };
}

/** A day's close takes microseconds to find when its calendar is asked for the first time. */
const UNITS_A_CLOSE = 32;

function* closesOf(
  { series, timeframe }: ColumnsTerms,
  startMs: Float64Array,
): Steps<Float64Array> {
  const closes = new Float64Array(startMs.length);
  yield* inSpans(startMs.length, UNITS_A_CLOSE, (from, until) => {
    closes.set(closeTimes(series.calendar, timeframe, startMs.subarray(from, until)), from);
  });
  return closes;
}
