import { type Decimal, dec, type DecimalString } from "../../shared/decimal.ts";
import type { LiveFacts } from "./live-book.ts";

/** Or the currencies of which no rate is known. */
export type CashInBase = { readonly value: Decimal } | { readonly missing: readonly string[] };

/**
 * Cash of several currencies at the rates of now.
 * @param own of the base currency
 */
export function inBaseCurrency(
  own: DecimalString,
  foreign: readonly { readonly currency: string; readonly cash: DecimalString }[],
  { rateOf }: Pick<LiveFacts, "rateOf">,
): CashInBase {
  let value = dec(own);
  const missing: string[] = [];
  for (const { currency, cash } of foreign) {
    if (cash === "0") continue;
    const rate = rateOf(currency);
    if (rate === null) missing.push(currency);
    else value = value.plus(dec(cash).times(rate));
  }
  return missing.length > 0 ? { missing } : { value };
}
