import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { pageOf, pagingInOrder, symbol, timeframe } from "./common.ts";
import { date, realDates } from "./dates.ts";

const gap = s.named(
  "BarGap",
  s.object({
    start: s.describe(s.isoTime(), "when the first missing bar opens"),
    end: s.describe(s.isoTime(), "when the last missing bar ends"),
    missing: s.integer(),
  }),
);

const outlier = s.named(
  "Outlier",
  s.object({
    timestamp: s.describe(s.isoTime(), "when the bar opened"),
    kind: s.enum(["return", "volume"]),
    value: s.describe(s.number(), "log return of the close, or log(1 + volume)"),
    score: s.describe(s.number(), "modified z-score, signed"),
  }),
);

const coverage = s.object({
  expected: s.describe(s.nullable(s.integer()), "by the calendar; null: no calendar is known"),
  present: s.integer(),
  unexpected: s.describe(s.nullable(s.integer()), "bars outside the sessions of the calendar"),
  completeness: s.describe(s.nullable(s.number({ min: 0, max: 1 })), "of those expected, 0 to 1"),
});

const sourceShare = s.object({
  source: s.string(),
  bars: s.integer(),
  first: s.isoTime(),
  last: s.isoTime(),
  lastUpdate: s.isoTime(),
});

const refusal = s.object({
  source: s.string(),
  reason: s.string(),
  count: s.integer(),
  detail: s.nullable(s.string()),
  lastAt: s.isoTime(),
});

const quality = s.named(
  "MarketDataQuality",
  s.object({
    symbol: symbol(),
    timeframe,
    storedTimeframe: s.describe(timeframe, "of which bars are made that are not stored as such"),
    instrument: s.nullable(symbol()),
    start: s.isoTime(),
    end: s.isoTime(),
    calendar: s.describe(s.nullable(s.string()), "null: none is known, and nothing is expected"),
    coverage,
    gaps: s.array(gap),
    gapCount: s.nullable(s.integer()),
    outliers: s.describe(s.array(outlier), "the greatest scores first, 100 at most"),
    outlierCount: s.integer(),
    method: s.string(),
    threshold: s.number(),
    sampleSize: s.integer(),
    nonPositive: s.describe(s.integer(), "bars with a price of 0 or below"),
    frozen: s.describe(
      s.nullable(s.object({ start: s.isoTime(), bars: s.integer() })),
      "the longest run of bars that repeat the prices of the one before",
    ),
    stale: s.describe(
      s.nullable(s.boolean()),
      "whether the newest bar that should be there by now is not; null: no calendar is known",
    ),
    lastUpdate: s.nullable(s.isoTime()),
    revisions: s.object({ count: s.integer(), last: s.nullable(s.isoTime()) }),
    sources: s.array(sourceShare),
    duplicates: s.describe(s.integer(), "rows that came again, of all time"),
    outOfOrder: s.describe(s.integer(), "rows that came after later ones, of all time"),
    crossed: s.describe(s.integer(), "quotes with the bid above the ask, of all time"),
    rejected: s.describe(s.array(refusal), "rows that were refused, of all time"),
    nextCursor: s.describe(s.nullable(s.string()), "of `gaps`"),
  }),
);
export type QualityView = Infer<typeof quality>;

export const getQuality = route({
  method: "GET",
  path: "/api/market-data/{symbol}/quality",
  action: "market-quality.report",
  area: "data",
  permission: "market-data.read",
  summary: "What is missing of a symbol's bars, and what is odd about those that are there",
  description:
    "Nothing is removed or repaired. What is expected is what the instrument's calendar says; outliers are told by the modified z-score of log returns (splits taken out) and volumes over the 63 bars before.",
  params: { symbol: symbol() },
  query: {
    timeframe: s.defaulted(timeframe, "1d"),
    start: s.optional(s.describe(s.time(), "the first stored bar when absent")),
    end: s.optional(
      s.describe(
        s.time(),
        "now when absent; of what is longer than a report may be, the end of what is stored",
      ),
    ),
    threshold: s.defaulted(s.describe(s.number({ min: 1, max: 1_000 }), "of outliers' scores"), 8),
    ...pagingInOrder,
  },
  response: quality,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});

const revision = s.named(
  "BarRevision",
  s.object({
    timestamp: s.describe(s.isoTime(), "when the bar opened"),
    revision: s.describe(s.integer(), "counts from 0"),
    open: s.decimalText(),
    high: s.decimalText(),
    low: s.decimalText(),
    close: s.decimalText(),
    volume: s.decimalText(),
    vwap: s.optional(s.decimalText()),
    tradeCount: s.optional(s.integer()),
    source: s.string(),
    knownAt: s.describe(s.isoTime(), "believed from then"),
    replacedAt: s.describe(s.isoTime(), "until then"),
  }),
);
const revisionPage = pageOf("BarRevisionPage", revision);
export type BarRevisionPage = Infer<typeof revisionPage>;

export const listRevisions = route({
  method: "GET",
  path: "/api/market-data/{symbol}/revisions",
  action: "market-quality.revisions",
  area: "data",
  permission: "market-data.read",
  summary: "Values of bars that are no longer believed, with the time in which they were",
  description: "Of bars stored under this very symbol in this very timeframe.",
  params: { symbol: symbol() },
  query: {
    timeframe: s.defaulted(timeframe, "1d"),
    start: s.optional(s.describe(s.time(), "bars that opened then or later")),
    end: s.optional(s.describe(s.time(), "bars that opened before then")),
    ...pagingInOrder,
  },
  response: revisionPage,
  problems: ["NOT_FOUND"],
});

const session = s.named(
  "TradingSession",
  s.object({ date: date(), open: s.isoTime(), close: s.isoTime(), isHalfDay: s.boolean() }),
);
const sessionPage = s.named(
  "TradingSessionPage",
  s.object({
    calendar: s.string(),
    timeZone: s.string(),
    data: s.array(session),
    nextCursor: s.nullable(s.string()),
  }),
);
export type SessionPage = Infer<typeof sessionPage>;

export const getCalendar = route({
  method: "GET",
  path: "/api/calendars/{calendar}",
  action: "market-quality.calendar",
  area: "data",
  permission: "symbols.read",
  summary: "The sessions of a market, half days included",
  params: { calendar: s.string({ min: 1, max: 50, example: "XNYS" }) },
  query: {
    start: s.optional(s.describe(date(), "sessions of this date or later; today when absent")),
    end: s.optional(s.describe(date(), "sessions before this date; a year after it when absent")),
    ...pagingInOrder,
  },
  check: realDates("start", "end"),
  response: sessionPage,
  problems: ["NOT_FOUND"],
});
