import type { DecimalString } from "../../shared/decimal.ts";
import { lotsOf, quantityOf, splitEqually } from "./lots.ts";
import { draw } from "./seeded.ts";

/** One child of a schedule. */
export type Slice = {
  /** epoch ms */
  readonly atMs: number;
  readonly quantity: DecimalString;
};

export interface TwapTerms {
  readonly quantity: DecimalString;
  readonly lotSize: DecimalString;
  readonly startMs: number;
  readonly durationSeconds: number;
  readonly intervalSeconds: number;
  /** in [0, 0.5], of the interval: each child but the first moves by up to so much either way; their order stays */
  readonly jitter?: number;
  readonly seed: number;
}

/** n = ⌊duration / interval⌋. */
export function twapCount(terms: Pick<TwapTerms, "durationSeconds" | "intervalSeconds">): number {
  return Math.floor(terms.durationSeconds / terms.intervalSeconds);
}

/**
 * n = ⌊duration / interval⌋ children, the first at once, one an interval. Equal lots; what does not divide goes one lot each to
 * the first children. With fewer lots than intervals the last ones are left out, since nothing remains for them.
 * @throws RangeError when n < 1, or the quantity is not a multiple of the lot
 */
export function twapSchedule(terms: TwapTerms): readonly Slice[] {
  const count = twapCount(terms);
  if (!(count >= 1)) {
    throw new RangeError(`twap: expected at least 1 interval, found ${String(count)}`);
  }
  const lots = lotsOf(terms.quantity, terms.lotSize);
  return splitEqually(lots, count).flatMap((part, index) =>
    part === 0 ? [] : [{ atMs: timeOf(terms, index), quantity: quantityOf(part, terms.lotSize) }],
  );
}

function timeOf(terms: TwapTerms, index: number): number {
  const intervalMs = terms.intervalSeconds * 1000;
  const offset = index === 0 ? 0 : (2 * draw(terms.seed, index) - 1) * (terms.jitter ?? 0);
  return terms.startMs + Math.round((index + offset) * intervalMs);
}
