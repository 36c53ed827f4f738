import { DEFAULT_CURRENCIES, type CurrencyTerms } from "../../domain/portfolio/currency/terms.ts";
import type { PortfolioSummary } from "../../domain/portfolio/messages.ts";
import type { PositionSummary } from "../../domain/portfolio/position.ts";
import type { BaseValue, Rates } from "../../domain/portfolio/valuation.ts";
import { dec, text } from "../../domain/shared/decimal.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { PortfolioView, PositionView } from "../../mixins/rest/routes/portfolios.ts";

/** What of a new portfolio's terms is about other currencies; undefined for one of one currency. */
export function currencyOpening(
  params: ActionMap["portfolios.create"]["params"],
): CurrencyTerms | undefined {
  const { multiCurrency, currencies, conversion, conversionFeeBps, conversionMargin } = params;
  if (multiCurrency !== true && currencies === undefined) return undefined;
  const allowed = currencies?.filter((currency) => currency !== params.baseCurrency);
  return {
    ...(allowed && { allowed: [...new Set(allowed)].toSorted() }),
    conversion: conversion ?? DEFAULT_CURRENCIES.conversion,
    feeBps: conversionFeeBps ?? DEFAULT_CURRENCIES.feeBps,
    holdMargin: conversionMargin ?? DEFAULT_CURRENCIES.holdMargin,
  };
}

type CurrencyFields = Pick<
  PortfolioView,
  | "multiCurrency"
  | "currencies"
  | "conversion"
  | "conversionFeeBps"
  | "conversionMargin"
  | "balances"
  | "fxPnl"
>;

/** A portfolio of one currency does not mention others. */
export function currenciesView(
  { baseCurrency, currencies }: PortfolioSummary,
  rates: Rates,
): CurrencyFields {
  if (currencies === undefined) return {};
  const { terms, balances, fxPnl } = currencies;
  return {
    multiCurrency: true,
    ...(terms.allowed && { currencies: [...terms.allowed] }),
    conversion: terms.conversion,
    conversionFeeBps: terms.feeBps,
    conversionMargin: terms.holdMargin,
    balances: balances.map((balance) => {
      const rate = balance.currency === baseCurrency ? "1" : (rates[balance.currency] ?? null);
      return {
        ...balance,
        rate,
        value: rate === null ? null : text(dec(balance.cash).times(rate)),
      };
    }),
    fxPnl,
  };
}

/** A position in the base currency says nothing more. */
export function positionInBase(
  { baseCost }: PositionSummary,
  value: BaseValue | null,
): Pick<PositionView, "inBase"> {
  if (baseCost === undefined) return {};
  return {
    inBase: {
      cost: baseCost,
      rate: value?.rate ?? null,
      marketValue: value?.marketValue ?? null,
      unrealizedPnl: value?.unrealizedPnl ?? null,
      priceEffect: value?.priceEffect ?? null,
      fxEffect: value?.fxEffect ?? null,
    },
  };
}
