import { DISTRIBUTIONS } from "../../../domain/risk/simulation/recipe.ts";
import { SAMPLINGS } from "../../../domain/risk/simulation/input.ts";
import type { FieldError } from "../readers.ts";
import { route, SERIES_BODY_BYTES } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { jobAccepted } from "./jobs.ts";
import { ASSETS_MAX, subjectFields, subjectFits } from "./risk-subject.ts";

const numbers = s.array(s.number({ min: -1e12, max: 1e12 }), { min: 1, max: ASSETS_MAX });

const body = {
  ...subjectFields,
  covariance: s.optional(
    s.describe(
      s.array(numbers, { min: 1, max: ASSETS_MAX }),
      "of daily returns, row by row, in place of a history; with `weights`",
    ),
  ),
  mean: s.optional(s.describe(numbers, "daily, beside `covariance`; 0 when absent")),
  names: s.optional(
    s.describe(
      s.array(s.string({ min: 1, max: 64 }), { min: 1, max: ASSETS_MAX }),
      "of the rows of `covariance`; numbered from 1 when absent",
    ),
  ),
  distribution: s.defaulted(
    s.describe(
      s.enum(DISTRIBUTIONS),
      "`normal` and `studentT` of the whole horizon at once; the others day by day, or in `steps`",
    ),
    "normal",
  ),
  parameters: s.optional(
    s.object({
      nu: s.optional(
        s.describe(
          s.number({ min: 0.1, max: 1e6 }),
          "degrees of freedom of Student's t; 5 when absent",
        ),
      ),
      marginals: s.optional(
        s.describe(
          s.enum(["empirical", "normal"]),
          "of copulas, each asset's own distribution; empirical when absent",
        ),
      ),
      blocks: s.optional(
        s.describe(
          s.enum(["moving", "stationary"]),
          "of a bootstrap; stationary when absent, of geometric length",
        ),
      ),
      blockLength: s.optional(
        s.describe(s.integer({ min: 1, max: 10_000 }), "days, of a bootstrap; n^(1/3) when absent"),
      ),
    }),
  ),
  drift: s.defaulted(
    s.describe(s.enum(["sample", "zero"]), "the mean return of a history, or none"),
    "sample",
  ),
  simulations: s.defaulted(s.integer({ min: 100, max: 1_000_000 }), 10_000),
  horizonDays: s.defaulted(s.integer({ min: 1, max: 1_000 }), 1),
  steps: s.optional(
    s.describe(
      s.integer({ min: 1, max: 2_000 }),
      "of `gbm`, to the horizon; one a day when absent",
    ),
  ),
  seed: s.optional(
    s.describe(
      s.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      "the same seed gives the same answer; drawn when absent, and given back",
    ),
  ),
  sampling: s.defaulted(
    s.describe(
      s.enum(SAMPLINGS),
      "`antithetic` runs whole tiles of 32 paths, `sobol` 16 scrambles of a power of two: `simulations` of the answer says how many that is",
    ),
    "random",
  ),
  momentMatching: s.defaulted(
    s.describe(s.boolean(), "of normal and Student's t draws, block by block of 4,096 paths"),
    false,
  ),
  confidence: s.defaulted(
    s.describe(s.array(s.number({ min: 0, max: 1 }), { min: 1, max: 10 }), "each within (0, 1)"),
    [0.95, 0.99],
  ),
  components: s.defaulted(s.describe(s.boolean(), "what each asset has of the tail"), true),
  value: s.optional(
    s.describe(
      s.number({ min: 1e-6, max: 1e15 }),
      "what the book is worth: turns fractions into currency; of positions and portfolios the market's when absent",
    ),
  ),
};

const only = (path: string, message: string): FieldError => ({
  path,
  code: "INVALID_VALUE",
  message,
});

const fits: CrossCheck = (value) => {
  const { covariance, mean, names, weights, distribution, steps, confidence } = value;
  const errors: FieldError[] = [];
  if (covariance === undefined) {
    errors.push(...subjectFits(value));
    for (const [path, found] of Object.entries({ mean, names }))
      if (found !== undefined) errors.push(only(path, "must be absent without covariance"));
  } else errors.push(...covarianceFits(value, covariance, { weights, mean, names }));
  if (steps !== undefined && distribution !== "gbm")
    errors.push(only("steps", "is of distribution gbm only"));
  if (Array.isArray(confidence) && confidence.some((one: unknown) => one === 0 || one === 1))
    errors.push({ path: "confidence", code: "OUT_OF_RANGE", message: "must lie within (0, 1)" });
  return errors;
};

