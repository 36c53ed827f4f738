import type { Instrument } from "../../market/instrument.ts";
import type { MarginContext } from "../../risk/order-facts.ts";
import { marginHold } from "../../risk/margin-hold.ts";
import { Decimal, dec, floorTo, ZERO } from "../../shared/decimal.ts";
import type { MarketView } from "../market-view.ts";
import { initialRates, initialUnits } from "./margin-state.ts";

/**
 * The largest market buy, in whole lots, whose margin, fees and slippage are there: what is short is bought back first, and
 * what goes beyond it needs initial margin. 0 where a price is not known. The check of the order has the last word.
 */
export function affordableBuy(
  margin: MarginContext,
  instrument: Instrument,
  market: Pick<MarketView, "quote" | "feeBps">,
): Decimal {
  const { line, terms, mark, rate } = margin;
  const { lotSize } = instrument;
  const lot = dec(lotSize);
  const held = marginHold({ ordType: "market", side: "buy" }, lot, instrument, market, dec(mark));
  if (margin.missing.length > 0 || held === null) return ZERO;
  const lotValue = lot.times(mark).times(instrument.multiplier).times(rate);
  const perLot = lotValue.times(initialRates(line.margin, terms).long).plus(held.times(rate));
  const short = Decimal.max(dec(line.short).minus(line.long).minus(line.openBuy), ZERO);
  const needed = initialUnits(line, terms).times(mark).times(instrument.multiplier).times(rate);
  const free = dec(margin.equity)
    .minus(margin.othersInitial)
    .minus(margin.reserved)
    .minus(short.isZero() ? needed : ZERO)
    .minus(short.dividedBy(lot).ceil().times(held).times(rate));
  const opens = free.greaterThan(ZERO) ? free.dividedBy(perLot).floor().times(lot) : ZERO;
  return floorTo(short.plus(opens), lotSize);
}
