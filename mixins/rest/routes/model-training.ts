import type { FieldError } from "../readers.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { id } from "./common.ts";
import { jobAccepted } from "./jobs.ts";
import { modelView, versionNumber } from "./model-views.ts";

const modelId = { modelId: id() };
const train = { area: "ai", permission: "models.train" } as const;

const SCHEMES = ["walkForward", "walkForwardEvery", "purgedKFold", "shuffledKFold"] as const;

/** Which scheme takes what beside `scheme`. */
const OF_SCHEME: { readonly [name: string]: readonly (typeof SCHEMES)[number][] } = {
  folds: ["walkForward", "purgedKFold", "shuffledKFold"],
  embargo: ["walkForward", "walkForwardEvery", "purgedKFold"],
  window: ["walkForward", "walkForwardEvery"],
  refitEvery: ["walkForwardEvery"],
  testStart: ["walkForwardEvery"],
  trainBars: ["walkForwardEvery"],
};

const validationFits: CrossCheck = (value) => {
  const scheme = String(value["scheme"]);
  const strange = Object.entries(OF_SCHEME).flatMap(([path, schemes]): readonly FieldError[] =>
    value[path] === undefined || schemes.some((one) => one === scheme)
      ? []
      : [{ path, code: "INVALID_VALUE", message: `is of ${schemes.join(" and ")} only` }],
  );
  const missing = ["refitEvery", "testStart"]
    .filter((path) => scheme === "walkForwardEvery" && value[path] === undefined)
    .map((path): FieldError => ({
      path,
      code: "REQUIRED",
      message: "is required of walkForwardEvery",
    }));
  return [...strange, ...missing];
};

const validation = s.named(
  "Validation",
  s.object(
    {
      scheme: s.enum(SCHEMES),
      folds: s.optional(s.describe(s.integer({ min: 2, max: 50 }), "5 when absent")),
      embargo: s.optional(
        s.describe(
          s.integer({ min: 0, max: 1_000 }),
          "bars beside each test block, further to the purge of overlapping labels; the horizon when absent",
        ),
      ),
      window: s.optional(
        s.describe(s.enum(["expanding", "rolling"]), "of the rows before; expanding when absent"),
      ),
      refitEvery: s.optional(s.describe(s.integer({ min: 1, max: 10_000 }), "bars")),
      testStart: s.optional(s.time()),
      trainBars: s.optional(
        s.describe(s.integer({ min: 20, max: 1_000_000 }), "of a rolling window; all when absent"),
      ),
    },
    validationFits,
  ),
);
export type ValidationAsked = Infer<typeof validation>;

const trainingFields = {
  start: s.optional(s.describe(s.time(), "of the rows; all that there are when absent")),
  end: s.optional(s.time()),
  validation: s.optional(s.describe(validation, "walkForward of 5 folds, expanding, when absent")),
  calibration: s.optional(
    s.describe(
      s.enum(["none", "platt", "isotonic"]),
      "of probabilities; platt of a classifier when absent",
    ),
  ),
  coverage: s.optional(
    s.describe(s.number({ min: 0.5, max: 0.99 }), "of the interval; 0.9 when absent"),
  ),
  halfLife: s.optional(
    s.describe(
      s.number({ min: 1, max: 1_000_000 }),
      "bars after which a row weighs half; all alike when absent",
    ),
  ),
  stopShare: s.optional(
    s.describe(
      s.number({ min: 0, max: 0.5 }),
      "of the newest training rows, which early stopping looks at; 0.1 when absent",
    ),
  ),
  seed: s.optional(
    s.describe(
      s.integer({ min: 0, max: 4_294_967_295 }),
      "the same seed gives the same artefact; drawn when absent, and given back",
    ),
  ),
};

const trainingRequest = s.object({
  ...trainingFields,
  asChallenger: s.defaulted(
    s.describe(s.boolean(), "whether the new version becomes the challenger"),
    false,
  ),
});
export type TrainingAsked = Infer<typeof trainingRequest>;

const startBeforeEnd: CrossCheck = ({ start, end }) =>
  typeof start === "number" && typeof end === "number" && start >= end
    ? [{ path: "end", code: "INVALID_VALUE", message: "must be after start" }]
    : [];

