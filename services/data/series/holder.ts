import type { Timeframe } from "../../../domain/market/bar.ts";
import { dayStartMs } from "../../../domain/market/adjust/day-start.ts";
import { findCalendar } from "../../../domain/market/calendars/calendars.ts";
import { type TimeZone, UTC } from "../../../domain/market/calendars/time-zone.ts";
import type { TradingCalendar } from "../../../domain/market/calendars/trading-calendar.ts";
import type { Instrument } from "../../../domain/market/instrument.ts";
import { type Holder, holderOf, type Listing } from "../../../domain/market/listing.ts";
import { invariant } from "../../../domain/shared/errors.ts";
import { notFound, RestError } from "../../../mixins/rest/rest-error.ts";
import { listingsAround } from "../../../models/listings.ts";
import type { NodeContext } from "../../context.ts";
import type { Market } from "../market.ts";

/** A series that was asked for by a ticker: whose it is, and what is known of it. */
export interface HeldSeries {
  readonly holder: Holder;
  /** null: the holder is not described */
  readonly instrument: Instrument | null;
  /** of the instrument; null where it names none that is known */
  readonly calendar: TradingCalendar | null;
  readonly zone: TimeZone;
}

interface Parts {
  readonly node: NodeContext;
  readonly market: Market;
}

/**
 * Whose series a ticker means, today or on a day.
 * @throws RestError 404 when nothing is known of the ticker, or nobody holds it today
 */
export async function findSeries(
  parts: Parts,
  ticker: string,
  onDay: number | null,
): Promise<HeldSeries> {
  const around = await listingsAround(parts.node.pool, ticker);
  const series = await heldBy(parts, around, ticker, onDay);
  if (series === null) {
    const detail = `nobody holds the ticker ${ticker} today: say with \`on\` of which day its holder is meant`;
    throw new RestError("NOT_FOUND", detail);
  }
  const isKnown = series.instrument !== null || around.length > 0;
  if (!isKnown) throw notFound("symbol", ticker);
  return series;
}

/** The series to which the bars of a ticker belong on a day, whether or not anything is known of its holder. */
export async function seriesOn(parts: Parts, ticker: string, onDay: number): Promise<HeldSeries> {
  const around = await listingsAround(parts.node.pool, ticker);
  const series = await heldBy(parts, around, ticker, onDay);
  invariant(series !== null, `each day of ${ticker} belongs to a series, found none`);
  return series;
}

/**
 * The series of whoever had a ticker on a day, as who traded then meant it. Where nobody is known to have had it, the ticker is a
 * name of today's; and where it is nobody's today either, the days around that one are meant.
 */
export async function seriesTradedOn(
  parts: Parts,
  ticker: string,
  onDay: number,
): Promise<HeldSeries> {
  const around = await listingsAround(parts.node.pool, ticker);
  const then = await heldBy(parts, around, ticker, onDay);
  if (then !== null && then.holder.symbol !== null) return then;
  const series = (await heldBy(parts, around, ticker, null)) ?? then;
  invariant(series !== null, `each day of ${ticker} belongs to a series, found none`);
  return series;
}

async function heldBy(
  { market }: Parts,
  around: readonly Listing[],
  ticker: string,
  onDay: number | null,
): Promise<HeldSeries | null> {
  const holder = holderOf(
    ticker,
    around.filter((listing) => listing.ticker === ticker),
    (symbol) => around.filter((listing) => listing.symbol === symbol),
    onDay,
  );
  if (holder === null) return null;
  const instrument = holder.symbol === null ? null : await market.instrument(holder.symbol);
  const calendar = instrument === null ? null : findCalendar(instrument.calendar);
  return { holder, instrument, calendar, zone: calendar?.zone ?? UTC };
}

/** A part of a series: bars stored under a ticker that open in [startMs, endMs); absent: unbounded. */
export interface Span {
  readonly ticker: string;
  readonly startMs?: number;
  readonly endMs?: number;
}

/** Oldest first. */
export function spansOf({ holder, zone }: HeldSeries, timeframe: Timeframe): readonly Span[] {
  return holder.spans.map(({ ticker, fromDay, untilDay }) => ({
    ticker,
    ...(fromDay !== null && { startMs: dayStartMs(zone, timeframe, fromDay) }),
    ...(untilDay !== null && { endMs: dayStartMs(zone, timeframe, untilDay + 1) }),
  }));
}

/** What spans and a range have in common; spans that have nothing in it are left out. */
export function within(
  spans: readonly Span[],
  range: { readonly startMs?: number; readonly endMs?: number },
): readonly Span[] {
  return spans.flatMap(({ ticker, startMs = -Infinity, endMs = Infinity }) => {
    const fromMs = Math.max(startMs, range.startMs ?? -Infinity);
    const untilMs = Math.min(endMs, range.endMs ?? Infinity);
    if (fromMs >= untilMs) return [];
    return [
      {
        ticker,
        ...(fromMs > -Infinity && { startMs: fromMs }),
        ...(untilMs < Infinity && { endMs: untilMs }),
      },
    ];
  });
}
