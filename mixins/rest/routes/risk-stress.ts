import { STRESS_CLASSES } from "../../../domain/risk/stress/position.ts";
import { SHIFT_TARGETS } from "../../../domain/risk/stress/correlation-shift.ts";
import { route, SERIES_BODY_BYTES } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { currency, id, pagingInOrder, symbol } from "./common.ts";
import { ASSETS_MAX, holding, OBSERVATIONS_MAX } from "./risk-subject.ts";
import { scenarioFits, stressFits } from "./risk-stress-checks.ts";
import { SCENARIO_KINDS, scenarioPage, scenarioView, stressView } from "./risk-stress-views.ts";

const DISTRIBUTIONS = ["normal", "studentT", "bootstrap"] as const;
const FACTORS_MAX = 10;
const SIMULATIONS_MAX = 200_000;

const finite = s.number({ min: -1e6, max: 1e6 });
const matrix = s.array(s.array(s.number({ min: -1, max: 1 }), { max: ASSETS_MAX }), {
  max: ASSETS_MAX,
});

const shocks = s.describe(
  s.record(finite),
  "fractions by name: a symbol, an asset class, a sector (`sector:technology`), a currency (`fx:EUR`), `market` (times beta), " +
    "`rates` (of yields: 0.01 is 100 bp; or `ratesBp`), `volatility` (0.01 is one point), `wti` (crude oil, for commodities). " +
    "`symbol:`, `sector:`, `assetClass:`, `factor:` say what an ambiguous name is",
);

const shift = s.named(
  "CorrelationShift",
  s.object({
    towards: s.describe(
      s.enum(SHIFT_TARGETS),
      "of all pairs; `minusOne` is −1/(n − 1), the nearest that can be",
    ),
    amount: s.describe(s.number({ min: 0, max: 1 }), "how far: (1 − amount)·C + amount·target"),
    matrix: s.optional(
      s.describe(matrix, "of `matrix`, in the order of the positions; repaired where it is none"),
    ),
  }),
);

const reverseFactor = s.object({
  name: s.string({ min: 1, max: 64 }),
  deviation: s.describe(
    s.number({ min: 0, max: 1e3 }),
    "standard deviation over the horizon, as shocks are given",
  ),
});

