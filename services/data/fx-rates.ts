import type { Context } from "moleculer";
import {
  closePrice,
  type CurrencyRate,
  isPair,
  legsOf,
  type Pair,
  pairPrice,
  type PricedLeg,
  type RateClose,
  rateCloses,
  type RateLeg,
  rateOver,
  waysBetween,
} from "../../domain/market/currency-pair.ts";
import type { MarketClose } from "../../domain/portfolio/equity-curve.ts";
import type { PriceSeries } from "../../domain/risk/history/align.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { insufficientData } from "../../mixins/rest/rest-error.ts";
import { closesKnownAt } from "../../models/timescale/marks.ts";
import type { NodeContext } from "../context.ts";
import type { NoCloses } from "./daily-closes.ts";
import type { Market } from "./market.ts";

interface Between {
  readonly from: string;
  readonly to: string;
}

/** The rates of past days, or of past bars. */
type Series = Pick<PriceSeries, "timesMs" | "closes">;

/** A close is good for so long before the first moment that is asked for: weekends and holidays have none. */
const BEFORE_MS = 10 * 86_400_000;

/** What one currency is worth in another, by the instruments that say so. Never assumed: where none does, it is not known. */
export function rateActions(node: NodeContext, market: Market) {
  return {
    /** Now, or as it was known at an instant. */
    rate: {
      visibility: "public" as const,
      handler: (ctx: Context<Between & { readonly knownAtMs?: number }>): Promise<CurrencyRate> => {
        const { from, to, knownAtMs } = ctx.params;
        const deadline = deadlineOf(ctx, node.clock);
        return knownAtMs === undefined
          ? rateBy(node, market, { from, to }, (leg) => legNow(market, leg, deadline))
          : rateBy(node, market, { from, to }, (leg) => legAt(node, leg, knownAtMs));
      },
    },
    /** Of each day from an instant on, adjusted closes in float64: for statistics. */
    rateHistory: {
      visibility: "public" as const,
      handler: (ctx: Context<Between & { readonly startMs: number }>): Promise<Series> =>
        dailyRates(market, ctx),
    },
    /** Of every bar from some days before an instant on, in decimals: for books. Empty where nothing is known. */
    rateCloses: {
      visibility: "public" as const,
      handler: (
        ctx: Context<Between & { readonly sinceMs: number }>,
      ): Promise<readonly RateClose[]> => closesSince(market, ctx),
    },
  };
}

type PriceLeg = (leg: RateLeg) => Promise<PricedLeg | null>;

/** The first way whose prices are fresh, else the first whose prices are known. */
async function rateBy(
  node: NodeContext,
  market: Market,
  { from, to }: Between,
  priceOf: PriceLeg,
): Promise<CurrencyRate> {
  const nowMs = node.clock.now();
  if (from === to) return rateOver([], nowMs);
  let known: readonly PricedLeg[] | null = null;
  for (const way of waysBetween(from, to)) {
    const legs = await pricedWay(market, way, priceOf);
    if (legs === null) continue;
    if (!legs.some(({ isStale }) => isStale)) return rateOver(legs, nowMs);
    known ??= legs;
  }
  if (known === null) throw unknownRate({ from, to });
  return rateOver(known, nowMs);
}

async function pricedWay(
  market: Market,
  way: readonly Pair[],
  priceOf: PriceLeg,
): Promise<readonly PricedLeg[] | null> {
  const legs: PricedLeg[] = [];
  for (const pair of way) {
    const leg = await firstPriced(await listed(market, pair), priceOf);
    if (leg === null) return null;
    legs.push(leg);
  }
  return legs;
}

async function firstPriced(legs: readonly RateLeg[], priceOf: PriceLeg): Promise<PricedLeg | null> {
  let known: PricedLeg | null = null;
  for (const leg of legs) {
    const priced = await priceOf(leg);
    if (priced?.isStale === false) return priced;
    known ??= priced;
  }
  return known;
}

