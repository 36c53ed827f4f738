import { matrixOf } from "../../numeric/matrix.ts";
import { type Decimal, dec } from "../../shared/decimal.ts";
import {
  cppi,
  drawdownConstrained,
  inverseVolatility,
  kellyFraction,
  kellyWeights,
  optimalF,
  volatilityTarget,
} from "./fractions.ts";
import { exactly } from "./quantity.ts";

export const SIZING_METHODS = [
  "fixedFractional",
  "fixedNotional",
  "percentOfEquity",
  "kelly",
  "kellyMulti",
  "optimalF",
  "volatilityTarget",
  "atr",
  "riskParity",
  "inverseVolatility",
  "drawdownConstrained",
  "cppi",
] as const;
export type SizingMethod = (typeof SIZING_METHODS)[number];

/** A method with what it needs. Fractions and volatilities are numbers, money is exact. */
export type Sizing =
  | { readonly method: "fixedFractional"; readonly riskFraction: number }
  | { readonly method: "fixedNotional"; readonly amount: Decimal }
  | { readonly method: "percentOfEquity"; readonly percent: number }
  | {
      readonly method: "kelly";
      readonly winProbability: number;
      readonly payoff: number;
      readonly fraction: number;
    }
  | {
      readonly method: "kellyMulti";
      readonly mean: readonly number[];
      readonly covariance: readonly (readonly number[])[];
      readonly riskFree: number;
      readonly fraction: number;
      readonly maxLeverage: number | undefined;
    }
  | { readonly method: "optimalF"; readonly trades: readonly number[] }
  | {
      readonly method: "volatilityTarget";
      readonly targetVol: number;
      readonly realizedVol: number;
      readonly maxLeverage: number | undefined;
    }
  | {
      readonly method: "atr";
      readonly riskFraction: number;
      readonly atr: Decimal;
      readonly atrMultiple: number;
    }
  | { readonly method: "riskParity"; readonly weights: readonly number[] }
  | { readonly method: "inverseVolatility"; readonly vols: readonly number[] }
  | {
      readonly method: "drawdownConstrained";
      readonly kelly: number;
      readonly maxDrawdown: number;
      readonly wealth: Decimal;
      readonly peak: Decimal;
    }
  | {
      readonly method: "cppi";
      readonly value: Decimal;
      readonly floor: Decimal;
      readonly multiplier: number;
      readonly maxLeverage: number | undefined;
    };

/** What a method wants, before anybody knows what a unit is. */
export type Target =
  /** a part of the equity, as the position's value; where a stop is known and `isStake`, as what the stop may lose */
  | { readonly kind: "fraction"; readonly fraction: number; readonly isStake: boolean }
  /** a value */
  | { readonly kind: "amount"; readonly amount: Decimal; readonly fraction: number | null }
  /** a part of the equity that may be lost; the distance is the stop's where it is null */
  | { readonly kind: "risk"; readonly fraction: number; readonly distance: Decimal | null }
  /** units of what the trades were made with, for each unit of equity */
  | {
      readonly kind: "units";
      readonly perEquity: Decimal;
      readonly fraction: number;
      readonly terminalWealth: number;
    }
  | { readonly kind: "weights"; readonly weights: readonly number[] };

/** Why a method has no answer. */
export type NoTarget = "SINGULAR_COVARIANCE" | "NO_LOSING_TRADE" | "NO_VOLATILITY_AND_NO_CAP";

/** What a method asks for; a negative edge asks for nothing. */
export function targetOf(sizing: Sizing): Target | NoTarget {
  switch (sizing.method) {
    case "fixedFractional":
      return { kind: "risk", fraction: sizing.riskFraction, distance: null };
    case "fixedNotional":
      return { kind: "amount", amount: sizing.amount, fraction: null };
    case "percentOfEquity":
      return { kind: "fraction", fraction: sizing.percent, isStake: false };
    case "kelly": {
      const full = kellyFraction(sizing.winProbability, sizing.payoff);
      return { kind: "fraction", fraction: full * sizing.fraction, isStake: true };
    }
    case "kellyMulti":
      return kellyTarget(sizing);
    case "optimalF": {
      const found = optimalF(sizing.trades);
      if (found === null) return "NO_LOSING_TRADE";
      const { fraction, terminalWealth, worstLoss } = found;
      const perEquity = exactly(fraction).dividedBy(exactly(worstLoss));
      return { kind: "units", perEquity, fraction, terminalWealth };
    }
    case "volatilityTarget": {
      const leverage = volatilityTarget(sizing.targetVol, sizing.realizedVol, sizing.maxLeverage);
      return leverage === null
        ? "NO_VOLATILITY_AND_NO_CAP"
        : { kind: "fraction", fraction: leverage, isStake: false };
    }
    case "atr":
      return {
        kind: "risk",
        fraction: sizing.riskFraction,
        distance: sizing.atr.times(exactly(sizing.atrMultiple)),
      };
    case "riskParity":
      return { kind: "weights", weights: sizing.weights };
    case "inverseVolatility":
      return { kind: "weights", weights: inverseVolatility(sizing.vols) };
    case "drawdownConstrained": {
      const { kelly, maxDrawdown, wealth, peak } = sizing;
      const fraction = drawdownConstrained(kelly, maxDrawdown, wealth.toNumber(), peak.toNumber());
      return { kind: "amount", amount: wealth.times(exactly(fraction)), fraction };
    }
    case "cppi": {
      const { value, floor, multiplier, maxLeverage } = sizing;
      const fraction = cppi(value.toNumber(), floor.toNumber(), multiplier, maxLeverage);
      return { kind: "amount", amount: value.times(exactly(fraction)), fraction };
    }
  }
}

/** Scaled down as a whole where the sum of the absolute weights would exceed the cap. */
function kellyTarget(sizing: Extract<Sizing, { method: "kellyMulti" }>): Target | NoTarget {
  const { mean, covariance, riskFree, fraction, maxLeverage = Infinity } = sizing;
  const full = kellyWeights(mean, matrixOf(covariance), riskFree);
  if (full === null) return "SINGULAR_COVARIANCE";
  const weights = Array.from(full, (weight) => weight * fraction);
  const gross = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
  const scale = gross > maxLeverage ? maxLeverage / gross : 1;
  return { kind: "weights", weights: weights.map((weight) => weight * scale) };
}

/** The money that a fraction of equity is; never below 0. */
export function partOf(equity: Decimal, fraction: number): Decimal {
  return fraction > 0 ? equity.times(exactly(fraction)) : dec(0);
}
