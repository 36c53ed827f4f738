import * as library from "technicalindicators";
import { defineKernel } from "../../../domain/features/kernel.ts";
import type { BarFloats } from "../../../domain/features/kernel.ts";
import type { CatalogueEntry } from "../../../domain/features/catalogue.ts";
import type { Feature } from "../../../domain/features/parse.ts";

/** The last bars by column, oldest first, as the library takes them. */
type Candles = {
  readonly open: number[];
  readonly high: number[];
  readonly low: number[];
  readonly close: number[];
};

/** What is said of a bar that ends the pattern; 0 of one that does not. */
type Sign = 1 | -1;

interface Pattern {
  readonly name: string;
  readonly sign: Sign;
  /** how many bars it takes */
  readonly bars: number;
  readonly description: string;
  readonly isThere: (candles: Candles) => boolean;
}

const PATTERNS: readonly Pattern[] = [
  of("doji", 1, 1, "open and close alike, shadows on both sides or on neither", library.doji),
  of("dragonfly_doji", 1, 1, "open, close and high alike, a lower shadow", library.dragonflydoji),
  of("gravestone_doji", 1, 1, "open, close and low alike, an upper shadow", library.gravestonedoji),
  of("bullish_marubozu", 1, 1, "opens at its low, closes at its high", library.bullishmarubozu),
  of("bearish_marubozu", -1, 1, "opens at its high, closes at its low", library.bearishmarubozu),
  of("bullish_spinning_top", 1, 1, "rises, its body shorter than either shadow", bullishTop),
  of("bearish_spinning_top", -1, 1, "falls, its body shorter than either shadow", bearishTop),
  of(
    "bullish_hammer_stick",
    1,
    1,
    "rises to its high from a long lower shadow",
    library.bullishhammerstick,
  ),
  of(
    "bearish_hammer_stick",
    -1,
    1,
    "falls from its high, with a long lower shadow",
    library.bearishhammerstick,
  ),
  of(
    "bullish_inverted_hammer_stick",
    1,
    1,
    "rises from its low, a long upper shadow",
    library.bullishinvertedhammerstick,
  ),
  of(
    "bearish_inverted_hammer_stick",
    -1,
    1,
    "falls to its low, a long upper shadow",
    library.bearishinvertedhammerstick,
  ),
  of(
    "bullish_engulfing",
    1,
    2,
    "a rising body around a falling one",
    library.bullishengulfingpattern,
  ),
  of(
    "bearish_engulfing",
    -1,
    2,
    "a falling body around a rising one",
    library.bearishengulfingpattern,
  ),
  of("bullish_harami", 1, 2, "a bar within the falling body before", library.bullishharami),
  of("bearish_harami", -1, 2, "a bar within the rising body before", library.bearishharami),
  of("bullish_harami_cross", 1, 2, "a bullish harami that is a doji", library.bullishharamicross),
  of("bearish_harami_cross", -1, 2, "a bearish harami that is a doji", library.bearishharamicross),
  of(
    "dark_cloud_cover",
    -1,
    2,
    "opens above a rising bar, closes below its middle",
    library.darkcloudcover,
  ),
  of(
    "piercing_line",
    1,
    2,
    "opens below a falling bar, closes above its middle",
    library.piercingline,
  ),
  of("abandoned_baby", 1, 3, "a doji below gaps on both sides, then a rise", library.abandonedbaby),
  of(
    "morning_star",
    1,
    3,
    "a fall, a bar below a gap, a rise beyond the middle",
    library.morningstar,
  ),
  of("morning_doji_star", 1, 3, "a morning star whose star is a doji", library.morningdojistar),
  of(
    "evening_star",
    -1,
    3,
    "a rise, a bar above a gap, a fall beyond the middle",
    library.eveningstar,
  ),
  of("evening_doji_star", -1, 3, "an evening star whose star is a doji", library.eveningdojistar),
  of(
    "three_white_soldiers",
    1,
    3,
    "three rises, each opening within the last",
    library.threewhitesoldiers,
  ),
  of(
    "three_black_crows",
    -1,
    3,
    "three falls, each opening within the last",
    library.threeblackcrows,
  ),
  of(
    "downside_tasuki_gap",
    -1,
    3,
    "two falls with a gap, a rise that does not close it",
    library.downsidetasukigap,
  ),
  of("hammer", 1, 5, "a hammer after a fall, then a higher close", (candles) =>
    isConfirmed(candles, -1, [...UPRIGHT, ...INVERTED]),
  ),
  of("hammer_unconfirmed", 1, 5, "a hammer after a fall", (candles) =>
    isUnconfirmed(candles, -1, [...UPRIGHT, ...INVERTED]),
  ),
  of("hanging_man", -1, 5, "a hammer after a rise, then a lower close", (candles) =>
    isConfirmed(candles, 1, UPRIGHT),
  ),
  of("hanging_man_unconfirmed", -1, 5, "a hammer after a rise", (candles) =>
    isUnconfirmed(candles, 1, UPRIGHT),
  ),
  of("shooting_star", -1, 5, "an inverted hammer after a rise, then a lower close", (candles) =>
    isConfirmed(candles, 1, INVERTED),
  ),
  of("shooting_star_unconfirmed", -1, 5, "an inverted hammer after a rise", (candles) =>
    isUnconfirmed(candles, 1, INVERTED),
  ),
  of("tweezer_top", -1, 5, "two equal highs after a rise", (candles) => isTweezer(candles, 1)),
  of("tweezer_bottom", 1, 5, "two equal lows after a fall", (candles) => isTweezer(candles, -1)),
];

