import { type Decimal, dec, type DecimalString, floorTo, ZERO } from "../shared/decimal.ts";

/**
 * Fixed fraction of equity: the quantity whose value at `price` is `fraction` of `equity`, rounded down to the lot.
 * @param equity     in the currency of `price`; zero or less gives 0
 * @param fraction   in (0, 1]
 * @param price      positive
 * @param multiplier units of the underlying per contract, positive
 */
export function fixedFraction(
  equity: Decimal,
  fraction: DecimalString,
  price: Decimal,
  multiplier: DecimalString,
  lotSize: DecimalString,
): Decimal {
  if (equity.lessThanOrEqualTo(ZERO)) return ZERO;
  return floorTo(equity.times(dec(fraction)).dividedBy(price.times(multiplier)), lotSize);
}
