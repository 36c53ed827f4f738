import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { symbol, timeframe } from "./common.ts";

const definition = s.named(
  "FeatureDefinition",
  s.object({
    name: s.string({ example: "sma" }),
    parameters: s.describe(s.array(s.string()), "in the order in which a feature's name has them"),
    defaults: s.record(s.number()),
    warmup: s.describe(s.integer(), "bars until the first value, with the default parameters"),
    description: s.string(),
    source: s.describe(s.string(), "where the definition comes from"),
  }),
);

const catalogue = s.named(
  "FeatureCatalogue",
  s.object({ data: s.array(definition), nextCursor: s.nullable(s.string()) }),
);
export type FeatureCatalogueView = Infer<typeof catalogue>;

const values = s.array(s.nullable(s.number()));
const series = s.named(
  "FeatureSeries",
  s.object({
    symbol: symbol(),
    timeframe,
    timestamps: s.array(s.isoTime()),
    features: s.describe(
      s.record(s.union(values, s.record(values))),
      "by name, aligned with `timestamps`, null in the warm-up; features of several lines have one list a line",
    ),
  }),
);
export type FeatureSeriesView = Infer<typeof series>;

const featureName = s.string({
  min: 1,
  max: 60,
  pattern: /^[a-z][a-z0-9]*(_[0-9.]+)*$/,
  hint: "must be an indicator and its parameters, such as sma_20",
  example: "sma_20",
});

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
  params: { symbol: symbol() },
  query: {
    timeframe: s.defaulted(timeframe, "1d"),
    features: s.describe(s.array(featureName, { min: 1, max: 50 }), "separated by commas"),
    start: s.optional(s.time()),
    end: s.optional(s.time()),
    limit: s.defaulted(s.integer({ min: 1, max: 1000 }), 100),
  },
  response: series,
  problems: ["NOT_FOUND", "FEATURE_UNKNOWN", "FEATURE_PARAMETER_INVALID", "INSUFFICIENT_DATA"],
});
