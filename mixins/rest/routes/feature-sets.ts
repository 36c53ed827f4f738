import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { pageOf, pagingInOrder, symbol, timeframe } from "./common.ts";
import { featureName, formula } from "./features.ts";

const name = s.string({
  min: 1,
  max: 40,
  pattern: /^[a-z][a-z0-9_]*$/,
  hint: "must be lower-case letters, digits and _",
  example: "momentum",
});

const storedFormula = s.named(
  "Formula",
  s.object({
    name,
    formula: s.string(),
    description: s.string(),
    features: s.describe(s.array(s.string()), "that it is made of, by their canonical names"),
    warmup: s.describe(s.integer(), "bars until the first value"),
    createdAt: s.isoTime(),
  }),
);
export type FormulaView = Infer<typeof storedFormula>;
const formulas = pageOf("Formulas", storedFormula);
export type FormulaPage = Infer<typeof formulas>;

const set = s.named(
  "FeatureSet",
  s.object({
    name,
    timeframe,
    symbols: s.array(symbol()),
    features: s.array(s.string()),
    createdAt: s.isoTime(),
  }),
);
export type FeatureSetView = Infer<typeof set>;
const sets = pageOf("FeatureSets", set);
export type FeatureSetPage = Infer<typeof sets>;

const reading = { area: "data", permission: "features.read" } as const;
const changing = { area: "data", permission: "features.create" } as const;

export const createFormula = route({
  ...changing,
  method: "POST",
  path: "/api/features/custom",
  action: "features.createFormula",
  summary: "Store a formula as a feature",
  description:
    "Your tenant then asks for it as `custom:name` wherever features are named. A formula is never changed: delete it, and " +
    "store another.",
  body: { name, formula, description: s.defaulted(s.string({ max: 500 }), "") },
  response: storedFormula,
  status: 201,
  isIdempotent: true,
  problems: [
    "CONFLICT",
    "IDEMPOTENCY_KEY_REUSED",
    "FORMULA_INVALID",
    "FEATURE_UNKNOWN",
    "FEATURE_PARAMETER_INVALID",
  ],
});

export const listFormulas = route({
  ...reading,
  method: "GET",
  path: "/api/features/custom",
  action: "features.listFormulas",
  summary: "The stored formulas of your tenant, by name",
  query: pagingInOrder,
  response: formulas,
});

export const getFormula = route({
  ...reading,
  method: "GET",
  path: "/api/features/custom/{name}",
  action: "features.getFormula",
  summary: "One stored formula",
  params: { name },
  response: storedFormula,
  problems: ["NOT_FOUND"],
});

export const deleteFormula = route({
  ...changing,
  method: "DELETE",
  path: "/api/features/custom/{name}",
  action: "features.removeFormula",
  summary: "Forget a stored formula",
  description: "Sets that name it go on with the formula that it was.",
  params: { name },
  response: null,
  status: 204,
  problems: ["NOT_FOUND"],
});

export const createFeatureSet = route({
  ...changing,
  method: "POST",
  path: "/api/features/sets",
  action: "features.createSet",
  summary: "Have features recorded as bars close",
  description:
    "From then on the features of each of the symbols are recorded at every close of a live bar, with the time at which they " +
    "became known: `GET /api/features/{symbol}?basis=recorded`.",
  body: {
    name,
    symbols: s.array(symbol(), { min: 1, max: 100 }),
    timeframe: s.defaulted(timeframe, "1d"),
    features: s.array(featureName, { min: 1, max: 50 }),
  },
  response: set,
  status: 201,
  isIdempotent: true,
  problems: [
    "NOT_FOUND",
    "CONFLICT",
    "IDEMPOTENCY_KEY_REUSED",
    "FEATURE_UNKNOWN",
    "FEATURE_PARAMETER_INVALID",
  ],
});

export const listFeatureSets = route({
  ...reading,
  method: "GET",
  path: "/api/features/sets",
  action: "features.listSets",
  summary: "The sets of features that your tenant has recorded, by name",
  query: pagingInOrder,
  response: sets,
});

export const getFeatureSet = route({
  ...reading,
  method: "GET",
  path: "/api/features/sets/{name}",
  action: "features.getSet",
  summary: "One set of features",
  params: { name },
  response: set,
  problems: ["NOT_FOUND"],
});

export const deleteFeatureSet = route({
  ...changing,
  method: "DELETE",
  path: "/api/features/sets/{name}",
  action: "features.removeSet",
  summary: "Record a set of features no longer",
  description: "What was recorded stays.",
  params: { name },
  response: null,
  status: 204,
  problems: ["NOT_FOUND"],
});
