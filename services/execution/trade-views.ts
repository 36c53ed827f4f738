import type { TradeRow } from "../../domain/shared/journal.ts";
import type { TradeView } from "../../mixins/rest/routes/trades.ts";
import { isoTime } from "../../mixins/rest/views.ts";

/** @param marketMs the time that the trade's market has reached, epoch ms; null when it is not known */
export function toTradeView(trade: TradeRow, marketMs: number | null): TradeView {
  const { settlementDate: date } = trade;
  const isSettled = marketMs !== null && isoTime(marketMs).slice(0, 10) >= date;
  return {
    tradeId: trade.tradeId,
    execId: trade.execId,
    orderId: trade.orderId,
    portfolioId: trade.portfolioId,
    symbol: trade.symbol,
    side: trade.side,
    price: trade.price,
    quantity: trade.quantity,
    fees: trade.fees,
    currency: trade.currency,
    venue: trade.venue,
    liquidity: trade.liquidity,
    realizedPnl: trade.realizedPnl,
    executedAt: isoTime(trade.executedAtMs),
    recordedAt: isoTime(trade.recordedAtMs),
    settlement: { date, status: isSettled ? "settled" : "pending" },
    allocations: [{ portfolioId: trade.portfolioId, quantity: trade.quantity }],
  };
}
