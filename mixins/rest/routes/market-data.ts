import { ADJUSTMENTS } from "../../../domain/market/adjust/factors.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { pagingForward, symbol, timeframe } from "./common.ts";
import { date, realDates } from "./dates.ts";

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

const adjust = s.enum(ADJUSTMENTS);

const adjustment = s.named(
  "BarAdjustment",
  s.object({
    splits: s.describe(
      s.integer(),
      "that count: later than the first stored bar, not later than now or `asOf`",
    ),
    dividends: s.integer(),
    latestExDate: s.describe(
      s.nullable(date()),
      "prices and volumes are in the units of this date",
    ),
    method: s.string(),
  }),
);
export type BarAdjustmentView = Infer<typeof adjustment>;

const bars = s.named(
  "Bars",
  s.object({
    symbol: symbol(),
    timeframe,
    source: s.nullable(s.string()),
    adjust,
    adjustment: s.describe(s.nullable(adjustment), "null: as they were traded"),
    instrument: s.describe(
      s.nullable(symbol()),
      "whose bars these are; null: of a former holder of the ticker that is not known",
    ),
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
  description:
    "Coarser timeframes are aggregated from finer ones. A ticker means the instrument that has it today, with the bars of its former tickers; `on` asks for the one that held it on a date. `adjust=splits` divides prices and multiplies volumes by later splits, `all` also multiplies prices by 1 − dividend/close before; both are computed when they are asked for, to 12 decimals. With `asOf` neither bars nor actions count that became known later; bars of one stored timeframe only.",
  params: { symbol: symbol() },
  query: {
    timeframe: s.defaulted(timeframe, "1d"),
    start: s.optional(s.describe(s.time(), "bars that opened then or later")),
    end: s.optional(s.describe(s.time(), "bars that opened before then")),
    adjust: s.defaulted(adjust, "none"),
    asOf: s.optional(
      s.describe(s.time(), "what was known at this instant, in its units; now when absent"),
    ),
    on: s.optional(
      s.describe(date(), "the holder of the ticker on this date; today's when absent"),
    ),
    ...pagingForward,
  },
  check: realDates("on"),
  response: bars,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
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
