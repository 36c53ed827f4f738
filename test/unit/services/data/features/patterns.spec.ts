import * as fc from "fast-check";
import type { BarFloats } from "../../../../../domain/features/kernel.ts";
import type { Json } from "../../../../../domain/shared/json.ts";
import { patternCatalogue, patternOf } from "../../../../../services/data/features/patterns.ts";

type Candle = readonly [open: number, high: number, low: number, close: number];

const FALL: readonly Candle[] = [
  [112, 113, 110, 111],
  [109, 110, 106, 107],
  [106, 107, 102, 103],
];
const RISE: readonly Candle[] = [
  [100, 102, 99, 101],
  [102, 106, 101, 105],
  [106, 110, 105, 109],
];
/** Opens and closes near its high, a lower shadow twice its body. */
const hammerAt = (price: number): Candle => [price - 2, price, price - 8, price];
/** Opens and closes near its low, an upper shadow twice its body. */
const invertedAt = (price: number): Candle => [price, price + 8, price, price + 2];

/** Each pattern as its definition describes it, made by hand, and what its last bar says. */
const EXAMPLES: readonly (readonly [name: string, sign: number, candles: readonly Candle[]])[] = [
  ["cdl_doji", 1, [[100, 103, 97, 100.05]]],
  ["cdl_dragonfly_doji", 1, [[100, 100.05, 95, 100]]],
  ["cdl_gravestone_doji", 1, [[100, 105, 99.95, 100]]],
  ["cdl_bullish_marubozu", 1, [[100, 110, 100, 110]]],
  ["cdl_bearish_marubozu", -1, [[110, 110, 100, 100]]],
  ["cdl_bullish_spinning_top", 1, [[100, 105, 96, 102]]],
  ["cdl_bearish_spinning_top", -1, [[102, 106, 95, 100]]],
  ["cdl_bullish_hammer_stick", 1, [hammerAt(110)]],
  ["cdl_bearish_hammer_stick", -1, [[110, 110, 102, 108]]],
  ["cdl_bullish_inverted_hammer_stick", 1, [invertedAt(100)]],
  ["cdl_bearish_inverted_hammer_stick", -1, [[102, 110, 100, 100]]],
  [
    "cdl_bullish_engulfing",
    1,
    [
      [105, 106, 99, 100],
      [98, 109, 97, 108],
    ],
  ],
  [
    "cdl_bearish_engulfing",
    -1,
    [
      [100, 106, 99, 105],
      [107, 108, 96, 97],
    ],
  ],
  [
    "cdl_bullish_harami",
    1,
    [
      [110, 111, 99, 100],
      [103, 107, 102, 106],
    ],
  ],
  [
    "cdl_bearish_harami",
    -1,
    [
      [100, 111, 99, 110],
      [107, 108, 103, 104],
    ],
  ],
  [
    "cdl_bullish_harami_cross",
    1,
    [
      [110, 111, 99, 100],
      [104, 106, 102, 104.02],
    ],
  ],
  [
    "cdl_bearish_harami_cross",
    -1,
    [
      [100, 111, 99, 110],
      [106, 108, 104, 106.02],
    ],
  ],
  [
    "cdl_dark_cloud_cover",
    -1,
    [
      [100, 111, 99, 110],
      [112, 113, 102, 103],
    ],
  ],
  [
    "cdl_piercing_line",
    1,
    [
      [110, 111, 99, 100],
      [98, 108, 97, 107],
    ],
  ],
  [
    "cdl_abandoned_baby",
    1,
    [
      [120, 121, 109, 110],
      [105, 107, 103, 105],
      [109, 118, 108, 117],
    ],
  ],
  [
    "cdl_morning_star",
    1,
    [
      [120, 121, 109, 110],
      [104, 106, 102, 105],
      [108, 119, 107, 118],
    ],
  ],
  [
    "cdl_morning_doji_star",
    1,
    [
      [120, 121, 109, 110],
      [105, 106, 104, 105],
      [108, 119, 107, 118],
    ],
  ],
  [
    "cdl_evening_star",
    -1,
    [
      [100, 111, 99, 110],
      [114, 117, 113, 116],
      [112, 113, 101, 102],
    ],
  ],
  [
    "cdl_evening_doji_star",
    -1,
    [
      [100, 111, 99, 110],
      [115, 117, 113, 115],
      [112, 113, 101, 102],
    ],
  ],
  [
    "cdl_three_white_soldiers",
    1,
    [
      [100, 106, 99, 105],
      [103, 110, 102, 109],
      [107, 114, 106, 113],
    ],
  ],
  [
    "cdl_three_black_crows",
    -1,
    [
      [113, 114, 107, 108],
      [110, 111, 103, 104],
      [106, 107, 99, 100],
    ],
  ],
  [
    "cdl_downside_tasuki_gap",
    -1,
    [
      [120, 121, 114, 115],
      [110, 111, 104, 105],
      [107, 113, 106, 112],
    ],
  ],
  ["cdl_hammer", 1, [...FALL, hammerAt(102), [101, 106, 100, 105]]],
  ["cdl_hammer_unconfirmed", 1, [...FALL, [103, 104, 100, 101], hammerAt(100)]],
  ["cdl_hanging_man", -1, [...RISE, hammerAt(112), [111, 112, 107, 108]]],
  ["cdl_hanging_man_unconfirmed", -1, [...RISE, [109, 113, 108, 112], hammerAt(115)]],
  ["cdl_shooting_star", -1, [...RISE, invertedAt(110), [111, 112, 107, 108]]],
  ["cdl_shooting_star_unconfirmed", -1, [...RISE, [109, 113, 108, 112], invertedAt(113)]],
  ["cdl_tweezer_top", -1, [...RISE, [109, 114, 108, 113], [113, 114, 109, 110]]],
  ["cdl_tweezer_bottom", 1, [...FALL, [103, 104, 98, 99], [99, 104, 98, 103]]],
];

