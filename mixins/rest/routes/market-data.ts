import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { pagingForward, symbol, timeframe } from "./common.ts";

const bar = s.named(
  "Bar",
  s.object({
    timestamp: s.describe(s.isoTime(), "when the bar opened"),
    open: s.decimalText(),
    high: s.decimalText(),
    low: s.decimalText(),
    close: s.decimalText(),
    volume: s.decimalText(),
    vwap: s.optional(s.decimalText()),
    tradeCount: s.optional(s.integer()),
  }),
);
export type BarView = Infer<typeof bar>;

const adjust = s.enum(["none"]);

const bars = s.named(
  "Bars",
  s.object({
    symbol: symbol(),
    timeframe,
    source: s.nullable(s.string()),
    adjust,
    data: s.array(bar),
    nextCursor: s.nullable(s.string()),
  }),
);
export type BarsView = Infer<typeof bars>;

const quote = s.named(
  "Quote",
  s.object({
    symbol: symbol(),
    bid: s.nullable(s.decimalText()),
    ask: s.nullable(s.decimalText()),
    bidSize: s.nullable(s.decimalText()),
    askSize: s.nullable(s.decimalText()),
    last: s.nullable(s.decimalText()),
    lastSize: s.nullable(s.decimalText()),
    timestamp: s.describe(s.isoTime(), "at the venue"),
    stale: s.boolean(),
  }),
);
export type QuoteView = Infer<typeof quote>;

export const getBars = route({
  method: "GET",
  path: "/api/market-data/{symbol}",
  action: "market-data.bars",
  area: "data",
  permission: "market-data.read",
  summary: "Bars, stamped with their opening time",
  description: "Coarser timeframes are aggregated from finer ones.",
  params: { symbol: symbol() },
  query: {
    timeframe: s.defaulted(timeframe, "1d"),
    start: s.optional(s.describe(s.time(), "bars that opened then or later")),
    end: s.optional(s.describe(s.time(), "bars that opened before then")),
    adjust: s.defaulted(adjust, "none"),
    ...pagingForward,
  },
  response: bars,
  problems: ["NOT_FOUND"],
});

export const getQuote = route({
  method: "GET",
  path: "/api/market-data/{symbol}/quote",
  action: "market-data.quote",
  area: "data",
  permission: "market-data.read",
  summary: "The last that is known of a symbol's price",
  params: { symbol: symbol() },
  response: quote,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});
