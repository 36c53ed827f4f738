/** What a slice decides, and what the rules of all strategies ask of the parent. */
import type { NewOrder } from "../../order/new-order.ts";
import { type Decimal, dec, type DecimalString } from "../../shared/decimal.ts";
import { committedOf, type StartedParent } from "./state.ts";

/** An order that a slice sends. */
export interface Piece {
  readonly lots: number;
  readonly price?: DecimalString;
  readonly timeInForce?: NewOrder["timeInForce"];
  readonly venue?: string;
  readonly postOnly?: true;
}

export interface SliceDecision {
  readonly pieces: readonly Piece[];
  /** why nothing is sent */
  readonly reason: string | null;
  /** of the market so far, when the slice went by it */
  readonly volume: DecimalString | null;
}

export type Parameters<N extends StartedParent["strategy"]["name"]> = Extract<
  StartedParent["strategy"],
  { readonly name: N }
>["parameters"];

/** Lots that are neither filled nor with a child. */
export function remaining(state: StartedParent): number {
  const left = dec(state.order.orderQty).minus(committedOf(state));
  return lotsIn(left, state);
}

export function nothing(reason: string | null): SliceDecision {
  return { pieces: [], reason, volume: null };
}

/** The order's own limit and the strategy's: the one that allows less. */
export function tighter(
  { order }: StartedParent,
  limit: DecimalString | undefined,
): DecimalString | undefined {
  if (order.price === undefined || limit === undefined) return order.price ?? limit;
  const isLower = dec(limit).lessThan(order.price);
  return isLower === (order.side === "buy") ? limit : order.price;
}

export function lotsIn(quantity: Decimal, state: StartedParent): number {
  return quantity.dividedBy(lotSizeOf(state)).floor().toNumber();
}

export function lotSizeOf({ facts }: StartedParent): DecimalString {
  return facts.instrument.lotSize;
}
