import type { Instrument } from "../market/instrument.ts";
import type { CurrencyTerms } from "../portfolio/currency/terms.ts";
import { allowedCurrencies, allowsCurrency } from "../portfolio/currency/terms.ts";
import type { ExchangeRate } from "../portfolio/market-view.ts";
import { Decimal, dec, type DecimalString, ZERO } from "../shared/decimal.ts";

/** What an order in another currency is checked by; of a portfolio that keeps several. */
export interface CurrencyContext {
  readonly terms: CurrencyTerms;
  /** cash of the instrument's currency that no open order holds, what its group holds counted as free */
  readonly free: DecimalString;
  /** null: nobody knows */
  readonly exchange: ExchangeRate | null;
  /** what its group, or the order that it amends, is paid in; null: either may be */
  readonly paidIn: string | null;
}

/** What a buy is paid with. */
export interface Funding {
  readonly currency: string;
  /** of that currency */
  readonly cash: Decimal;
  readonly free: DecimalString;
  readonly isForeign: boolean;
  /** where the currency is not the instrument's */
  readonly conversion?: { readonly currency: string; readonly rate: DecimalString };
}

interface Asked {
  readonly baseCurrency: string;
  /** of the base currency */
  readonly buyingPower: DecimalString;
  /** null: one currency */
  readonly currency: CurrencyContext | null;
}

const CASH_DECIMALS = 8;
const BPS = 10_000;

/**
 * One currency pays for the whole of an order: the instrument's, unless its cash does not suffice and the portfolio converts by
 * itself; then the base currency, held at the ask with the fee of the conversion and the portfolio's margin beyond it.
 * @param needed in the instrument's currency
 * @returns null where it has to be converted and nobody knows at what rate
 */
export function fundingOf(needed: Decimal, instrument: Instrument, asked: Asked): Funding | null {
  const { baseCurrency, buyingPower, currency: context } = asked;
  const { currency } = instrument;
  if (currency === baseCurrency || context === null)
    return { currency: baseCurrency, cash: needed, free: buyingPower, isForeign: false };
  const own = { currency, cash: needed, free: context.free, isForeign: true };
  if (context.terms.conversion === "none" || context.paidIn === currency) return own;
  if (context.paidIn === null && needed.lessThanOrEqualTo(context.free)) return own;
  const ask = askOf(context);
  if (ask === null) return null;
  const cash = needed
    .times(ask)
    .times(costFactor(context.terms))
    .toDecimalPlaces(CASH_DECIMALS, Decimal.ROUND_UP);
  return {
    currency: baseCurrency,
    cash,
    free: buyingPower,
    isForeign: false,
    conversion: { currency, rate: ask },
  };
}

/** What of the instrument's currency an order may cost at most: of its own cash, or of base currency that is converted. */
export function spendable({ currency }: Instrument, asked: Asked): Decimal {
  const { baseCurrency, buyingPower, currency: context } = asked;
  if (currency === baseCurrency || context === null) return dec(buyingPower);
  const ask = context.terms.conversion === "auto" ? askOf(context) : null;
  const converted =
    ask === null
      ? ZERO
      : dec(buyingPower)
          .dividedBy(dec(ask).times(costFactor(context.terms)))
          .toDecimalPlaces(CASH_DECIMALS, Decimal.ROUND_DOWN);
  return Decimal.max(context.free, converted);
}

/** Units of the base currency for one of the instrument's; null where nobody knows. */
export function baseRateOf(
  { currency }: Instrument,
  asked: Pick<Asked, "baseCurrency" | "currency">,
): Decimal | null {
  // An order in another currency than the only one is denied, whatever it is worth.
  if (currency === asked.baseCurrency || asked.currency === null) return dec(1);
  const rate = asked.currency.exchange?.rate;
  return rate === undefined ? null : dec(rate);
}

/** Why an order in the instrument's currency cannot be had. */
export function currencyProblem(
  { currency }: Instrument,
  { baseCurrency, currency: context }: Pick<Asked, "baseCurrency" | "currency">,
): { readonly allowed: string } | null {
  const opening = { baseCurrency, ...(context && { currencies: context.terms }) };
  return allowsCurrency(opening, currency) ? null : { allowed: allowedCurrencies(opening) };
}

function askOf({ exchange }: CurrencyContext): DecimalString | null {
  return exchange === null || exchange.isStale ? null : exchange.ask;
}

/** What a unit of converted money costs at most, beside its rate: the fee, and what is held beyond. */
export function costFactor({ feeBps, holdMargin }: CurrencyTerms): Decimal {
  return dec(1).plus(holdMargin).times(dec(feeBps).dividedBy(BPS).plus(1));
}
