import * as fc from "fast-check";
import { type Bar, TIMEFRAMES, type Timeframe } from "../../../../domain/market/bar.ts";
import { dec, text } from "../../../../domain/shared/decimal.ts";
import { getBars } from "../../../../mixins/rest/routes/market-data.ts";
import { ingestBars } from "../../../../mixins/rest/routes/market-store.ts";
import { storeBars } from "../../../../models/timescale/bars.ts";
import type { HttpClient } from "../../../support/http.ts";
import { HandMarket } from "../../../support/node-market.ts";
import { signUp } from "../../../support/node-users.ts";
import { withNode } from "../../../support/node.ts";

const node = withNode();
let trader: HttpClient;
let market: HandMarket;

beforeAll(async () => {
  trader = (await signUp(node(), { role: "trader" })).client;
  market = await HandMarket.open(node());
});

const DAY_MS = 86_400_000;
/** In one week and across a year's end, so that weeks and months are cut at different places. */
const FIRST_MS = Date.UTC(2023, 11, 30);
const KNOWN_MS = Date.UTC(2024, 5, 1);
const LENGTH_MS = { "1m": 60_000, "5m": 300_000, "1d": DAY_MS } as const;
type Stored = keyof typeof LENGTH_MS;
const STORED: readonly Stored[] = ["1m", "5m", "1d"];

/** Whole numbers, whose sums are exact in float64. */
interface Row {
  readonly startMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

interface Batch {
  readonly of: number;
  readonly rows: readonly Row[];
  /** stored by two writers at the same time */
  readonly isRaced: boolean;
}

const rowOf = (timeframe: Stored, places: number): fc.Arbitrary<Row> =>
  fc
    .record({
      place: fc.integer({ min: 0, max: places }),
      low: fc.integer({ min: 1, max: 50 }),
      open: fc.integer({ min: 0, max: 20 }),
      close: fc.integer({ min: 0, max: 20 }),
      volume: fc.integer({ min: 0, max: 9 }),
    })
    .map(({ place, low, open, close, volume }) => ({
      startMs: FIRST_MS + place * LENGTH_MS[timeframe] * (timeframe === "1d" ? 1 : 23),
      open: low + open,
      high: low + 20,
      low,
      close: low + close,
      volume,
    }));

const batch: fc.Arbitrary<Batch> = fc.integer({ min: 0, max: STORED.length - 1 }).chain((of) => {
  const timeframe = STORED[of] ?? "1d";
  return fc.record({
    of: fc.constant(of),
    rows: fc.array(rowOf(timeframe, timeframe === "1d" ? 40 : 150), {
      minLength: 1,
      maxLength: 40,
    }),
    isRaced: fc.boolean(),
  });
});

describe("bars in any order, again, revised and from two writers", () => {
  let run = 0;

  it("are in every timeframe, page by page and as of every moment, what a list of them says", async () => {
    const history = fc.array(batch, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(history, fc.integer({ min: 3, max: 60 }), async (batches, limit) => {
        const symbols = STORED.map((timeframe) => `LAW${++run}-${timeframe}`);
        for (const symbol of symbols) await market.list(symbol);
        for (const [step, { of, rows, isRaced }] of batches.entries()) {
          const [symbol = "", timeframe = "1d"] = [symbols[of], STORED[of]];
          const bars = rows.map((row) => barOf(symbol, timeframe, row));
          const writers = [storeBars(node().context.pool, bars, KNOWN_MS + step)];
          if (isRaced) writers.push(storeBars(node().context.pool, bars, KNOWN_MS + step));
          await Promise.all(writers);
        }
        for (const [of, symbol] of symbols.entries())
          await expectHistory(
            symbol,
            STORED[of] ?? "1d",
            batchesOf(batches, of),
            limit,
            batches.length,
          );
      }),
      { numRuns: 4 },
    );
  });

  it("are the same when they were uploaded, each batch over the one before", async () => {
    const rows = fc.uniqueArray(rowOf("1m", 150), {
      minLength: 1,
      maxLength: 40,
      selector: ({ startMs }) => startMs,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { minLength: 1, maxLength: 4 }), async (batches) => {
        const symbol = `UPLAW${++run}`;
        await market.list(symbol);
        for (const uploaded of batches) {
          const data = uploaded.toSorted((a, b) => a.startMs - b.startMs).map(asRow);
          const answer = await trader.call(ingestBars, {
            symbol,
            timeframe: "1m",
            source: "law",
            data,
          });
          expect(answer.accepted + answer.duplicates).toBe(data.length);
        }
        await expectNow(symbol, "1m", stateOf(batches.map((list) => ({ rows: list }))), 17);
      }),
      { numRuns: 4 },
    );
  });
});

