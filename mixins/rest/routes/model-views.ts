import { MODEL_KINDS, VARIANCE_MEASURES } from "../../../domain/ai/model/definition.ts";
import { STAGES } from "../../../domain/ai/model/version.ts";
import { ADJUSTMENTS } from "../../../domain/market/adjust/factors.ts";
import type { FieldError } from "../readers.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { id, pageOf, symbol, timeframe } from "./common.ts";

const TARGET_KINDS = ["direction", "return", "volatility", "tripleBarrier"] as const;

const OF_TARGET: { readonly [name: string]: readonly string[] } = {
  threshold: ["direction"],
  measure: ["volatility"],
  upper: ["tripleBarrier"],
  lower: ["tripleBarrier"],
  window: ["tripleBarrier"],
};

const targetFits: CrossCheck = (value) =>
  Object.entries(OF_TARGET).flatMap(([path, kinds]): readonly FieldError[] =>
    value[path] === undefined || kinds.includes(String(value["kind"]))
      ? []
      : [{ path, code: "INVALID_VALUE", message: `is of kind ${kinds.join()} only` }],
  );

const barrier = s.number({ min: 0.01, max: 100 });

export const target = s.named(
  "Target",
  s.object(
    {
      kind: s.enum(TARGET_KINDS),
      horizon: s.describe(s.integer({ min: 1, max: 250 }), "bars that follow the row's"),
      threshold: s.optional(
        s.describe(
          s.number({ min: -1, max: 1 }),
          "of direction: the return above which it is 1; 0 when absent",
        ),
      ),
      measure: s.optional(
        s.describe(s.enum(VARIANCE_MEASURES), "of volatility; parkinson when absent"),
      ),
      upper: s.optional(s.describe(barrier, "of tripleBarrier, deviations; 1 when absent")),
      lower: s.optional(s.describe(barrier, "of tripleBarrier, deviations; 1 when absent")),
      window: s.optional(
        s.describe(
          s.integer({ min: 5, max: 1_000 }),
          "of tripleBarrier: bars that a deviation is of; 20 when absent",
        ),
      ),
    },
    targetFits,
  ),
);
export type TargetAsked = Infer<typeof target>;

const parameters = s.record(
  s.nullable(s.json("a parameter of the algorithm: see GET /api/models/algorithms")),
);

export const definitionFields = {
  algorithm: s.describe(
    s.string({ min: 1, max: 64, example: "boosting" }),
    "one of GET /api/models/algorithms",
  ),
  symbols: s.array(symbol(), { min: 1, max: 100 }),
  features: s.describe(
    s.array(s.string({ min: 1, max: 200, example: "rsi_14" }), { max: 200 }),
    "one of several lines stands for all of them; their canonical names come back",
  ),
  parameters,
  adjust: s.describe(s.enum(ADJUSTMENTS), "of the bars; none when absent"),
};

export const versionNumber = s.integer({ min: 1, max: 1_000_000 });

export const aliasesView = s.named(
  "ModelAliases",
  s.object({
    champion: s.describe(s.nullable(versionNumber), "in production: predictions are this one's"),
    challenger: s.describe(s.nullable(versionNumber), "in staging"),
    shadow: s.describe(
      s.array(versionNumber),
      "predict beside the champion, are recorded and never acted upon",
    ),
  }),
);

const schedule = s.named(
  "ModelSchedule",
  s.object({
    bars: s.describe(
      s.nullable(s.integer()),
      "after so many new bars of its first symbol it is trained again",
    ),
    hours: s.describe(s.nullable(s.number()), "or after so many hours"),
    next: s.describe(s.nullable(s.isoTime()), "when that is; null of bars"),
    request: s.json("what the training is asked for with"),
  }),
);

