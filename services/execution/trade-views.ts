import { dec, text } from "../../domain/shared/decimal.ts";
import type { AllocationRow } from "../../domain/shared/journal.ts";
import type { TradeView } from "../../mixins/rest/routes/trades.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import type { StoredTrade } from "../../models/book.ts";

export function toTradeView(trade: StoredTrade): TradeView {
  const { settlementAtMs: atMs } = trade;
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
    settlement: {
      date: trade.settlementDate,
      status: trade.settlementStatus,
      at: atMs === null ? null : isoTime(atMs),
    },
    allocations: [...kept(trade), ...trade.allocations.map(toAllocation)],
    allocatedFrom: trade.allocatedFrom,
  };
}

/** What the portfolio has not given away; nothing is left to say when it gave all. */
function kept(trade: StoredTrade): TradeView["allocations"] {
  let [quantity, fees] = [dec(trade.quantity), dec(trade.fees)];
  for (const part of trade.allocations) {
    if (part.status === "refused") continue;
    quantity = quantity.minus(part.quantity);
    fees = fees.minus(part.fees);
  }
  if (quantity.isZero()) return [];
  const { portfolioId } = trade;
  return [
    {
      allocationId: null,
      portfolioId,
      quantity: text(quantity),
      fees: text(fees),
      status: "held",
      reason: null,
    },
  ];
}

function toAllocation(row: AllocationRow): TradeView["allocations"][number] {
  const { allocationId, portfolioId, quantity, fees, status, reason = null } = row;
  return { allocationId, portfolioId, quantity, fees, status, reason };
}
