import type { MeasuredParts } from "../../../domain/risk/measures/parts.ts";
import { measure, type Measurement } from "../../../domain/risk/performance/measure.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { PortfolioRiskView } from "../../../mixins/rest/routes/risk-portfolio.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { readBook } from "../inputs/read-book.ts";
import { heldOf, isRiskless, whole } from "../inputs/subject.ts";
import { type Book, cashName } from "../inputs/types.ts";
import { measureSubject } from "../measures/measure-book.ts";
import { drawdownView } from "../performance/drawdown-view.ts";
import { limitsOf } from "./limits.ts";
import { stressOf } from "./stress.ts";

type Params = ActionMap["portfolio-risk.report"]["params"];

const PERIODS_PER_YEAR = 252;
const DRAWDOWNS = 10;

/**
 * @throws RestError 404; 422 where a position has no price, a currency no rate, or too little history is stored
 */
export async function portfolioRisk(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params>,
): Promise<PortfolioRiskView> {
  const { portfolioId, method, confidence, horizonDays } = ctx.params;
  const book = await readBook(node, access, ctx, { portfolioId });
  const { lookback, benchmark } = ctx.params;
  const [history, stress, limits] = await Promise.all([
    isRiskless(book) ? null : heldOf(ctx, book, lookback, benchmark),
    isRiskless(book) ? [] : stressOf(ctx, portfolioId),
    limitsOf(ctx, portfolioId),
  ]);
  const spec = { method, confidence, horizonDays, parameters: {} };
  const measured = history && (await measureSubject(node, history.subject, spec));
  return {
    portfolioId,
    asOf: isoTime(book.asOfMs),
    currency: book.currency,
    value: book.value,
    cash: book.cash,
    exposure: exposureOf(book),
    concentration: concentrationOf(book),
    var: (measured?.whole.var ?? 0) * unitOf(book),
    expectedShortfall: (measured?.whole.expectedShortfall ?? 0) * unitOf(book),
    method,
    confidence,
    horizonDays,
    components: componentsOf(book, measured),
    ...statisticsOf(history, confidence),
    stress,
    limits,
    warnings:
      history === null
        ? ["nothing is held: cash alone risks nothing in its own currency"]
        : [...(measured?.whole.warnings ?? [])],
    sampleSize: history?.subject.sampleSize ?? 0,
    source: history?.subject.source ?? book.source,
  };
}

type History = Awaited<ReturnType<typeof heldOf>>;

/** What weights are fractions of: of a portfolio that is worth nothing they are money. */
function unitOf({ value }: Book): number {
  return value > 0 ? value : 1;
}

function exposureOf({ lines, value }: Book): PortfolioRiskView["exposure"] {
  let [long, short] = [0, 0];
  for (const line of lines) {
    if (line.value >= 0) long += line.value;
    else short -= line.value;
  }
  const gross = long + short;
  return { gross, net: long - short, long, short, leverage: value > 0 ? gross / value : null };
}

function concentrationOf({ lines, value }: Book): PortfolioRiskView["concentration"] {
  const gross = lines.reduce((sum, line) => sum + Math.abs(line.value), 0);
  if (gross === 0 || !(value > 0))
    return { largest: null, herfindahl: 0, effectivePositions: null };
  const herfindahl = lines.reduce((sum, line) => sum + (line.value / gross) ** 2, 0);
  const [largest] = lines.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return {
    largest:
      largest === undefined ? null : { symbol: largest.symbol, weight: largest.value / value },
    herfindahl,
    effectivePositions: 1 / herfindahl,
  };
}

function componentsOf(book: Book, measured: MeasuredParts | null): PortfolioRiskView["components"] {
  const { whole: total = null, incremental = null } = measured ?? {};
  const cash = book.foreignCash.map(({ currency, value }) => ({
    symbol: cashName(currency),
    value,
  }));
  return [...book.lines, ...cash].map(({ symbol, value }, i) => {
    const marginal = total?.marginal?.var[i] ?? null;
    const component = marginal === null ? null : (marginal * value) / unitOf(book);
    return {
      symbol,
      weight: book.value > 0 ? value / book.value : 0,
      value,
      component: inMoney(component, book),
      marginal: inMoney(marginal, book),
      incremental: inMoney(incremental?.[i] ?? null, book),
      percent: component === null || !total || total.var === 0 ? null : component / total.var,
    };
  });
}

/** NaN: the rest of the book cannot be measured by itself. */
function inMoney(fraction: number | null, book: Book): number | null {
  return fraction === null || Number.isNaN(fraction) ? null : fraction * unitOf(book);
}

type Statistics = Pick<PortfolioRiskView, "metrics" | "undefinedMetrics" | "drawdowns">;

/** Of the returns that the portfolio would have had as it is now. */
function statisticsOf(history: History | null, confidence: number): Statistics {
  if (history === null) return { metrics: {}, undefinedMetrics: {}, drawdowns: [] };
  const { subject, benchmark } = history;
  if (!((subject.book?.value ?? 0) > 0))
    return withoutStatistics("the portfolio is worth nothing, so that it has no returns");
  // More than everything cannot be lost of a portfolio: a lever that would have done so has no statistics of performance.
  const returns = whole(subject);
  if (returns.some((value) => value < -1))
    return withoutStatistics(
      "as it is now the portfolio would have lost more than everything on a day",
    );
  const found: Measurement = measure(
    {
      returns,
      riskFree: new Float64Array(returns.length),
      benchmark,
      mar: 0,
      periodsPerYear: PERIODS_PER_YEAR,
      confidence,
    },
    { convention: "default", drawdowns: DRAWDOWNS },
  );
  const dayAt = (index: number): string =>
    isoTime(subject.timesMs?.[index] ?? Number.NaN).slice(0, 10);
  return {
    metrics: found.metrics,
    undefinedMetrics: found.undefinedMetrics,
    drawdowns: found.drawdowns.map((one) => drawdownView(one, dayAt)),
  };
}

function withoutStatistics(all: string): Statistics {
  return { metrics: {}, undefinedMetrics: { all }, drawdowns: [] };
}
