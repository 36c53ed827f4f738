import type { MarketFacts, Session } from "../../domain/execution/algorithms/facts.ts";
import type { Strategy } from "../../domain/execution/algorithms/parameters.ts";
import { vwapBuckets } from "../../domain/execution/algorithms/plan-timed.ts";
import {
  bucketCount,
  type Buckets,
  volumesByDay,
} from "../../domain/execution/algorithms/volume-curve.ts";
import {
  dateAt,
  findCalendar,
  nextSession,
  sessionOfDate,
} from "../../domain/market/calendars/calendars.ts";
import type { TradingCalendar } from "../../domain/market/calendars/trading-calendar.ts";
import type { Venue } from "../../domain/execution/routing/venue.ts";
import type { Side } from "../../domain/order/new-order.ts";
import type { Instrument } from "../../domain/market/instrument.ts";
import type { Quote } from "../../domain/market/quote.ts";
import type { BarsView, BarView } from "../../mixins/rest/routes/market-data.ts";
import type { Call } from "./market-of.ts";

const DAY_MS = 86_400_000;
const PAGE = 1000;
/** of daily volume and volatility */
const DAYS = 20;
const DEFAULT_LOOKBACK = 20;
/** Holidays and weekends lie between trading days: so many dates are looked at for each. */
const DATES_PER_DAY = 2;
/** A T of 30 days needs that many sessions, and the one that is under way. */
const SESSIONS = 32;

interface Asked {
  readonly call: Call;
  readonly instrument: Instrument;
  readonly quote: Quote | null;
  readonly strategy: Strategy | null;
  readonly nowMs: number;
}

/** What a plan may have to know of the market; null where nothing is on record. */
export async function factsOf(asked: Asked): Promise<MarketFacts> {
  const { instrument, quote, strategy, nowMs } = asked;
  const calendar = findCalendar(instrument.calendar);
  const daily = await readBars(
    asked.call,
    instrument.symbol,
    "1d",
    nowMs - 2 * DAYS * DAY_MS,
    nowMs,
  );
  const recent = daily.slice(-DAYS - 1);
  return {
    quote: quote === null ? null : touchOf(quote),
    averageDailyVolume: meanVolume(recent.slice(-DAYS)),
    dailySigma: sigmaOf(recent),
    volumesByDay:
      strategy?.name === "vwap" && strategy.parameters.curve === undefined
        ? await volumeHistory(
            asked,
            calendar,
            vwapBuckets(strategy.parameters, nowMs),
            strategy.parameters.lookbackDays ?? DEFAULT_LOOKBACK,
          )
        : null,
    sessions: calendar === null ? null : sessionsFrom(calendar, nowMs),
  };
}

export function touchOf({ bid, ask, bidSize, askSize }: Quote): NonNullable<MarketFacts["quote"]> {
  return { bid, ask, bidSize, askSize };
}

function meanVolume(bars: readonly BarView[]): number | null {
  const volumes = bars.map(({ volume }) => Number(volume)).filter((volume) => volume > 0);
  if (volumes.length === 0) return null;
  return volumes.reduce((sum, volume) => sum + volume, 0) / volumes.length;
}

/** The sample deviation of the changes from close to close; null for fewer than two changes. */
function sigmaOf(bars: readonly BarView[]): number | null {
  const closes = bars.map(({ close }) => Number(close));
  const changes = closes.slice(1).map((close, index) => close - (closes[index] ?? close));
  if (changes.length < 2) return null;
  const mean = changes.reduce((sum, change) => sum + change, 0) / changes.length;
  const squares = changes.reduce((sum, change) => sum + (change - mean) ** 2, 0);
  return Math.sqrt(squares / (changes.length - 1));
}

/** The same hours of the trading days before, by the venue's clock. */
async function volumeHistory(
  { call, instrument }: Asked,
  calendar: TradingCalendar | null,
  buckets: Buckets,
  lookbackDays: number,
): Promise<readonly (readonly number[])[] | null> {
  if (buckets.endMs <= buckets.startMs || bucketCount(buckets) > 10_000) return null;
  const starts = startsBefore(calendar, buckets.startMs, lookbackDays);
  const lengthMs = buckets.endMs - buckets.startMs;
  const rows: (readonly number[])[] = [];
  for (const startMs of starts) {
    const bars = await readBars(call, instrument.symbol, "1m", startMs, startMs + lengthMs);
    const seen = bars.map(({ timestamp, volume }) => ({
      startMs: Date.parse(timestamp),
      volume: Number(volume),
    }));
    rows.push(...volumesByDay(buckets, [startMs], seen));
  }
  return rows.length === 0 ? null : rows;
}

/** The instants of earlier trading days that lie as long after their opening as `startMs` after its own. */
function startsBefore(
  calendar: TradingCalendar | null,
  startMs: number,
  count: number,
): readonly number[] {
  const days = Array.from({ length: DATES_PER_DAY * count + 10 }, (_, index) => index + 1);
  if (calendar === null) return days.slice(0, count).map((back) => startMs - back * DAY_MS);
  const today = dateAt(calendar, startMs);
  const opening = sessionOfDate(calendar, today) ?? nextSession(calendar, startMs);
  const offsetMs = startMs - opening.openMs;
  return days
    .flatMap((back) => sessionOfDate(calendar, today - back) ?? [])
    .slice(0, count)
    .map(({ openMs }) => openMs + offsetMs);
}

function sessionsFrom(calendar: TradingCalendar, nowMs: number): readonly Session[] {
  const today = dateAt(calendar, nowMs);
  const found: Session[] = [];
  for (let day = today; found.length < SESSIONS && day < today + 3 * SESSIONS; day += 1) {
    const session = sessionOfDate(calendar, day);
    if (session === null || session.closeMs <= nowMs) continue;
    found.push({ openMs: session.openMs, closeMs: session.closeMs });
  }
  return found;
}

/** Oldest first; none where the symbol is not known. */
export async function readBars(
  call: Call,
  symbol: string,
  timeframe: "1m" | "1d",
  startMs: number,
  endMs: number,
): Promise<readonly BarView[]> {
  const found: BarView[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: BarsView = await call("market-data.bars", {
      symbol,
      timeframe,
      start: Math.max(0, Math.floor(startMs)),
      end: Math.max(0, Math.ceil(endMs)),
      limit: PAGE,
      order: "asc",
      ...(cursor !== undefined && { cursor }),
    });
    found.push(...page.data);
    cursor = page.nextCursor;
  }
  return found;
}

/** What the venues of an account display to a side; null where that cannot be seen, or nothing is displayed. */
export async function displayedBy(
  call: Call,
  asked: {
    readonly symbol: string;
    readonly side: Side;
    readonly venue?: string;
    readonly accountId?: string;
  },
): Promise<readonly Venue[] | null> {
  const venues = await call<readonly Venue[] | null>("brokers.levels", asked);
  return venues === null || venues.length === 0 ? null : venues;
}
