import { ESTIMATORS } from "../../../domain/risk/covariance/estimate.ts";
import type { FieldError } from "../readers.ts";
import { route, SERIES_BODY_BYTES } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { invalid, matrixFields, matrixFits, namesCount } from "./risk-matrix.ts";

const rows = s.array(s.array(s.number()));
const METHODS = [...ESTIMATORS, "given"] as const;

const covarianceView = s.named(
  "CovarianceMatrix",
  s.object({
    names: s.describe(s.array(s.string()), "of the rows and columns"),
    covariance: rows,
    correlation: rows,
    volatilities: s.describe(s.array(s.number()), "roots of the diagonal"),
    shrinkage: s.describe(s.nullable(s.number()), "the target's part; null where nothing shrinks"),
    lambda: s.nullable(s.number()),
    minEigenvalue: s.describe(s.number(), "of the covariance, after repair"),
    conditionNumber: s.describe(
      s.nullable(s.number()),
      "largest over smallest eigenvalue; null where that is not positive",
    ),
    isPositiveSemidefinite: s.describe(
      s.boolean(),
      "false: it is no covariance, and what is computed from it would be wrong; see repair",
    ),
    repaired: s.boolean(),
    distance: s.describe(
      s.nullable(s.number()),
      "of the repaired correlations from the given, in the Frobenius norm",
    ),
    isNearest: s.describe(
      s.nullable(s.boolean()),
      "false: repaired, but the search for the nearest was cut short",
    ),
    method: s.describe(s.enum(METHODS), "the estimator, or `given`"),
    asOf: s.isoTime(),
    sampleSize: s.describe(
      s.nullable(s.integer()),
      "observations, of the pair that has the fewest; null of a matrix",
    ),
    source: s.string(),
  }),
);
export type CovarianceView = Infer<typeof covarianceView>;

export const estimateCovariance = route({
  method: "POST",
  path: "/api/risk/covariance",
  action: "risk-covariance.estimate",
  area: "risk",
  permission: "risk.read",
  summary: "A covariance matrix of returns, and what it is fit for",
  description:
    "sample divides by n − 1. ewma: weights fall by lambda a period, about a mean of zero. ledoitWolf… and oas shrink towards " +
    "a target of few parameters, and stay positive definite with fewer observations than names; their moments divide by n.",
  body: matrixFields,
  check: matrixFits,
  bodyMaxBytes: SERIES_BODY_BYTES,
  response: covarianceView,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});

const CORRELATION_NAMES_MAX = 100;

const period = s.object({
  from: s.describe(s.nullable(s.isoTime()), "null where the caller gave returns"),
  to: s.nullable(s.isoTime()),
  sampleSize: s.integer(),
  correlation: rows,
  averageCorrelation: s.describe(s.nullable(s.number()), "of all pairs; null of one name"),
  absorptionRatio: s.describe(
    s.number(),
    "what the first fifth of the eigenvectors explains (Kritzman et al. 2011)",
  ),
  eigenvalueShares: s.describe(s.array(s.number()), "descending, adding up to 1"),
});

const change = s.object({
  names: s.describe(s.array(s.string()), "the pair"),
  now: s.number(),
  before: s.number(),
  change: s.number(),
  statistic: s.describe(
    s.nullable(s.number()),
    "Fisher's z; null where a correlation is ±1, or a window has fewer than 4 returns",
  ),
  pValue: s.describe(s.nullable(s.number()), "two-sided, of this pair alone"),
});

const correlationView = s.named(
  "CorrelationChanges",
  s.object({
    names: s.array(s.string()),
    now: period,
    before: period,
    changes: s.describe(s.array(change), "all pairs, the largest change first"),
    equality: s.describe(
      s.nullable(
        s.object({ statistic: s.number(), degreesOfFreedom: s.integer(), pValue: s.number() }),
      ),
      "Jennrich's test that both matrices are of one population; null where they cannot be inverted",
    ),
    path: s.nullable(
      s.object({
        names: s.array(s.string()),
        times: s.describe(s.nullable(s.array(s.isoTime())), "null where the caller gave returns"),
        rolling: s.array(s.nullable(s.number())),
        ewma: s.array(s.nullable(s.number())),
      }),
    ),
    method: s.string(),
    asOf: s.isoTime(),
    sampleSize: s.integer(),
    source: s.string(),
  }),
);
export type CorrelationChangesView = Infer<typeof correlationView>;

const correlationFits: CrossCheck = (value) => {
  const { pair, lambda, rollingWindow } = value;
  const lonely = (name: string, field: unknown): readonly FieldError[] =>
    field !== undefined && pair === undefined ? [invalid(name, "is for a pair")] : [];
  return [
    // The same rules as of a covariance, whose `lambda` is the estimator's.
    ...matrixFits({
      assets: value["assets"],
      symbols: value["symbols"],
      lookback: value["lookback"],
    }),
    ...lonely("lambda", lambda),
    ...lonely("rollingWindow", rollingWindow),
    ...(namesCount(value) > CORRELATION_NAMES_MAX
      ? [invalid("assets", `must have at most ${CORRELATION_NAMES_MAX} names`)]
      : []),
  ];
};

export const compareCorrelations = route({
  method: "POST",
  path: "/api/risk/correlation",
  action: "risk-covariance.changes",
  area: "risk",
  permission: "risk.read",
  summary: "How correlations have changed: a window of returns against the one before it",
  description:
    "Pearson's correlations. Returns that a name lacks are left out for all. The tests suppose returns that are independent " +
    "and normal: what they call significant in calm markets they call so too often in wild ones.",
  body: {
    assets: matrixFields.assets,
    symbols: matrixFields.symbols,
    lookback: matrixFields.lookback,
    currency: matrixFields.currency,
    window: s.optional(
      s.describe(s.integer({ min: 2, max: 20_000 }), "the newest returns; half of all when absent"),
    ),
    windowBefore: s.optional(
      s.describe(
        s.integer({ min: 2, max: 20_000 }),
        "returns just before them; as many, or what there is, when absent",
      ),
    ),
    pair: s.optional(
      s.describe(
        s.array(s.string({ min: 1, max: 100 }), { min: 2, max: 2 }),
        "whose path is wanted",
      ),
    ),
    rollingWindow: s.optional(
      s.describe(s.integer({ min: 2, max: 20_000 }), "of the pair's path; 60 when absent"),
    ),
    lambda: s.optional(
      s.describe(s.number({ min: 0.01, max: 0.9999 }), "of the path; 0.94 when absent"),
    ),
  },
  check: correlationFits,
  bodyMaxBytes: SERIES_BODY_BYTES,
  response: correlationView,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});