export const modelView = s.named(
  "Model",
  s.object({
    modelId: id(),
    name: s.string(),
    description: s.string(),
    kind: s.enum(MODEL_KINDS),
    algorithm: s.string(),
    symbols: s.array(symbol()),
    timeframe,
    features: s.array(s.string()),
    target,
    parameters,
    adjust: s.enum(ADJUSTMENTS),
    aliases: aliasesView,
    schedule: s.nullable(schedule),
    isArchived: s.boolean(),
    createdAt: s.isoTime(),
    updatedAt: s.isoTime(),
  }),
);
export type ModelView = Infer<typeof modelView>;
export const modelPage = pageOf("ModelPage", modelView);
export type ModelPage = Infer<typeof modelPage>;

const metrics = s.record(s.nullable(s.number()));

const data = s.object({
  start: s.isoTime(),
  end: s.isoTime(),
  knownAt: s.describe(s.isoTime(), "nothing that became known later is in it"),
  rows: s.integer(),
  sha256: s.describe(s.string(), "over features, labels and times"),
});

const outOfSample = s.object({
  metrics,
  estimates: s.describe(
    s.record(s.object({ value: s.number(), lower: s.number(), upper: s.number() })),
    "95 %, by block bootstrap",
  ),
  coverage: s.describe(
    s.nullable(s.number()),
    "the share of truths inside the interval; null of a classifier",
  ),
  reliability: s.describe(
    s.optional(
      s.nullable(
        s.object({
          bins: s.array(
            s.object({ rows: s.integer(), meanPrediction: s.number(), frequency: s.number() }),
          ),
          expectedError: s.number(),
        }),
      ),
    ),
    "of a classifier: probabilities beside what happened, in tenths, and their mean distance",
  ),
  trading: s.describe(
    s.nullable(
      s.object({
        turnover: s.number(),
        maxDrawdown: s.number(),
        sharpe: s.nullable(s.number()),
      }),
    ),
    "of being long while the model says so, without costs",
  ),
});

const test = s.object({ statistic: s.number(), pValue: s.number() });

export const importances = s.object({
  gain: s.nullable(s.record(s.number())),
  permutation: s.nullable(s.record(s.number())),
});

const report = s.object({
  rows: s.object({ total: s.integer(), labelled: s.integer(), tested: s.integer() }),
  folds: s.array(
    s.object({
      trainRows: s.integer(),
      testRows: s.integer(),
      testStart: s.isoTime(),
      testEnd: s.isoTime(),
      metrics,
    }),
  ),
  skippedFolds: s.describe(
    s.integer({ min: 0 }),
    "of a classifier: folds that were left out, because all rows to learn from had one class",
  ),
  outOfSample,
  baselines: s.array(
    s.object({
      name: s.string(),
      metrics,
      dieboldMariano: s.describe(s.nullable(test), "below 0 the model is better"),
    }),
  ),
  importance: importances,
  notes: s.array(s.string()),
});

const versionFields = {
  modelId: id(),
  version: versionNumber,
  stage: s.nullable(s.enum(STAGES)),
  isShadow: s.boolean(),
  origin: s.enum(["trained", "imported"]),
  format: s.enum(["native", "onnx"]),
  artifact: s.object({ sha256: s.string(), bytes: s.integer() }),
  algorithm: s.string(),
  seed: s.nullable(s.integer()),
  createdAt: s.isoTime(),
};

const versionSummary = s.named(
  "ModelVersionSummary",
  s.object({
    ...versionFields,
    metrics: s.describe(s.nullable(metrics), "out of sample; null of an imported one"),
  }),
);
export type VersionSummary = Infer<typeof versionSummary>;
export const versionPage = pageOf("ModelVersionPage", versionSummary);
export type VersionPage = Infer<typeof versionPage>;

export const versionView = s.named(
  "ModelVersion",
  s.object({
    ...versionFields,
    definition: s.describe(s.json("as a model's"), "what the model was when this was trained"),
    data: s.nullable(data),
    terms: s.json("validation, calibration, coverage, seed and the rest of what it was trained by"),
    libraries: s.record(s.string()),
    code: s.string(),
    parent: s.nullable(versionNumber),
    report: s.nullable(report),
    note: s.describe(
      s.nullable(s.json("as it was recorded")),
      "of a search: how many trials this is the best of, and what they were",
    ),
  }),
);
export type VersionView = Infer<typeof versionView>;
