import { get, keys, values } from "../../shared/bucket-map.ts";
import { add, type DecimalString, subtract } from "../../shared/decimal.ts";
import { cashIn, freeIn, type Kept, NO_FLOWS, reservedIn, unsettledIn } from "./currency-book.ts";
import type { BalanceSummary, CurrenciesSummary, Flows } from "./messages.ts";
import type { CurrencyTerms } from "./terms.ts";

interface Summarized extends Kept {
  readonly opening: { readonly baseCurrency: string; readonly currencies?: CurrencyTerms };
  readonly realizedPnl: DecimalString;
  readonly fees: DecimalString;
  readonly fxPnl: DecimalString;
}

/** A portfolio of one currency does not mention others. */
export function summarizeCurrencies(account: Summarized): {
  readonly currencies?: CurrenciesSummary;
} {
  const { baseCurrency, currencies: terms } = account.opening;
  if (terms === undefined) return {};
  const { realizedPnl, fees, afterTrade, fxPnl } = account;
  const { netDeposits, dividends } = afterTrade;
  const own: Flows = { netDeposits, dividends, realizedPnl, fees };
  const others = keys(account.foreign).toSorted();
  const totals = values(account.foreign).reduce((sum, { inBase }) => plus(sum, inBase), own);
  return {
    currencies: {
      terms,
      balances: [
        balance(account, baseCurrency, own, account.cash),
        ...others.map((currency) => {
          const book = get(account.foreign, currency);
          return balance(account, currency, book ?? NO_FLOWS, book?.cashCost ?? "0");
        }),
      ],
      totals,
      fxPnl,
    },
  };
}

function balance(
  account: Kept,
  currency: string,
  { netDeposits, dividends, realizedPnl, fees }: Flows,
  cashCost: DecimalString,
): BalanceSummary {
  const cash = cashIn(account, currency);
  const unsettledCash = unsettledIn(account, currency);
  return {
    currency,
    cash,
    settledCash: subtract(cash, unsettledCash),
    unsettledCash,
    reserved: reservedIn(account, currency),
    buyingPower: freeIn(account, currency),
    cashCost,
    netDeposits,
    dividends,
    realizedPnl,
    fees,
  };
}

function plus(a: Flows, b: Flows): Flows {
  return {
    netDeposits: add(a.netDeposits, b.netDeposits),
    dividends: add(a.dividends, b.dividends),
    realizedPnl: add(a.realizedPnl, b.realizedPnl),
    fees: add(a.fees, b.fees),
  };
}
