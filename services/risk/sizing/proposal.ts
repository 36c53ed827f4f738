import type { Side } from "../../../domain/order/new-order.ts";
import { type Decimal, text } from "../../../domain/shared/decimal.ts";
import type { PositionSizeView } from "../../../mixins/rest/routes/risk-sizing.ts";
import type { SizingParams } from "./basis.ts";

/**
 * The body of the order that opens the position: a limit at the entry that was given, else at the market, and what gives it up
 * at the stop once it is filled. Null where there is nothing to order, or nobody to order it.
 */
export function proposalOf(
  { portfolioId, symbol, entry: asked, stop }: SizingParams,
  sized: { readonly side: Side; readonly quantity: Decimal | null; readonly entry: Decimal | null },
): PositionSizeView["proposal"] {
  const { side, quantity, entry } = sized;
  const isNothing = quantity === null || quantity.isZero() || entry === null;
  if (portfolioId === undefined || symbol === undefined || isNothing) return null;
  return {
    portfolioId,
    symbol,
    side,
    type: asked === undefined ? "market" : "limit",
    quantity: text(quantity),
    ...(asked !== undefined && { price: text(entry) }),
    timeInForce: "day",
    ...(stop !== undefined && { contingency: stopAt(stop, side) }),
  };
}

function stopAt(stop: string, side: Side) {
  const exit = side === "buy" ? "sell" : "buy";
  return {
    kind: "oto",
    orders: [{ side: exit, type: "stop", stopPrice: stop, timeInForce: "gtc" }],
  };
}
