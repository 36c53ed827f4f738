import {
  alignReturns,
  convertPrices,
  type PriceSeries,
} from "../../../domain/risk/history/align.ts";
import { DAY_MS } from "../../../domain/market/calendars/time-zone.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { rateHistory } from "./rates.ts";
import { cashName, type ReturnHistory, type ReturnsAsked } from "./types.ts";

type Stored = PriceSeries | { readonly symbol: string; readonly problem: string };

/** Days that one symbol may lack which another has, for each return that is wanted; beyond it all that is stored is read. */
const SLACK = 3;

/**
 * Daily simple returns of symbols over common days, from stored bars adjusted for splits and dividends, in one currency where
 * one is asked for.
 * @throws RestError 422 INSUFFICIENT_DATA naming the symbol that lacks what is needed
 */
export async function readReturns(
  ctx: RequestContext,
  asked: ReturnsAsked,
): Promise<ReturnHistory> {
  const { lookback, min = lookback, currency, missing = "complete" } = asked;
  const names = [...asked.symbols, ...(asked.cashOf ?? []).map(cashName)];
  const isRange = asked.startMs !== undefined;
  const first = await alignedOf(ctx, asked, isRange ? undefined : SLACK * (lookback + 1));
  // Where symbols have few days in common, all that is stored may have enough of them.
  const aligned =
    first.timesMs.length < lookback && !isRange ? await alignedOf(ctx, asked, undefined) : first;
  const found = aligned.timesMs.length;
  if (found < Math.max(1, min))
    throw insufficientData(
      `${min} daily returns are needed, and ${names.join(", ")} have ${found} in common`,
    );
  const from = Math.max(0, found - lookback);
  return {
    names,
    timesMs: aligned.timesMs.subarray(from),
    columns: aligned.columns.map((column) => column.subarray(from)),
    sampleSize: found - from,
    source: `stored daily bars, adjusted for splits and dividends${currency === undefined ? "" : `, in ${currency}`}${missing === "complete" ? ", days that all have" : ""}`,
  };
}

async function alignedOf(ctx: RequestContext, asked: ReturnsAsked, count: number | undefined) {
  const series = await pricesOf(ctx, asked, count);
  const aligned = alignReturns(series, asked.missing ?? "complete");
  if (!("problem" in aligned)) return aligned;
  const { symbol, problem, atMs } = aligned;
  const when = atMs === undefined ? "" : ` on ${isoTime(atMs).slice(0, 10)}`;
  throw insufficientData(`${symbol} ${problem}${when}`);
}

async function pricesOf(
  ctx: RequestContext,
  asked: ReturnsAsked,
  count: number | undefined,
): Promise<readonly PriceSeries[]> {
  const { symbols, currency, cashOf = [] } = asked;
  const stored = symbols.length === 0 ? [] : await storedPrices(ctx, asked, count);
  if (currency === undefined) return stored;
  const days = [...new Set(stored.flatMap(({ timesMs }) => timesMs))].toSorted((a, b) => a - b);
  const cash = cashOf.map((from) => cashSeries(ctx, from, currency, asked, days));
  return [...(await inCurrency(ctx, stored, currency)), ...(await Promise.all(cash))];
}

/** What one unit of a currency was worth in another: on the days of what is held beside it, or on all that its rate has. */
async function cashSeries(
  ctx: RequestContext,
  from: string,
  to: string,
  { startMs = 0, endMs = Infinity }: ReturnsAsked,
  days: readonly number[],
): Promise<PriceSeries> {
  const earliestMs = days[0] === undefined ? startMs : days[0] - 10 * DAY_MS;
  const rates = await rateHistory(ctx, { from, to, startMs: earliestMs });
  const isOf = (timeMs: number) => timeMs >= startMs && timeMs < endMs;
  const timesMs = days.length > 0 ? days : rates.timesMs.filter(isOf);
  const units = { symbol: cashName(from), currency: from, timesMs, closes: timesMs.map(() => 1) };
  return convertPrices(units, rates, to);
}

async function storedPrices(
  ctx: RequestContext,
  { symbols, startMs, endMs }: ReturnsAsked,
  count: number | undefined,
): Promise<readonly PriceSeries[]> {
  const stored = await ctx.call<readonly Stored[], unknown>("closes.daily", {
    symbols,
    ...(count !== undefined && { count }),
    ...(startMs !== undefined && { startMs }),
    ...(endMs !== undefined && { endMs }),
  });
  return stored.map((one) => {
    if ("problem" in one) throw insufficientData(one.problem);
    return one;
  });
}

async function inCurrency(
  ctx: RequestContext,
  series: readonly PriceSeries[],
  currency: string,
): Promise<readonly PriceSeries[]> {
  const foreign = new Set(series.map((one) => one.currency).filter((from) => from !== currency));
  if (foreign.size === 0) return series;
  const rates = new Map<string, Pick<PriceSeries, "timesMs" | "closes">>();
  const startMs = Math.min(...series.map(({ timesMs }) => timesMs[0] ?? Infinity)) - 10 * DAY_MS;
  for (const from of foreign)
    rates.set(from, await rateHistory(ctx, { from, to: currency, startMs }));
  return series.map((one) => {
    const rate = rates.get(one.currency);
    return rate === undefined ? one : convertPrices(one, rate, currency);
  });
}
