import { array, assert, asyncProperty, constantFrom, double, integer, record } from "fast-check";
import type { FeatureValue } from "../../../../../domain/features/kernel.ts";
import { parseFeature } from "../../../../../domain/features/parse.ts";
import { type BarChange, copyColumns, putBar } from "../../../../../domain/market/known-bars.ts";
import { runThrough } from "../../../../../services/data/features/compute.ts";
import { runAsKnown } from "../../../../../services/data/matrix/run.ts";

const ROWS = 300;

const price = double({ min: 10, max: 100, noNaN: true });
const change = record({
  row: integer({ min: 1, max: ROWS - 1 }),
  back: integer({ min: 1, max: ROWS - 1 }),
  price,
});

const resolved = (name: string) => ({ ...parseFeature(name), key: name, formula: null });

const barAt = (at: number) => ({ open: at, high: at + 1, low: at - 1, close: at, volume: at * 3 });

function columnsOf(prices: readonly number[]) {
  const column = (of: (at: number) => number) => Float64Array.from(prices, of);
  return {
    startMs: Float64Array.from(prices, (_, i) => i),
    open: column((at) => barAt(at).open),
    high: column((at) => barAt(at).high),
    low: column((at) => barAt(at).low),
    close: column((at) => barAt(at).close),
    volume: column((at) => barAt(at).volume),
  };
}

it("each row of a feature is what it would be, had all bars been as they were believed then", async () => {
  await assert(
    asyncProperty(
      array(price, { minLength: ROWS, maxLength: ROWS }),
      array(change, { minLength: 1, maxLength: 6 }),
      constantFrom("sma_5", "ema_12", "macd_5_9_4", "rsi_14", "obv", "hma_16", "kst"),
      async (prices, asked, name) => {
        const feature = resolved(name);
        const bars = columnsOf(prices);
        const changes: BarChange[] = asked
          .map(({ row, back, price: at }) => ({ row, bar: Math.max(0, row - back), ...barAt(at) }))
          .toSorted((a, b) => a.row - b.row);
        const found: FeatureValue[] = [];
        const closeMs = bars.startMs;
        await runAsKnown(feature, { bars, closeMs, changes }, (value) => void found.push(value));
        expect(found).toHaveLength(ROWS);
        const rows = new Set(changes.flatMap(({ row }) => [row - 1, row, row + 1, ROWS - 1]));
        for (const row of rows) {
          const believed = copyColumns(bars);
          for (const one of changes) if (one.row <= row) putBar(believed, one.bar, one);
          const alone: FeatureValue[] = [];
          await runThrough(feature, believed, (value) => void alone.push(value));
          expect([row, found[row]]).toEqual([row, alone[row]]);
        }
      },
    ),
    { seed: 74, numRuns: 60 },
  );
});
