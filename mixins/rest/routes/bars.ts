import { SPECIAL_BAR_KINDS } from "../../../domain/market/bars/special-bar.ts";
import { QUOTE_PRICES } from "../../../domain/market/bars/time-bar.ts";
import { WATCHED_TIMEFRAMES } from "../../../domain/market/bars/watch.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { pageOf, paging, pagingForward, symbol, timeframe } from "./common.ts";

const marketTrade = s.named(
  "MarketTrade",
  s.object({
    tradeId: s.nullable(s.describe(s.string(), "the venue's; null: it has none")),
    price: s.decimalText(),
    size: s.decimalText(),
    timestamp: s.describe(s.isoTime(), "at the venue"),
    micros: s.describe(s.integer({ min: 0, max: 999 }), "within that millisecond"),
    aggressor: s.nullable(s.describe(s.enum(["buy", "sell"]), "who took; null: not told")),
    source: s.string(),
  }),
);
export type MarketTradeView = Infer<typeof marketTrade>;

const marketTradePage = pageOf("MarketTradePage", marketTrade);
export type MarketTradePage = Infer<typeof marketTradePage>;

const level = s.object({ price: s.decimalText(), size: s.decimalText() });

const book = s.named(
  "Book",
  s.object({
    symbol: symbol(),
    bids: s.describe(s.array(level), "best first"),
    asks: s.describe(s.array(level), "best first"),
    timestamp: s.describe(s.isoTime(), "at the venue"),
    sequence: s.nullable(s.describe(s.string(), "the venue's; null: it counts nothing")),
    source: s.string(),
    stale: s.boolean(),
  }),
);
export type BookView = Infer<typeof book>;

const partialBar = s.named(
  "PartialBar",
  s.object({
    timestamp: s.describe(s.isoTime(), "when the bar opened"),
    open: s.decimalText(),
    high: s.decimalText(),
    low: s.decimalText(),
    close: s.decimalText(),
    volume: s.decimalText(),
    vwap: s.optional(s.decimalText()),
    tradeCount: s.optional(s.integer()),
    partial: s.describe(s.boolean(), "true: the bar is not over, and will change"),
  }),
);

const partial = s.named(
  "Partial",
  s.object({
    symbol: symbol(),
    timeframe,
    bar: s.describe(s.nullable(partialBar), "null: nothing was traded since the last bar"),
  }),
);
export type PartialView = Infer<typeof partial>;

const kind = s.enum(SPECIAL_BAR_KINDS);
const SIZE =
  "trades, volume, turnover, price range or brick of a bar; of imbalance bars the expected number of trades";

const specialBar = s.named(
  "SpecialBar",
  s.object({
    sequence: s.describe(s.integer(), "counts from 0 in its series"),
    start: s.describe(s.isoTime(), "its first trade"),
    end: s.describe(s.isoTime(), "its last trade"),
    open: s.decimalText(),
    high: s.decimalText(),
    low: s.decimalText(),
    close: s.decimalText(),
    volume: s.decimalText(),
    vwap: s.optional(s.decimalText()),
    tradeCount: s.integer(),
  }),
);

const specialBars = s.named(
  "SpecialBars",
  s.object({
    symbol: symbol(),
    kind,
    size: s.decimalText(),
    builtFrom: s.describe(s.enum(["trades", "bars"]), "what the bars were counted from"),
    isStored: s.describe(s.boolean(), "false: built for this answer, numbered from its start"),
    source: s.nullable(s.string()),
    data: s.array(specialBar),
    nextCursor: s.nullable(s.string()),
  }),
);
export type SpecialBarsView = Infer<typeof specialBars>;

const watch = s.named(
  "BarWatch",
  s.object({
    symbol: symbol(),
    timeframes: s.array(s.enum(WATCHED_TIMEFRAMES)),
    special: s.array(s.object({ kind, size: s.decimalText() })),
    quotes: s.nullable(s.enum(QUOTE_PRICES)),
  }),
);
export type BarWatchView = Infer<typeof watch>;

const ofSymbol = {
  area: "data",
  permission: "market-data.read",
  params: { symbol: symbol() },
} as const;

export const listMarketTrades = route({
  ...ofSymbol,
  method: "GET",
  path: "/api/market-data/{symbol}/trades",
  action: "market-bars.trades",
  summary: "Trades of the market, newest first",
  query: {
    start: s.optional(s.describe(s.time(), "trades of then or later")),
    end: s.optional(s.describe(s.time(), "trades before then")),
    ...paging,
  },
  response: marketTradePage,
  problems: ["NOT_FOUND"],
});

export const getBook = route({
  ...ofSymbol,
  method: "GET",
  path: "/api/market-data/{symbol}/book",
  action: "market-bars.book",
  summary: "The newest order book that is known of a symbol",
  query: { levels: s.defaulted(s.integer({ min: 1, max: 100 }), 20) },
  response: book,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});

export const getPartialBar = route({
  ...ofSymbol,
  method: "GET",
  path: "/api/market-data/{symbol}/partial",
  action: "market-bars.partial",
  summary: "The bar that is not over yet",
  query: { timeframe: s.defaulted(timeframe, "1m") },
  response: partial,
  problems: ["NOT_FOUND"],
});

export const getSpecialBars = route({
  ...ofSymbol,
  method: "GET",
  path: "/api/market-data/{symbol}/bars",
  action: "market-bars.special",
  summary: "Bars that something other than the clock closes",
  description:
    "As the symbol's actor built them where it is told to; else built for this answer from the stored trades of the range, " +
    "or from stored bars where there are no trades, which tick and imbalance bars cannot be.",
  query: {
    kind,
    size: s.describe(s.decimal({ sign: "positive", example: "1000" }), SIZE),
    start: s.optional(s.describe(s.time(), "needed where bars are built for the answer")),
    end: s.optional(s.time()),
    ...pagingForward,
  },
  response: specialBars,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA", "RANGE_TOO_LARGE"],
});

export const putBarWatch = route({
  method: "PUT",
  path: "/api/market-data/{symbol}/bars",
  action: "market-bars.watch",
  area: "data",
  permission: "symbols.update",
  summary: "Say which bars are built of a symbol as its market moves",
  params: { symbol: symbol() },
  body: {
    timeframes: s.defaulted(s.array(s.enum(WATCHED_TIMEFRAMES), { max: 7 }), ["1m"]),
    special: s.defaulted(
      s.array(
        s.object({
          kind,
          size: s.describe(s.decimal({ sign: "positive", example: "1000" }), SIZE),
        }),
        { max: 16 },
      ),
      [],
    ),
    quotes: s.optional(
      s.describe(
        s.nullable(s.enum(QUOTE_PRICES)),
        "where a market has no trades: the price of a quote that bars of the clock count",
      ),
    ),
  },
  response: watch,
  problems: ["NOT_FOUND"],
});