/** What a scenario says beside its kind; which kind takes what, `scenarioFits` knows. */
const scenarioFields = {
  name: s.optional(s.string({ min: 1, max: 100 })),
  from: s.optional(
    s.describe(s.time(), "of historical: the day whose close changes are taken from"),
  ),
  to: s.optional(s.time()),
  shocks: s.optional(shocks),
  simulations: s.optional(s.integer({ min: 1, max: SIMULATIONS_MAX })),
  horizonDays: s.optional(s.integer({ min: 1, max: 252 })),
  distribution: s.optional(s.enum(DISTRIBUTIONS)),
  nu: s.optional(s.describe(s.number({ min: 2.01, max: 1e3 }), "degrees of freedom of studentT")),
  blockLength: s.optional(s.describe(s.integer({ min: 1, max: 1000 }), "days, of bootstrap")),
  confidence: s.optional(s.number({ min: 0.5, max: 0.9999 })),
  drift: s.optional(s.describe(s.enum(["zero", "sample"]), "whether returns have a mean; zero")),
  seed: s.optional(s.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
  correlationShift: s.optional(
    s.describe(
      s.union(s.number({ min: -1, max: 1 }), shift),
      "a number: so far towards 1, or when negative towards −1",
    ),
  ),
  lookback: s.optional(
    s.describe(s.integer({ min: 20, max: OBSERVATIONS_MAX }), "daily returns of stored bars; 252"),
  ),
  loss: s.optional(
    s.describe(
      s.number({ min: 1e-6, max: 1e15 }),
      "of reverse: a part of the value when 1 or less, money beyond, unless `unit` says",
    ),
  ),
  unit: s.optional(s.enum(["fraction", "currency"])),
  factors: s.optional(
    s.describe(
      s.array(reverseFactor, { min: 1, max: FACTORS_MAX }),
      "of reverse: what moves, named as shocks are; the positions' own prices when absent",
    ),
  ),
  correlation: s.optional(s.describe(matrix, "of `factors`; none when absent")),
};

const scenario = s.object({
  kind: s.enum([...SCENARIO_KINDS, "saved"]),
  scenarioId: s.optional(s.describe(id(), "of saved: one from `GET /api/risk/scenarios`")),
  ...scenarioFields,
});
export type ScenarioAsked = Infer<typeof scenario>;

const stored = s.object({ kind: s.enum(SCENARIO_KINDS), ...scenarioFields }, scenarioFits);
export type ScenarioDefinition = Infer<typeof stored>;

const position = s.object({
  ...holding.fields,
  currency: s.optional(s.describe(currency, "of the price; the instrument's when absent")),
  assetClass: s.optional(s.describe(s.enum(STRESS_CLASSES), "the instrument's when absent")),
  sector: s.optional(s.string({ min: 1, max: 64 })),
  beta: s.optional(
    s.describe(
      s.number({ min: -100, max: 100 }),
      "to the market; estimated from stored bars when absent",
    ),
  ),
  duration: s.optional(s.describe(s.number({ min: -200, max: 200 }), "modified, years")),
  convexity: s.optional(
    s.describe(s.number({ min: -1e5, max: 1e5 }), "years²; ΔP/P = −D·Δy + ½·C·Δy²"),
  ),
  vega: s.optional(
    s.describe(
      s.number({ min: -1e15, max: 1e15 }),
      "of the whole position for one point (0.01) of volatility, in the answer's currency",
    ),
  ),
});
export type PositionAsked = Infer<typeof position>;

export const stressTest = route({
  method: "POST",
  path: "/api/risk/stress-test",
  action: "stress.test",
  area: "risk",
  permission: "risk.read",
  summary: "What scenarios would do to a portfolio, position by position",
  description:
    "Historical scenarios replay stored prices where both ends are stored, else published moves of factors by a stated rule; " +
    "what neither covers is listed, never taken for unmoved in silence. Of shocks to a price the most specific is taken (symbol, " +
    "sector, class, market × beta); moves of price and of rates add up, that of the currency compounds. Money is rounded to 8 " +
    "decimals by position, half to even, and sums are exact.",
  body: {
    portfolioId: s.optional(id()),
    positions: s.optional(s.array(position, { min: 1, max: ASSETS_MAX })),
    currency: s.optional(s.describe(currency, "of the answer; of positions alone")),
    scenarios: s.array(scenario, { min: 1, max: 50 }),
    benchmark: s.optional(
      s.describe(symbol(), "that betas are estimated against; SPX when absent"),
    ),
    requireCovered: s.defaulted(
      s.describe(s.boolean(), "answer 422 where a position is not covered"),
      false,
    ),
  },
  check: stressFits,
  bodyMaxBytes: SERIES_BODY_BYTES,
  response: stressView,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA", "RANGE_TOO_LARGE"],
});

export const listScenarios = route({
  method: "GET",
  path: "/api/risk/scenarios",
  action: "scenarios.list",
  area: "risk",
  permission: "risk.read",
  summary: "Historical and hypothetical scenarios, and those that your tenant has stored",
  description: "The historical ones by date, the hypothetical ones, then your tenant's by name.",
  query: { kind: s.optional(s.enum(SCENARIO_KINDS)), ...pagingInOrder },
  response: scenarioPage,
});

export const createScenario = route({
  method: "POST",
  path: "/api/risk/scenarios",
  action: "scenarios.create",
  area: "risk",
  permission: "risk.compute",
  summary: "Store a scenario for your tenant",
  description:
    "A stress test then names it as `{ kind: saved, scenarioId }`. A scenario is never changed: delete it, and store another.",
  body: {
    name: s.string({ min: 1, max: 100 }),
    description: s.defaulted(s.string({ max: 500 }), ""),
    scenario: stored,
  },
  response: scenarioView,
  status: 201,
  isIdempotent: true,
  problems: ["CONFLICT", "IDEMPOTENCY_KEY_REUSED"],
});

export const deleteScenario = route({
  method: "DELETE",
  path: "/api/risk/scenarios/{scenarioId}",
  action: "scenarios.remove",
  area: "risk",
  permission: "risk.compute",
  summary: "Forget a stored scenario",
  params: { scenarioId: id() },
  response: null,
  status: 204,
  problems: ["NOT_FOUND", "CONFLICT"],
});
