import type { Side } from "../../order/new-order.ts";
import { type Decimal, dec, type DecimalString, ZERO } from "../../shared/decimal.ts";
import { wholeLots } from "./lots.ts";

export interface SniperTerms {
  readonly side: Side;
  readonly limitPrice: DecimalString;
  /** no shot while the spread is wider, in basis points of the mid */
  readonly maxSpreadBps?: number;
  /** the most that one shot takes */
  readonly cap?: DecimalString;
  readonly lotSize: DecimalString;
}

/** What the market shows. Null is a side that shows nothing, or a size that the feed does not tell. */
export interface Touch {
  readonly bid: DecimalString | null;
  readonly ask: DecimalString | null;
  readonly bidSize: DecimalString | null;
  readonly askSize: DecimalString | null;
}

export type SniperWait =
  | "NOTHING_OFFERED"
  | "BEYOND_LIMIT"
  | "SPREAD_UNKNOWN"
  | "SPREAD_TOO_WIDE"
  | "SIZE_UNKNOWN"
  | "SIZE_BELOW_LOT";

/** An IOC limit order at the limit price, or why there is none. */
export type SniperShot =
  | { readonly lots: number; readonly touch: DecimalString }
  | { readonly wait: SniperWait };

/**
 * Stays hidden until the opposite touch is at the limit or better, then takes what is shown there: at most what remains and at
 * most the cap. A bound that cannot be checked holds the shot back.
 * @param remaining lots not yet executed
 */
export function sniperShot(terms: SniperTerms, market: Touch, remaining: number): SniperShot {
  const [touch, size] =
    terms.side === "buy" ? [market.ask, market.askSize] : [market.bid, market.bidSize];
  if (touch === null) return { wait: "NOTHING_OFFERED" };
  if (!isWithin(terms, touch)) return { wait: "BEYOND_LIMIT" };
  const spread = spreadFault(terms, market);
  if (spread !== null) return { wait: spread };
  if (size === null) return { wait: "SIZE_UNKNOWN" };
  const bound = terms.cap === undefined ? size : smaller(dec(size), dec(terms.cap));
  const lots = Math.min(wholeLots(dec(bound), terms.lotSize), remaining);
  return lots === 0 ? { wait: "SIZE_BELOW_LOT" } : { lots, touch };
}

function isWithin({ side, limitPrice }: SniperTerms, touch: DecimalString): boolean {
  return side === "buy"
    ? dec(touch).lessThanOrEqualTo(limitPrice)
    : dec(touch).greaterThanOrEqualTo(limitPrice);
}

function spreadFault({ maxSpreadBps }: SniperTerms, { bid, ask }: Touch): SniperWait | null {
  if (maxSpreadBps === undefined) return null;
  const bps = bid === null || ask === null ? null : spreadBps(bid, ask);
  if (bps === null) return "SPREAD_UNKNOWN";
  return bps > maxSpreadBps ? "SPREAD_TOO_WIDE" : null;
}

/** The spread in basis points of the mid, as a statistic; null when the mid is not positive. */
export function spreadBps(bid: DecimalString, ask: DecimalString): number | null {
  const mid = dec(bid).plus(ask).dividedBy(2);
  if (!mid.greaterThan(ZERO)) return null;
  return dec(ask).minus(bid).dividedBy(mid).times(10_000).toNumber();
}

function smaller(a: Decimal, b: Decimal): Decimal {
  return a.lessThan(b) ? a : b;
}
