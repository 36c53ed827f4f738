import { add, dec, Decimal, multiply, text, type DecimalString } from "../shared/decimal.ts";
import type { Bar } from "./bar.ts";
import type { TradeTick } from "./quote.ts";
import { barStartMs } from "./timeframe.ts";

/** A minute under construction. Plain JSON. */
export interface OpenBar {
  readonly symbol: string;
  readonly timeframe: "1m";
  readonly startMs: number;
  readonly open: DecimalString;
  readonly high: DecimalString;
  readonly low: DecimalString;
  readonly close: DecimalString;
  readonly volume: DecimalString;
  /** Σ price · size, exact */
  readonly turnover: DecimalString;
  readonly tradeCount: number;
  /** event times of the trades that set open and close */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly source: string;
}

/** Digits after the point of a vwap, rounded half to even. */
const VWAP_PLACES = 10;

/** The minute that begins with `trade`. */
export function openWith(trade: TradeTick): OpenBar {
  return {
    symbol: trade.symbol,
    timeframe: "1m",
    startMs: barStartMs("1m", trade.tsEventMs),
    open: trade.price,
    high: trade.price,
    low: trade.price,
    close: trade.price,
    volume: trade.size,
    turnover: multiply(trade.price, trade.size),
    tradeCount: 1,
    firstMs: trade.tsEventMs,
    lastMs: trade.tsEventMs,
    source: trade.source,
  };
}

/**
 * Counts a trade of the same minute. Trades with different times give the same bar in any order: open belongs to the
 * earliest, close to the latest; among equals the first to come opens and the last to come closes.
 */
export function countTrade(bar: OpenBar, trade: TradeTick): OpenBar {
  const isFirst = trade.tsEventMs < bar.firstMs;
  const isLast = trade.tsEventMs >= bar.lastMs;
  const price = dec(trade.price);
  return {
    symbol: bar.symbol,
    timeframe: bar.timeframe,
    startMs: bar.startMs,
    open: isFirst ? trade.price : bar.open,
    high: price.greaterThan(bar.high) ? trade.price : bar.high,
    low: price.lessThan(bar.low) ? trade.price : bar.low,
    close: isLast ? trade.price : bar.close,
    volume: add(bar.volume, trade.size),
    turnover: add(bar.turnover, multiply(trade.price, trade.size)),
    tradeCount: bar.tradeCount + 1,
    firstMs: isFirst ? trade.tsEventMs : bar.firstMs,
    lastMs: isLast ? trade.tsEventMs : bar.lastMs,
    source: bar.source,
  };
}

/** The finished bar. Without volume there is no vwap. */
export function closeBar(bar: OpenBar): Bar {
  const vwap = volumeWeightedPrice(bar);
  return {
    symbol: bar.symbol,
    timeframe: bar.timeframe,
    startMs: bar.startMs,
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    volume: bar.volume,
    ...(vwap === null ? {} : { vwap }),
    tradeCount: bar.tradeCount,
    source: bar.source,
  };
}

function volumeWeightedPrice(bar: OpenBar): DecimalString | null {
  const volume = dec(bar.volume);
  if (volume.isZero()) return null;
  const vwap = dec(bar.turnover).dividedBy(volume);
  return text(vwap.toDecimalPlaces(VWAP_PLACES, Decimal.ROUND_HALF_EVEN));
}
