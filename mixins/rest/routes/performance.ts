import type { FieldError } from "../readers.ts";
import { route } from "../route.ts";
import { isRecord, s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { ATTRIBUTION_METHODS } from "../../../domain/risk/attribution/brinson.ts";
import { LINKINGS } from "../../../domain/risk/attribution/link.ts";
import { id, symbol } from "./common.ts";
import { effects } from "./risk-attribution.ts";
import { drawdownsView, metricsView, reasonsView } from "./risk-metrics.ts";

const date = s.describe(s.string({ example: "2026-03-02" }), "of the market's clock, UTC");
const orNone = s.nullable(s.number());

const timeWeighted = s.object({
  value: s.describe(s.number(), "linked over all valuations, each cut at the flow that it has"),
  annualized: s.describe(orNone, "(1 + value)^(365 days / span) − 1; null of less than a year"),
  reason: s.describe(s.nullable(s.string()), "why it is not annualized"),
});

const moneyWeighted = s.object({
  value: s.describe(orNone, "internal rate of return of the dated flows, of the whole span"),
  annualized: s.describe(orNone, "the same of 365 days (XIRR)"),
  reason: s.describe(
    s.nullable(s.string()),
    "why there is none: no rate balances the flows, or several do",
  ),
});

const dailyReturn = s.object({
  date,
  equity: s.describe(s.number(), "at the end of the day"),
  return: s.describe(s.number(), "time-weighted, since the last day on record"),
  benchmark: s.describe(orNone, "of the same span; null where it has no price"),
});
const monthlyReturn = s.object({
  month: s.string({ example: "2026-03" }),
  return: s.number(),
});

const GROUPINGS = ["symbol", "assetClass", "sector"] as const;
const arithmetic = s.enum(ATTRIBUTION_METHODS.filter((method) => method !== "geometric"));
const benchmarkPart = s.object({ symbol: symbol(), weight: s.number({ min: -100, max: 100 }) });

const portfolioAttribution = s.named(
  "PortfolioAttribution",
  s.object({
    method: arithmetic,
    linking: s.enum(LINKINGS),
    groupBy: s.enum(GROUPINGS),
    currency: s.string(),
    benchmark: s.array(benchmarkPart),
    start: s.describe(s.isoTime(), "of the first day that begins and ends with prices of all"),
    end: s.isoTime(),
    portfolioReturn: s.describe(s.number(), "time-weighted, of the days that are compared"),
    benchmarkReturn: s.describe(s.number(), "at its weights on each day"),
    activeReturn: s.describe(s.number(), "their difference: all effects and `trading`"),
    groups: s.array(s.object({ group: s.string(), ...effects })),
    total: s.object(effects),
    trading: s.describe(
      s.number(),
      "what no holding made: trades within a day, fees, financing; linked like the effects",
    ),
    sampleSize: s.describe(s.integer(), "days"),
    source: s.string(),
    asOf: s.isoTime(),
  }),
);
export type PortfolioAttributionView = Infer<typeof portfolioAttribution>;

const performance = s.named(
  "PortfolioPerformance",
  s.object({
    portfolioId: id(),
    currency: s.string(),
    start: s.describe(s.isoTime(), "of the first valuation"),
    end: s.describe(s.isoTime(), "of the last"),
    startValue: s.number(),
    endValue: s.number(),
    netFlows: s.describe(
      s.number(),
      "deposits less withdrawals within, the first value not counted",
    ),
    profit: s.describe(s.number(), "endValue − startValue − netFlows"),
    timeWeighted,
    moneyWeighted,
    benchmark: s.nullable(symbol()),
    attribution: s.describe(
      s.nullable(portfolioAttribution),
      "of the difference to the benchmark; null without one, or where no day can be compared",
    ),
    metrics: s.describe(metricsView, "of the daily returns, by the default convention"),
    undefinedMetrics: s.describe(reasonsView, "why a metric is null, by its name"),
    drawdowns: drawdownsView,
    daily: s.array(dailyReturn),
    monthly: s.array(monthlyReturn),
    periodsPerYear: s.number(),
    confidence: s.number(),
    sampleSize: s.describe(s.integer(), "daily returns"),
    method: s.string(),
    asOf: s.describe(s.isoTime(), "of the last valuation"),
    source: s.string(),
  }),
);
export type PerformanceView = Infer<typeof performance>;

const query = {
  benchmark: s.optional(
    s.describe(
      symbol(),
      "whose stored daily bars, adjusted and in the portfolio's currency, are compared",
    ),
  ),
  attributeBy: s.defaulted(
    s.describe(s.enum(GROUPINGS), "of the attribution to holdings"),
    "assetClass",
  ),
  start: s.optional(
    s.describe(s.time(), "begins with the value at this instant, which counts as put in"),
  ),
  end: s.optional(s.describe(s.time(), "ends with the value at this instant")),
  periodsPerYear: s.defaulted(s.number({ min: 0.01, max: 100_000 }), 252),
  riskFree: s.defaulted(s.describe(s.number({ min: -1, max: 1000 }), "per day"), 0),
};

const startsBefore: CrossCheck = ({ start, end }) =>
  typeof start === "number" && typeof end === "number" && start >= end
    ? [{ path: "end", code: "OUT_OF_RANGE", message: "must be later than start" }]
    : [];

const terms = {
  method: "GET",
  area: "risk",
  permission: "portfolios.read",
  params: { portfolioId: id() },
  query,
  check: startsBefore,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
} as const;

export const getPerformance = route({
  ...terms,
  path: "/api/portfolios/{portfolioId}/performance",
  action: "performance.get",
  summary: "Time- and money-weighted returns, and what is measured of the daily ones",
  description:
    "From the portfolio's own events and the bars of what it held, on the market's clock. Deposits and withdrawals are not returns; fees, dividends and interest are. " +
    "The portfolio is valued at each flow, at the prices known then; where those are older than five days the return up to the next price is the modified Dietz one. A value at or below zero is a return of −1 and ends the series.",
  response: performance,
});

export const getReport = route({
  ...terms,
  path: "/api/portfolios/{portfolioId}/report.html",
  action: "performance.report",
  summary: "The same as a page to read and to print",
  description: "One self-contained HTML page: no scripts, nothing loaded from elsewhere.",
  mediaType: "text/html",
  response: null,
});

/** Weights are fractions that somebody rounded. */
const WEIGHT_TOLERANCE = 1e-6;

const benchmarkFits: CrossCheck = ({ benchmark }) => {
  if (!Array.isArray(benchmark)) return [];
  const parts: readonly unknown[] = benchmark;
  const lines = parts.filter(isRecord);
  const sum = lines.reduce((all, { weight }) => all + Number(weight), 0);
  const isRepeated = new Set(lines.map((line) => line["symbol"])).size < lines.length;
  return [
    ...(Math.abs(sum - 1) <= WEIGHT_TOLERANCE
      ? []
      : [invalid("must have weights that add up to 1")]),
    ...(isRepeated ? [invalid("must name each symbol once")] : []),
  ];
};

function invalid(message: string): FieldError {
  return { path: "benchmark", code: "INVALID_VALUE", message };
}

export const attributePortfolio = route({
  method: "POST",
  path: "/api/portfolios/{portfolioId}/attribution",
  action: "performance.attribute",
  area: "risk",
  permission: "portfolios.read",
  summary: "Where a portfolio's difference to a benchmark came from, from its own past",
  description:
    "A day's groups are what was held when it began, at the weights of that moment, with the return that it had if nobody touched it; cash is a group. " +
    "The benchmark has the given weights on each day. What trades within a day, fees and financing made is `trading`. Days on which a part of the benchmark has no close belong to the next. " +
    "Effects and linking as of `POST /api/risk/attribution`.",
  params: { portfolioId: id() },
  body: {
    benchmark: s.array(benchmarkPart, { min: 1, max: 500 }),
    groupBy: s.defaulted(s.enum(GROUPINGS), "assetClass"),
    method: s.defaulted(arithmetic, "brinsonFachler"),
    linking: s.defaulted(s.enum(LINKINGS), "carino"),
    start: s.optional(s.time()),
    end: s.optional(s.time()),
  },
  check: (value) => [...startsBefore(value), ...benchmarkFits(value)],
  response: portfolioAttribution,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});
