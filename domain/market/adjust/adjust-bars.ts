import { dec, Decimal, type DecimalString, text } from "../../shared/decimal.ts";
import type { Bar } from "../bar.ts";
import { factorAt, type Factor, type Factors } from "./factors.ts";

/** Digits after the point of an adjusted price or volume, rounded half to even, which keeps low ≤ open, close ≤ high. */
const PLACES = 12;

/** Bars in the units that trade after the last of the factors. What no factor concerns is the very same bar. */
export function adjustBars(bars: readonly Bar[], factors: Factors): readonly Bar[] {
  return bars.map((bar) => {
    const factor = factorAt(factors, bar.startMs);
    return factor === null ? bar : adjustBar(bar, factor);
  });
}

function adjustBar(bar: Bar, { price, volume }: Factor): Bar {
  return {
    symbol: bar.symbol,
    timeframe: bar.timeframe,
    startMs: bar.startMs,
    open: scaled(bar.open, price),
    high: scaled(bar.high, price),
    low: scaled(bar.low, price),
    close: scaled(bar.close, price),
    volume: scaled(bar.volume, volume),
    ...(bar.vwap !== undefined && { vwap: scaled(bar.vwap, price) }),
    ...(bar.tradeCount !== undefined && { tradeCount: bar.tradeCount }),
    source: bar.source,
  };
}

function scaled(value: DecimalString, factor: Decimal): DecimalString {
  return text(dec(value).times(factor).toDecimalPlaces(PLACES, Decimal.ROUND_HALF_EVEN));
}
