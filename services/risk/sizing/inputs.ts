import { covarianceMatrix } from "../../../domain/risk/covariance/sample.ts";
import { mean, standardDeviation } from "../../../domain/numeric/moments.ts";
import { toRows } from "../../../domain/numeric/matrix.ts";
import type { Sizing } from "../../../domain/risk/sizing/target.ts";
import { type Decimal, dec } from "../../../domain/shared/decimal.ts";
import type { Compute, ComputeTask } from "../../../mixins/compute/compute.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { FeatureSeriesView } from "../../../mixins/rest/routes/features.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { INLINE_MAX } from "../covariance/assess.ts";
import { readReturns } from "../inputs/read-returns.ts";
import type { ReturnHistory } from "../inputs/types.ts";
import { type ParityAsked, parityInThread } from "../workers/sizing.worker.ts";
import type { SizingParams } from "./basis.ts";

/** Trading days a year, by which deviations of days become those of years. */
const DAYS_A_YEAR = 252;
/** Wilder's. */
const ATR_PERIOD = 14;

const PARITY: ComputeTask<ParityAsked, Float64Array | null> = {
  module: new URL("../workers/sizing.worker.ts", import.meta.url),
  name: "parityInThread",
};

export interface Prepared {
  readonly sizing: Sizing;
  /** returns that were used; null: all was given */
  readonly sampleSize: number | null;
  readonly source: string;
}

/**
 * A method with what it needs: as given, or made of stored bars.
 * @throws RestError 422 where too little is stored, or a covariance is no covariance
 */
export async function prepare(
  compute: Compute,
  ctx: RequestContext,
  params: SizingParams,
): Promise<Prepared> {
  const { symbols, symbol, lookback } = params;
  const asked = symbols ?? (symbol === undefined ? [] : [symbol]);
  const isStored = lookback !== undefined && params.method !== "atr";
  const history = isStored ? await readReturns(ctx, { symbols: asked, lookback }) : null;
  const sizing = await sizingOf(compute, ctx, params, history);
  const isAtrStored = params.method === "atr" && params.atr === undefined;
  return {
    sizing,
    sampleSize: history?.sampleSize ?? (isAtrStored ? (lookback ?? null) : null),
    source: history?.source ?? (isAtrStored ? "stored daily bars" : "as given"),
  };
}

async function sizingOf(
  compute: Compute,
  ctx: RequestContext,
  params: SizingParams,
  history: ReturnHistory | null,
): Promise<Sizing> {
  const { method, maxLeverage, fraction = 1, riskFree = 0 } = params;
  switch (method) {
    case "fixedFractional":
      return { method, riskFraction: given(params.riskFraction) };
    case "fixedNotional":
      return { method, amount: money(params.amount) };
    case "percentOfEquity":
      return { method, percent: given(params.percent) };
    case "kelly":
      return {
        method,
        winProbability: given(params.winProbability),
        payoff: given(params.payoff),
        fraction,
      };
    case "kellyMulti": {
      const covariance = params.covariance ?? covarianceOf(history);
      const means = params.mean ?? given(history).columns.map((column) => mean(column));
      return { method, mean: means, covariance, riskFree, fraction, maxLeverage };
    }
    case "optimalF":
      return { method, trades: given(params.trades) };
    case "volatilityTarget": {
      const realizedVol = params.realizedVol ?? yearly(history?.columns[0]);
      return { method, targetVol: given(params.targetVol), realizedVol, maxLeverage };
    }
    case "atr":
      return {
        method,
        riskFraction: given(params.riskFraction),
        atr: params.atr === undefined ? await storedAtr(ctx, params) : dec(params.atr),
        atrMultiple: params.atrMultiple ?? 1,
      };
    case "riskParity":
      return { method, weights: await parityOf(compute, params, history) };
    case "inverseVolatility":
      return { method, vols: params.vols ?? volsOf(given(history)) };
    case "drawdownConstrained":
      return {
        method,
        kelly: given(params.kelly),
        maxDrawdown: given(params.maxDrawdown),
        wealth: money(params.wealth),
        peak: money(params.peak),
      };
    case "cppi":
      return {
        method,
        value: money(params.value),
        floor: money(params.floor),
        multiplier: given(params.multiplier),
        maxLeverage,
      };
  }
}

function covarianceOf(history: ReturnHistory | null): readonly (readonly number[])[] {
  return toRows(covarianceMatrix(given(history).columns));
}

async function parityOf(
  compute: Compute,
  { covariance, budgets }: SizingParams,
  history: ReturnHistory | null,
): Promise<readonly number[]> {
  const asked = { covariance: covariance ?? covarianceOf(history), budgets };
  const isLarge = asked.covariance.length > INLINE_MAX;
  const found = isLarge ? await compute.run(PARITY, asked) : parityInThread(asked);
  if (found === null)
    throw unprocessable([
      { path: "covariance", code: "INVALID_VALUE", message: "must be positive definite" },
    ]);
  return Array.from(found);
}

function volsOf({ names, columns }: ReturnHistory): readonly number[] {
  return columns.map((column, i) => {
    const vol = standardDeviation(column);
    if (vol > 0) return vol;
    throw insufficientData(
      `the price of ${names[i]} has not moved: it has no volatility to size by`,
    );
  });
}

function yearly(column: Float64Array | undefined): number {
  return standardDeviation(given(column)) * Math.sqrt(DAYS_A_YEAR);
}

/** Wilder's average true range of the last stored day. */
async function storedAtr(
  ctx: RequestContext,
  { symbol, lookback }: SizingParams,
): Promise<Decimal> {
  const name = `atr_${ATR_PERIOD}`;
  const view = await ctx.call<FeatureSeriesView, unknown>("features.series", {
    symbol: given(symbol),
    timeframe: "1d",
    features: [name],
    limit: given(lookback),
    adjust: "splits",
  });
  const values = view.features[name];
  const last: unknown = Array.isArray(values) ? values.at(-1) : null;
  if (typeof last !== "number" || !(last > 0))
    throw insufficientData(`the average true range of ${given(symbol)} is not known`);
  return dec(String(last));
}

/** What the route requires of the method is there. */
function given<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error("expected what the route requires");
  return value;
}

function money(value: string | undefined): Decimal {
  return dec(given(value));
}
