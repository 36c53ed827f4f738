import { MODEL_KINDS } from "../../../domain/ai/model/definition.ts";
import { NO_PREDICTION } from "../../../domain/ai/model/prediction.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, pageOf, paging, symbol, timeframe } from "./common.ts";
import { versionNumber } from "./model-views.ts";

const ROWS_MAX = 1_000;

const interval = s.object({ lower: s.number(), upper: s.number(), coverage: s.number() });

const said = s.named(
  "PredictionValue",
  s.object({
    value: s.describe(
      s.nullable(s.number()),
      "of a regressor the simple return over the horizon, of a forecaster the mean variance a bar; null of a classifier",
    ),
    probability: s.describe(
      s.nullable(s.number()),
      "of a classifier: that the target comes true, calibrated",
    ),
    interval: s.describe(
      s.nullable(interval),
      "holds the truth with probability `coverage`, as measured out of sample",
    ),
    novelty: s.describe(s.number(), "how unlike the training data the row is: 1 at the limit"),
  }),
);

/** Either a prediction, or why there is none. */
const answer = {
  prediction: s.describe(s.nullable(said), "null when the model has no answer: see `reason`"),
  reason: s.nullable(s.enum(NO_PREDICTION)),
  message: s.nullable(s.string()),
};

const ofVersion = {
  symbol: symbol(),
  modelId: id(),
  version: versionNumber,
  kind: s.enum(MODEL_KINDS),
  timeframe,
  horizon: s.describe(s.integer(), "bars that it is about"),
  method: s.describe(s.string(), "the algorithm, or `onnx`"),
  source: s.string(),
  sampleSize: s.describe(
    s.nullable(s.integer()),
    "rows that the version has learnt from; null of an imported one",
  ),
};

const predicted = s.nullable(s.object({ start: s.isoTime(), end: s.isoTime() }));

const predictionView = s.named(
  "PredictionAnswer",
  s.object({
    ...ofVersion,
    asOf: s.describe(s.isoTime(), "close of the newest bar that it knows"),
    for: s.describe(
      predicted,
      "the bars that it is about, which had not happened: opening of the first, close of the last, by the market's calendar",
    ),
    isStale: s.describe(
      s.boolean(),
      "two or more bars should have closed since `asOf` and are not stored",
    ),
    ...answer,
    features: s.describe(s.record(s.nullable(s.number())), "as the model was given them"),
    madeAt: s.isoTime(),
    isRecorded: s.describe(
      s.boolean(),
      "on record, and scored when the truth is known; false of bars of the past",
    ),
  }),
);
export type PredictionView = Infer<typeof predictionView>;

const rowsView = s.named(
  "PredictedRows",
  s.object({ ...ofVersion, features: s.array(s.string()), rows: s.array(s.object(answer)) }),
);
export type PredictedRowsView = Infer<typeof rowsView>;

const asked = {
  modelId: s.optional(
    s.describe(id(), "when absent: the one model of the symbol that has a champion"),
  ),
  version: s.optional(s.describe(versionNumber, "the champion when absent")),
  horizon: s.optional(s.describe(s.integer({ min: 1 }), "must be the model's")),
  asOf: s.optional(
    s.describe(
      s.time(),
      "as of the newest bar that had closed by then, with the artefact of today: nothing later is used",
    ),
  ),
};

const problems = ["NOT_FOUND", "CONFLICT", "INSUFFICIENT_DATA"] as const;

export const getPrediction = route({
  method: "GET",
  path: "/api/predict/{symbol}",
  action: "predictions.predict",
  area: "ai",
  permission: "models.read",
  summary: "What a model says of the bars that have not happened",
  description:
    "The prediction of the newest closed bar is made once, recorded, and scored when the truth is known. A row unlike the training " +
    "data, or one without a feature that the model needs, is answered with `prediction: null` and why.",
  params: { symbol: symbol() },
  query: asked,
  response: predictionView,
  problems,
});

export const predictRows = route({
  method: "POST",
  path: "/api/predict/{symbol}",
  action: "predictions.ask",
  area: "ai",
  permission: "models.read",
  summary: "The same, or what a model says of rows of your own",
  description:
    "With `rows`, each the values of the version's features in their order (null where one has none), nothing is recorded. Models that read " +
    "the bars before a row beside its features cannot be asked in this way.",
  params: { symbol: symbol() },
  body: {
    ...asked,
    rows: s.optional(
      s.array(s.array(s.nullable(s.number()), { min: 1, max: 500 }), { min: 1, max: ROWS_MAX }),
    ),
  },
  bodyMaxBytes: 4_194_304,
  check: ({ rows, asOf }) =>
    rows !== undefined && asOf !== undefined
      ? [{ path: "asOf", code: "INVALID_VALUE", message: "does not go with rows" }]
      : [],
  response: s.union(rowsView, predictionView),
  problems,
});

const recordView = s.named(
  "Prediction",
  s.object({
    predictionId: s.integer(),
    modelId: id(),
    version: versionNumber,
    kind: s.enum(MODEL_KINDS),
    symbol: symbol(),
    timeframe,
    asOf: s.isoTime(),
    for: predicted,
    horizon: s.integer(),
    role: s.describe(
      s.enum(["champion", "shadow", "asked"]),
      "made as the bar closed, by the champion or beside it; or because somebody asked",
    ),
    ...answer,
    madeAt: s.isoTime(),
    truth: s.describe(
      s.nullable(s.number()),
      "in the units of the prediction; null while it is not known, and for ever where bars are missing",
    ),
    loss: s.describe(s.nullable(s.number()), "log-loss, squared error or QLIKE, by kind"),
    scoredAt: s.nullable(s.isoTime()),
  }),
);
export type PredictionRecordView = Infer<typeof recordView>;
const recordPage = pageOf("PredictionPage", recordView);
export type PredictionRecordPage = Infer<typeof recordPage>;

export const listPredictions = route({
  method: "GET",
  path: "/api/predictions",
  action: "predictions.list",
  area: "ai",
  permission: "models.read",
  summary: "Predictions on record, with what happened then",
  query: {
    symbol: s.optional(symbol()),
    modelId: s.optional(id()),
    version: s.optional(versionNumber),
    shadow: s.optional(s.describe(s.boolean(), "true: of shadows only; false: of others only")),
    scored: s.optional(s.describe(s.boolean(), "whether the truth is known")),
    since: s.optional(s.describe(s.time(), "by `asOf`")),
    until: s.optional(s.describe(s.time(), "by `asOf`, before it")),
    ...paging,
  },
  response: recordPage,
});