export const trainModel = route({
  ...train,
  method: "POST",
  path: "/api/models/{modelId}/train",
  action: "trainings.train",
  summary: "Train a version",
  description:
    "A job whose result is the version: scores per fold and out of sample with their confidence, the baselines beside them, data range and hash, " +
    "seed, libraries. Shuffled folds are refused where labels overlap (a horizon of more than one bar): they would be scored on what they have seen. " +
    "The job fails with a code of docs/AI.md where the data do not allow a model, e.g. `CONSTANT_TARGET` or `TOO_FEW_ROWS`.",
  params: modelId,
  body: trainingRequest.fields,
  check: startBeforeEnd,
  response: jobAccepted,
  status: 202,
  isIdempotent: true,
  problems: ["NOT_FOUND", "CONFLICT", "RATE_LIMITED", "IDEMPOTENCY_KEY_REUSED"],
});

export const retrainVersion = route({
  ...train,
  method: "POST",
  path: "/api/models/{modelId}/retrain",
  action: "trainings.retrain",
  summary: "Train a version again from its lineage",
  description:
    "A job that reads the same data as of the same moment, trains by the same terms and says whether the artefact has the same hash, and where not, what differs. " +
    "It makes no version.",
  params: modelId,
  body: { version: versionNumber },
  response: jobAccepted,
  status: 202,
  isIdempotent: true,
  problems: ["NOT_FOUND", "CONFLICT", "RATE_LIMITED", "IDEMPOTENCY_KEY_REUSED"],
});

/** Either `values`, or `min` and `max`: which of them fit, the algorithm's own terms say. */
const dimension = s.object({
  values: s.optional(
    s.describe(
      s.array(s.json("a value of the parameter"), { min: 1, max: 50 }),
      "these and no others",
    ),
  ),
  min: s.optional(s.number({ min: -1e9, max: 1e9 })),
  max: s.optional(s.number({ min: -1e9, max: 1e9 })),
  scale: s.optional(s.describe(s.enum(["linear", "log"]), "of a range; linear when absent")),
  steps: s.optional(
    s.describe(s.integer({ min: 2, max: 50 }), "of a range in a grid; 3 when absent"),
  ),
});

const searchRequest = s.object({
  ...trainingRequest.fields,
  method: s.enum(["grid", "random", "halving"]),
  space: s.describe(s.record(dimension), "by the parameter's name"),
  trials: s.optional(
    s.describe(s.integer({ min: 1, max: 200 }), "20 when absent; a grid has as many as it has"),
  ),
  rungs: s.optional(s.describe(s.integer({ min: 2, max: 5 }), "of halving; 3 when absent")),
  eta: s.optional(s.describe(s.integer({ min: 2, max: 4 }), "of halving; 3 when absent")),
  holdout: s.defaulted(s.number({ min: 0.05, max: 0.5 }), 0.2),
});
export type SearchAsked = Infer<typeof searchRequest>;

export const searchModel = route({
  ...train,
  method: "POST",
  path: "/api/models/{modelId}/search",
  action: "trainings.search",
  summary: "Search for parameters",
  description:
    "A job that tries parameters on all but the newest part of the rows (`holdout`), each scored by its own purged validation, and trains a version with the " +
    "best. The version's note has every trial, how many there were, and the loss on the rows that no choice was made by. `halving` begins with all " +
    "trials on the newest part of the rows and gives the better 1/eta of them eta times as many, rung by rung.",
  params: modelId,
  body: searchRequest.fields,
  check: startBeforeEnd,
  response: jobAccepted,
  status: 202,
  isIdempotent: true,
  problems: ["NOT_FOUND", "CONFLICT", "RATE_LIMITED", "IDEMPOTENCY_KEY_REUSED"],
});

export const putSchedule = route({
  ...train,
  method: "PUT",
  path: "/api/models/{modelId}/schedule",
  action: "trainings.schedule",
  summary: "Have a model trained again and again",
  description:
    "After so many new bars of its first symbol, or after so many hours; on behalf of who asks. Each new version becomes the challenger; " +
    "it is promoted by whoever promotes. The schedule survives restarts, and what fell due meanwhile is done once.",
  params: modelId,
  body: {
    bars: s.optional(s.integer({ min: 1, max: 100_000 })),
    hours: s.optional(s.number({ min: 0.01, max: 8_784 })),
    training: s.optional(
      s.describe(s.object(trainingFields), "as of POST …/train; `end` is of no use in it"),
    ),
  },
  check: ({ bars, hours }) =>
    (bars === undefined) === (hours === undefined)
      ? [{ path: "bars", code: "INVALID_VALUE", message: "give either bars or hours" }]
      : [],
  response: modelView,
  problems: ["NOT_FOUND", "CONFLICT"],
});

export const deleteSchedule = route({
  ...train,
  method: "DELETE",
  path: "/api/models/{modelId}/schedule",
  action: "trainings.unschedule",
  summary: "Have a model trained no more unless it is asked for",
  params: modelId,
  response: modelView,
  problems: ["NOT_FOUND", "CONFLICT"],
});
