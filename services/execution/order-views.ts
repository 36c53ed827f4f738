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
    ...(order.stopPx !== undefined && { stopPrice: order.stopPx }),
    ...(order.trail !== undefined && { trail: order.trail }),
    timeInForce: order.timeInForce,
    ...(order.expireAtMs !== undefined && { expireAt: isoTime(order.expireAtMs) }),
    ...flagsOf(order),
    ...(order.brokerAccountId !== undefined && { brokerAccountId: order.brokerAccountId }),
    ...(order.positionId !== undefined && { positionId: order.positionId }),
    ...(order.parent?.type === "algo" && { parentOrderId: order.parent.id }),
    ...(order.parent?.type === "group" && { groupId: order.parent.id }),
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

type Flagged = Pick<OrderSummary, "postOnly" | "reduceOnly" | "displayQty">;

function flagsOf({ postOnly, reduceOnly, displayQty }: Flagged): Pick<OrderView, "flags"> {
  const flags = {
    ...(postOnly !== undefined && { postOnly }),
    ...(reduceOnly !== undefined && { reduceOnly }),
    ...(displayQty !== undefined && { displayQuantity: displayQty }),
  };
  return Object.keys(flags).length === 0 ? {} : { flags };
}
