import { array, asyncProperty, assert, integer, oneof, record, constant } from "fast-check";
import { BAR_COLUMNS, type MatrixRequest } from "../../../../domain/features/matrix.ts";
import type { Bar } from "../../../../domain/market/bar.ts";
import { fromStream } from "../../../../mixins/column-stream.ts";
import { barsOf } from "../../../e2e/stored-bars.ts";
import { withNode } from "../../../support/node.ts";

const node = withNode();
const { define, split, store } = barsOf(node);

const DAY_MS = 86_400_000;
const FIRST_MS = Date.UTC(2021, 2, 1);
const FEATURES = ["sma_3", "ema_5", "rsi_14", "macd_3_6_4.signal", "obv"];
const RUNS = 12;

function bar(symbol: string, day: number, close = 100 + 9 * Math.sin(day / 3) + (day % 4)): Bar {
  const text = (value: number) => value.toFixed(4);
  const prices = {
    open: text(close - 0.3),
    high: text(close + 1.2),
    low: text(close - 1.4),
    close: text(close),
  };
  const startMs = FIRST_MS + day * DAY_MS;
  return { symbol, timeframe: "1d", startMs, ...prices, volume: "1000", source: "test" };
}

async function matrixOf(symbol: string, knownAtMs?: number) {
  const asked: MatrixRequest = {
    tenantId: "default",
    symbol,
    timeframe: "1d",
    features: FEATURES,
    adjust: "splits",
    ...(knownAtMs !== undefined && { knownAtMs }),
  };
  const stream = await node().context.broker.call<unknown, MatrixRequest>("features.matrix", asked);
  const { head, columns } = await fromStream(stream);
  // sound: what the action says
  const { lineage } = head as { readonly lineage: string | null };
  return { lineage, columns };
}

/** What happens to a series that somebody follows; days count from the last one, whatever there is. */
const change = oneof(
  {
    weight: 6,
    arbitrary: record({ kind: constant("append"), count: integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 2,
    arbitrary: record({ kind: constant("revise"), back: integer({ min: 0, max: 30 }) }),
  },
  { weight: 1, arbitrary: record({ kind: constant("fill"), back: integer({ min: 0, max: 4 }) }) },
  { weight: 1, arbitrary: record({ kind: constant("split") }) },
);

describe("a matrix that is read again and again", () => {
  let symbols = 0;

  it("is bit by bit the one that is made anew, whatever was added, revised, filled in or split meanwhile", async () => {
    await assert(
      asyncProperty(array(change, { minLength: 1, maxLength: 9 }), async (changes) => {
        symbols += 1;
        const symbol = `FL${symbols}`;
        await define(symbol);
        // Every seventh day is missing at first.
        const days = Array.from({ length: 40 }, (_, day) => day).filter((day) => day % 7 !== 3);
        await store(
          days.map((day) => bar(symbol, day)),
          FIRST_MS,
        );
        await matrixOf(symbol);
        let last = 39;
        for (const [i, one] of changes.entries()) {
          const learntMs = FIRST_MS + last * DAY_MS + (i + 1) * 60_000;
          if (one.kind === "append") {
            const more = Array.from({ length: one.count }, (_, k) => bar(symbol, last + 1 + k));
            await store(more, learntMs);
            last += one.count;
          } else if (one.kind === "revise")
            await store([bar(symbol, last - one.back, 70 + i)], learntMs);
          else if (one.kind === "fill") await store([bar(symbol, 7 * one.back + 3)], learntMs);
          else
            await split(symbol, new Date(FIRST_MS + last * DAY_MS).toISOString().slice(0, 10), "2");
          const kept = await matrixOf(symbol);
          // As of an instant nothing is kept.
          const anew = await matrixOf(symbol, node().context.clock.now());
          expect(kept.columns).toEqual(anew.columns);
        }
      }),
      { numRuns: RUNS },
    );
  }, 600_000);

  it("grows in its place while bars are added, and is another once a bar before was revised", async () => {
    await define("FLR");
    await store(
      Array.from({ length: 60 }, (_, day) => bar("FLR", day)),
      FIRST_MS,
    );
    await matrixOf("FLR");
    await store([bar("FLR", 60)], FIRST_MS + 60 * DAY_MS);
    const first = await matrixOf("FLR");
    await store([bar("FLR", 61), bar("FLR", 62)], FIRST_MS + 62 * DAY_MS);
    const longer = await matrixOf("FLR");
    expect(longer.lineage).toBe(first.lineage);
    const names = [...BAR_COLUMNS, ...FEATURES];
    const inPlace = names.filter((_, i) => longer.columns[i]?.buffer === first.columns[i]?.buffer);
    // Nothing of it was read or computed again.
    expect(inPlace).toEqual(names);
    expect(longer.columns[0]).toHaveLength(63);
    expect(first.columns[0]).toHaveLength(61);
    await store([bar("FLR", 30, 90)], FIRST_MS + 62 * DAY_MS + 60_000);
    const other = await matrixOf("FLR");
    expect(other.lineage).not.toBe(longer.lineage);
    expect(other.columns[BAR_COLUMNS.indexOf("finalClose")]?.[30]).toBe(90);
    // What was learnt stays learnt: from here on it grows again.
    await store([bar("FLR", 63), bar("FLR", 64)], FIRST_MS + 64 * DAY_MS);
    const revised = await matrixOf("FLR");
    await store([bar("FLR", 65)], FIRST_MS + 65 * DAY_MS);
    expect((await matrixOf("FLR")).lineage).toBe(revised.lineage);
  });
});