/** The batches of a series, each with its place among all, which says when it became known. */
function batchesOf(batches: readonly Batch[], of: number) {
  return batches.map((given) => (given.of === of ? given : { rows: [] }));
}

function stateOf(batches: readonly { readonly rows: readonly Row[] }[]): readonly Row[] {
  const byStart = new Map(batches.flatMap(({ rows }) => rows).map((row) => [row.startMs, row]));
  return [...byStart.values()].toSorted((a, b) => a.startMs - b.startMs);
}

async function expectHistory(
  symbol: string,
  stored: Stored,
  batches: readonly { readonly rows: readonly Row[] }[],
  limit: number,
  moments: number,
): Promise<void> {
  if (stateOf(batches).length === 0) return;
  await expectNow(symbol, stored, stateOf(batches), limit);
  for (let step = -1; step < moments; step++) {
    const known = stateOf(batches.slice(0, step + 1));
    const asOf = KNOWN_MS + step;
    const { data } = await trader.call(getBars, { symbol, timeframe: stored, asOf, limit: 1000 });
    expect({ asOf, data: data.map(plain) }).toEqual({ asOf, data: known.map(plainRow) });
  }
}

async function expectNow(
  symbol: string,
  stored: Stored,
  rows: readonly Row[],
  limit: number,
): Promise<void> {
  const coarser = TIMEFRAMES.slice(TIMEFRAMES.indexOf(stored));
  for (const timeframe of coarser) {
    const found = await trader.all(getBars, { symbol, timeframe }, limit);
    const expected = aggregated(rows, timeframe).map(plainRow);
    expect({ timeframe, data: found.map(plain) }).toEqual({ timeframe, data: expected });
  }
}

function aggregated(rows: readonly Row[], timeframe: Timeframe): readonly Row[] {
  const groups = Map.groupBy(rows, ({ startMs }) => openingOf(timeframe, startMs));
  return [...groups].map(([startMs, group]) => ({
    startMs,
    open: group[0]?.open ?? NaN,
    high: Math.max(...group.map(({ high }) => high)),
    low: Math.min(...group.map(({ low }) => low)),
    close: group.at(-1)?.close ?? NaN,
    volume: group.reduce((sum, { volume }) => sum + volume, 0),
  }));
}

/** By the calendar of Date, and not by the code that is tested. */
function openingOf(timeframe: Timeframe, ms: number): number {
  const at = new Date(ms);
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  if (timeframe === "1mo") return Date.UTC(year, month, 1);
  if (timeframe === "1w") return Date.UTC(year, month, day - ((at.getUTCDay() + 6) % 7));
  const minutes = { "1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "1d": 1440 };
  const length = minutes[timeframe] * 60_000;
  return Math.floor(ms / length) * length;
}

function barOf(symbol: string, timeframe: Stored, { startMs, ...values }: Row): Bar {
  const texts = {
    open: decimal(values.open),
    high: decimal(values.high),
    low: decimal(values.low),
    close: decimal(values.close),
    volume: decimal(values.volume),
  };
  return { symbol, timeframe, startMs, ...texts, source: "law" };
}

const decimal = (value: number) => text(dec(value));

function asRow({ startMs, ...values }: Row) {
  return { timestamp: startMs, ...values };
}

function plainRow({ startMs, open, high, low, close, volume }: Row) {
  return [new Date(startMs).toISOString(), open, high, low, close, volume];
}

function plain(bar: {
  readonly timestamp: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}) {
  const { open, high, low, close, volume } = bar;
  return [bar.timestamp, ...[open, high, low, close, volume].map(Number)];
}
