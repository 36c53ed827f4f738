import { Errors } from "moleculer";
import type { ExchangeRate } from "../../domain/portfolio/market-view.ts";
import type { PortfolioSummary } from "../../domain/portfolio/messages.ts";
import type { Rates } from "../../domain/portfolio/valuation.ts";
import { costFactor } from "../../domain/risk/funding.ts";
import { Decimal, dec, text, ZERO } from "../../domain/shared/decimal.ts";
import type { CurrencyRate } from "../../domain/market/currency-pair.ts";

/** What `ctx` and a node's broker have in common. */
interface Caller {
  call<R>(action: string, params: unknown): Promise<R>;
}

interface Asked {
  readonly from: string;
  readonly to: string;
  /** epoch ms; absent: now */
  readonly knownAtMs?: number;
}

/** What one currency is worth in another; null where no instrument says so. */
export async function rateOf(caller: Caller, asked: Asked): Promise<CurrencyRate | null> {
  try {
    return await caller.call<CurrencyRate>("symbols.rate", asked);
  } catch (error) {
    if (error instanceof Errors.MoleculerError && error.type === "INSUFFICIENT_DATA") return null;
    throw error;
  }
}

/** What the currencies of a portfolio are worth in its base currency. One that is not known is null. */
export async function ratesOf(
  caller: Caller,
  summary: PortfolioSummary,
  knownAtMs?: number,
): Promise<Rates> {
  const { baseCurrency: to, currencies, positions } = summary;
  if (currencies === undefined) return {};
  const held = new Set([
    ...currencies.balances.map(({ currency }) => currency),
    ...positions.map(({ currency }) => currency),
  ]);
  held.delete(to);
  const at = knownAtMs === undefined ? {} : { knownAtMs };
  const rates = await Promise.all(
    [...held].map(
      async (from) => [from, (await rateOf(caller, { from, to, ...at }))?.rate] as const,
    ),
  );
  return Object.fromEntries(rates);
}

/** For the check of an order; null where nobody knows. */
export function exchangeOf(currency: string, found: CurrencyRate | null): ExchangeRate | null {
  if (found === null) return null;
  const { rate, ask, isStale } = found;
  return { currency, rate, ask, isStale };
}

/**
 * What a portfolio can spend on something in this currency, in that currency.
 * @param local base currency in it
 */
export async function powerIn(
  summary: PortfolioSummary,
  currency: string,
  local: (amount: Decimal) => Promise<Decimal>,
): Promise<Decimal> {
  const { currencies, baseCurrency, buyingPower } = summary;
  if (currencies === undefined || currency === baseCurrency) return local(dec(buyingPower));
  const own = dec(ownPower(summary, currency));
  if (currencies.terms.conversion === "none") return own;
  const converted = (await local(dec(buyingPower))).dividedBy(costFactor(currencies.terms));
  return Decimal.max(own, converted.toDecimalPlaces(8, Decimal.ROUND_DOWN));
}

/**
 * The portfolio as it can spend once a purchase in this currency is paid: by the currency's own cash where it suffices or
 * nothing is converted, else as a whole by base currency, as the check of an order has it.
 * @param cost in the currency of the purchase
 * @param inBase that currency in the base currency
 */
export async function afterPurchase(
  summary: PortfolioSummary,
  currency: string,
  cost: Decimal,
  inBase: (amount: Decimal) => Promise<Decimal>,
): Promise<PortfolioSummary> {
  const { currencies, baseCurrency, buyingPower } = summary;
  if (currencies === undefined || currency === baseCurrency)
    return { ...summary, buyingPower: less(buyingPower, await inBase(cost)) };
  const { terms, balances } = currencies;
  if (terms.conversion !== "none" && cost.greaterThan(ownPower(summary, currency))) {
    const converted = (await inBase(cost)).times(costFactor(terms));
    return { ...summary, buyingPower: less(buyingPower, converted) };
  }
  const paid = balances.map((balance) =>
    balance.currency === currency
      ? { ...balance, buyingPower: less(balance.buyingPower, cost) }
      : balance,
  );
  return { ...summary, currencies: { ...currencies, balances: paid } };
}

function less(power: string, cost: Decimal): string {
  return text(Decimal.max(dec(power).minus(cost), ZERO));
}

/** The same as it is shown: of the currency that pays where only one can, else of the base currency. */
export function powerShown(summary: PortfolioSummary, currency: string): string {
  const { currencies, baseCurrency, buyingPower } = summary;
  const isOwn = currencies?.terms.conversion === "none" && currency !== baseCurrency;
  return isOwn ? ownPower(summary, currency) : buyingPower;
}

function ownPower({ currencies }: PortfolioSummary, currency: string): string {
  const balance = currencies?.balances.find((one) => one.currency === currency);
  return balance?.buyingPower ?? "0";
}
