import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { pageOf } from "./common.ts";
import { SHIFT_TARGETS } from "../../../domain/risk/stress/correlation-shift.ts";

/** The kinds of scenarios that can be stored: all but the name of one. */
export const SCENARIO_KINDS = ["historical", "hypothetical", "monteCarlo", "reverse"] as const;

const amount = s.nullable(s.decimalText());
const fraction = s.nullable(s.number());

const positionView = s.object({
  symbol: s.string(),
  valueBefore: s.decimalText(),
  valueAfter: amount,
  change: amount,
  changePct: s.describe(fraction, "change over |valueBefore|, a fraction"),
  basis: s.describe(
    s.string(),
    "`stored` prices, `factor` moves of history, a `shock`, a `simulation`, or `notCovered`",
  ),
  rule: s.describe(s.string(), "by which it was moved, or why it was not"),
  moves: s.describe(
    s.nullable(
      s.object({
        price: s.number(),
        rates: s.number(),
        volatility: s.describe(s.number(), "in the answer's currency"),
        fx: s.number(),
      }),
    ),
    "fractions: value × ((1 + price + rates)(1 + fx) − 1) + volatility × (1 + fx)",
  ),
});

const percentile = s.object({ level: s.number(), value: s.number() });
const tail = s.object({
  confidence: s.number(),
  var: s.describe(s.number(), "a loss, positive"),
  expectedShortfall: s.number(),
  standardError: s.object({ var: s.number(), expectedShortfall: s.number() }),
});
const correlationView = s.object({
  towards: s.enum(SHIFT_TARGETS),
  amount: s.number(),
  minEigenvalue: s.describe(
    s.number(),
    "of the correlation that was simulated: not below 0, but for rounding",
  ),
  averageBefore: fraction,
  averageAfter: fraction,
  method: s.string(),
  repaired: s.describe(
    s.boolean(),
    "the matrix given was no correlation: the nearest one took its place (Higham 2002)",
  ),
});
const reverseView = s.object({
  reachable: s.boolean(),
  loss: s.decimalText(),
  mostLoss: s.describe(amount, "where it is not reachable, and a most is known"),
  shocks: s.array(s.object({ name: s.string(), shock: s.number(), deviations: fraction })),
  distance: s.describe(fraction, "√(xᵀΣ⁻¹x): how many deviations away the shock is"),
  lossProbability: s.describe(
    fraction,
    "Φ(−distance): that a normal, linear book loses so much over the horizon",
  ),
  plausibility: s.describe(
    fraction,
    "P(χ² ≥ distance²) with as many degrees of freedom as there are shocks",
  ),
  horizonDays: s.nullable(s.integer()),
});

const scenarioResult = s.named(
  "StressResult",
  s.object({
    name: s.string(),
    kind: s.enum(SCENARIO_KINDS),
    scenarioId: s.nullable(s.string()),
    from: s.nullable(s.isoTime()),
    to: s.nullable(s.isoTime()),
    valueBefore: s.decimalText(),
    valueAfter: s.describe(
      amount,
      "what is not covered is taken as it was; null where nothing is covered",
    ),
    change: s.describe(
      amount,
      "the sum of the positions'; of monteCarlo the loss at the confidence",
    ),
    changePct: s.describe(fraction, "change over |valueBefore|, a fraction"),
    coveredPct: s.describe(s.number(), "of the positions' |value|, 0 to 1"),
    notCovered: s.array(
      s.object({ symbol: s.string(), value: s.decimalText(), reason: s.string() }),
    ),
    positions: s.array(positionView),
    unmatchedShocks: s.describe(s.array(s.string()), "names that concern nothing in the book"),
    factors: s.describe(
      s.array(
        s.object({
          name: s.string(),
          value: s.union(s.number(), s.array(s.number())),
          source: s.string(),
        }),
      ),
      "of historical: what is known of them, and from where",
    ),
    method: s.string(),
    sampleSize: s.nullable(s.integer()),
    source: s.string(),
    seed: s.nullable(s.integer()),
    simulations: s.nullable(s.integer()),
    percentiles: s.describe(
      s.array(percentile),
      "of profit and loss, in the answer's currency; of monteCarlo",
    ),
    tail: s.nullable(tail),
    correlation: s.nullable(correlationView),
    reverse: s.nullable(reverseView),
  }),
);
export type StressScenarioResult = Infer<typeof scenarioResult>;

export const stressView = s.named(
  "StressTest",
  s.object({
    portfolioId: s.nullable(s.string()),
    currency: s.string(),
    value: s.decimalText(),
    cash: s.describe(s.decimalText(), "in the answer's currency; nothing moves it"),
    asOf: s.isoTime(),
    source: s.string(),
    benchmark: s.nullable(s.string()),
    scenarios: s.array(scenarioResult),
  }),
);
export type StressView = Infer<typeof stressView>;

export const scenarioView = s.named(
  "Scenario",
  s.object({
    scenarioId: s.string(),
    origin: s.enum(["builtIn", "user"]),
    name: s.string(),
    description: s.string(),
    kind: s.enum(SCENARIO_KINDS),
    from: s.nullable(s.isoTime()),
    to: s.nullable(s.isoTime()),
    factors: s.array(
      s.object({
        name: s.string(),
        value: s.union(s.number(), s.array(s.number())),
        source: s.string(),
      }),
    ),
    definition: s.json("the scenario as `POST /api/risk/stress-test` takes it"),
    createdAt: s.nullable(s.isoTime()),
  }),
);
export type ScenarioView = Infer<typeof scenarioView>;
export const scenarioPage = pageOf("Scenarios", scenarioView);
export type ScenarioPage = Infer<typeof scenarioPage>;
