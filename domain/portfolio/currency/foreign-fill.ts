import { Decimal, dec, type DecimalString, text, ZERO } from "../../shared/decimal.ts";
import type { ExecutionReport } from "../../order/execution-report.ts";
import type { Posting } from "../ledger.ts";
import { findOrder } from "../open-orders.ts";
import type { Account } from "../state.ts";
import { conversionPostings } from "./convert.ts";
import { inBaseOf, rateFor } from "./currency-book.ts";
import type { FillConversion, InBase } from "./messages.ts";

type Fill = Pick<ExecutionReport & { readonly execType: "trade" }, "orderId" | "currency">;

export interface ForeignAmounts {
  readonly inBase: InBase;
  readonly conversion: FillConversion | null;
}

/** A fill in amounts of its own currency. */
interface Own {
  /** signed, fee included */
  readonly cashChange: Decimal;
  readonly realizedPnl: Decimal;
  readonly fee: Decimal;
  /** by what the position's cost in the base currency changed */
  readonly positionChange: Decimal;
}

/** Units of the base currency for one of the fill's: as it is now, else as it was when the order was checked. */
export function fillRate(
  account: Account,
  { currency, orderId }: Fill,
  baseRate: DecimalString | undefined,
): Decimal | null {
  if (currency === account.opening.baseCurrency) return null;
  const order = findOrder(account.orders, orderId)?.approved;
  return rateFor(account, currency, baseRate ?? order?.baseRate);
}

/** A fill in another currency, paid in it or by what is converted for it. */
export function inForeign(
  account: Account,
  { report, baseAsk }: { readonly report: Fill; readonly baseAsk?: DecimalString },
  own: Own,
  rate: Decimal,
): ForeignAmounts {
  const { cashChange, realizedPnl, fee, positionChange } = own;
  const conversion = conversionFor(account, report.orderId, cashChange, baseAsk);
  const change = {
    currency: report.currency,
    rate,
    flows: { realizedPnl, fees: fee },
    positionChange,
  };
  const inBase =
    conversion === null
      ? inBaseOf(account, { ...change, cashChange })
      : inBaseOf(account, { ...change, cashChange: ZERO, transferred: dec(conversion.sold) });
  return { inBase, conversion };
}

/** Of an order that is paid by conversion: what this fill costs, at the ask of now, or else that of its check. */
function conversionFor(
  account: Account,
  orderId: string,
  cashChange: Decimal,
  baseAsk: DecimalString | undefined,
): FillConversion | null {
  const terms = findOrder(account.orders, orderId)?.hold.conversion;
  if (terms === undefined || !cashChange.isNegative()) return null;
  const bought = cashChange.negated();
  const rate = baseAsk ?? terms.rate;
  const sold = upTo8(bought.times(rate));
  const feeBps = account.opening.currencies?.feeBps ?? "0";
  const fee = upTo8(sold.times(feeBps).dividedBy(BPS));
  return {
    sold: text(sold),
    bought: text(bought),
    fee: text(fee),
    rate,
    cash: text(dec(account.cash).minus(sold).minus(fee)),
  };
}

const BPS = 10_000;

/** What is converted with a fill is rounded up at 8 decimals. */
function upTo8(value: Decimal): Decimal {
  return value.toDecimalPlaces(8, Decimal.ROUND_UP);
}

/** Base currency sold for the fill's. The fee is the base currency's, beyond what is sold. */
export function conversionEntries(
  { opening }: Account,
  currency: string,
  conversion: FillConversion | null,
): readonly Posting[] {
  if (conversion === null) return [];
  const { baseCurrency } = opening;
  const [sold, fee] = [dec(conversion.sold), dec(conversion.fee)];
  const gross = dec(conversion.bought);
  return [
    ...conversionPostings({ from: baseCurrency, to: currency }, { sold, gross, fee: ZERO }),
    { account: "cash", currency: baseCurrency, amount: fee.negated() },
    { account: "fees", currency: baseCurrency, amount: fee },
  ];
}
