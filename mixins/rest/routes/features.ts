import { ADJUSTMENTS } from "../../../domain/market/adjust/factors.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { symbol, timeframe } from "./common.ts";
import { date, realDates } from "./dates.ts";

const definition = s.named(
  "FeatureDefinition",
  s.object({
    name: s.string({ example: "sma" }),
    parameters: s.describe(s.array(s.string()), "in the order in which a feature's name has them"),
    defaults: s.record(s.number()),
    warmup: s.describe(s.integer(), "bars until the first value, with the default parameters"),
    lines: s.describe(
      s.nullable(s.array(s.string())),
      "of a feature with several values a bar; null: one value without a name",
    ),
    input: s.describe(s.nullable(s.enum(["benchmark"])), "what it needs beside the bars"),
    description: s.string(),
    source: s.describe(
      s.string(),
      "where the definition comes from; `formula` for a stored formula of your own",
    ),
    edge: s.describe(s.string(), "what it says where its formula has no meaning"),
  }),
);

const catalogue = s.named(
  "FeatureCatalogue",
  s.object({ data: s.array(definition), nextCursor: s.nullable(s.string()) }),
);
export type FeatureCatalogueView = Infer<typeof catalogue>;

const BASES = ["computed", "recorded"] as const;

const adjust = s.enum(ADJUSTMENTS);

/** Which bars features are computed of; the defaults leave prices as they were traded. */
export const barsOfFeatures = {
  adjust: s.defaulted(
    s.describe(adjust, "of the bars, as of GET /api/market-data/{symbol}"),
    "none",
  ),
  on: s.optional(s.describe(date(), "the holder of a ticker on this date; today's when absent")),
};

const values = s.array(s.nullable(s.number()));
const series = s.named(
  "FeatureSeries",
  s.object({
    symbol: symbol(),
    timeframe,
    adjust,
    timestamps: s.array(s.isoTime()),
    features: s.describe(
      s.record(s.union(values, s.record(values))),
      "by name, aligned with `timestamps`, null in the warm-up; features of several lines have one list a line",
    ),
    basis: s.enum(BASES),
    asOf: s.nullable(s.isoTime()),
    sampleSize: s.describe(s.integer(), "bars that were taken in, those before the range included"),
  }),
);
export type FeatureSeriesView = Infer<typeof series>;

export const featureName = s.string({
  min: 1,
  max: 140,
  pattern:
    /^(?:custom:[a-z][a-z0-9_]*|series_[A-Za-z0-9][A-Za-z0-9._:/-]*|[a-z][a-z0-9]*(?:_[a-z0-9.]+)*)$/,
  hint: "must be an indicator and its parameters, such as sma_20, a pattern such as cdl_hammer, news_sentiment_ and bars, series_ and the id of a stored series, or custom: and the name of a stored formula",
  example: "sma_20",
});

export const formula = s.string({ min: 1, max: 1000, example: "close / lag(close, 5) - 1" });

const asksForSomething: CrossCheck = (value) =>
  value["features"] === undefined && value["formula"] === undefined
    ? [{ path: "features", code: "REQUIRED", message: "or formula is required" }]
    : [];

export const getFeatureCatalogue = route({
  method: "GET",
  path: "/api/features",
  action: "features.catalogue",
  area: "data",
  permission: "features.read",
  summary: "The features that can be asked for",
  response: catalogue,
});

export const getFeatures = route({
  method: "GET",
  path: "/api/features/{symbol}",
  action: "features.series",
  area: "data",
  permission: "features.read",
  summary: "Features of a symbol's bars",
  description:
    "Values do not depend on where the question begins: all bars before it are taken in. As of an instant, bars count in the " +
    "versions that were known then. `basis=recorded` gives what was recorded as the bars closed, for the features of a set. " +
    "`adjust=splits` or `all` takes splits and dividends out of the bars first, which moves all features that compare " +
    "prices over them; features on record are of bars as they were traded. `news_sentiment_5` and `series_GDP` rest on alternative " +
    "data that your tenant may see, as it was known at each close.",
  params: { symbol: symbol() },
  query: {
    timeframe: s.defaulted(timeframe, "1d"),
    features: s.optional(
      s.describe(s.array(featureName, { min: 1, max: 50 }), "separated by commas"),
    ),
    formula: s.optional(s.describe(formula, "answered under the name `formula`")),
    benchmark: s.optional(
      s.describe(symbol(), "what features such as rollingbeta compare the symbol with"),
    ),
    start: s.optional(s.time()),
    end: s.optional(s.time()),
    limit: s.defaulted(s.integer({ min: 1, max: 1000 }), 100),
    asOf: s.optional(s.describe(s.time(), "what was known at this instant; now when absent")),
    basis: s.defaulted(s.enum(BASES), "computed"),
    ...barsOfFeatures,
  },
  check: (value) => [...asksForSomething(value), ...realDates("on")(value)],
  response: series,
  problems: [
    "NOT_FOUND",
    "FEATURE_UNKNOWN",
    "FEATURE_PARAMETER_INVALID",
    "FORMULA_INVALID",
    "INSUFFICIENT_DATA",
    "RANGE_TOO_LARGE",
  ],
});
