import { marketBeta, pairOf, type StressPosition } from "./position.ts";
import type { Shocks } from "./shocks.ts";

/** By what a position was moved: its own stored prices, factors of history, a hypothesis, or a simulation. */
export type Basis = "stored" | "factor" | "shock" | "simulation";

/** What moved a position. */
export interface Moves {
  /** of its price, a fraction */
  readonly price: number;
  /** what yields do to the price, a fraction */
  readonly rates: number;
  /** what volatility does to the value, in the book's currency */
  readonly volatility: number;
  /** of its currency against the book's, a fraction */
  readonly fx: number;
}

export type Outcome =
  | {
      readonly isCovered: true;
      readonly basis: Basis;
      readonly rule: string;
      readonly moves: Moves;
      /** in the book's currency, before rounding */
      readonly change: number;
    }
  | { readonly isCovered: false; readonly reason: string };

/**
 * What moves come to: V·((1 + price + rates)·(1 + fx) − 1) + volatility·(1 + fx). Moves of price and of rates add up, and the
 * currency's compounds; no price falls below 0.
 */
export function changeOf(value: number, { price, rates, volatility, fx }: Moves): number {
  const local = Math.max(-1, price + rates);
  return value * ((1 + local) * (1 + fx) - 1) + volatility * (1 + fx);
}

/** ΔP/P = −D·Δy + ½·C·Δy² (Fabozzi, Bond Markets, ch. 4). */
export function ratesMove(duration: number, convexity: number, shift: number): number {
  return -duration * shift + 0.5 * convexity * shift * shift;
}

/** What a currency keeps of its value whatever befalls it, so that others have a price in it. */
const LEAST = 1e-9;

/** The change of one currency's value in another when each moves against all others. */
export function fxMove(shocks: Shocks, currency: string, base: string): number | null {
  if (currency === base) return 0;
  const [own, other] = [shocks.currencies.get(currency), shocks.currencies.get(base)];
  if (shocks.unsaid === "unknown" && (own === undefined || other === undefined)) return null;
  return Math.max(0, 1 + (own ?? 0)) / Math.max(LEAST, 1 + (other ?? 0)) - 1;
}

/**
 * A position under shocks. Of the shocks to its price the most specific one is taken: its symbol's, else its sector's, else its
 * class's, else of a currency pair those of its currencies, of a commodity that of oil, of the rest the market's times beta.
 */
export function outcomeOf(position: StressPosition, shocks: Shocks, base: string): Outcome {
  const price = position.isCash ? STILL : priceMove(position, shocks);
  const rates = ratesPart(position, shocks);
  const volatility = volatilityPart(position, shocks);
  const fx = fxMove(shocks, position.currency, base);
  if ("reason" in price) return { isCovered: false, reason: price.reason };
  if (typeof rates === "string") return { isCovered: false, reason: rates };
  if (typeof volatility === "string") return { isCovered: false, reason: volatility };
  if (fx === null) return unknownRate(position.currency, base);
  const moves = { price: price.move, rates, volatility, fx };
  const rule = [
    price.rule,
    ...(rates === 0 ? [] : ["rates by duration and convexity"]),
    ...(volatility === 0 ? [] : ["volatility by vega"]),
    ...(fx === 0 ? [] : [`${position.currency} against ${base}`]),
  ];
  return {
    isCovered: true,
    basis: shocks.unsaid === "unknown" ? "factor" : "shock",
    rule: rule.filter((part) => part !== "").join("; ") || "no shock concerns it",
    moves,
    change: changeOf(position.value, moves),
  };
}

export function unknownRate(currency: string, base: string): Outcome {
  return { isCovered: false, reason: `the move of ${currency} against ${base} is not known` };
}

const STILL = { move: 0, rule: "" };

type Priced = { readonly move: number; readonly rule: string } | { readonly reason: string };

function priceMove(position: StressPosition, shocks: Shocks): Priced {
  const { symbol, sector, assetClass } = position;
  const own = shocks.symbols.get(symbol);
  if (own !== undefined) return { move: own, rule: `shock of ${symbol}` };
  const ofSector = sector === null ? undefined : shocks.sectors.get(sector);
  if (ofSector !== undefined) return { move: ofSector, rule: `shock of sector ${sector}` };
  const ofClass = assetClass === null ? undefined : shocks.classes.get(assetClass);
  if (ofClass !== undefined) return { move: ofClass, rule: `shock of class ${assetClass}` };
  const pair = assetClass === "fx" ? pairOf(symbol) : null;
  if (pair !== null) return pairMove(pair, shocks);
  if (assetClass === "commodity" && (shocks.wti !== null || position.beta === null))
    return oilMove(shocks);
  return marketMove(position, shocks);
}

function pairMove([own, quote]: readonly [string, string], shocks: Shocks): Priced {
  const move = fxMove(shocks, own, quote);
  if (move === null) return { reason: `the move of ${own} against ${quote} is not known` };
  return { move, rule: move === 0 ? "" : `${own} against ${quote}` };
}

function oilMove({ wti, market, unsaid }: Shocks): Priced {
  if (wti !== null) return { move: wti, rule: "commodities move as crude oil does" };
  if (unsaid === "unknown") return { reason: "the move of crude oil is not known" };
  return market === null
    ? { move: 0, rule: "" }
    : { reason: "how it follows the market is not known: give its beta" };
}

function marketMove(position: StressPosition, shocks: Shocks): Priced {
  const unknown = unknownGroup(position, shocks);
  if (shocks.market === null) {
    if (unknown !== null) return { reason: unknown };
    return shocks.unsaid === "unknown" && position.duration === null
      ? { reason: "the move of the market is not known" }
      : { move: 0, rule: "" };
  }
  const beta = marketBeta(position);
  if (beta === null) return { reason: "how it follows the market is not known: give its beta" };
  return { move: beta.value * shocks.market, rule: `beta ${beta.value} (${beta.source}) × market` };
}

/** A shock that may concern the position, if only it were known what it is. */
function unknownGroup({ assetClass, sector }: StressPosition, shocks: Shocks): string | null {
  if (assetClass === null && shocks.classes.size > 0) return "its asset class is not known";
  const mayHaveSector = assetClass === null || assetClass === "equity";
  if (sector === null && mayHaveSector && shocks.sectors.size > 0) return "its sector is not known";
  return null;
}

function ratesPart(position: StressPosition, { rates, unsaid }: Shocks): number | string {
  const { duration, convexity, assetClass } = position;
  if (duration === null)
    return assetClass === "bond" && rates !== null ? "its duration is not known" : 0;
  if (rates === null) return unsaid === "unknown" ? "the move of yields is not known" : 0;
  return ratesMove(duration, convexity ?? 0, rates);
}

function volatilityPart({ vega }: StressPosition, { volatility, unsaid }: Shocks): number | string {
  if (vega === null || vega === 0) return 0;
  if (volatility === null) return unsaid === "unknown" ? "the move of volatility is not known" : 0;
  return vega * (volatility / 0.01);
}
