import { dec, type DecimalString } from "../../shared/decimal.ts";

/** As large as those of a split that is recorded by hand. */
const UNITS_MAX = 1_000_000;

/** The ratio of a split in whole units, in lowest terms; null when it takes larger ones than any split has. */
export function wholeUnits(split: {
  readonly newUnits: DecimalString;
  readonly oldUnits: DecimalString;
}): { readonly newUnits: number; readonly oldUnits: number } | null {
  const places = Math.max(dec(split.newUnits).decimalPlaces(), dec(split.oldUnits).decimalPlaces());
  const whole = (units: DecimalString) => BigInt(dec(units).times(`1e${places}`).toFixed(0));
  const [newUnits, oldUnits] = [whole(split.newUnits), whole(split.oldUnits)];
  const common = greatestCommon(newUnits, oldUnits);
  const terms = { newUnits: Number(newUnits / common), oldUnits: Number(oldUnits / common) };
  return Math.max(terms.newUnits, terms.oldUnits) > UNITS_MAX ? null : terms;
}

function greatestCommon(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommon(b, a % b);
}
