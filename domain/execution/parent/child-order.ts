import type { NewOrder } from "../../order/new-order.ts";
import { quantityOf } from "../algorithms/lots.ts";
import { attemptId } from "../group/attempt-id.ts";
import type { ObservePayload } from "./messages.ts";
import type { Piece } from "./slice-terms.ts";
import { isSplitRound } from "./split-slice.ts";
import type { StartedParent } from "./state.ts";

/** Named by its place among the children. */
export function childOf({ order, facts, children }: StartedParent, piece: Piece): NewOrder {
  const orderId = attemptId(order.orderId, children.length + 1);
  const destination = piece.venue ?? order.exDestination;
  return {
    orderId,
    clOrdId: orderId,
    tenantId: order.tenantId,
    portfolioId: order.portfolioId,
    symbol: order.symbol,
    side: order.side,
    ordType: piece.price === undefined ? "market" : "limit",
    orderQty: quantityOf(piece.lots, facts.instrument.lotSize),
    ...(piece.price !== undefined && { price: piece.price }),
    timeInForce: piece.timeInForce ?? order.timeInForce,
    ...(order.expireAtMs !== undefined &&
      piece.timeInForce === undefined && { expireAtMs: order.expireAtMs }),
    ...(piece.postOnly === true && { postOnly: true }),
    ...(order.reduceOnly === true && { reduceOnly: true }),
    ...(destination !== undefined && { exDestination: destination }),
    ...(order.brokerAccountId !== undefined && { brokerAccountId: order.brokerAccountId }),
    ...(order.positionId !== undefined && { positionId: order.positionId }),
    parent: { type: "algo", id: order.orderId },
    placedBy: order.placedBy,
  };
}

/** What a slice has to know of the market. */
export function observeFor(state: StartedParent, index: number): ObservePayload {
  const { order, strategy, createdAtMs } = state;
  const restAt = isSplitRound(state) ? venueNames(strategy) : [];
  return {
    index,
    symbol: order.symbol,
    sinceMs: createdAtMs,
    wantsVolume: strategy.name === "pov" || strategy.name === "vwap",
    display: strategy.name === "smartRouting" ? displayFor(order) : null,
    ...(restAt.length > 0 && { restAt }),
  };
}

function venueNames(strategy: StartedParent["strategy"]): readonly string[] {
  if (strategy.name !== "smartRouting") return [];
  return (strategy.parameters.venues ?? []).map(({ name }) => name);
}

function displayFor({ side, exDestination, brokerAccountId }: NewOrder): ObservePayload["display"] {
  return {
    side,
    ...(exDestination !== undefined && { venue: exDestination }),
    ...(brokerAccountId !== undefined && { accountId: brokerAccountId }),
  };
}
