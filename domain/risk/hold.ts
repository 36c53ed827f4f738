import type { Instrument } from "../market/instrument.ts";
import type { MarketView } from "../portfolio/messages.ts";
import type { NewOrder, Trail } from "../order/new-order.ts";
import { Decimal, dec, type DecimalString, ZERO } from "../shared/decimal.ts";
import { minorUnit } from "./minor-unit.ts";
import { touchPrice } from "./reference-price.ts";

/** How far above the market a market buy may be filled. The venue keeps to it; a gap beyond it leaves the order unfilled. */
const MARKET_BUY_MARGIN = "1.05";

/** For so many fills of one order a fee that is rounded up to the minor unit stays inside the hold. */
export const ROUNDED_FILLS = 100;

/** Cash is held and costs are released in steps of this many decimals. */
const CASH_DECIMALS = 8;

/** What a buy may cost at worst, per unit. */
export interface HoldTerms {
  readonly worstPrice: Decimal;
  readonly multiplier: DecimalString;
  readonly lotSize: DecimalString;
  readonly feeBps: DecimalString;
  readonly currency: string;
}

/**
 * The highest price that a buy may be filled at: its limit; for an order without one the price at which it will come to
 * the market (for a market order the ask, else the last price) plus 5 %, rounded up to the tick. Null when that is not known.
 */
export function holdTerms(
  order: Pick<NewOrder, "ordType" | "price" | "stopPx" | "trail">,
  instrument: Instrument,
  market: Pick<MarketView, "quote" | "feeBps">,
): HoldTerms | null {
  const worstPrice = hasLimit(order)
    ? positive(order.price)
    : (setOffPrice(order, instrument, touchPrice(market.quote, "buy"))
        ?.times(MARKET_BUY_MARGIN)
        .dividedBy(instrument.tickSize)
        .ceil()
        .times(instrument.tickSize) ?? null);
  if (worstPrice === null) return null;
  return {
    worstPrice,
    multiplier: instrument.multiplier,
    lotSize: instrument.lotSize,
    feeBps: market.feeBps,
    currency: instrument.currency,
  };
}

/** Whether a limit says at what price it may be filled at worst. */
export function hasLimit({ ordType }: Pick<NewOrder, "ordType">): boolean {
  switch (ordType) {
    case "limit":
    case "stopLimit":
    case "limitIfTouched":
      return true;
    case "market":
    case "stop":
    case "trailingStop":
    case "marketIfTouched":
      return false;
  }
}

/** About where a buy without a limit will be filled: a stop above the market, a touched order below it, others at the touch. */
function setOffPrice(
  { ordType, stopPx, trail }: Pick<NewOrder, "ordType" | "stopPx" | "trail">,
  instrument: Instrument,
  touch: Decimal | null,
): Decimal | null {
  if (touch === null) return null;
  const trigger = positive(stopPx);
  switch (ordType) {
    case "stop":
      return trigger === null ? null : Decimal.max(touch, trigger);
    case "trailingStop": {
      const start = touch.plus(trailOf(trail, touch, instrument) ?? ZERO);
      return trigger === null ? start : Decimal.max(start, trigger);
    }
    case "marketIfTouched":
      return trigger === null ? null : Decimal.min(touch, trigger);
    case "market":
    case "limit":
    case "stopLimit":
    case "limitIfTouched":
      return touch;
  }
}

/** How far a trailing stop follows, in money. Null without a trail. */
function trailOf(
  trail: Trail | undefined,
  price: Decimal,
  { tickSize }: Pick<Instrument, "tickSize">,
): Decimal | null {
  if (trail === undefined) return null;
  if ("amount" in trail) return dec(trail.amount);
  if ("ticks" in trail) return dec(trail.ticks).times(tickSize);
  return price.times(trail.bps).dividedBy(10_000);
}

/**
 * Cash to set aside for a buy: quantity × worst price × multiplier × (1 + fee), and one minor unit of the currency for each
 * possible fill (a fill is a lot at least), 100 fills at most, rounded up to 8 decimals.
 *
 * It covers every way of filling the order as long as the venue fills at the worst price or better, charges the fee rate
 * rounded up to the minor unit per fill, and needs no more than 100 fills. From the 101st fill on, what rounding adds
 * (less than a minor unit each) comes out of free cash.
 */
export function holdCash(quantity: Decimal, terms: HoldTerms): Decimal {
  const fills = Decimal.min(quantity.dividedBy(terms.lotSize).ceil(), ROUNDED_FILLS);
  return quantity
    .times(unitCost(terms))
    .plus(fills.times(roundingPerFill(terms)))
    .toDecimalPlaces(CASH_DECIMALS, Decimal.ROUND_UP);
}

/** The largest quantity, in whole lots, whose hold does not exceed `buyingPower`. */
export function affordableQuantity(buyingPower: Decimal, terms: HoldTerms): Decimal {
  // A hold is a multiple of 10⁻⁸: what is below that in buying power could not be held anyway.
  const cash = buyingPower.toDecimalPlaces(CASH_DECIMALS, Decimal.ROUND_DOWN);
  if (cash.lessThanOrEqualTo(ZERO)) return ZERO;
  const lotCost = unitCost(terms).times(terms.lotSize);
  const rounding = roundingPerFill(terms);
  const few = cash.dividedBy(lotCost.plus(rounding)).floor();
  if (few.lessThanOrEqualTo(ROUNDED_FILLS)) return few.times(terms.lotSize);
  return cash.minus(rounding.times(ROUNDED_FILLS)).dividedBy(lotCost).floor().times(terms.lotSize);
}

function unitCost(terms: HoldTerms): Decimal {
  const feeFactor = dec(terms.feeBps).dividedBy(10_000).plus(1);
  return terms.worstPrice.times(terms.multiplier).times(feeFactor);
}

function roundingPerFill(terms: HoldTerms): Decimal {
  return dec(terms.feeBps).isZero() ? ZERO : dec(minorUnit(terms.currency));
}

function positive(price: DecimalString | undefined): Decimal | null {
  return price !== undefined && dec(price).greaterThan(ZERO) ? dec(price) : null;
}
