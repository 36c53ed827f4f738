import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id } from "./common.ts";
import { importances, versionNumber } from "./model-views.ts";

const modelId = { modelId: id() };
const read = { area: "ai", permission: "models.read" } as const;

const versionAsked = {
  version: s.optional(
    s.describe(versionNumber, "the champion when absent, or the newest where there is none"),
  ),
};

const importanceView = s.named(
  "ModelImportance",
  s.object({
    ...modelId,
    version: versionNumber,
    method: s.describe(
      s.string(),
      "`gain`: what the splits or weights of each feature were worth in the fit, summing to 1; `permutation`: by how much the loss out of sample grows when its values are shuffled",
    ),
    sampleSize: s.describe(s.integer(), "rows out of sample"),
    asOf: s.isoTime(),
    source: s.string(),
    ...importances.fields,
  }),
);
export type ImportanceView = Infer<typeof importanceView>;

export const getImportance = route({
  ...read,
  method: "GET",
  path: "/api/models/{modelId}/importance",
  action: "models.importance",
  summary: "How much each feature is of use to a version",
  params: modelId,
  query: versionAsked,
  response: importanceView,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});

const featureDrift = s.object({
  feature: s.string(),
  psi: s.number(),
  limit: s.describe(s.number(), "the psi that 95 of 100 windows of this length had in training"),
  pValue: s.describe(s.number(), "the share of such windows that had as much or more"),
  isDrifting: s.boolean(),
  missing: s.describe(s.number(), "the part of the window without a value"),
});

const lossDrift = s.object({
  validationMean: s.number(),
  recentMean: s.number(),
  statistic: s.describe(s.number(), "difference of the means over its error; above 0: worse now"),
  pValue: s.number(),
  cusum: s.describe(
    s.number(),
    "the greatest sum of recent losses above the validation's mean, in its long-run deviations",
  ),
  cusumPValue: s.number(),
  isDrifting: s.boolean(),
});

const driftView = s.named(
  "ModelDrift",
  s.object({
    ...modelId,
    version: versionNumber,
    method: s.string(),
    asOf: s.describe(s.nullable(s.isoTime()), "close of the newest bar; null where there is none"),
    source: s.string(),
    seed: s.integer(),
    windowBars: s.integer(),
    sampleSize: s.describe(s.integer(), "rows in the window, of all symbols"),
    features: s.array(featureDrift),
    scored: s.describe(s.integer(), "recorded predictions of the version whose truth is known"),
    performance: s.describe(
      s.nullable(lossDrift),
      "of recorded predictions against the validation; null of fewer than 10 moments. It ranks above drift of the features: one may move and the model hold",
    ),
  }),
);
export type DriftView = Infer<typeof driftView>;

export const getDrift = route({
  ...read,
  method: "GET",
  path: "/api/models/{modelId}/drift",
  action: "models.drift",
  summary: "Whether what a version sees has moved away from what it has learnt from",
  description:
    "Population stability index of each feature, over the deciles of the training rows. The customary limits of 0.1 and 0.25 are not used: " +
    "they would be passed by chance in short windows, and by slow features always. docs/AI.md has the method.",
  params: modelId,
  query: {
    ...versionAsked,
    window: s.defaulted(
      s.describe(s.integer({ min: 20, max: 2_000 }), "bars of each symbol, the newest"),
      63,
    ),
  },
  response: driftView,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA", "RANGE_TOO_LARGE"],
});
