import { Decimal, dec, type DecimalString, floorTo, text, ZERO } from "../../shared/decimal.ts";

export const CAP_CODES = [
  "BUYING_POWER",
  "MAX_ORDER_NOTIONAL",
  "MAX_POSITION_PCT",
  "MAX_GROSS_LEVERAGE",
  "MAX_QUANTITY",
  "MAX_NOTIONAL",
  "MIN_QUANTITY",
  "MIN_NOTIONAL",
  "SHORT_NOT_ALLOWED",
] as const;
export type CapCode = (typeof CAP_CODES)[number];

/** A limit that made a size smaller. */
export interface AppliedCap {
  readonly code: CapCode;
  /** what the limit says, in its own unit */
  readonly limit: DecimalString;
  readonly quantityBefore: DecimalString;
  readonly quantityAfter: DecimalString;
}

/** A limit as the most units that it leaves, or as the fewest that it takes. */
export type Cap =
  | { readonly code: CapCode; readonly limit: DecimalString; readonly most: Decimal }
  | { readonly code: CapCode; readonly limit: DecimalString; readonly fewest: Decimal };

export interface Capped {
  readonly quantity: Decimal;
  /** those that changed it, in the order in which they were applied */
  readonly applied: readonly AppliedCap[];
}

/**
 * A quantity within limits, in whole lots: none of them is ever exceeded, and a quantity below the smallest that may be
 * ordered becomes 0. The fewest are looked at last.
 */
export function capQuantity(
  quantity: Decimal,
  lotSize: DecimalString,
  caps: readonly Cap[],
): Capped {
  const applied: AppliedCap[] = [];
  let current = quantity;
  const ordered = caps.toSorted((a, b) => Number("fewest" in a) - Number("fewest" in b));
  for (const cap of ordered) {
    const next = after(current, lotSize, cap);
    if (next.equals(current)) continue;
    applied.push({
      code: cap.code,
      limit: cap.limit,
      quantityBefore: text(current),
      quantityAfter: text(next),
    });
    current = next;
  }
  return { quantity: current, applied };
}

function after(quantity: Decimal, lotSize: DecimalString, cap: Cap): Decimal {
  if ("fewest" in cap) return quantity.lessThan(cap.fewest) ? ZERO : quantity;
  return Decimal.min(quantity, floorTo(Decimal.max(cap.most, ZERO), lotSize));
}

/** The most units whose value does not exceed an amount. */
export function mostWorth(amount: Decimal, unitValue: Decimal): Decimal {
  return amount.dividedBy(unitValue);
}

/** Limits of an instrument's orders as caps. @param unitValue of a unit, in the instrument's currency */
export function capsOfInstrument(
  instrument: {
    readonly minQuantity?: DecimalString;
    readonly maxQuantity?: DecimalString;
    readonly minNotional?: DecimalString;
    readonly maxNotional?: DecimalString;
  },
  unitValue: Decimal,
): readonly Cap[] {
  const { minQuantity, maxQuantity, minNotional, maxNotional } = instrument;
  return [
    ...most("MAX_QUANTITY", maxQuantity, (limit) => limit),
    ...most("MAX_NOTIONAL", maxNotional, (limit) => mostWorth(limit, unitValue)),
    ...fewest("MIN_QUANTITY", minQuantity, (limit) => limit),
    ...fewest("MIN_NOTIONAL", minNotional, (limit) => limit.dividedBy(unitValue)),
  ];
}

function most(
  code: CapCode,
  limit: DecimalString | undefined,
  units: (limit: Decimal) => Decimal,
): readonly Cap[] {
  return limit === undefined ? [] : [{ code, limit, most: units(dec(limit)) }];
}

function fewest(
  code: CapCode,
  limit: DecimalString | undefined,
  units: (limit: Decimal) => Decimal,
): readonly Cap[] {
  return limit === undefined ? [] : [{ code, limit, fewest: units(dec(limit)) }];
}
