import {
  METRIC_NAMES,
  METRICS,
  type MetricName,
} from "../../../domain/risk/performance/catalogue.ts";
import { CONVENTIONS, OVERRIDES } from "../../../domain/risk/performance/conventions.ts";
import { type FieldError, Invalid, readTime } from "../readers.ts";
import { route, SERIES_BODY_BYTES } from "../route.ts";
import { s } from "../schema.ts";
import { OBSERVATIONS_MAX } from "./risk-subject.ts";
import type { CrossCheck, Infer, Schema } from "../schema.ts";

/** The definition of a metric, and what each convention has in its place. */
function definitionOf(name: MetricName): string {
  const others = CONVENTIONS.flatMap((convention) => {
    const override = OVERRIDES[convention][name];
    return override === undefined ? [] : [` **${convention}**: ${override.definition}.`];
  });
  return `${METRICS[name].definition}.${others.join("")}`;
}

type MetricFields = { readonly [N in MetricName]: Schema<number | null> & { isOptional: true } };

// sound: a field for every name
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
const metricFields = Object.fromEntries(
  METRIC_NAMES.map((name) => [
    name,
    s.optional(s.describe(s.nullable(s.number()), definitionOf(name))),
  ]),
) as unknown as MetricFields;

/** What is measured of a series of returns, here and of portfolios. */
export const metricsView = s.named("Metrics", s.object(metricFields));
export const reasonsView = s.record(s.string());

const position = s.union(s.integer(), s.string());
const drawdown = s.object({
  from: s.describe(position, "the first loss: its index, or its date where `dates` are given"),
  trough: position,
  to: s.describe(s.nullable(position), "the recovery; null: not yet"),
  depth: s.describe(s.number(), "loss from the peak to the trough, positive"),
  length: s.describe(
    s.integer(),
    "periods from the first loss to the recovery, or to the end, both counted",
  ),
});
export type DrawdownView = Infer<typeof drawdown>;
export const drawdownsView = s.describe(s.array(drawdown), "the deepest first");

const riskMetrics = s.named(
  "RiskMetrics",
  s.object({
    metrics: metricsView,
    undefinedMetrics: s.describe(reasonsView, "why a metric is null, by its name"),
    substitutedMetrics: s.describe(
      reasonsView,
      "of the convention's engine: where it writes a number of its own for a metric that is undefined, and why it is",
    ),
    drawdowns: drawdownsView,
    convention: s.enum(CONVENTIONS),
    periodsPerYear: s.number(),
    confidence: s.number(),
    observations: s.describe(s.integer(), "returns that count"),
    benchmarkObservations: s.describe(
      s.nullable(s.integer()),
      "of them, with a return of the benchmark; null without one",
    ),
    sampleSize: s.integer(),
    method: s.string(),
    asOf: s.isoTime(),
    source: s.string(),
  }),
);
export type RiskMetricsView = Infer<typeof riskMetrics>;

const isSeries = (value: unknown): value is readonly unknown[] => Array.isArray(value);

const fits: CrossCheck = ({ returns, benchmark, riskFree, dates, missing }) => {
  if (!isSeries(returns)) return [];
  const ofOtherLength = Object.entries({ benchmark, riskFree, dates }).flatMap(
    ([path, value]): readonly FieldError[] =>
      isSeries(value) && value.length !== returns.length
        ? [{ path, code: "INVALID_VALUE", message: "must be as long as returns" }]
        : [],
  );
  const gap = missing === "drop" ? -1 : returns.indexOf(null);
  if (gap < 0) return ofOtherLength;
  const message = "is missing; `missing: drop` leaves such periods out";
  return [...ofOtherLength, { path: `returns[${gap}]`, code: "INVALID_VALUE", message }];
};

const datesRise: CrossCheck = ({ dates }) => {
  if (!isSeries(dates)) return [];
  const times = dates.map(readTime);
  const bad = times.findIndex((time, i) => {
    const before = times[i - 1];
    if (time instanceof Invalid) return true;
    return typeof before === "number" && time <= before;
  });
  if (bad < 0) return [];
  const message = "must be a date, later than the one before";
  return [{ path: `dates[${bad}]`, code: "INVALID_VALUE", message }];
};

/** Open at both ends: neither a certain loss nor an impossible one has a quantile. */
const confidenceOpen: CrossCheck = ({ confidence }) =>
  typeof confidence === "number" && (confidence <= 0 || confidence >= 1)
    ? [{ path: "confidence", code: "OUT_OF_RANGE", message: "must be above 0 and below 1" }]
    : [];

const rate = s.number({ min: -1 });

export const measureReturns = route({
  method: "POST",
  path: "/api/risk/metrics",
  action: "risk-metrics.measure",
  area: "risk",
  permission: "risk.read",
  summary: "Statistics of performance and risk of a series of returns",
  description:
    "Simple periodic returns, oldest first; losses are positive numbers, deviations have n − 1 unless a field says otherwise. " +
    "Wealth begins at 1 before the first return, which counts like all others: a convention's engine leaves the first day of an equity curve out because it has no day before it, and what it leaves out must not be sent. " +
    "`lean` (QuantConnect LEAN) compounds the arithmetic mean to a year, takes the annual risk-free rate from it, and has Sortino's denominator of the falling returns alone. " +
    "`nautilus` (NautilusTrader) knows no risk-free rate and annualizes ratios by √P. " +
    "`freqtrade` divides by population deviations, annualizes by √365 and writes −100 where there is no ratio. " +
    "What a convention does not mention is as in `default`. Each metric's field says what it is.",
  bodyMaxBytes: SERIES_BODY_BYTES,
  body: {
    returns: s.describe(
      s.array(s.nullable(rate), { min: 1, max: OBSERVATIONS_MAX }),
      "fractions, none below −1; null where one is missing",
    ),
    benchmark: s.optional(
      s.describe(
        s.array(s.nullable(rate), { max: OBSERVATIONS_MAX }),
        "of the same periods; null where one is missing: only complete pairs count",
      ),
    ),
    missing: s.defaulted(
      s.describe(s.enum(["refuse", "drop"]), "what becomes of a null in `returns`"),
      "refuse",
    ),
    riskFree: s.defaulted(
      s.describe(
        s.union(rate, s.array(rate, { max: OBSERVATIONS_MAX })),
        "per period: one for all, or one each",
      ),
      0,
    ),
    mar: s.defaulted(s.describe(rate, "minimum acceptable return, per period"), 0),
    periodsPerYear: s.optional(
      s.describe(
        s.number({ min: 0.01, max: 10_000_000 }),
        "252 when absent, 365 under `freqtrade`",
      ),
    ),
    confidence: s.defaulted(
      s.describe(s.number({ min: 0, max: 1 }), "of value at risk, in (0, 1)"),
      0.95,
    ),
    convention: s.defaulted(s.enum(CONVENTIONS), "default"),
    metrics: s.optional(
      s.describe(
        s.array(s.enum(METRIC_NAMES), { min: 1, max: 1000 }),
        "the ones that are wanted; all when absent",
      ),
    ),
    dates: s.optional(
      s.describe(
        s.array(s.string({ max: 40, example: "2026-03-02" }), { max: OBSERVATIONS_MAX }),
        "of the ends of the periods, rising: drawdowns then name them instead of indices",
      ),
    ),
    topDrawdowns: s.defaulted(s.integer({ min: 0, max: 1000 }), 10),
  },
  check: (value) => [...fits(value), ...datesRise(value), ...confidenceOpen(value)],
  response: riskMetrics,
  problems: ["INSUFFICIENT_DATA"],
});
