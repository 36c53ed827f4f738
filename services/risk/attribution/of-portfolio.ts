import { DAY_MS } from "../../../domain/market/calendars/time-zone.ts";
import type { Instrument } from "../../../domain/market/instrument.ts";
import { alongTheWay, type CurveInput } from "../../../domain/portfolio/equity-curve.ts";
import {
  attribute,
  type AttributionMethod,
  type PeriodAttribution,
} from "../../../domain/risk/attribution/brinson.ts";
import {
  type BenchmarkPart,
  holdingGroups,
  type Standing,
  standingOf,
} from "../../../domain/risk/attribution/holdings.ts";
import { type Linking, linkEffects } from "../../../domain/risk/attribution/link.ts";
import { linked, type PeriodReturn } from "../../../domain/risk/performance/time-weighted.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import type { PortfolioAttributionView } from "../../../mixins/rest/routes/performance.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { readReturns } from "../inputs/read-returns.ts";
import { effectsView } from "./effects-view.ts";

export interface PortfolioAttributionAsked {
  readonly input: CurveInput;
  /** of the whole past, oldest first */
  readonly returns: readonly PeriodReturn[];
  readonly currency: string;
  readonly benchmark: readonly { readonly symbol: string; readonly weight: number }[];
  readonly groupBy: "symbol" | "assetClass" | "sector";
  readonly method: Exclude<AttributionMethod, "geometric">;
  readonly linking: Linking;
}

/** What no group of holdings made: trades within a day, fees, financing. */
const TRADING = "trading";
const UNCLASSIFIED = "unclassified";
const DAYS_MAX = 100_000;
/** Far enough back that two closes lie before the first day, over weekends and holidays. */
const BEFORE_MS = 14 * DAY_MS;

interface Period {
  readonly fromMs: number;
  readonly toMs: number;
  readonly parts: readonly BenchmarkPart[];
}

interface Spanned extends Period {
  readonly from: Standing;
  readonly to: Standing;
  /** the portfolio's own, with all that happened */
  readonly made: number;
}

/**
 * Where a portfolio's difference to a benchmark of fixed weights came from, from its own past: a period is the time between two
 * days on which the whole benchmark has closes, weights are those with which it began.
 * @throws RestError 422 INSUFFICIENT_DATA without two such days, or where the portfolio was worth nothing or a rate is unknown
 */
export async function attributePortfolio(
  ctx: RequestContext,
  asked: PortfolioAttributionAsked,
): Promise<PortfolioAttributionView> {
  const { benchmark, groupBy, method, linking, currency } = asked;
  const spans = spanned(asked, await benchmarkPeriods(ctx, asked));
  const [first, last] = [spans[0], spans.at(-1)];
  if (first === undefined || last === undefined)
    throw insufficientData("the portfolio and its benchmark have no two days in common");
  const groupOf = await grouping(ctx, asked);
  const periods = spans.map((span) => attributed(span, groupOf, method));
  const { portfolioReturn, benchmarkReturn, groups } = linkEffects(periods, linking);
  const ofHoldings = groups.filter(({ group }) => group !== TRADING);
  const trading = groups.find(({ group }) => group === TRADING)?.selection ?? 0;
  return {
    method,
    linking,
    groupBy,
    currency,
    benchmark: benchmark.map(({ symbol, weight }) => ({ symbol, weight })),
    start: isoTime(first.fromMs),
    end: isoTime(last.toMs),
    portfolioReturn,
    benchmarkReturn,
    activeReturn: portfolioReturn - benchmarkReturn,
    groups: ofHoldings.map(({ group, ...effects }) => ({ group, ...effectsView([effects]) })),
    total: effectsView(ofHoldings),
    trading,
    sampleSize: periods.length,
    source:
      "the portfolio's events, the bars of what it held, and stored daily bars of the benchmark, adjusted for splits and dividends",
    asOf: isoTime(last.toMs),
  };
}

/** Days end at midnight, with what closes then. */
function endOf(timeMs: number): number {
  return (Math.floor(timeMs / DAY_MS) + 1) * DAY_MS;
}

async function benchmarkPeriods(
  ctx: RequestContext,
  { benchmark, returns, currency }: PortfolioAttributionAsked,
): Promise<readonly Period[]> {
  const [first, last] = [returns[0], returns.at(-1)];
  if (first === undefined || last === undefined) return [];
  const { timesMs, columns } = await readReturns(ctx, {
    symbols: benchmark.map(({ symbol }) => symbol),
    lookback: DAYS_MAX,
    min: 1,
    currency,
    startMs: Math.max(0, first.fromMs - BEFORE_MS),
    endMs: last.toMs + 1,
  });
  const periods: Period[] = [];
  for (let i = 1; i < timesMs.length; i += 1) {
    const [fromMs, toMs] = [endOf(timesMs[i - 1] ?? 0), endOf(timesMs[i] ?? 0)];
    if (fromMs < first.fromMs || toMs > endOf(last.toMs - 1)) continue;
    const parts = benchmark.map(({ symbol, weight }, j) => ({
      symbol,
      weight,
      return: columns[j]?.[i] ?? Number.NaN,
    }));
    periods.push({ fromMs, toMs, parts });
  }
  return periods;
}

function spanned(
  { input, returns }: PortfolioAttributionAsked,
  periods: readonly Period[],
): readonly Spanned[] {
  const edges = [...new Set(periods.flatMap(({ fromMs, toMs }) => [fromMs, toMs]))];
  const standings = alongTheWay(input, edges, standingOf);
  const at = new Map(edges.map((atMs, i) => [atMs, standings[i] ?? null]));
  return periods.map((period) => {
    const [from, to] = [at.get(period.fromMs) ?? null, at.get(period.toMs) ?? null];
    const day = isoTime(period.fromMs).slice(0, 10);
    if (from === null || to === null)
      throw insufficientData(`no instrument says what a currency was worth on ${day}`);
    if (from.equity <= 0) throw insufficientData(`the portfolio was worth nothing on ${day}`);
    const within = returns.filter(({ toMs }) => toMs > period.fromMs && toMs <= period.toMs);
    return { ...period, from, to, made: linked(within) };
  });
}

async function grouping(
  ctx: RequestContext,
  { input, benchmark, groupBy }: PortfolioAttributionAsked,
): Promise<(symbol: string) => string> {
  if (groupBy === "symbol") return (symbol) => symbol;
  const held = input.events.flatMap((event) => ("trade" in event ? [event.trade.symbol] : []));
  const symbols = [...new Set([...held, ...benchmark.map(({ symbol }) => symbol)])];
  const described = await ctx.call<readonly Described[], unknown>("symbols.describe", { symbols });
  const groups = new Map(
    described.map(({ symbol, instrument }) => [symbol, instrument?.[groupBy] ?? UNCLASSIFIED]),
  );
  return (symbol) => groups.get(symbol) ?? UNCLASSIFIED;
}

interface Described {
  readonly symbol: string;
  readonly instrument: Instrument | null;
}

/** With the rest of the portfolio's return as a group of its own, so that all effects add up to the whole difference. */
function attributed(
  { from, to, parts, made }: Spanned,
  groupOf: (symbol: string) => string,
  method: PortfolioAttributionAsked["method"],
): PeriodAttribution {
  const found = attribute(holdingGroups(from, to, parts, groupOf), method);
  const rest = { group: TRADING, allocation: 0, selection: made - found.portfolioReturn };
  return {
    ...found,
    portfolioReturn: made,
    groups: [...found.groups, { ...rest, interaction: 0 }],
  };
}