describe.each(EXAMPLES)("%s", (name, sign, candles) => {
  it("is found in its definition, and is null before", () => {
    const values = valuesOf(name, candles);
    expect(values).toEqual([...candles.slice(1).map(() => null), sign]);
  });

  it("is not found when the market stands still", () => {
    const still = candles.map((): Candle => [100, 103, 97, 101]);
    expect(valuesOf(name, still).at(-1)).toBe(name.endsWith("spinning_top") ? spinning(sign) : 0);
  });

  it("has no value where a price is not positive", () => {
    const below = candles.map((prices) => prices.map((price) => price - 500));
    // sound: four prices stay four
    expect(valuesOf(name, below as unknown as readonly Candle[]).at(-1)).toBeNull();
  });

  it("says nothing else than its sign and 0, and the same after its state was stored", () => {
    const price = fc.integer({ min: 95, max: 105 });
    const candle = fc.tuple(price, price, fc.nat(6), fc.nat(6));
    fc.assert(
      fc.property(fc.array(candle, { minLength: 1, maxLength: 15 }), fc.nat(15), (list, cut) => {
        const random = list.map(([open, close, up, down]): Candle => {
          return [open, Math.max(open, close) + up, Math.min(open, close) - down, close];
        });
        const values = valuesOf(name, random);
        expect(values.every((value) => value === null || value === 0 || value === sign)).toBe(true);
        expect(valuesOf(name, random, cut)).toEqual(values);
        expect(values.filter((value) => value === null)).toHaveLength(
          Math.min(random.length, patternOf(name)?.warmup ?? 0),
        );
      }),
      { numRuns: 15 },
    );
  });
});

it("every pattern of the catalogue has an example", () => {
  const names = patternCatalogue().map((entry) => entry.name);
  expect(names.toSorted()).toEqual(EXAMPLES.map(([name]) => name).toSorted());
  expect(names.length).toBeGreaterThan(30);
});

it("a trend is told by numbers: a mean fall of 10 is more than a mean rise of 9", () => {
  // As texts "10" comes before "9"; the library's own pattern takes this for a rise.
  const falls: readonly Candle[] = [
    [120, 121, 119, 120],
    [138, 139, 137, 138],
    [118, 119, 117, 118],
  ];
  const candles = [...falls, hammerAt(117), [116, 121, 115, 120] as const];
  expect(valuesOf("cdl_hammer", candles).at(-1)).toBe(1);
  expect(valuesOf("cdl_hanging_man", candles).at(-1)).toBe(0);
});

it("a spinning top has its direction and both shadows", () => {
  expect(valuesOf("cdl_bearish_spinning_top", [[100, 105, 96, 102]])).toEqual([0]);
  expect(valuesOf("cdl_bullish_spinning_top", [[102, 106, 95, 100]])).toEqual([0]);
  expect(valuesOf("cdl_bearish_spinning_top", [[102, 106, 99.9, 100]])).toEqual([0]);
});

/** The bar that stands still rises by 1 between shadows of 2 and 3. */
function spinning(sign: number): number {
  return sign === 1 ? 1 : 0;
}

function valuesOf(name: string, candles: readonly Candle[], cut = -1): readonly unknown[] {
  const feature = patternOf(name);
  if (feature === null) throw new Error(`no pattern ${name}`);
  let state: Json = feature.kernel.init([]);
  return candles.map(([open, high, low, close], index) => {
    // sound: what JSON gives is Json
    if (index === cut) state = JSON.parse(JSON.stringify(state)) as Json;
    const bar: BarFloats = { open, high, low, close, volume: 1 };
    const step = feature.kernel.update(state, bar);
    state = step.state;
    return step.value;
  });
}
