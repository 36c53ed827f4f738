import { type Decimal, dec, type DecimalString, text, ZERO } from "../../shared/decimal.ts";
import type { Analysis, Cost } from "./analysis.ts";

const BPS_PLACES = 6;

/** A cost over several orders: money added up, basis points weighted by notional. */
export type TotalCost = Cost & {
  /** how many orders it could be said of; the others are not in it */
  readonly orders: number;
};

/** Of the orders of one currency: amounts of several are not added up. */
export type Aggregate = {
  readonly currency: string;
  readonly orders: number;
  /** weighted by notional, as is the participation: quantities of several symbols do not add up */
  readonly fillRatio: number | null;
  readonly participation: number | null;
  readonly notional: DecimalString;
  readonly slippage: {
    readonly arrival: TotalCost;
    readonly vwap: TotalCost;
    readonly twap: TotalCost;
  };
  readonly shortfall: {
    readonly delay: TotalCost;
    readonly trading: TotalCost;
    readonly opportunity: TotalCost;
    readonly fees: TotalCost;
    readonly total: TotalCost;
  };
};

/**
 * Costs of many orders, one entry a currency, by its code. An order without a reference price has no notional and is counted in
 * `orders` alone. Each component says of how many orders it speaks.
 */
export function aggregate(analyses: readonly Analysis[]): readonly Aggregate[] {
  const currencies = [...new Set(analyses.map(({ currency }) => currency))].toSorted();
  return currencies.map((currency) =>
    aggregateOf(
      currency,
      analyses.filter((analysis) => analysis.currency === currency),
    ),
  );
}

function aggregateOf(currency: string, analyses: readonly Analysis[]): Aggregate {
  const total = (costOf: (analysis: Analysis) => Cost) => totalOf(analyses, costOf);
  return {
    currency,
    orders: analyses.length,
    fillRatio: weightedMean(analyses, ({ fillRatio }) => fillRatio),
    participation: weightedMean(analyses, ({ participation }) => participation),
    notional: text(analyses.reduce((sum, analysis) => sum.plus(weightOf(analysis) ?? ZERO), ZERO)),
    slippage: {
      arrival: total(({ slippage }) => slippage.arrival),
      vwap: total(({ slippage }) => slippage.vwap),
      twap: total(({ slippage }) => slippage.twap),
    },
    shortfall: {
      delay: total(({ shortfall }) => shortfall.delay),
      trading: total(({ shortfall }) => shortfall.trading),
      opportunity: total(({ shortfall }) => shortfall.opportunity),
      fees: total(({ shortfall }) => shortfall.fees),
      total: total(({ shortfall }) => shortfall.total),
    },
  };
}

function totalOf(analyses: readonly Analysis[], costOf: (analysis: Analysis) => Cost): TotalCost {
  const known = analyses.flatMap((analysis) => {
    const { money, bps } = costOf(analysis);
    const weight = weightOf(analysis);
    return money === null || bps === null || weight === null ? [] : [{ money, bps, weight }];
  });
  const weight = known.reduce((sum, cost) => sum.plus(cost.weight), ZERO);
  if (weight.isZero()) return { money: null, bps: null, orders: 0 };
  const bps = known.reduce((sum, cost) => sum.plus(cost.weight.times(cost.bps)), ZERO);
  return {
    money: text(known.reduce((sum, { money }) => sum.plus(money), ZERO)),
    bps: text(bps.dividedBy(weight).toDecimalPlaces(BPS_PLACES, 6)),
    orders: known.length,
  };
}

function weightOf({ shortfall }: Analysis): Decimal | null {
  return shortfall.notional === null ? null : dec(shortfall.notional).abs();
}

function weightedMean(
  analyses: readonly Analysis[],
  valueOf: (analysis: Analysis) => number | null,
): number | null {
  let sum = 0;
  let weights = 0;
  for (const analysis of analyses) {
    const value = valueOf(analysis);
    const weight = weightOf(analysis)?.toNumber() ?? 0;
    if (value === null || weight <= 0) continue;
    sum += value * weight;
    weights += weight;
  }
  return weights === 0 ? null : sum / weights;
}
