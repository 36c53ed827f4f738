import { ERROR_KINDS } from "../../../domain/numeric/least-squares.ts";
import { FACTOR_MODELS, FACTORS_OF } from "../../../domain/risk/factors/models.ts";
import type { FieldError } from "../readers.ts";
import { route, SERIES_BODY_BYTES } from "../route.ts";
import { isRecord, s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { symbol } from "./common.ts";
import { returns, subjectFields, subjectFits } from "./risk-subject.ts";

const FACTORS_MAX = 50;

const coefficient = {
  estimate: s.number(),
  standardError: s.number(),
  t: s.describe(s.nullable(s.number()), "null where the error is 0"),
  pValue: s.describe(
    s.nullable(s.number()),
    "of |t| by Student's distribution with n − k degrees of freedom",
  ),
};
const exposure = s.object({ factor: s.string(), ...coefficient });
const riskPart = {
  variance: s.describe(
    s.number(),
    "of a period; with the residual's they add up to the variance of the return",
  ),
  percent: s.nullable(s.number()),
  component: s.describe(s.number(), "of the deviation: variance over the deviation"),
};

const fit = {
  alpha: s.describe(s.object(coefficient), "the intercept, of a period"),
  annualizedAlpha: s.describe(s.number(), "alpha × periodsPerYear"),
  exposures: s.array(exposure),
  rSquared: s.nullable(s.number()),
  adjustedRSquared: s.nullable(s.number()),
  residualDeviation: s.describe(s.number(), "√(SSR/(n − k)), of a period"),
};

const factorsView = s.named(
  "FactorExposures",
  s.object({
    model: s.enum(FACTOR_MODELS),
    method: s.string(),
    errors: s.enum(ERROR_KINDS),
    factors: s.array(s.string()),
    ...fit,
    risk: s.object({
      variance: s.describe(s.number(), "of the excess return, Σ(y − ȳ)²/(n − 1), of a period"),
      volatility: s.describe(s.number(), "√(variance × periodsPerYear)"),
      factors: s.array(s.object({ factor: s.string(), ...riskPart })),
      residual: s.object(riskPart),
    }),
    assets: s.describe(
      s.array(s.object({ name: s.string(), weight: s.number(), ...fit })),
      "each by itself; none of bare returns",
    ),
    components: s.optional(
      s.describe(
        s.array(
          s.object({
            factor: s.string(),
            variance: s.number(),
            explained: s.number(),
            loadings: s.array(s.object({ name: s.string(), loading: s.number() })),
          }),
        ),
        "of pca",
      ),
    ),
    asOf: s.isoTime(),
    sampleSize: s.integer(),
    source: s.string(),
  }),
);
export type FactorsView = Infer<typeof factorsView>;

const factorCount = (value: Readonly<Record<string, unknown>>): readonly string[] =>
  ["factors", "factorSymbols"].flatMap((name) => {
    const found = value[name];
    return isRecord(found) ? Object.keys(found) : [];
  });

const modelFits: CrossCheck = (value) => {
  const model = FACTOR_MODELS.find((one) => one === value["model"]);
  if (model === undefined) return subjectFits(value);
  return [...subjectFits(value), ...factorsFit(model, value)];
};

function factorsFit(
  model: (typeof FACTOR_MODELS)[number],
  value: Readonly<Record<string, unknown>>,
): readonly FieldError[] {
  const names = factorCount(value);
  if (model === "pca") {
    const isSeveral = value["returns"] === undefined;
    return [
      ...(names.length > 0 ? [invalid("factors", "must be absent for pca, which makes them")] : []),
      ...(isSeveral ? [] : [invalid("returns", "have no components: pca needs several assets")]),
      ...(value["components"] !== undefined && value["explained"] !== undefined
        ? [invalid("explained", "must be absent beside components")]
        : []),
    ];
  }
  const own = ["components", "explained"].filter((name) => value[name] !== undefined);
  const needed = FACTORS_OF[model];
  const lacking = (needed ?? []).filter((name) => !names.includes(name));
  const more = needed === null ? [] : names.filter((name) => !needed.includes(name));
  return [
    ...own.map((name) => invalid(name, "is for pca")),
    ...lacking.map((name) => required(`factors.${name}`, `is required for ${model}`)),
    ...more.map((name) => invalid(`factors.${name}`, `is not of ${model}`)),
    ...(names.length === 0 && needed === null ? [required("factors", "is required")] : []),
    ...(names.length > FACTORS_MAX ? [invalid("factors", `must be ${FACTORS_MAX} at most`)] : []),
    ...(new Set(names).size < names.length
      ? [invalid("factorSymbols", "must not repeat a name of factors")]
      : []),
  ];
}

function invalid(path: string, message: string): FieldError {
  return { path, code: "INVALID_VALUE", message };
}

function required(path: string, message: string): FieldError {
  return { path, code: "REQUIRED", message };
}

export const explainByFactors = route({
  method: "POST",
  path: "/api/risk/factors",
  action: "factors.explain",
  area: "risk",
  permission: "risk.read",
  summary: "Exposures to factors with their errors, and the risk that each brings",
  description:
    "Ordinary least squares of the returns, less `riskFree`, on the factors. `capm` has MKT, `ff3` SMB and HML besides, " +
    "`carhart` MOM, `ff5` RMW and CMA; factors are taken as they are given, already in excess where they should be. Errors: " +
    "`classic`, `white` (HC1) or `neweyWest` (Bartlett's weights, `lags`, by default ⌊4(n/100)^(2/9)⌋). `pca` makes factors " +
    "of the assets themselves.",
  body: {
    ...subjectFields,
    model: s.enum(FACTOR_MODELS),
    factors: s.optional(
      s.describe(s.record(returns), "by name, of the same periods as the returns"),
    ),
    factorSymbols: s.optional(
      s.describe(s.record(symbol()), "by name: the daily returns of stored bars, less riskFree"),
    ),
    riskFree: s.defaulted(s.describe(s.number({ min: -1, max: 1 }), "of a period"), 0),
    errors: s.defaulted(s.enum(ERROR_KINDS), "classic"),
    lags: s.optional(s.integer({ min: 0, max: 1000 })),
    components: s.optional(s.describe(s.integer({ min: 1, max: 100 }), "of pca: how many to keep")),
    explained: s.optional(
      s.describe(
        s.number({ min: 0.01, max: 1 }),
        "of pca: keep as few as explain so much; 0.9 when absent",
      ),
    ),
    periodsPerYear: s.defaulted(s.number({ min: 1, max: 1e6 }), 252),
  },
  check: modelFits,
  bodyMaxBytes: SERIES_BODY_BYTES,
  response: factorsView,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});
