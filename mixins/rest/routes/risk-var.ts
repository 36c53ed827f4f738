import { QUANTILES, VAR_METHODS } from "../../../domain/risk/measures/spec.ts";
import type { FieldError } from "../readers.ts";
import { route, SERIES_BODY_BYTES } from "../route.ts";
import { isRecord, s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import {
  ASSETS_MAX,
  confidence,
  gappyChanges,
  invalid,
  required,
  subjectFields,
  subjectFits,
} from "./risk-subject.ts";

type Fields = Readonly<Record<string, unknown>>;

const DISTRIBUTIONS = ["normal", "studentT", "bootstrap"] as const;
const MISSING_IN_REQUESTS = ["refuse", "complete", "pairwise"] as const;

const parameters = s.object({
  ageWeight: s.optional(
    s.describe(
      s.number({ min: 0.5, max: 0.99999 }),
      "historical: λ, by which returns weigh less a period of age",
    ),
  ),
  quantile: s.optional(
    s.describe(
      s.enum(QUANTILES),
      "historical, filteredHistorical: type7, or the ⌈n(1 − c)⌉-th worst",
    ),
  ),
  nu: s.optional(
    s.describe(
      s.number({ min: 2.01, max: 1e6 }),
      "studentT and monteCarlo by it: degrees of freedom; fitted when absent",
    ),
  ),
  lambda: s.optional(
    s.describe(
      s.number({ min: 0.5, max: 0.99999 }),
      "ewma, and the filter of filteredHistorical; 0.94 when absent",
    ),
  ),
  filter: s.optional(
    s.describe(s.enum(["garch", "ewma"]), "filteredHistorical; garch when absent"),
  ),
  threshold: s.optional(
    s.describe(
      s.number(),
      "evt: a loss, in the unit of weights times returns; what a tenth of the losses exceed when absent",
    ),
  ),
  z: s.optional(
    s.describe(
      s.number({ min: 0, max: 100 }),
      "normal, ewma: in place of Φ⁻¹(confidence), as tables round it",
    ),
  ),
  distribution: s.optional(s.describe(s.enum(DISTRIBUTIONS), "monteCarlo; normal when absent")),
  blockLength: s.optional(
    s.describe(
      s.integer({ min: 1, max: 1000 }),
      "monteCarlo by bootstrap: days drawn together; n^(1/3) when absent",
    ),
  ),
  missing: s.optional(
    s.describe(
      s.enum(MISSING_IN_REQUESTS),
      "of nulls: refuse (when absent), complete rows, or pairs, for methods by covariance",
    ),
  ),
});

const component = s.object({
  name: s.string(),
  component: s.describe(s.number(), "what is held × marginal: they add up to the VaR"),
  marginal: s.describe(
    s.number(),
    "what one more of it would add: of fractions to fractions, of money to money",
  ),
  incremental: s.describe(
    s.nullable(s.number()),
    "VaR less that of the book without it; these do not add up; null where the rest cannot be measured, and of a monteCarlo of more than 50 million draws times assets",
  ),
  percent: s.describe(s.nullable(s.number()), "component over VaR; null where that is 0"),
  shortfallComponent: s.describe(s.number(), "the same of the expected shortfall"),
});

const measured = s.named(
  "ValueAtRisk",
  s.object({
    var: s.describe(
      s.number(),
      "the loss that is not exceeded with the confidence, positive; negative where even that is a gain",
    ),
    expectedShortfall: s.describe(s.number(), "the mean of the losses beyond it"),
    unit: s.enum(["fraction", "currency"]),
    currency: s.describe(
      s.nullable(s.string()),
      "of the unit; null of fractions, and where nobody said",
    ),
    value: s.describe(s.nullable(s.number()), "what the unit currency is a fraction of"),
    method: s.enum(VAR_METHODS),
    confidence: s.number(),
    horizonDays: s.integer(),
    sampleSize: s.describe(
      s.integer(),
      "returns, or paths of monteCarlo; 0 where only moments were given",
    ),
    standardError: s.optional(s.describe(s.number(), "of the VaR, by monteCarlo")),
    shortfallStandardError: s.optional(s.number()),
    seed: s.optional(s.integer()),
    components: s.optional(
      s.describe(s.array(component), "where the method divides its measure, and there are names"),
    ),
    fitted: s.describe(s.record(s.number()), "what was estimated on the way, of the book"),
    warnings: s.array(s.string()),
    asOf: s.isoTime(),
    source: s.string(),
  }),
);
export type ValueAtRiskView = Infer<typeof measured>;

/** The parameters that say something to a method. */
const OF_METHOD: Readonly<Record<(typeof VAR_METHODS)[number], readonly string[]>> = {
  historical: ["ageWeight", "quantile"],
  normal: ["z"],
  studentT: ["nu"],
  cornishFisher: [],
  ewma: ["lambda", "z"],
  garch: [],
  filteredHistorical: ["filter", "lambda", "quantile"],
  monteCarlo: ["distribution", "nu", "blockLength"],
  evt: ["threshold"],
};

const varFits: CrossCheck = (value) => [
  ...(value["covariance"] === undefined ? subjectFits(value) : momentsFit(value)),
  ...["mean", "names"]
    .filter((name) => value[name] !== undefined && value["covariance"] === undefined)
    .map((name) => invalid(name, "goes with covariance")),
  ...parametersFit(value),
  ...["seed", "simulations"]
    .filter((name) => value[name] !== undefined && value["method"] !== "monteCarlo")
    .map((name) => invalid(name, "is for monteCarlo")),
];

function momentsFit(value: Fields): readonly FieldError[] {
  const beside = [
    "returns",
    "assets",
    "symbols",
    "portfolioId",
    "positions",
    "lookback",
    "currency",
  ];
  const { covariance, weights } = value;
  const size = Array.isArray(covariance) ? covariance.length : 0;
  const rows: readonly unknown[] = Array.isArray(covariance) ? covariance : [];
  return [
    ...beside
      .filter((name) => value[name] !== undefined)
      .map((name) => invalid(name, "must be absent beside covariance")),
    ...(weights === undefined ? [required("weights", "is required with covariance")] : []),
    ...(rows.some((row) => Array.isArray(row) && row.length !== size)
      ? [invalid("covariance", "must be square")]
      : []),
    ...["weights", "mean", "names"].flatMap((name) => {
      const found = value[name];
      return Array.isArray(found) && found.length !== size
        ? [invalid(name, `must have ${size} as covariance has`)]
        : [];
    }),
  ];
}

function parametersFit({ method, parameters: given }: Fields): readonly FieldError[] {
  const own = VAR_METHODS.find((one) => one === method);
  if (own === undefined || !isRecord(given)) return [];
  return Object.keys(given)
    .filter((name) => name !== "missing" && !OF_METHOD[own].includes(name))
    .map((name) => invalid(`parameters.${name}`, `is not for ${own}`));
}

export const valueAtRisk = route({
  method: "POST",
  path: "/api/risk/var",
  action: "risk.valueAtRisk",
  area: "risk",
  permission: "risk.read",
  summary: "Value at risk and expected shortfall, by nine methods, with what each position adds",
  description:
    "Of `returns`; of `assets` or `symbols` with `weights`; of a `portfolioId` or `positions`, by `lookback` days of stored bars " +
    "in one currency; or of `covariance`, `mean` and `weights`. Returns are simple returns of a day. A horizon is √days times a " +
    "day, but of garch and filteredHistorical, which sum the variances that they expect, and of monteCarlo, which draws it. " +
    "Deviations are of samples, n − 1; formulas, quantiles and signs are in docs/RISK.md.",
  body: {
    ...subjectFields,
    returns: s.optional(
      s.describe(
        gappyChanges,
        "simple returns of a day, oldest first; in another unit the answer is in it too; null: missing",
      ),
    ),
    assets: s.optional(
      s.describe(
        s.record(gappyChanges),
        "returns by name, of the same periods; null: missing, see parameters.missing",
      ),
    ),
    covariance: s.optional(
      s.array(s.array(s.number(), { min: 1, max: ASSETS_MAX }), { min: 1, max: ASSETS_MAX }),
    ),
    mean: s.optional(s.describe(s.array(s.number(), { min: 1, max: ASSETS_MAX }), "0 when absent")),
    names: s.optional(s.array(s.string({ min: 1, max: 64 }), { min: 1, max: ASSETS_MAX })),
    method: s.defaulted(s.enum(VAR_METHODS), "historical"),
    confidence: s.defaulted(confidence, 0.99),
    horizonDays: s.defaulted(s.integer({ min: 1, max: 1000 }), 1),
    value: s.optional(s.describe(s.decimal({ sign: "positive" }), "turns fractions into currency")),
    parameters: s.optional(parameters),
    seed: s.optional(
      s.describe(
        s.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        "drawn when absent, and told",
      ),
    ),
    simulations: s.optional(
      s.describe(s.integer({ min: 1000, max: 1_000_000 }), "paths; 10,000 when absent"),
    ),
  },
  check: varFits,
  bodyMaxBytes: SERIES_BODY_BYTES,
  response: measured,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});
