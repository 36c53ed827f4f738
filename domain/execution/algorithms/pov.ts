import { type Decimal, dec, type DecimalString } from "../../shared/decimal.ts";
import { wholeLots } from "./lots.ts";

export interface PovTerms {
  /** of the market's volume without our own, in (0, 1] */
  readonly rate: number;
  readonly minRate?: number;
  readonly maxRate?: number;
  readonly endMs?: number;
  readonly lotSize: DecimalString;
}

/** What is known at the end of an interval. Volumes are the market's, our own fills taken off. */
export interface PovSeen {
  readonly nowMs: number;
  readonly startMs: number;
  readonly intervalVolume: DecimalString;
  /** since the start, this interval included */
  readonly totalVolume: DecimalString;
  /** lots not yet executed nor working */
  readonly remaining: number;
  /** lots executed or working */
  readonly executed: number;
}

/**
 * The child of an interval, in lots: ⌊rate · market volume excluding our own⌋, never more than remains.
 *
 * `minRate`: the child is at least what keeps the participation since the start from falling below it, so that children that did
 * not fill are made up for. `maxRate`: no child takes more of its interval. `endMs`: between the two bounds (each `rate` when
 * absent) the rate becomes the one that would finish in time if the market went on as it did since the start, and at `endMs`
 * the rest is sent, within `maxRate` where there is one.
 */
export function povChild(terms: PovTerms, seen: PovSeen): number {
  const isEnd = terms.endMs !== undefined && seen.nowMs >= terms.endMs;
  const wanted = isEnd ? seen.remaining : Math.max(paced(terms, seen), owed(terms, seen));
  const cap =
    terms.maxRate === undefined ? Infinity : share(terms.maxRate, seen.intervalVolume, terms);
  return Math.min(wanted, cap, seen.remaining);
}

function paced(terms: PovTerms, seen: PovSeen): number {
  return share(rateInForce(terms, seen), seen.intervalVolume, terms);
}

/** Lots that are missing to `minRate` of all that has traded. */
function owed(terms: PovTerms, seen: PovSeen): number {
  if (terms.minRate === undefined) return 0;
  return Math.max(0, share(terms.minRate, seen.totalVolume, terms) - seen.executed);
}

function rateInForce(terms: PovTerms, seen: PovSeen): number {
  const { rate, minRate = rate, maxRate = rate, endMs } = terms;
  const elapsedMs = seen.nowMs - seen.startMs;
  const total = dec(seen.totalVolume);
  if (endMs === undefined || elapsedMs <= 0 || total.isZero()) return rate;
  const ahead = total.times(endMs - seen.nowMs).dividedBy(elapsedMs);
  const needed = dec(terms.lotSize).times(seen.remaining).dividedBy(ahead).toNumber();
  return Math.min(Math.max(needed, minRate), maxRate);
}

function share(rate: number, volume: DecimalString, { lotSize }: PovTerms): number {
  const quantity: Decimal = dec(volume).times(rate);
  return wholeLots(quantity, lotSize);
}
