import { DAY_MS } from "../../../domain/market/calendars/time-zone.ts";
import { type Measurement, measure } from "../../../domain/risk/performance/measure.ts";
import { moneyWeighted, YEAR_MS } from "../../../domain/risk/performance/money-weighted.ts";
import {
  linked,
  linkedBy,
  type PeriodReturn,
  periodReturns,
  type Valuation,
} from "../../../domain/risk/performance/time-weighted.ts";
import { valuationsOf, within } from "../../../domain/risk/performance/valuations.ts";
import { insufficientData, RestError } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type {
  PerformanceView,
  PortfolioAttributionView,
} from "../../../mixins/rest/routes/performance.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf, type PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { attributePortfolio, type PortfolioAttributionAsked } from "../attribution/of-portfolio.ts";
import { readCurve } from "../portfolio-books.ts";
import { drawdownView } from "./drawdown-view.ts";
import { benchmarkOver, type DailyReturn } from "./benchmark.ts";

type Params = ActionMap["performance.get"]["params"];

const CONFIDENCE = 0.95;
const DRAWDOWNS = 10;

/**
 * How a portfolio has done.
 * @throws RestError 404; 422 INSUFFICIENT_DATA before it has been valued twice, or without prices of the benchmark
 */
export async function readPerformance(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params>,
): Promise<PerformanceView> {
  const { portfolioId, benchmark, attributeBy, periodsPerYear, riskFree } = ctx.params;
  const { input, currency, valuations, returns, first, last } = await readPast(node, access, ctx);
  const days: readonly DailyReturn[] = linkedBy(returns, dayOf);
  const market =
    benchmark === undefined
      ? null
      : await benchmarkOver(ctx, { symbol: benchmark, currency, days });
  const measured = measure(
    {
      returns: Float64Array.from(days, ({ value }) => value),
      riskFree: new Float64Array(days.length).fill(riskFree),
      benchmark: market,
      mar: 0,
      periodsPerYear,
      confidence: CONFIDENCE,
    },
    { convention: "default", drawdowns: DRAWDOWNS },
  );
  return {
    portfolioId,
    currency,
    ...moneyView(valuations, first, last),
    ...weightedView(valuations, returns),
    benchmark: benchmark ?? null,
    attribution:
      benchmark === undefined
        ? null
        : await attributionOrNone(ctx, {
            input,
            returns,
            currency,
            benchmark: [{ symbol: benchmark, weight: 1 }],
            groupBy: attributeBy,
            method: "brinsonFachler",
            linking: "carino",
          }),
    ...measuredView(measured, days),
    daily: dailyView(days, valuations, market),
    monthly: linkedBy(returns, monthOf).map(({ key, value }) => ({ month: key, return: value })),
    periodsPerYear,
    confidence: CONFIDENCE,
    sampleSize: days.length,
    method:
      "true time-weighted return, cut at each flow; money-weighted as the internal rate of return",
    asOf: isoTime(last.atMs),
    source: "the portfolio's events and the bars of what it held",
  };
}

/**
 * Where its difference to a benchmark came from.
 * @throws RestError as `readPerformance`
 */
export async function readAttribution(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<ActionMap["performance.attribute"]["params"]>,
): Promise<PortfolioAttributionView> {
  const { benchmark, groupBy, method, linking } = ctx.params;
  const { input, currency, returns } = await readPast(node, access, ctx);
  return attributePortfolio(ctx, {
    input,
    returns,
    currency,
    benchmark,
    groupBy,
    method,
    linking,
  });
}

/** Null where no day can be compared: the rest of the answer is good without. */
async function attributionOrNone(
  ctx: RequestContext,
  asked: PortfolioAttributionAsked,
): Promise<PortfolioAttributionView | null> {
  try {
    return await attributePortfolio(ctx, asked);
  } catch (error) {
    if (error instanceof RestError && error.type === "INSUFFICIENT_DATA") return null;
    throw error;
  }
}

type Span = RequestContext<{
  readonly portfolioId: string;
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}>;

async function readPast(node: NodeContext, access: PortfolioAccess, ctx: Span) {
  const { portfolioId, start, end } = ctx.params;
  await access.requireRead(userOf(ctx), portfolioId);
  const { input, events, points } = await readCurve(node, ctx, portfolioId);
  const valuations = within(valuationsOf(events, points), start ?? -Infinity, end ?? Infinity);
  const returns = periodReturns(valuations);
  const [first, last] = [valuations[0], valuations.at(-1)];
  if (first === undefined || last === undefined || returns.length === 0)
    throw insufficientData("the portfolio was not valued twice in that time");
  const currency = events.find((event) => event.type === "PortfolioOpened")?.baseCurrency ?? "";
  return { input, currency, valuations, returns, first, last };
}

/** What happens at midnight belongs to the day that ends then: bars close there. */
function dayOf(atMs: number): number {
  return Math.floor((atMs - 1) / DAY_MS);
}

function monthOf(atMs: number): string {
  return isoTime(atMs - 1).slice(0, 7);
}

function dateOf(day: number): string {
  return isoTime(day * DAY_MS).slice(0, 10);
}

function moneyView(valuations: readonly Valuation[], first: Valuation, last: Valuation) {
  const netFlows = valuations.slice(1).reduce((sum, { flow }) => sum + flow, 0);
  return {
    start: isoTime(first.atMs),
    end: isoTime(last.atMs),
    startValue: first.value,
    endValue: last.value,
    netFlows,
    profit: last.value - first.value - netFlows,
  };
}

function weightedView(
  valuations: readonly Valuation[],
  returns: readonly PeriodReturn[],
): Pick<PerformanceView, "timeWeighted" | "moneyWeighted"> {
  const [first, last] = [valuations[0], valuations.at(-1)];
  const spanMs = (last?.atMs ?? 0) - (first?.atMs ?? 0);
  const value = linked(returns);
  const isYear = spanMs >= YEAR_MS;
  const flows = valuations.map(({ atMs, flow }) => ({ atMs, amount: -flow }));
  const money = moneyWeighted([...flows, { atMs: last?.atMs ?? 0, amount: last?.value ?? 0 }]);
  return {
    timeWeighted: {
      value,
      annualized: isYear ? Math.expm1((Math.log1p(value) * YEAR_MS) / spanMs) : null,
      reason: isYear ? null : "less than a year is not annualized",
    },
    moneyWeighted:
      "reason" in money
        ? { value: null, annualized: null, reason: money.reason }
        : { value: money.period, annualized: money.annualized, reason: null },
  };
}

function measuredView(
  { metrics, undefinedMetrics, drawdowns }: Measurement,
  days: readonly DailyReturn[],
): Pick<PerformanceView, "metrics" | "undefinedMetrics" | "drawdowns"> {
  const nameOf = (index: number) => dateOf(days[index]?.key ?? 0);
  return {
    metrics,
    undefinedMetrics,
    drawdowns: drawdowns.map((drawdown) => drawdownView(drawdown, nameOf)),
  };
}

function dailyView(
  days: readonly DailyReturn[],
  valuations: readonly Valuation[],
  market: Float64Array | null,
): PerformanceView["daily"] {
  const closing = new Map(valuations.map(({ atMs, value }) => [dayOf(atMs), value]));
  return days.map(({ key, value }, i) => {
    const compared = market?.[i] ?? Number.NaN;
    return {
      date: dateOf(key),
      equity: closing.get(key) ?? Number.NaN,
      return: value,
      benchmark: Number.isNaN(compared) ? null : compared,
    };
  });
}