const BY_NAME: ReadonlyMap<string, Feature> = new Map(
  PATTERNS.map((pattern) => [pattern.name, featureOf(pattern)]),
);

/** The pattern of a name such as `cdl_hammer`, or null. */
export function patternOf(name: string): Feature | null {
  return BY_NAME.get(name) ?? null;
}

export function patternCatalogue(): readonly CatalogueEntry[] {
  return [...BY_NAME.values()].map(({ name, kernel, warmup }) => ({
    name,
    parameters: [],
    defaults: [],
    warmup,
    lines: null,
    input: null,
    description: kernel.description,
    source: kernel.source,
    edge: kernel.edge,
  }));
}

function of(
  name: string,
  sign: Sign,
  bars: number,
  what: string,
  isThere: (candles: Candles) => boolean,
): Pattern {
  const description = `Candlestick pattern, ${sign} where it ends, else 0: ${what}`;
  return { name: `cdl_${name}`, sign, bars, description, isThere };
}

function featureOf({ name, sign, bars, description, isThere }: Pattern): Feature {
  const kernel = defineKernel<Candles>({
    name,
    description,
    source: "technicalindicators",
    edge: "null where a price in the pattern is not positive: the library compares fractions of a price",
    parameters: [],
    warmup: () => bars - 1,
    init: () => ({ open: [], high: [], low: [], close: [] }),
    next(candles, bar) {
      take(candles, bar, bars);
      if (candles.close.length < bars || candles.low.some((low) => low <= 0)) return Number.NaN;
      return isThere(candles) ? sign : 0;
    },
  });
  return { name, kernel, params: [], warmup: bars - 1 };
}

function take({ open, high, low, close }: Candles, bar: BarFloats, bars: number): void {
  push(open, bar.open, bars);
  push(high, bar.high, bars);
  push(low, bar.low, bars);
  push(close, bar.close, bars);
}

function push(column: number[], price: number, bars: number): void {
  if (column.length === bars) column.shift();
  column.push(price);
}

type Stick = (candles: Candles) => boolean;
const UPRIGHT: readonly Stick[] = [library.bullishhammerstick, library.bearishhammerstick];
const INVERTED: readonly Stick[] = [
  library.bullishinvertedhammerstick,
  library.bearishinvertedhammerstick,
];

/**
 * The library's own patterns after a trend compare lists of averages, which JavaScript compares as texts: a fall of 10 is
 * less to them than one of 9. What they say of the trend comes to the sign of the change in the close, so it is asked here,
 * and the library for the sticks alone.
 */
function isConfirmed(candles: Candles, trend: Sign, sticks: readonly Stick[]): boolean {
  const { open, close } = candles;
  const confirms = trend * (at(open, 4) - at(close, 4)) > 0;
  const goesOn = trend * (at(close, 3) - at(close, 4)) > 0;
  return trendOver(candles, 3) === trend && confirms && goesOn && isStick(candles, 3, sticks);
}

function isUnconfirmed(candles: Candles, trend: Sign, sticks: readonly Stick[]): boolean {
  return trendOver(candles, 4) === trend && isStick(candles, 4, sticks);
}

function isTweezer(candles: Candles, trend: Sign): boolean {
  const side = trend > 0 ? candles.high : candles.low;
  return trendOver(candles, 3) === trend && at(side, 3) === at(side, 4);
}

function trendOver({ close }: Candles, bars: number): number {
  return Math.sign(at(close, bars - 1) - at(close, 0));
}

function isStick({ open, high, low, close }: Candles, index: number, sticks: readonly Stick[]) {
  const one = (column: readonly number[]) => [at(column, index)];
  const candle = { open: one(open), high: one(high), low: one(low), close: one(close) };
  return sticks.some((stick) => stick(candle));
}

/** The library measures the shadows of any bar as if it rose, or fell, and does not ask whether it did. */
function bullishTop(candles: Candles): boolean {
  const { open, close } = candles;
  return at(close, 0) > at(open, 0) && library.bullishspinningtop(candles);
}

function bearishTop(candles: Candles): boolean {
  const [open, low, close] = [at(candles.open, 0), at(candles.low, 0), at(candles.close, 0)];
  return open > close && open - close < close - low && library.bearishspinningtop(candles);
}

function at(column: readonly number[], index: number): number {
  return column[index] ?? Number.NaN;
}
