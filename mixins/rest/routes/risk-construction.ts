import { OBJECTIVES } from "../../../domain/risk/construction/optimise.ts";
import { route, SERIES_BODY_BYTES } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { optimiseFits } from "./risk-construction-checks.ts";
import { matrixFields } from "./risk-matrix.ts";
import { ASSETS_MAX } from "./risk-subject.ts";

const WEIGHT_MAX = 100;
const weight = s.number({ min: -WEIGHT_MAX, max: WEIGHT_MAX });
const byName = (description: string) => s.optional(s.describe(s.record(weight), description));
const bound = (description: string) =>
  s.optional(s.describe(s.union(weight, s.record(weight)), description));
const name = s.string({ min: 1, max: 100 });

const group = s.object({
  name,
  members: s.array(name, { min: 1, max: ASSETS_MAX }),
  min: s.optional(weight),
  max: s.optional(weight),
});

const constraints = s.object({
  longOnly: s.defaulted(s.boolean(), true),
  budget: s.defaulted(
    s.describe(s.nullable(weight), "what weights add up to; null: whatever they like"),
    1,
  ),
  min: bound("of each weight, or by name; the others then have none of their own"),
  max: bound("of each weight, or by name"),
  turnover: s.optional(
    s.describe(
      s.number({ min: 0, max: 2 * WEIGHT_MAX }),
      "Σ|weight − current| at most: purchases and sales together",
    ),
  ),
  leverage: s.optional(
    s.describe(
      s.number({ min: 0, max: WEIGHT_MAX }),
      "Σ|weight| at most; not beside turnover when short",
    ),
  ),
  groups: s.optional(s.array(group, { min: 1, max: 50 })),
});
export type ConstraintsAsked = Infer<typeof constraints>;

const view = s.object({
  weights: s.describe(
    s.record(weight),
    "the portfolio of which it speaks: one name 1, or 1 against −1",
  ),
  return: s.describe(s.number({ min: -1e6, max: 1e6 }), "that it is expected to have"),
  confidence: s.optional(
    s.describe(
      s.number({ min: 0.0001, max: 1 }),
      "½ when absent: as uncertain as the equilibrium is of it (He & Litterman); 1: certain",
    ),
  ),
  variance: s.optional(
    s.describe(s.number({ min: 0, max: 1e12 }), "of the view's error, in place of confidence"),
  ),
});

const body = {
  ...matrixFields,
  periodsPerYear: s.optional(
    s.describe(
      s.integer({ min: 1, max: 366 }),
      "what covariance and historical mean of returns are multiplied by; 1 when absent",
    ),
  ),
  mean: s.optional(
    s.describe(
      s.union(
        s.array(s.number({ min: -1e6, max: 1e6 }), { min: 1, max: ASSETS_MAX }),
        s.enum(["historical"]),
      ),
      "expected returns in the order of the names, of the covariance's period; `historical`: those of the returns themselves, which is never done unasked",
    ),
  ),
  objective: s.enum(OBJECTIVES),
  riskAversion: s.optional(s.number({ min: 1e-6, max: 1e9 })),
  targetReturn: s.optional(s.describe(s.number({ min: -1e6, max: 1e6 }), "at least")),
  targetVolatility: s.optional(s.describe(s.number({ min: 0, max: 1e6 }), "at most")),
  riskFree: s.defaulted(s.describe(s.number({ min: -1, max: 10 }), "of the same period"), 0),
  budgets: s.optional(
    s.describe(
      s.array(s.number({ min: 1e-9, max: 1e9 }), { min: 1, max: ASSETS_MAX }),
      "of riskParity: parts of the risk; equal when absent",
    ),
  ),
  marketWeights: s.optional(
    s.describe(
      s.array(s.number({ min: 0, max: 1e18 }), { min: 1, max: ASSETS_MAX }),
      "of blackLitterman: weights or capitalisations in the order of the names, in any scale",
    ),
  ),
  tau: s.optional(
    s.describe(s.number({ min: 1e-6, max: 10 }), "of blackLitterman; 0.05 when absent"),
  ),
  views: s.optional(s.array(view, { max: 100 })),
  posteriorObjective: s.optional(
    s.describe(
      s.enum(["meanVariance", "maxSharpe"]),
      "of blackLitterman; meanVariance when absent",
    ),
  ),
  constraints: s.optional(constraints),
  current: byName("weights held now, for the turnover; 0 of names that are left out"),
  frontier: s.optional(
    s.describe(
      s.integer({ min: 2, max: 100 }),
      "points of the efficient frontier; none when absent",
    ),
  ),
};

const standing = {
  expectedReturn: s.describe(s.nullable(s.number()), "null where no mean is given"),
  volatility: s.number(),
  sharpe: s.describe(s.nullable(s.number()), "null without a mean, or without risk"),
};

const optimised = s.named(
  "OptimalPortfolio",
  s.object({
    objective: s.enum(OBJECTIVES),
    names: s.array(s.string()),
    weights: s.describe(s.array(s.number()), "in the order of the names"),
    ...standing,
    riskContributions: s.describe(s.array(s.number()), "they add up to the volatility"),
    turnover: s.describe(s.nullable(s.number()), "Σ|weight − current|; null without current"),
    effectiveNumber: s.describe(s.number(), "(Σ|w|)²/Σw²: of equal weights their number"),
    mean: s.describe(s.nullable(s.array(s.number())), "expected returns that were used"),
    equilibriumReturns: s.optional(s.array(s.number())),
    clusterOrder: s.optional(s.describe(s.array(s.string()), "of hrp: names side by side")),
    frontier: s.optional(
      s.describe(
        s.array(s.object({ weights: s.array(s.number()), ...standing })),
        "from the least variance to the largest mean, evenly over the means",
      ),
    ),
    repaired: s.boolean(),
    method: s.describe(s.string(), "how the weights were found, and the covariance estimated"),
    iterations: s.integer(),
    asOf: s.isoTime(),
    sampleSize: s.nullable(s.integer()),
    source: s.string(),
  }),
);
export type OptimalView = Infer<typeof optimised>;

export const optimisePortfolio = route({
  method: "POST",
  path: "/api/risk/optimize",
  action: "risk-construction.optimize",
  area: "risk",
  permission: "risk.read",
  summary: "Weights that an objective asks for within constraints",
  description:
    "422 INFEASIBLE names the constraints that cannot be kept together. maxSharpe and maxDiversification find the portfolio of " +
    "the efficient frontier with the largest ratio. riskParity, hrp and equalWeight are long only.",
  body,
  check: optimiseFits,
  bodyMaxBytes: SERIES_BODY_BYTES,
  response: optimised,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA", "INFEASIBLE"],
});
