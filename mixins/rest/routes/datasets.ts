import { ADJUSTMENTS } from "../../../domain/market/adjust/factors.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { symbol, timeframe } from "./common.ts";
import { definitionFields, target } from "./model-views.ts";

const ROWS_SHOWN_MAX = 20;

const number = s.nullable(s.number());

const moments = {
  mean: number,
  deviation: s.describe(number, "of a sample (n − 1)"),
  min: number,
  max: number,
};

const row = s.object({
  symbol: symbol(),
  closedAt: s.isoTime(),
  features: s.record(number),
  label: s.describe(
    number,
    "0 or 1, a simple return, or the logarithm of a mean variance a bar; null where the future is not known yet",
  ),
  labelEndsAt: s.describe(
    s.nullable(s.isoTime()),
    "the close of the last bar that the label looks at",
  ),
  forwardReturn: s.describe(number, "from the close to that close"),
});

const dataset = s.named(
  "Dataset",
  s.object({
    rows: s.integer(),
    labelled: s.describe(s.integer(), "rows whose label is known"),
    start: s.describe(s.isoTime(), "when the first bar opened"),
    end: s.describe(s.isoTime(), "when the last one closed"),
    knownAt: s.describe(s.isoTime(), "the knowledge that it rests on"),
    sha256: s.describe(s.string(), "of what it is of and of every number in it"),
    timeframe,
    adjust: s.enum(ADJUSTMENTS),
    symbols: s.array(s.object({ symbol: symbol(), rows: s.integer(), labelled: s.integer() })),
    features: s.array(
      s.object({
        name: s.string(),
        missing: s.describe(s.number(), "the share of rows on which it has no value"),
        ...moments,
      }),
    ),
    label: s.describe(
      s.object(moments),
      "the mean of a classifier's is the share of rows with the label 1",
    ),
    first: s.array(row),
    last: s.array(row),
  }),
);
export type DatasetView = Infer<typeof dataset>;

export const describeDataset = route({
  method: "POST",
  path: "/api/models/dataset",
  action: "datasets.describe",
  area: "ai",
  permission: "models.read",
  summary: "What a model would learn from, without learning",
  description:
    "Each row is of what was known at its close; a revision, a document or an observation counts from when it became known. Labels " +
    "look at the bars that follow, as they are believed at `knownAt`, and never beyond `end`. The same request with the same `knownAt` " +
    "gives the same `sha256`, whatever is stored afterwards.",
  body: {
    symbols: definitionFields.symbols,
    timeframe: s.defaulted(timeframe, "1d"),
    features: definitionFields.features,
    target,
    adjust: s.defaulted(s.enum(ADJUSTMENTS), "none"),
    start: s.optional(s.describe(s.time(), "bars that opened then or later")),
    end: s.optional(s.describe(s.time(), "bars that opened before then")),
    knownAt: s.optional(
      s.describe(s.time(), "nothing that became known later is seen; now when absent"),
    ),
    show: s.defaulted(
      s.describe(s.integer({ min: 0, max: ROWS_SHOWN_MAX }), "rows from each end"),
      3,
    ),
  },
  response: dataset,
  problems: [
    "NOT_FOUND",
    "FEATURE_UNKNOWN",
    "FEATURE_PARAMETER_INVALID",
    "FORMULA_INVALID",
    "INSUFFICIENT_DATA",
    "RANGE_TOO_LARGE",
  ],
});
