import { VAR_METHODS } from "../../../domain/risk/measures/spec.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, symbol } from "./common.ts";
import { drawdownsView, metricsView, reasonsView } from "./risk-metrics.ts";

const money = (description: string) =>
  s.describe(s.number(), `${description}, in the base currency`);

const report = s.named(
  "PortfolioRisk",
  s.object({
    portfolioId: id(),
    asOf: s.isoTime(),
    currency: s.string(),
    value: money("equity at the last prices"),
    cash: s.number(),
    exposure: s.object({
      gross: money("Σ |value| of positions"),
      net: s.number(),
      long: s.number(),
      short: s.describe(s.number(), "positive"),
      leverage: s.describe(
        s.nullable(s.number()),
        "gross over value; null where that is not positive",
      ),
    }),
    concentration: s.object({
      largest: s.describe(
        s.nullable(s.object({ symbol: symbol(), weight: s.number() })),
        "by |weight|",
      ),
      herfindahl: s.describe(s.number(), "Σ squares of each position's part of gross, 0 to 1"),
      effectivePositions: s.describe(s.nullable(s.number()), "1/herfindahl"),
    }),
    var: money("value at risk: the loss that is not exceeded with the confidence"),
    expectedShortfall: s.number(),
    method: s.enum(VAR_METHODS),
    confidence: s.number(),
    horizonDays: s.integer(),
    components: s.describe(
      s.array(
        s.object({
          symbol: symbol(),
          weight: s.describe(s.number(), "value over the portfolio's"),
          value: s.number(),
          component: s.describe(
            s.nullable(s.number()),
            "they add up to the VaR; null where the method divides nothing",
          ),
          marginal: s.describe(s.nullable(s.number()), "dVaR a unit of weight"),
          incremental: s.describe(s.nullable(s.number()), "VaR less that without the position"),
          percent: s.nullable(s.number()),
        }),
      ),
      "of the positions",
    ),
    metrics: s.describe(metricsView, "of the positions as they are now, held through the sample"),
    undefinedMetrics: reasonsView,
    drawdowns: drawdownsView,
    stress: s.describe(
      s.array(
        s.object({
          name: s.string(),
          change: s.nullable(s.decimalText()),
          changePct: s.nullable(s.number()),
          coveredPct: s.describe(
            s.number(),
            "of the positions' |value|; null changes where nothing is covered",
          ),
        }),
      ),
      "historical scenarios: POST /api/risk/stress-test has the positions",
    ),
    limits: s.describe(
      s.array(
        s.object({
          limit: s.string(),
          current: s.describe(
            s.nullable(s.decimalText()),
            "now; null: it cannot be told, and orders that would need it are denied",
          ),
          warning: s.nullable(s.decimalText()),
          breach: s.nullable(s.decimalText()),
          level: s.describe(s.string(), "ok, warning, breach or unknown"),
        }),
      ),
      "that are set: GET /api/risk/limits/{portfolioId}",
    ),
    warnings: s.array(s.string()),
    sampleSize: s.integer(),
    source: s.string(),
  }),
);
export type PortfolioRiskView = Infer<typeof report>;

export const getPortfolioRisk = route({
  method: "GET",
  path: "/api/risk/portfolio/{portfolioId}",
  action: "portfolio-risk.report",
  area: "risk",
  permission: "risk.read",
  summary: "What a portfolio risks: exposure, VaR with components, statistics, stress, limits",
  description:
    "By the daily returns of what is held now, from stored bars in the base currency. monteCarlo is left to POST /api/risk/var.",
  params: { portfolioId: id() },
  query: {
    confidence: s.defaulted(s.number({ min: 0.5, max: 0.9999 }), 0.95),
    horizonDays: s.defaulted(s.integer({ min: 1, max: 1000 }), 1),
    lookback: s.defaulted(s.integer({ min: 2, max: 20_000 }), 252),
    method: s.defaulted(
      s.enum([
        "historical",
        "normal",
        "studentT",
        "cornishFisher",
        "ewma",
        "garch",
        "filteredHistorical",
        "evt",
      ]),
      "historical",
    ),
    benchmark: s.optional(symbol()),
  },
  response: report,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});
