import { ZONES } from "../../../domain/risk/measures/backtest.ts";
import type { FieldError } from "../readers.ts";
import { route, SERIES_BODY_BYTES } from "../route.ts";
import { isRecord, s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import {
  confidence,
  invalid,
  OBSERVATIONS_MAX,
  required,
  changes,
  subjectFields,
  subjectFits,
} from "./risk-subject.ts";

type Fields = Readonly<Record<string, unknown>>;

const backtestView = s.named(
  "VarBacktest",
  s.object({
    observations: s.integer(),
    exceptions: s.describe(s.integer(), "days that lost more than the VaR said"),
    expected: s.describe(s.number(), "observations × (1 − confidence)"),
    kupiec: s.object({ lr: s.number(), pValue: s.describe(s.number(), "χ²(1)") }),
    christoffersen: s.describe(
      s.nullable(
        s.object({
          n00: s.integer(),
          n01: s.integer(),
          n10: s.integer(),
          n11: s.integer(),
          lrIndependence: s.number(),
          lrConditionalCoverage: s.number(),
          pIndependence: s.describe(s.number(), "χ²(1)"),
          pConditionalCoverage: s.describe(s.number(), "χ²(2)"),
        }),
      ),
      "null where only counts were given: clusters need days",
    ),
    trafficLight: s.object({
      zone: s.enum(ZONES),
      cumulativeProbability: s.describe(s.number(), "of so many exceptions or fewer"),
      multiplierAddOn: s.describe(
        s.number(),
        "of 1996, on 3; of other days than 250 at 99 % that of as rare a number of exceptions",
      ),
      multiplier: s.describe(s.number(), "of MAR33 (2019), from 1.5, alike"),
    }),
    method: s.string(),
    asOf: s.isoTime(),
    sampleSize: s.integer(),
    source: s.string(),
  }),
);

const backtestFits: CrossCheck = (value) => {
  const isCounted = value["observations"] !== undefined || value["exceptions"] !== undefined;
  const series = ["returns", "var"].filter((name) => value[name] !== undefined);
  if (isCounted && series.length > 0)
    return series.map((name) => invalid(name, "must be absent beside counts"));
  if (!isCounted) return seriesFit(value);
  const missing = ["observations", "exceptions"].filter((name) => value[name] === undefined);
  const isMore = Number(value["exceptions"]) > Number(value["observations"]);
  return [
    ...missing.map((name) => required(name, "is required")),
    ...(isMore ? [invalid("exceptions", "must not be more than observations")] : []),
  ];
};

function seriesFit(value: Fields): readonly FieldError[] {
  const missing = ["returns", "var"].filter((name) => value[name] === undefined);
  if (missing.length > 0)
    return missing.map((name) => required(name, "or observations and exceptions are required"));
  const [days, vars] = [value["returns"], value["var"]];
  const isUneven = Array.isArray(days) && Array.isArray(vars) && vars.length !== days.length;
  return isUneven ? [invalid("var", "must be one number, or as long as returns")] : [];
}

export const backtestVar = route({
  method: "POST",
  path: "/api/risk/var/backtest",
  action: "risk.backtestVar",
  area: "risk",
  permission: "risk.read",
  summary: "Whether a VaR kept its promise: Kupiec, Christoffersen, Basel's traffic light",
  body: {
    returns: s.optional(changes),
    var: s.optional(
      s.describe(
        s.union(s.number(), s.array(s.number(), { min: 1, max: OBSERVATIONS_MAX })),
        "a loss as a positive fraction: one for all days, or one a day as it was said before it",
      ),
    ),
    observations: s.optional(s.integer({ min: 1, max: 1_000_000 })),
    exceptions: s.optional(s.integer({ min: 0, max: 1_000_000 })),
    confidence,
  },
  check: backtestFits,
  bodyMaxBytes: SERIES_BODY_BYTES,
  response: backtestView,
});

const volatilityView = s.named(
  "VolatilityModel",
  s.object({
    model: s.enum(["ewma", "garch11"]),
    parameters: s.describe(s.record(s.number()), "lambda; or mu, omega, alpha and beta"),
    logLikelihood: s.describe(s.nullable(s.number()), "of garch11, with its constants"),
    standardErrors: s.describe(
      s.nullable(s.record(s.number())),
      "of fitted parameters, by the curvature of the likelihood; null where they were given, or at the edge of what is allowed",
    ),
    nextVariance: s.describe(s.number(), "of the next return"),
    nextVolatility: s.number(),
    forecast: s.describe(s.array(s.number()), "variances of the next `horizon` returns"),
    horizonVariance: s.describe(s.number(), "their sum"),
    longRunVariance: s.describe(s.nullable(s.number()), "null of ewma, which has none"),
    persistence: s.number(),
    halfLife: s.describe(
      s.nullable(s.number()),
      "returns until half of a shock is gone; null where it never is",
    ),
    isConverged: s.boolean(),
    method: s.string(),
    asOf: s.isoTime(),
    sampleSize: s.integer(),
    source: s.string(),
  }),
);

const volatilityFits: CrossCheck = ({ model, parameters: given, ...value }) => {
  const names: readonly string[] = model === "ewma" ? ["lambda"] : ["mu", "omega", "alpha", "beta"];
  const errors = subjectFits(value);
  if (!isRecord(given)) return errors;
  const keys = Object.keys(given);
  const lacking = model === "garch11" ? names.filter((name) => !keys.includes(name)) : [];
  const isExplosive = Number(given["alpha"]) + Number(given["beta"]) >= 1;
  return [
    ...errors,
    ...keys
      .filter((name) => !names.includes(name))
      .map((name) => invalid(`parameters.${name}`, `is not of ${String(model)}`)),
    ...lacking.map((name) =>
      required(`parameters.${name}`, "is required where parameters are given"),
    ),
    ...(isExplosive ? [invalid("parameters.beta", "with alpha must be below 1")] : []),
  ];
};

export const modelVolatility = route({
  method: "POST",
  path: "/api/risk/volatility",
  action: "risk.modelVolatility",
  area: "risk",
  permission: "risk.read",
  summary: "EWMA or GARCH(1,1): fitted parameters, the next variance and those after it",
  description:
    "`garch11` by maximum likelihood, r = μ + e, h = ω + αe² + βh, begun with the mean of the squared residuals; given parameters " +
    "are followed, not fitted. `ewma`: Σλᵏr²/Σλᵏ about 0, λ 0.94 unless given.",
  body: {
    ...subjectFields,
    returns: s.optional(
      s.describe(changes, "of one period each, oldest first; variances are of their unit"),
    ),
    model: s.enum(["ewma", "garch11"]),
    parameters: s.optional(
      s.object({
        lambda: s.optional(s.number({ min: 0.5, max: 0.99999 })),
        mu: s.optional(s.number()),
        omega: s.optional(s.number({ min: 1e-300 })),
        alpha: s.optional(s.number({ min: 0, max: 1 })),
        beta: s.optional(s.number({ min: 0, max: 1 })),
      }),
    ),
    horizon: s.defaulted(s.integer({ min: 1, max: 1000 }), 1),
  },
  check: volatilityFits,
  bodyMaxBytes: SERIES_BODY_BYTES,
  response: volatilityView,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});
export type VolatilityView = Infer<typeof volatilityView>;

const tailView = s.named(
  "ParetoTail",
  s.object({
    threshold: s.number(),
    observations: s.integer(),
    exceedances: s.integer(),
    xi: s.describe(s.number(), "the shape: the tail is heavy where it is positive"),
    beta: s.describe(s.number(), "the scale"),
    logLikelihood: s.nullable(s.number()),
    standardErrors: s.describe(
      s.nullable(s.object({ xi: s.number(), beta: s.number() })),
      "of a large sample; null where parameters were given, or xi ≤ −1/2",
    ),
    confidence: s.number(),
    var: s.number(),
    expectedShortfall: s.describe(s.nullable(s.number()), "null where ξ ≥ 1: the tail has no mean"),
    hill: s.array(
      s.object({ count: s.integer(), xi: s.number(), tailIndex: s.nullable(s.number()) }),
    ),
    meanExcess: s.describe(s.nullable(s.number()), "over the threshold"),
    meanExcesses: s.describe(
      s.array(s.object({ threshold: s.number(), meanExcess: s.number() })),
      "the same over up to 50 of the losses above it: a line where the tail is a generalised Pareto one",
    ),
    isConverged: s.boolean(),
    method: s.string(),
    asOf: s.isoTime(),
    sampleSize: s.integer(),
    source: s.string(),
  }),
);
export type TailView = Infer<typeof tailView>;

const tailFits: CrossCheck = (value) => {
  const there = ["data", "parameters"].filter((name) => value[name] !== undefined);
  if (there.length !== 1)
    return [
      there.length === 0
        ? required("data", "or parameters is required")
        : invalid("parameters", "must be absent beside data"),
    ];
  if (value["parameters"] !== undefined)
    return [
      ...["threshold", "quantile", "hill"]
        .filter((name) => value[name] !== undefined)
        .map((name) => invalid(name, "goes with data")),
      ...exceedancesFit(value["parameters"]),
    ];
  const both = value["threshold"] !== undefined && value["quantile"] !== undefined;
  const none = value["threshold"] === undefined && value["quantile"] === undefined;
  if (none) return [required("threshold", "or quantile is required")];
  return both ? [invalid("quantile", "must be absent beside threshold")] : [];
};

function exceedancesFit(parameters: unknown): readonly FieldError[] {
  if (!isRecord(parameters)) return [];
  return Number(parameters["exceedances"]) > Number(parameters["observations"])
    ? [invalid("parameters.exceedances", "must not be more than observations")]
    : [];
}

export const fitTail = route({
  method: "POST",
  path: "/api/risk/tail",
  action: "risk.fitTail",
  area: "risk",
  permission: "risk.read",
  summary: "A generalised Pareto tail over a threshold, its VaR and shortfall, Hill's estimates",
  body: {
    data: s.optional(
      s.describe(
        s.array(s.number(), { min: 1, max: 200_000 }),
        "losses, positive where something is lost, in any order",
      ),
    ),
    threshold: s.optional(s.number()),
    quantile: s.optional(
      s.describe(s.number({ min: 0.5, max: 0.999 }), "of the data, in place of a threshold"),
    ),
    parameters: s.optional(
      s.object({
        threshold: s.number(),
        xi: s.number({ min: -5, max: 5 }),
        beta: s.number({ min: 1e-300 }),
        observations: s.integer({ min: 1, max: 1e9 }),
        exceedances: s.integer({ min: 1, max: 1e9 }),
      }),
    ),
    hill: s.optional(
      s.describe(
        s.array(s.integer({ min: 1, max: 200_000 }), { min: 1, max: 100 }),
        "numbers of the largest losses to estimate by",
      ),
    ),
    confidence: s.defaulted(confidence, 0.99),
  },
  check: tailFits,
  bodyMaxBytes: SERIES_BODY_BYTES,
  response: tailView,
  problems: ["INSUFFICIENT_DATA"],
});
