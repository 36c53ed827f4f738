import type { DecimalString } from "../../shared/decimal.ts";

/** `none`: each currency's own cash has to suffice. `auto`: where it does not, a buy draws the base currency. */
export const CONVERSIONS = ["none", "auto"] as const;

/** Of a portfolio that keeps cash in several currencies. */
export interface CurrencyTerms {
  /** beside the base currency; absent: any */
  readonly allowed?: readonly string[];
  readonly conversion: (typeof CONVERSIONS)[number];
  /** of what is converted, in the currency that is bought; of a conversion with a fill in the base currency */
  readonly feeBps: DecimalString;
  /** what an order that is paid by conversion holds beyond the rate, a fraction */
  readonly holdMargin: DecimalString;
}

export const DEFAULT_CURRENCIES: CurrencyTerms = {
  conversion: "none",
  feeBps: "0",
  holdMargin: "0.02",
};

interface Opened {
  readonly baseCurrency: string;
  /** absent: one currency */
  readonly currencies?: CurrencyTerms;
}

export function allowsCurrency({ baseCurrency, currencies }: Opened, currency: string): boolean {
  if (currency === baseCurrency) return true;
  return currencies !== undefined && (currencies.allowed?.includes(currency) ?? true);
}

/** In words, for whoever asked for another. */
export function allowedCurrencies({ baseCurrency, currencies }: Opened): string {
  if (currencies === undefined) return baseCurrency;
  const { allowed } = currencies;
  return allowed === undefined ? "any currency" : [baseCurrency, ...allowed].join(", ");
}
