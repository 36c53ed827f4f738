import type { MeasuredParts } from "../../../domain/risk/measures/parts.ts";
import { measure, type Measurement } from "../../../domain/risk/performance/measure.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { PortfolioRiskView } from "../../../mixins/rest/routes/risk-portfolio.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { readBook } from "../inputs/read-book.ts";
import { readReturns } from "../inputs/read-returns.ts";
import { type Subject, whole } from "../inputs/subject.ts";
import type { Book } from "../inputs/types.ts";
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
  const [history, stress, limits] = await Promise.all([
    book.lines.length === 0 ? null : historyOf(ctx, book),
    book.lines.length === 0 ? [] : stressOf(ctx, portfolioId),
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
    var: (measured?.whole.var ?? 0) * book.value,
    expectedShortfall: (measured?.whole.expectedShortfall ?? 0) * book.value,
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

interface History {
  readonly subject: Subject;
  readonly benchmark: Float64Array | null;
}

async function historyOf(ctx: RequestContext<Params>, book: Book): Promise<History> {
  const { lookback, benchmark } = ctx.params;
  if (!(book.value > 0))
    throw insufficientData("the portfolio is worth nothing, so that parts of it are not defined");
  const symbols = book.lines.map(({ symbol }) => symbol);
  const all = [...new Set([...symbols, ...(benchmark === undefined ? [] : [benchmark])])];
  const history = await readReturns(ctx, { symbols: all, lookback, currency: book.currency });
  const subject: Subject = {
    names: symbols,
    columns: history.columns.slice(0, symbols.length),
    weights: Float64Array.from(book.lines, ({ value }) => value / book.value),
    timesMs: history.timesMs,
    book,
    sampleSize: history.sampleSize,
    source: `${book.source}; ${history.source}`,
  };
  const column = benchmark === undefined ? undefined : history.columns[all.indexOf(benchmark)];
  return { subject, benchmark: column ?? null };
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
  return book.lines.map(({ symbol, value }, i) => {
    const weight = book.value > 0 ? value / book.value : 0;
    const marginal = total?.marginal?.var[i] ?? null;
    const component = marginal === null ? null : marginal * weight;
    return {
      symbol,
      weight,
      value,
      component: inMoney(component, book),
      marginal: inMoney(marginal, book),
      incremental: inMoney(incremental?.[i] ?? null, book),
      percent: component === null || !total || total.var === 0 ? null : component / total.var,
    };
  });
}

/** NaN: the rest of the book cannot be measured by itself. */
function inMoney(fraction: number | null, { value }: Book): number | null {
  return fraction === null || Number.isNaN(fraction) ? null : fraction * value;
}

type Statistics = Pick<PortfolioRiskView, "metrics" | "undefinedMetrics" | "drawdowns">;

/** Of the returns that the portfolio would have had as it is now. */
function statisticsOf(history: History | null, confidence: number): Statistics {
  if (history === null) return { metrics: {}, undefinedMetrics: {}, drawdowns: [] };
  const { subject, benchmark } = history;
  // More than everything cannot be lost of a portfolio: a lever that would have done so has no statistics of performance.
  const returns = whole(subject);
  if (returns.some((value) => value < -1))
    return {
      metrics: {},
      undefinedMetrics: {
        all: "as it is now the portfolio would have lost more than everything on a day",
      },
      drawdowns: [],
    };
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
