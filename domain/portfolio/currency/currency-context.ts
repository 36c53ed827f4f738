import type { CurrencyContext } from "../../risk/funding.ts";
import { add, type Decimal, text } from "../../shared/decimal.ts";
import type { MarketView } from "../market-view.ts";
import type { Account } from "../state.ts";
import { freeIn } from "./currency-book.ts";

interface Asked {
  readonly market: Pick<MarketView, "instrument" | "exchange">;
  /** of the instrument's currency: what the legs of the order's group hold */
  readonly groupCash: Decimal;
  /** null: either currency may pay */
  readonly paidIn: string | null;
}

/** What an order in another currency is checked by; null for a portfolio of one currency. */
export function currencyContext(
  account: Account,
  { market, groupCash, paidIn }: Asked,
): CurrencyContext | null {
  const { currencies: terms, baseCurrency } = account.opening;
  if (terms === undefined) return null;
  const currency = market.instrument?.currency ?? baseCurrency;
  const { exchange } = market;
  return {
    terms,
    free: add(freeIn(account, currency), text(groupCash)),
    exchange: exchange?.currency === currency ? exchange : null,
    paidIn,
  };
}
