import { dec, Decimal, type DecimalString, text, ZERO } from "../../shared/decimal.ts";
import type { Bar, Timeframe } from "../bar.ts";
import { barStartMs } from "../timeframe.ts";

/** Digits after the point of an aggregate's vwap, rounded half to even. */
const VWAP_PLACES = 10;

/**
 * Coarser bars of finer ones, by the rules by which the store aggregates: for what has to be adjusted before it is
 * aggregated, because a week with a split in it has prices of two units.
 * @param bars of one symbol, oldest first, of a timeframe that divides the asked one
 */
export function foldBars(bars: readonly Bar[], timeframe: Timeframe): readonly Bar[] {
  const groups = Map.groupBy(bars, ({ startMs }) => barStartMs(timeframe, startMs));
  return [...groups].flatMap(([startMs, group]) => {
    const [first] = group;
    const last = group.at(-1);
    return first === undefined || last === undefined
      ? []
      : [foldGroup(group, { ...first, timeframe, startMs, close: last.close })];
  });
}

function foldGroup(group: readonly Bar[], terms: Bar): Bar {
  const volume = group.reduce((sum, bar) => sum.plus(bar.volume), ZERO);
  const vwap = averagePrice(group, volume);
  const counts = group.flatMap(({ tradeCount }) => (tradeCount === undefined ? [] : [tradeCount]));
  return {
    symbol: terms.symbol,
    timeframe: terms.timeframe,
    startMs: terms.startMs,
    open: terms.open,
    high: text(Decimal.max(...group.map(({ high }) => high))),
    low: text(Decimal.min(...group.map(({ low }) => low))),
    close: terms.close,
    volume: text(volume),
    ...(vwap !== null && { vwap }),
    ...(counts.length === group.length && { tradeCount: counts.reduce((a, b) => a + b, 0) }),
    source: group.every(({ source }) => source === terms.source) ? terms.source : "mixed",
  };
}

/** Null when a bar has none, or nothing was traded. */
function averagePrice(group: readonly Bar[], volume: Decimal): DecimalString | null {
  if (volume.isZero() || group.some(({ vwap }) => vwap === undefined)) return null;
  const turnover = group.reduce((sum, bar) => sum.plus(dec(bar.vwap ?? 0).times(bar.volume)), ZERO);
  return text(turnover.dividedBy(volume).toDecimalPlaces(VWAP_PLACES, Decimal.ROUND_HALF_EVEN));
}
