import { knownBars, type KnownVersion, lowerBound } from "../../../../domain/market/known-bars.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Days that close at 20:00, all prices alike. */
function days(...prices: readonly number[]) {
  const column = () => Float64Array.from(prices);
  const startMs = Float64Array.from(prices, (_, day) => day * DAY_MS);
  const closeMs = startMs.map((ms) => ms + 20 * HOUR_MS);
  const columns = {
    startMs,
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
  return { columns, closeMs };
}

const version = (
  startMs: number,
  price: number,
  revision: number,
  knownAtMs: number,
): KnownVersion => ({
  startMs,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: price,
  revision,
  knownAtMs,
});

describe("bars as they were known", () => {
  it("are what they are where nothing was revised", () => {
    const { columns, closeMs } = days(1, 2, 3);
    const known = knownBars(columns, closeMs, "1d", []);
    expect(known.bars).toBe(columns);
    expect(known.changes).toEqual([]);
  });

  it("have their first version at their close, however late it was stored", () => {
    const { columns, closeMs } = days(1, 20, 3);
    const versions = [version(DAY_MS, 2, 0, 90 * DAY_MS), version(DAY_MS, 20, 1, 91 * DAY_MS)];
    const { bars, changes } = knownBars(columns, closeMs, "1d", versions);
    expect([...bars.close]).toEqual([1, 2, 3]);
    expect(changes).toEqual([]);
    expect([...columns.close]).toEqual([1, 20, 3]);
  });

  it("change at the first row that closed when a revision was known", () => {
    const { columns, closeMs } = days(10, 2, 3, 4);
    const versions = [
      version(0, 1, 0, 0),
      version(0, 9, 1, closeMs[1] ?? 0),
      version(0, 10, 2, (closeMs[2] ?? 0) + 1),
    ];
    const { bars, changes } = knownBars(columns, closeMs, "1d", versions);
    expect(bars.close[0]).toBe(1);
    expect(changes.map(({ row, bar, close }) => [row, bar, close])).toEqual([
      [1, 0, 9],
      [3, 0, 10],
    ]);
  });

  it("take a revision that came before the close for the first version", () => {
    const { columns, closeMs } = days(5, 2);
    const versions = [version(0, 1, 0, 3), version(0, 5, 1, HOUR_MS)];
    const { bars, changes } = knownBars(columns, closeMs, "1d", versions);
    expect(bars.close[0]).toBe(5);
    expect(changes).toEqual([]);
  });

  it("are folded of finer ones, each in the version that was known", () => {
    const { columns, closeMs } = days(1, 2);
    const versions = [
      version(9 * HOUR_MS, 7, 0, 0),
      version(10 * HOUR_MS, 8, 0, 0),
      version(10 * HOUR_MS, 4, 1, DAY_MS),
      version(11 * HOUR_MS, 6, 0, 0),
    ];
    const { bars, changes } = knownBars(columns, closeMs, "1d", versions);
    const first = [bars.open[0], bars.high[0], bars.low[0], bars.close[0], bars.volume[0]];
    expect(first).toEqual([7, 8, 6, 6, 21]);
    expect(changes).toMatchObject([{ row: 1, bar: 0, high: 7, low: 4, close: 6, volume: 17 }]);
  });
});

it("the lower bound is the first that is not below", () => {
  expect([0, 1, 2, 3, 9].map((value) => lowerBound([1, 2, 2, 4], value))).toEqual([0, 0, 1, 3, 4]);
});