/** The instruments of a pair and of its inverse that there are. */
async function listed(market: Market, asked: Pair): Promise<readonly RateLeg[]> {
  const found: RateLeg[] = [];
  for (const { symbol, isInverse, pair } of legsOf(asked)) {
    const instrument = await market.instrument(symbol);
    if (instrument !== null && isPair(instrument, pair)) found.push({ symbol, isInverse });
  }
  return found;
}

async function legNow(
  market: Market,
  { symbol, isInverse }: RateLeg,
  deadline: { readonly deadlineMs?: number },
): Promise<PricedLeg | null> {
  const { quote } = await market.summary(symbol, deadline);
  const price = pairPrice(quote);
  if (quote === null || price === null) return null;
  return { symbol, isInverse, price, asOfMs: quote.tsEventMs, isStale: market.isStale(quote) };
}

async function legAt(
  node: NodeContext,
  { symbol, isInverse }: RateLeg,
  knownAtMs: number,
): Promise<PricedLeg | null> {
  const marks = await closesKnownAt(node.pool, [symbol], knownAtMs);
  const close = marks[symbol] ?? null;
  const price = close === null ? null : closePrice(close);
  return price && { symbol, isInverse, price, asOfMs: knownAtMs, isStale: false };
}

async function dailyRates(
  market: Market,
  ctx: Context<Between & { readonly startMs: number }>,
): Promise<Series> {
  const { from, to, startMs } = ctx.params;
  if (from === to) throw insufficientData(`${from} needs no rate in itself`);
  for (const way of waysBetween(from, to)) {
    const legs: Series[] = [];
    for (const pair of way) {
      const leg = await dailyLeg(ctx, await listed(market, pair), startMs - BEFORE_MS);
      if (leg === null) break;
      legs.push(leg);
    }
    if (legs.length === way.length) return product(legs);
  }
  throw unknownRate({ from, to });
}

async function dailyLeg(
  ctx: Context,
  legs: readonly RateLeg[],
  startMs: number,
): Promise<Series | null> {
  const symbols = legs.map(({ symbol }) => symbol);
  if (symbols.length === 0) return null;
  const stored = await ctx.call<readonly (PriceSeries | NoCloses)[], unknown>("closes.daily", {
    symbols,
    startMs,
  });
  for (const [i, series] of stored.entries()) {
    if ("problem" in series || series.closes.length === 0) continue;
    if (series.closes.some((close) => !(close > 0))) continue;
    if (legs[i]?.isInverse !== true) return series;
    return { timesMs: series.timesMs, closes: series.closes.map((close) => 1 / close) };
  }
  return null;
}

/** On the days that all legs have. */
function product(legs: readonly Series[]): Series {
  const [first, ...others] = legs;
  if (first === undefined || others.length === 0) return first ?? { timesMs: [], closes: [] };
  const byTime = others.map(
    ({ timesMs, closes }) => new Map(timesMs.map((ms, i) => [ms, closes[i] ?? Number.NaN])),
  );
  const timesMs = first.timesMs.filter((ms) => byTime.every((one) => one.has(ms)));
  const own = new Map(first.timesMs.map((ms, i) => [ms, first.closes[i] ?? Number.NaN]));
  const closes = timesMs.map((ms) =>
    [own, ...byTime].reduce((rate, one) => rate * (one.get(ms) ?? Number.NaN), 1),
  );
  return { timesMs, closes };
}

async function closesSince(
  market: Market,
  ctx: Context<Between & { readonly sinceMs: number }>,
): Promise<readonly RateClose[]> {
  const { from, to, sinceMs } = ctx.params;
  const asked = { sinceMs: sinceMs - BEFORE_MS };
  for (const way of waysBetween(from, to)) {
    const legs: (RateLeg & { readonly closes: readonly MarketClose[] })[] = [];
    for (const pair of way) {
      for (const leg of await listed(market, pair)) {
        const closes = await ctx.call<readonly MarketClose[], unknown>("market-data.closes", {
          symbol: leg.symbol,
          ...asked,
        });
        if (closes.length === 0) continue;
        legs.push({ ...leg, closes });
        break;
      }
    }
    if (legs.length === way.length) return rateCloses(legs);
  }
  return [];
}

function unknownRate({ from, to }: Between) {
  return insufficientData(`no instrument says what ${from} is worth in ${to}`);
}
