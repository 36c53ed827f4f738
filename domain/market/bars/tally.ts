import type { DecimalString } from "../../shared/decimal.ts";
import type { TradeTick } from "../quote.ts";
import {
  addFixed,
  addProduct,
  compareFixed,
  type ExactSum,
  type Fixed,
  fixed,
  NO_SUM,
  quotient,
  sumText,
} from "./fixed.ts";

/** When something happened at a venue: epoch ms, and microseconds within (0 where the venue does not say). */
export interface Instant {
  readonly ms: number;
  readonly micros: number;
}

/** A trade with its figures read once, however many bars count it. */
export interface CountedTrade {
  readonly price: Fixed;
  readonly size: Fixed;
  readonly at: Instant;
  readonly source: string;
  readonly aggressor: "buy" | "sell" | null;
}

/** What the trades of a bar come to so far, exactly. Plain JSON. */
export interface Tally {
  readonly open: Fixed;
  readonly high: Fixed;
  readonly low: Fixed;
  readonly close: Fixed;
  readonly volume: ExactSum;
  /** Σ price · size */
  readonly turnover: ExactSum;
  readonly tradeCount: number;
  /** event times of the trades that set open and close */
  readonly first: Instant;
  readonly last: Instant;
  /** of the first trade to come */
  readonly source: string;
}

/** Digits after the point of a vwap, rounded half to even. */
const VWAP_PLACES = 10;

export function countedTrade(trade: TradeTick): CountedTrade {
  return {
    price: fixed(trade.price),
    size: fixed(trade.size),
    at: { ms: trade.tsEventMs, micros: trade.tsEventMicros ?? 0 },
    source: trade.source,
    aggressor: trade.aggressor ?? null,
  };
}

export function tallyOf({ price, size, at, source }: CountedTrade): Tally {
  return {
    open: price,
    high: price,
    low: price,
    close: price,
    volume: addFixed(NO_SUM, size),
    turnover: addProduct(NO_SUM, price, size),
    tradeCount: 1,
    first: at,
    last: at,
    source,
  };
}

/**
 * Counts a trade. Trades with different times give the same tally in any order: open belongs to the earliest, close to the
 * latest; among equals the first to come opens and the last to come closes.
 */
export function countInto(tally: Tally, { price, size, at }: CountedTrade): Tally {
  const isFirst = isBefore(at, tally.first);
  const isLast = !isBefore(at, tally.last);
  return {
    open: isFirst ? price : tally.open,
    high: compareFixed(price, tally.high) > 0 ? price : tally.high,
    low: compareFixed(price, tally.low) < 0 ? price : tally.low,
    close: isLast ? price : tally.close,
    volume: addFixed(tally.volume, size),
    turnover: addProduct(tally.turnover, price, size),
    tradeCount: tally.tradeCount + 1,
    first: isFirst ? at : tally.first,
    last: isLast ? at : tally.last,
    source: tally.source,
  };
}

export function count(tally: Tally | null, trade: CountedTrade): Tally {
  return tally === null ? tallyOf(trade) : countInto(tally, trade);
}

export function isBefore(a: Instant, b: Instant): boolean {
  return a.ms === b.ms ? a.micros < b.micros : a.ms < b.ms;
}

/** Volume-weighted average price; null without volume. */
export function vwapOf({ turnover, volume }: Tally): DecimalString | null {
  return sumText(volume) === "0" ? null : quotient(turnover, volume, VWAP_PLACES);
}

/** Both together, exactly. `b` came after `a`. */
export function merge(a: Tally | null, b: Tally): Tally {
  if (a === null) return b;
  const isFirst = isBefore(b.first, a.first);
  const isLast = !isBefore(b.last, a.last);
  return {
    open: isFirst ? b.open : a.open,
    high: compareFixed(b.high, a.high) > 0 ? b.high : a.high,
    low: compareFixed(b.low, a.low) < 0 ? b.low : a.low,
    close: isLast ? b.close : a.close,
    volume: addFixed(a.volume, fixed(sumText(b.volume))),
    turnover: addFixed(a.turnover, fixed(sumText(b.turnover))),
    tradeCount: a.tradeCount + b.tradeCount,
    first: isFirst ? b.first : a.first,
    last: isLast ? b.last : a.last,
    source: a.source,
  };
}
