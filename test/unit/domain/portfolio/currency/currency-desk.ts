import type { CurrencyTerms } from "../../../../../domain/portfolio/currency/terms.ts";
import { DEFAULT_CURRENCIES } from "../../../../../domain/portfolio/currency/terms.ts";
import type { MarketView, PortfolioSummary } from "../../../../../domain/portfolio/messages.ts";
import type { ExchangeRate } from "../../../../../domain/portfolio/market-view.ts";
import type { LedgerEntry } from "../../../../../domain/shared/journal.ts";
import { dec, text, ZERO } from "../../../../../domain/shared/decimal.ts";
import { type Command, LivePortfolio, market, type MarketChanges, opened } from "../given.ts";

export const AUTO: CurrencyTerms = { ...DEFAULT_CURRENCIES, conversion: "auto" };

/** A portfolio in dollars that keeps other currencies, too. */
export function keeping(
  terms: CurrencyTerms = DEFAULT_CURRENCIES,
  changes: Partial<Command<"Open">> = {},
): LivePortfolio {
  return opened({ currencies: terms, ...changes });
}

/** The market of an instrument in euros, and what a euro is worth. */
export function euros(
  rate: string | null,
  changes: MarketChanges & { readonly exchange?: Partial<ExchangeRate> } = {},
): MarketView {
  const { exchange, ...more } = changes;
  const view = market({ symbol: "SAP", currency: "EUR", feeBps: "0", ...more });
  if (rate === null) return view;
  const known = { currency: more.currency ?? "EUR", rate, ask: rate, isStale: false };
  return { ...view, exchange: { ...known, ...exchange } };
}

export function deposit(amount: string, currency?: string, baseRate?: string): Command<"MoveCash"> {
  return {
    type: "MoveCash",
    direction: "deposit",
    amount,
    ...(currency !== undefined && { currency }),
    ...(baseRate !== undefined && { baseRate }),
    memo: "",
    effectiveAtMs: 940_000,
  };
}

export function withdraw(amount: string, currency: string, baseRate?: string): Command<"MoveCash"> {
  return { ...deposit(amount, currency, baseRate), direction: "withdraw" };
}

export function convert(
  from: string,
  to: string,
  amount: string,
  rate: string,
  baseRate?: string,
): Command<"ConvertCash"> {
  return {
    type: "ConvertCash",
    from,
    to,
    amount,
    rate,
    source: "a test",
    ...(baseRate !== undefined && { baseRate }),
    memo: "",
    effectiveAtMs: 940_000,
  };
}

export function balanceOf(summary: PortfolioSummary, currency: string) {
  const balance = summary.currencies?.balances.find((one) => one.currency === currency);
  if (balance === undefined) throw new Error(`no balance in ${currency}`);
  return balance;
}

export function ledgerOf(live: LivePortfolio): readonly LedgerEntry[] {
  return live.recorded.flatMap(({ event }) => ("ledger" in event ? event.ledger : []));
}

/** Debits less credits, by account and currency; what is even is left out. */
export function accountsOf(live: LivePortfolio): Readonly<Record<string, string>> {
  const sums = new Map<string, ReturnType<typeof dec>>();
  for (const { account, currency, debit, credit } of ledgerOf(live)) {
    const key = `${account} ${currency}`;
    sums.set(key, (sums.get(key) ?? ZERO).plus(debit).minus(credit));
  }
  const uneven = [...sums].filter(([, sum]) => !sum.isZero());
  return Object.fromEntries(uneven.map(([key, sum]) => [key, text(sum)]));
}
