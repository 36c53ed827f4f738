import { MODEL_KINDS } from "../../../domain/ai/model/definition.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, pagingInOrder, symbol, timeframe } from "./common.ts";
import {
  definitionFields,
  modelPage,
  modelView,
  target,
  versionNumber,
  versionPage,
  versionView,
} from "./model-views.ts";

const modelId = { modelId: id() };
const read = { area: "ai", permission: "models.read" } as const;
const train = { area: "ai", permission: "models.train" } as const;

const name = s.string({ min: 1, max: 100 });
const description = s.string({ max: 1_000 });

export const listModels = route({
  ...read,
  method: "GET",
  path: "/api/models",
  action: "models.list",
  summary: "Your tenant's models, by name",
  query: {
    kind: s.optional(s.enum(MODEL_KINDS)),
    symbol: s.optional(symbol()),
    archived: s.defaulted(s.describe(s.boolean(), "archived ones too"), false),
    ...pagingInOrder,
  },
  response: modelPage,
});

export const createModel = route({
  ...train,
  method: "POST",
  path: "/api/models",
  action: "models.create",
  summary: "Define a model",
  description:
    "It learns nothing yet: `POST /api/models/{modelId}/train` makes a version of it. The same again under a name succeeds; another " +
    "definition under it is refused. A classifier has a target of direction or triple barrier, a regressor of return, a forecaster of volatility.",
  body: {
    name,
    description: s.defaulted(description, ""),
    kind: s.enum(MODEL_KINDS),
    timeframe,
    target,
    ...definitionFields,
    parameters: s.optional(definitionFields.parameters),
    features: s.optional(definitionFields.features),
    adjust: s.optional(definitionFields.adjust),
  },
  response: modelView,
  status: 201,
  isIdempotent: true,
  problems: ["CONFLICT", "FEATURE_UNKNOWN", "FEATURE_PARAMETER_INVALID", "FORMULA_INVALID"],
});

const parameterTerms = s.object({
  name: s.string(),
  type: s.enum(["integer", "number", "boolean", "enum", "integers", "members"]),
  min: s.nullable(s.number()),
  max: s.nullable(s.number()),
  values: s.nullable(s.array(s.string())),
  lengthMax: s.nullable(s.integer()),
  default: s.json("when it is not given"),
  about: s.string(),
});

const algorithms = s.named(
  "AlgorithmList",
  s.object({
    data: s.array(
      s.object({
        name: s.string(),
        kinds: s.array(s.enum(MODEL_KINDS)),
        acceptsMissing: s.describe(
          s.boolean(),
          "whether it learns from rows without a value of some feature",
        ),
        parameters: s.array(parameterTerms),
      }),
    ),
    nextCursor: s.nullable(s.string()),
  }),
);
export type AlgorithmList = Infer<typeof algorithms>;

export const listAlgorithms = route({
  ...read,
  method: "GET",
  path: "/api/models/algorithms",
  action: "models.algorithms",
  summary: "What models can be made of, with the parameters of each",
  response: algorithms,
});

export const getModel = route({
  ...read,
  method: "GET",
  path: "/api/models/{modelId}",
  action: "models.get",
  summary: "A model with its aliases and its schedule",
  params: modelId,
  response: modelView,
  problems: ["NOT_FOUND"],
});

export const updateModel = route({
  ...train,
  method: "PATCH",
  path: "/api/models/{modelId}",
  action: "models.update",
  summary: "Change a model",
  description:
    "What it has learnt so far stays as it is: versions keep the definition that they were trained by. Kind, target and timeframe cannot " +
    "be changed, so that all its versions can be compared; that is another model.",
  params: modelId,
  body: {
    name: s.optional(name),
    description: s.optional(description),
    algorithm: s.optional(definitionFields.algorithm),
    symbols: s.optional(definitionFields.symbols),
    features: s.optional(definitionFields.features),
    parameters: s.optional(
      s.describe(definitionFields.parameters, "all of them: those left out have their defaults"),
    ),
    adjust: s.optional(definitionFields.adjust),
  },
  response: modelView,
  problems: [
    "NOT_FOUND",
    "CONFLICT",
    "FEATURE_UNKNOWN",
    "FEATURE_PARAMETER_INVALID",
    "FORMULA_INVALID",
  ],
});

export const archiveModel = route({
  ...train,
  method: "DELETE",
  path: "/api/models/{modelId}",
  action: "models.archive",
  summary: "Archive a model",
  description:
    "It is not served, trained or listed any more, and its name is free. Its versions and their artefacts stay: decisions on record " +
    "rest on them. Refused while a strategy that runs acts by it.",
  params: modelId,
  response: null,
  status: 204,
  problems: ["NOT_FOUND", "CONFLICT"],
});

export const listVersions = route({
  ...read,
  method: "GET",
  path: "/api/models/{modelId}/versions",
  action: "models.versions",
  summary: "The versions of a model, newest first",
  params: modelId,
  query: pagingInOrder,
  response: versionPage,
  problems: ["NOT_FOUND"],
});

export const getVersion = route({
  ...read,
  method: "GET",
  path: "/api/models/{modelId}/versions/{version}",
  action: "models.version",
  summary: "A version: where it is from, and how it was scored",
  description:
    "`dieboldMariano` compares the losses out of sample with a baseline's: below 0 the model is better, and `pValue` says how likely that is by chance.",
  params: { ...modelId, version: versionNumber },
  response: versionView,
  problems: ["NOT_FOUND"],
});
