import type { PortfolioSummary } from "../../domain/portfolio/messages.ts";
import { positionKey } from "../../domain/portfolio/position.ts";
import { valuePortfolio } from "../../domain/portfolio/valuation.ts";
import type { Marks, Rates } from "../../domain/portfolio/valuation.ts";
import type { PortfolioView, PositionView } from "../../mixins/rest/routes/portfolios.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import { currenciesView, positionInBase } from "./fx-terms.ts";
import { buyingPowerOf, marginTermsView } from "./margin/margin-terms.ts";

/**
 * A portfolio in the words of REST.
 * @param asOfMs the instant of which it speaks
 */
export function toPortfolioView(
  summary: PortfolioSummary,
  marks: Marks,
  asOfMs: number,
  rates: Rates = {},
): PortfolioView {
  const { equity, unrealizedPnl } = valuePortfolio(summary, marks, rates);
  const totals = summary.currencies?.totals ?? summary;
  const { limits } = summary;
  return {
    portfolioId: summary.portfolioId,
    name: summary.name,
    ownerId: summary.ownerId,
    status: summary.status,
    baseCurrency: summary.baseCurrency,
    accounting: summary.accounting ?? "netting",
    lotMethod: summary.lotMethod,
    corporateActions: summary.corporateActions ?? "manual",
    margin: summary.margin === undefined ? "cash" : "margin",
    ...marginTermsView(summary),
    ...currenciesView(summary, rates),
    limits: {
      ...limits,
      ...(limits.restrictedSymbols && { restrictedSymbols: [...limits.restrictedSymbols] }),
    },
    tradingState: summary.tradingState,
    initialCash: summary.initialCash,
    cash: summary.cash,
    settledCash: summary.settledCash,
    unsettledCash: summary.unsettledCash,
    netDeposits: totals.netDeposits,
    dividends: totals.dividends,
    reserved: summary.reserved,
    buyingPower: buyingPowerOf(summary, marks),
    equity,
    realizedPnl: totals.realizedPnl,
    unrealizedPnl,
    fees: totals.fees,
    openOrders: summary.openOrders,
    asOf: isoTime(asOfMs),
    createdAt: isoTime(summary.createdAtMs),
    updatedAt: isoTime(summary.updatedAtMs),
  };
}

export function toPositionViews(
  summary: PortfolioSummary,
  marks: Marks,
  rates: Rates = {},
): PositionView[] {
  const values = valuePortfolio(summary, marks, rates).positions;
  return summary.positions.map((position, index) => {
    const value = values[index];
    return {
      symbol: position.symbol,
      positionId: positionKey(position),
      side: position.quantity.startsWith("-") ? "short" : "long",
      currency: position.currency,
      quantity: position.quantity,
      averagePrice: position.averagePrice,
      cost: position.cost,
      multiplier: position.multiplier,
      marketPrice: value?.mark ?? null,
      marketValue: value?.marketValue ?? null,
      unrealizedPnl: value?.unrealizedPnl ?? null,
      ...positionInBase(position, value?.inBase ?? null),
      realizedPnl: position.realizedPnl,
      fees: position.fees,
    };
  });
}
