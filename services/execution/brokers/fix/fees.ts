import { type DecimalString, add, dec, multiply } from "../../../../domain/shared/decimal.ts";
import type { FixMessage } from "./message.ts";
import { TAG } from "./tags.ts";

/** What an execution cost besides its price. */
export interface Fees {
  readonly amount: DecimalString;
  /** what could not be added, in words */
  readonly unread: readonly string[];
}

interface Execution {
  readonly lastQty: DecimalString;
  readonly lastPx: DecimalString;
  readonly currency: string;
}

const PER_UNIT = "1";
const PERCENTAGE = "2";
const ABSOLUTE = "3";
const BASIS_ABSOLUTE = "0";
const BASIS_PER_UNIT = "1";
const BASIS_PERCENTAGE = "2";

/**
 * Commission (12) and miscellaneous fees (136) of one execution. An amount in another currency than the execution's cannot be
 * added to it, and is not: it is told, so that somebody books it.
 */
export function feesOf(message: FixMessage, execution: Execution): Fees {
  const parts = [commissionOf(message, execution), ...miscFeesOf(message, execution)];
  return {
    amount: parts.reduce((sum, { amount }) => add(sum, amount), "0"),
    unread: parts.flatMap(({ unread }) => unread),
  };
}

function commissionOf(message: FixMessage, execution: Execution): Fees {
  const value = message.findDecimal(TAG.Commission);
  if (value === null) return NONE;
  const type = message.find(TAG.CommType) ?? ABSOLUTE;
  const currency = message.find(TAG.CommCurrency);
  switch (type) {
    case PER_UNIT:
      return inCurrency(multiply(value, execution.lastQty), currency, execution);
    case PERCENTAGE:
      return inCurrency(percentageOf(execution, value), currency, execution);
    case ABSOLUTE:
      return inCurrency(value, currency, execution);
    default:
      return dec(value).isZero() ? NONE : { amount: "0", unread: [`${value} of type ${type}`] };
  }
}

function miscFeesOf(message: FixMessage, execution: Execution): readonly Fees[] {
  const entries = message.group(TAG.NoMiscFees, TAG.MiscFeeAmt, [
    TAG.MiscFeeCurr,
    TAG.MiscFeeType,
    TAG.MiscFeeBasis,
  ]);
  return entries.map((entry) => {
    const value = entry.decimal(TAG.MiscFeeAmt);
    const currency = entry.find(TAG.MiscFeeCurr);
    const basis = entry.find(TAG.MiscFeeBasis) ?? BASIS_ABSOLUTE;
    switch (basis) {
      case BASIS_ABSOLUTE:
        return inCurrency(value, currency, execution);
      case BASIS_PER_UNIT:
        return inCurrency(multiply(value, execution.lastQty), currency, execution);
      case BASIS_PERCENTAGE:
        return inCurrency(percentageOf(execution, value), currency, execution);
      default:
        return { amount: "0", unread: [`${value} on basis ${basis}`] };
    }
  });
}

const NONE: Fees = { amount: "0", unread: [] };

/** FIX writes a percentage as a fraction: 0.05 is 5 % (volume 1, data type Percentage). */
function percentageOf({ lastQty, lastPx }: Execution, fraction: DecimalString): DecimalString {
  return multiply(multiply(lastQty, lastPx), fraction);
}

function inCurrency(amount: DecimalString, currency: string | null, execution: Execution): Fees {
  const isSame = currency === null || currency === execution.currency || dec(amount).isZero();
  return isSame ? { amount, unread: [] } : { amount: "0", unread: [`${amount} ${currency}`] };
}
