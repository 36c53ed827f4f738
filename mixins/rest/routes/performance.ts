import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { id, symbol } from "./common.ts";
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
