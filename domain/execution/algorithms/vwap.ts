import { dec, type DecimalString } from "../../shared/decimal.ts";
import { lotsOf, quantityOf, splitByWeight, wholeLots } from "./lots.ts";
import type { Slice } from "./twap.ts";
import { type Buckets, bucketStarts } from "./volume-curve.ts";

/**
 * How many lots should be done by the end of each bucket: the curve's shares of the whole in lots by the largest remainder, ties
 * to the earlier bucket, added up. The last target is the whole.
 */
export function vwapTargets(lots: number, curve: readonly number[]): readonly number[] {
  let done = 0;
  return splitByWeight(lots, curve).map((part) => (done += part));
}

export interface VwapChild {
  readonly targets: readonly number[];
  /** the bucket that begins now */
  readonly bucket: number;
  /** lots filled, or still working at the venue */
  readonly executed: number;
  /** the most that this bucket may take, in lots; absent: no bound */
  readonly cap?: number;
}

/** target cumulative − already executed: a shortfall is caught up, a surplus waited off. In lots, never negative. */
export function vwapChild({ targets, bucket, executed, cap = Infinity }: VwapChild): number {
  return Math.max(0, Math.min((targets[bucket] ?? 0) - executed, cap));
}

/** The lots that a share of a volume allows, rounded down. */
export function participationCap(
  maxParticipation: number,
  volume: number,
  lotSize: DecimalString,
): number {
  return wholeLots(dec(volume).times(maxParticipation), lotSize);
}

export interface VwapTerms {
  readonly quantity: DecimalString;
  readonly lotSize: DecimalString;
  readonly buckets: Buckets;
  /** a share for each bucket, in any unit */
  readonly curve: readonly number[];
  readonly maxParticipation?: number;
  /** of each bucket, for the bound by participation; null: nothing is known, and the plan is not bounded */
  readonly expectedVolumes: readonly number[] | null;
}

/**
 * The children as they would be if each filled in its bucket and the market traded as expected.
 * @returns the children, each at the start of its bucket, none of 0; and what the bound leaves undone at the end
 */
export function vwapSchedule(terms: VwapTerms): {
  readonly slices: readonly Slice[];
  readonly unscheduled: DecimalString;
} {
  const { lotSize, maxParticipation, expectedVolumes } = terms;
  const lots = lotsOf(terms.quantity, lotSize);
  const targets = vwapTargets(lots, terms.curve);
  const capOf = (bucket: number): number =>
    maxParticipation === undefined || expectedVolumes === null
      ? Infinity
      : participationCap(maxParticipation, expectedVolumes[bucket] ?? 0, lotSize);
  let executed = 0;
  const slices = bucketStarts(terms.buckets).flatMap((atMs, bucket) => {
    const child = vwapChild({ targets, bucket, executed, cap: capOf(bucket) });
    executed += child;
    return child === 0 ? [] : [{ atMs, quantity: quantityOf(child, lotSize) }];
  });
  return { slices, unscheduled: quantityOf(lots - executed, lotSize) };
}
