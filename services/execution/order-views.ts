import type { OrderSummary } from "../../domain/order/messages.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import { isoTime } from "../../mixins/rest/views.ts";

/** An order in the words of REST. */
export function toOrderView(order: OrderSummary): OrderView {
  return {
    orderId: order.orderId,
    clOrdId: order.clOrdId,
    portfolioId: order.portfolioId,
    symbol: order.symbol,
    side: order.side,
    type: order.ordType,
    quantity: order.orderQty,
    price: order.price,
    timeInForce: order.timeInForce,
    status: order.ordStatus,
    cumQuantity: order.cumQty,
    leavesQuantity: order.leavesQty,
    averagePrice: order.avgPx,
    fees: order.fees,
    currency: order.currency,
    venue: order.venue,
    venueOrderId: order.venueOrderId,
    placedBy: order.placedBy,
    signalId: order.signalId,
    ...(order.reasons.length > 0 && { reasons: [...order.reasons] }),
    text: order.text,
    createdAt: isoTime(order.createdAtMs),
    updatedAt: isoTime(order.updatedAtMs),
  };
}
