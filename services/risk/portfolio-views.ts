import type { PortfolioSummary } from "../../domain/portfolio/messages.ts";
import { valuePortfolio } from "../../domain/portfolio/valuation.ts";
import type { Marks } from "../../domain/portfolio/valuation.ts";
import type { PortfolioView, PositionView } from "../../mixins/rest/routes/portfolios.ts";
import { isoTime } from "../../mixins/rest/views.ts";

/**
 * A portfolio in the words of REST.
 * @param asOfMs the instant of which it speaks
 */
export function toPortfolioView(
  summary: PortfolioSummary,
  marks: Marks,
  asOfMs: number,
): PortfolioView {
  const { equity, unrealizedPnl } = valuePortfolio(summary, marks);
  const { limits } = summary;
  return {
    portfolioId: summary.portfolioId,
    name: summary.name,
    ownerId: summary.ownerId,
    status: summary.status,
    baseCurrency: summary.baseCurrency,
    accounting: "netting",
    lotMethod: summary.lotMethod,
    margin: "cash",
    limits: {
      ...limits,
      ...(limits.restrictedSymbols && { restrictedSymbols: [...limits.restrictedSymbols] }),
    },
    tradingState: summary.tradingState,
    initialCash: summary.initialCash,
    cash: summary.cash,
    settledCash: summary.settledCash,
    unsettledCash: summary.unsettledCash,
    netDeposits: summary.netDeposits,
    dividends: summary.dividends,
    reserved: summary.reserved,
    buyingPower: summary.buyingPower,
    equity,
    realizedPnl: summary.realizedPnl,
    unrealizedPnl,
    fees: summary.fees,
    openOrders: summary.openOrders,
    asOf: isoTime(asOfMs),
    createdAt: isoTime(summary.createdAtMs),
    updatedAt: isoTime(summary.updatedAtMs),
  };
}

export function toPositionViews(summary: PortfolioSummary, marks: Marks): PositionView[] {
  const values = new Map(
    valuePortfolio(summary, marks).positions.map((value) => [value.symbol, value]),
  );
  return summary.positions.map((position) => {
    const value = values.get(position.symbol);
    return {
      symbol: position.symbol,
      currency: position.currency,
      quantity: position.quantity,
      averagePrice: position.averagePrice,
      cost: position.cost,
      multiplier: position.multiplier,
      marketPrice: value?.mark ?? null,
      marketValue: value?.marketValue ?? null,
      unrealizedPnl: value?.unrealizedPnl ?? null,
      realizedPnl: position.realizedPnl,
      fees: position.fees,
    };
  });
}