function covarianceFits(
  value: Readonly<Record<string, unknown>>,
  covariance: unknown,
  vectors: Readonly<Record<string, unknown>>,
): readonly FieldError[] {
  const rows: readonly unknown[] = Array.isArray(covariance) ? covariance : [];
  const isSquare = rows.every((row) => Array.isArray(row) && row.length === rows.length);
  const beside = Object.keys(subjectFields).filter(
    (name) => name !== "weights" && value[name] !== undefined,
  );
  const isOff = (vector: unknown): boolean =>
    Array.isArray(vector) && vector.length !== rows.length;
  return [
    ...beside.map((name) => only(name, "must be absent beside covariance")),
    ...(isSquare ? [] : [only("covariance", "must be square")]),
    ...Object.entries(vectors)
      .filter(([, vector]) => isOff(vector))
      .map(([name]) => only(name, `must have one for each of ${rows.length} rows`)),
    ...(value["drift"] === "zero" ? [only("drift", "is said by mean beside covariance")] : []),
  ];
}

const percentiles = s.array(s.object({ level: s.number(), value: s.number() }));
const tail = { var: s.number(), expectedShortfall: s.number() };

export const simulationView = s.named(
  "Simulation",
  s.object({
    method: s.describe(s.string(), "always monteCarlo"),
    distribution: s.enum(DISTRIBUTIONS),
    parameters: s.object({
      nu: s.optional(s.number()),
      marginals: s.optional(s.string()),
      blocks: s.optional(s.string()),
      blockLength: s.optional(s.integer()),
    }),
    sampling: s.enum(SAMPLINGS),
    momentMatching: s.boolean(),
    drift: s.string(),
    seed: s.integer(),
    simulations: s.describe(s.integer(), "that were run"),
    horizonDays: s.integer(),
    steps: s.describe(s.integer(), "that each path has"),
    sampleSize: s.describe(s.integer(), "days of history; 0 where a covariance was given"),
    source: s.string(),
    asOf: s.isoTime(),
    unit: s.enum(["fraction", "currency"]),
    currency: s.nullable(s.string()),
    value: s.describe(s.number(), "of the book at the start, in that unit"),
    mean: s.describe(s.number(), "of profit and loss at the horizon"),
    standardDeviation: s.number(),
    probabilityOfLoss: s.number(),
    percentiles: s.describe(percentiles, "of profit and loss: losses are negative here"),
    risks: s.array(
      s.object({
        confidence: s.number(),
        ...tail,
        standardErrors: s.object(tail),
        components: s.optional(
          s.describe(
            s.array(s.object({ name: s.string(), ...tail, percent: s.nullable(s.number()) })),
            "they sum to the whole; `percent` is of the expected shortfall, a fraction",
          ),
        ),
      }),
    ),
    histogram: s.object({ edges: s.array(s.number()), counts: s.array(s.integer()) }),
    paths: s.nullable(
      s.object({
        fan: s.describe(
          s.array(s.object({ step: s.integer(), percentiles })),
          "the book's value along the way",
        ),
        maxDrawdown: s.describe(
          s.object({ mean: s.number(), percentiles }),
          "the largest fall of a path from its peak, a positive fraction of that",
        ),
      }),
    ),
  }),
);
export type SimulationView = Infer<typeof simulationView>;

export const simulateBook = route({
  method: "POST",
  path: "/api/risk/simulate",
  action: "risk-simulations.simulate",
  area: "risk",
  permission: "risk.compute",
  summary: "Simulate a book to a horizon",
  description:
    "Of a portfolio, of positions, of `weights` with `assets` or `symbols`, of `returns`, or of `weights` with `covariance`. Small ones are " +
    "answered at once; one of more than 20 million draws (simulations × assets × steps) is a job, 202, whose result is the same " +
    "object and which fails with `VALIDATION_FAILED` where the data do not allow it. Losses are positive numbers, profit and " +
    "loss is signed. The same seed gives the same answer whatever runs it. Value at risk is the quantile of type 7, the " +
    "shortfall the mean of what is at or beyond it; their standard errors are those of independent paths, or of 16 batches " +
    "under `antithetic` and `sobol`. Methods and sources: docs/RISK.md.",
  bodyMaxBytes: SERIES_BODY_BYTES,
  body,
  check: fits,
  response: s.union(simulationView, jobAccepted),
  problems: ["INSUFFICIENT_DATA", "NOT_FOUND", "PORTFOLIO_NOT_FOUND"],
});
