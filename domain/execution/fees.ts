import type { Liquidity } from "../order/execution-report.ts";
import { minorUnit } from "../risk/minor-unit.ts";
import { Decimal, type DecimalString, dec, text } from "../shared/decimal.ts";

/** Basis points of notional; negative is a rebate. A type alias, so that it is assignable to Json. */
export type FeeSchedule = {
  readonly makerBps: DecimalString;
  readonly takerBps: DecimalString;
  /** beside them, of each share, contract or coin; absent: nothing */
  readonly feePerUnit?: DecimalString;
};

/** What the paper venue charges unless its account says otherwise: 1 bp either way. */
export const PAPER_FEES: FeeSchedule = { makerBps: "1", takerBps: "1" };

export interface ChargedFill {
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly multiplier: DecimalString;
  readonly currency: string;
  readonly liquidity: Liquidity;
}

/**
 * The fee of one fill: bps of |quantity × price × multiplier|, and what each unit costs. What an order has been charged altogether is the exact sum
 * rounded up to the currency's minor unit (0.01, 1 for JPY, 10⁻⁸ for crypto), so an order filled in a hundred pieces pays
 * no more than one filled at once, and never more than was held for it.
 * @param accrued the order's exact, unrounded fees before this fill
 * @returns the fee to charge now, and the exact fees after this fill
 */
export function chargeFee(accrued: DecimalString, fill: ChargedFill, schedule: FeeSchedule) {
  const bps = fill.liquidity === "maker" ? schedule.makerBps : schedule.takerBps;
  const notional = fill.quantity.times(fill.price).times(fill.multiplier).abs();
  const perUnit = fill.quantity.times(schedule.feePerUnit ?? "0");
  const after = dec(accrued).plus(notional.times(bps).dividedBy(10_000)).plus(perUnit);
  const fee = roundUp(after, fill.currency).minus(roundUp(dec(accrued), fill.currency));
  return { fee: text(fee), accrued: text(after) };
}

function roundUp(amount: Decimal, currency: string): Decimal {
  const unit = minorUnit(currency);
  return amount.dividedBy(unit).ceil().times(unit);
}
