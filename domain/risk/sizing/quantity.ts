import { Decimal, dec, type DecimalString, floorTo, ZERO } from "../../shared/decimal.ts";

/** What one unit is. Prices are in the currency of the equity. */
export interface UnitTerms {
  /** positive */
  readonly entry: Decimal;
  /** what a move of 1 in the price is worth a unit; positive */
  readonly pointValue: DecimalString;
  /** positive */
  readonly lotSize: DecimalString;
}

export interface Sized {
  /** before it is rounded */
  readonly rawQuantity: Decimal;
  /** rounded down to the lot */
  readonly quantity: Decimal;
}

/** As many units as an amount of money buys at the entry. An amount of zero or less gives 0. */
export function unitsFor(amount: Decimal, { entry, pointValue, lotSize }: UnitTerms): Sized {
  return roundedDown(amount.dividedBy(entry.times(pointValue)), lotSize);
}

/** As many units as lose an amount when the price moves against them by `distance`, which is positive. */
export function unitsRisking(
  amount: Decimal,
  distance: Decimal,
  { pointValue, lotSize }: Pick<UnitTerms, "pointValue" | "lotSize">,
): Sized {
  return roundedDown(amount.dividedBy(distance.times(pointValue)), lotSize);
}

function roundedDown(units: Decimal, lotSize: DecimalString): Sized {
  const rawQuantity = Decimal.max(units, ZERO);
  return { rawQuantity, quantity: floorTo(rawQuantity, lotSize) };
}

/** A float64 as the decimal that is printed for it. */
export function exactly(value: number): Decimal {
  return dec(String(value));
}
