import { ADJUSTMENTS } from "../../../domain/market/adjust/factors.ts";
import { CORRELATION_METHODS } from "../../../domain/features/statistics/correlation.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { symbol, timeframe } from "./common.ts";
import { realDates } from "./dates.ts";
import { barsOfFeatures } from "./features.ts";

const method = s.enum(CORRELATION_METHODS);

const correlation = s.named(
  "Correlation",
  s.object({
    symbols: s.describe(s.array(symbol()), "of the rows and columns"),
    timeframe,
    adjust: s.enum(ADJUSTMENTS),
    of: s.string(),
    method,
    start: s.describe(s.isoTime(), "opening time of the first bar that any symbol brought"),
    end: s.describe(s.isoTime(), "opening time of the last"),
    sampleSize: s.describe(s.integer(), "observations of the pair that has the fewest"),
    counts: s.describe(s.array(s.array(s.integer())), "observations of each pair"),
    matrix: s.describe(
      s.array(s.array(s.nullable(s.number()))),
      "in [−1, 1]; null where one of the two does not vary",
    ),
  }),
);
export type CorrelationView = Infer<typeof correlation>;

const standing = s.object({
  symbol: symbol(),
  timestamp: s.describe(s.nullable(s.isoTime()), "opening time of its last closed bar"),
  value: s.nullable(s.number()),
  rank: s.describe(s.nullable(s.number()), "from 1, the lowest; equal values share a mean rank"),
  zscore: s.describe(s.nullable(s.number()), "in sample deviations (n − 1) from the mean"),
  percentile: s.describe(s.nullable(s.number()), "(rank − ½) / sampleSize"),
});

const crossSection = s.named(
  "CrossSection",
  s.object({
    timeframe,
    adjust: s.enum(ADJUSTMENTS),
    feature: s.string(),
    at: s.nullable(s.isoTime()),
    sampleSize: s.describe(s.integer(), "symbols that have a value"),
    data: s.array(standing),
  }),
);
export type CrossSectionView = Infer<typeof crossSection>;

/** A symbol that is named twice would be a perfect correlation of nothing with nothing. */
const symbolsOnce: CrossCheck = ({ symbols }) =>
  Array.isArray(symbols) && new Set(symbols).size < symbols.length
    ? [{ path: "symbols", code: "INVALID_VALUE", message: "must name each symbol once" }]
    : [];

const expression = s.string({ min: 1, max: 1000, example: "sma_20" });

const terms = {
  method: "GET",
  area: "data",
  permission: "features.read",
  problems: [
    "NOT_FOUND",
    "FEATURE_UNKNOWN",
    "FEATURE_PARAMETER_INVALID",
    "FORMULA_INVALID",
    "INSUFFICIENT_DATA",
  ],
} as const;

export const getCorrelation = route({
  ...terms,
  path: "/api/features/correlation",
  action: "features.correlation",
  summary: "Correlations of symbols",
  description:
    "Each pair is compared over the bars that both have; returns are taken between neighbouring common bars.",
  query: {
    symbols: s.describe(s.array(symbol(), { min: 2, max: 30 }), "separated by commas"),
    timeframe: s.defaulted(timeframe, "1d"),
    method: s.defaulted(method, "pearson"),
    of: s.defaulted(
      s.describe(
        s.string({ min: 1, max: 1000, example: "returns" }),
        "`returns`, `logreturns`, or a formula such as `close`, `rsi_14`, `macd_12_26_9.signal`",
      ),
      "returns",
    ),
    start: s.optional(s.time()),
    end: s.optional(s.time()),
    limit: s.defaulted(
      s.describe(s.integer({ min: 3, max: 10_000 }), "bars of each symbol, the last of the range"),
      1000,
    ),
    ...barsOfFeatures,
  },
  check: (value) => [...symbolsOnce(value), ...realDates("on")(value)],
  response: correlation,
});

export const getCrossSection = route({
  ...terms,
  path: "/api/features/cross-section",
  action: "features.crossSection",
  summary: "How symbols stand to each other by one feature",
  description: "Adjusted prices are in the units of `at`.",
  query: {
    symbols: s.describe(s.array(symbol(), { min: 1, max: 100 }), "separated by commas"),
    timeframe: s.defaulted(timeframe, "1d"),
    feature: s.describe(expression, "one value a bar: a feature, a line of one, or a formula"),
    at: s.optional(
      s.describe(s.time(), "bars that had not closed then do not count; now when absent"),
    ),
    ...barsOfFeatures,
  },
  check: (value) => [...symbolsOnce(value), ...realDates("on")(value)],
  response: crossSection,
});
