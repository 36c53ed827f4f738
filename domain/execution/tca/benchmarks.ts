import { dec, type Decimal, type DecimalString, text, ZERO } from "../../shared/decimal.ts";

/** A bar of the market while an order lived. */
export interface MarketBar {
  readonly high: DecimalString;
  readonly low: DecimalString;
  readonly close: DecimalString;
  readonly volume: DecimalString;
  readonly vwap?: DecimalString;
}

/** Null where the bars do not say. */
export type Benchmarks = {
  readonly vwap: DecimalString | null;
  readonly twap: DecimalString | null;
  readonly volume: DecimalString | null;
};

const PRICE_PLACES = 12;

/**
 * What the market did, from its bars of one length. VWAP: Σ price·volume / Σ volume, where a bar's price is its own VWAP or, when
 * it has none, (high + low + close)/3. TWAP: the mean of the closes. Rounded half even to 12 places. No bars, no benchmarks;
 * bars without volume give no VWAP.
 */
export function benchmarksOf(bars: readonly MarketBar[]): Benchmarks {
  if (bars.length === 0) return { vwap: null, twap: null, volume: null };
  const volume = bars.reduce((sum, bar) => sum.plus(bar.volume), ZERO);
  const turnover = bars.reduce((sum, bar) => sum.plus(barPrice(bar).times(bar.volume)), ZERO);
  const closes = bars.reduce((sum, bar) => sum.plus(bar.close), ZERO);
  return {
    vwap: volume.isZero() ? null : priceText(turnover.dividedBy(volume)),
    twap: priceText(closes.dividedBy(bars.length)),
    volume: text(volume),
  };
}

function barPrice({ high, low, close, vwap }: MarketBar): Decimal {
  return vwap === undefined ? dec(high).plus(low).plus(close).dividedBy(3) : dec(vwap);
}

export function priceText(price: Decimal): DecimalString {
  return text(price.toDecimalPlaces(PRICE_PLACES, 6));
}
