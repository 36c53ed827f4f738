/**
 * How much worse than the market an order without a limit is filled.
 * - fixed: an amount, ticks, or basis points of the price.
 * - volumeShare: price · impact · min(quantity / volume, limit)², as LEAN's VolumeShareSlippageModel does (Common/Orders/Slippage/
 *   VolumeShareSlippageModel.cs; defaults 0.025 and 0.1); where nothing was traded, the limit itself is the share.
 * - squareRoot: price · Y · σ · √(Q/V), the square-root law of market impact (Tóth et al. 2011, "Anomalous price impact and the
 *   critical nature of liquidity in financial markets", Physical Review X 1, 021006). σ and V are of one bar, from the 21 bars
 *   before: the law gives the same for any length of time, as σ grows with its root and V with it.
 * What needs a number that the market has not shown is none, never a guess.
 */
import type { Side } from "../order/new-order.ts";
import {
  type Decimal,
  type DecimalString,
  Decimal as DecimalOf,
  ZERO,
  dec,
  floorTo,
} from "../shared/decimal.ts";
import { type BarHistory, momentsOf } from "./bar-history.ts";
import type { Slippage } from "./venue-rules.ts";

export interface Slipped {
  readonly slippage: Slippage;
  readonly side: Side;
  /** what the order would trade at without it */
  readonly price: Decimal;
  /** what is left of the order */
  readonly quantity: Decimal;
  /** of the bar, or displayed; null when not known */
  readonly volume: DecimalString | null;
  readonly history: BarHistory;
  readonly tickSize: DecimalString | undefined;
}

/** The price after slippage, on the tick when there is one: rounded up for buys, down for sells, and never below 0. */
export function slip(order: Slipped): Decimal {
  const distance = distanceOf(order);
  const { price, side, tickSize } = order;
  if (distance.isZero()) return price;
  const worse = onTick(
    side === "buy" ? price.plus(distance) : price.minus(distance),
    side,
    tickSize,
  );
  return worse.isNegative() && !price.isNegative() ? ZERO : worse;
}

/** How far the price is moved, unrounded; not below 0. */
export function distanceOf(order: Slipped): Decimal {
  const { slippage, price } = order;
  switch (slippage.model) {
    case "none":
      return ZERO;
    case "fixed":
      return fixed(slippage, order);
    case "volumeShare":
      return price.abs().times(shareImpact(slippage, order));
    case "squareRoot":
      return price.abs().times(squareRoot(slippage.factor, order));
  }
}

function fixed(
  slippage: Extract<Slippage, { readonly model: "fixed" }>,
  { price, tickSize }: Slipped,
): Decimal {
  if ("amount" in slippage) return dec(slippage.amount);
  if ("bps" in slippage) return price.abs().times(slippage.bps).dividedBy(10_000);
  return tickSize === undefined ? ZERO : dec(tickSize).times(slippage.ticks);
}

function shareImpact(
  { volumeLimit, priceImpact }: Extract<Slippage, { readonly model: "volumeShare" }>,
  { quantity, volume }: Slipped,
): Decimal {
  if (volume === null) return ZERO;
  const share = dec(volume).greaterThan(0)
    ? DecimalOf.min(quantity.dividedBy(volume), volumeLimit)
    : dec(volumeLimit);
  return share.times(share).times(priceImpact);
}

function squareRoot(factor: DecimalString, { quantity, history }: Slipped): Decimal {
  const moments = momentsOf(history);
  if (moments === null) return ZERO;
  return dec(factor)
    .times(moments.volatility)
    .times(quantity.dividedBy(moments.volume).squareRoot());
}

function onTick(price: Decimal, side: Side, tickSize: DecimalString | undefined): Decimal {
  if (tickSize === undefined || !dec(tickSize).greaterThan(0)) return price;
  return side === "sell" ? floorTo(price, tickSize) : floorTo(price.negated(), tickSize).negated();
}
