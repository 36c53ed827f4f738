import type { TradeFate } from "../../../../domain/market/bars/symbol-bars.ts";
import type { BookSnapshot } from "../../../../domain/market/book/snapshot.ts";
import type { Quote, TradeTick } from "../../../../domain/market/quote.ts";
import { refusalsOf } from "../../../../models/quality.ts";
import { streamGaps } from "../../../../models/stream-gaps.ts";
import { storeBars } from "../../../../models/timescale/bars.ts";
import type { NodeContext } from "../../../../services/context.ts";
import type { MarketEvent } from "../../../../services/data/feeds/feed.ts";
import { LiveRunner } from "../../../../services/data/live/live-runner.ts";
import type { LiveChain, LiveOptions } from "../../../../services/data/live/live-runner.ts";
import type { StreamKind, StreamSink } from "../../../../services/data/sources/source.ts";
import { FastClock } from "../../../support/fast-clock.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { withNode } from "../../../support/node.ts";

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2024, 0, 2, 15);
const node = withNode();

/** A stream that says what the test says. */
class HandStream {
  sink: StreamSink | null = null;
  opened = 0;
  closed = 0;

  readonly open: LiveOptions["stream"] = (_subscription, sink) => {
    this.opened += 1;
    this.sink = sink;
    return { state: "live", close: async () => void (this.closed += 1) };
  };

  say(...events: readonly MarketEvent[]): void {
    this.sink?.events(events);
  }
}

/** Where news goes in these tests: what came, and a gate that holds it up. */
class HeldChain implements LiveChain {
  readonly trades: TradeTick[] = [];
  readonly batches: number[] = [];
  readonly quotes: Quote[] = [];
  readonly books: BookSnapshot[] = [];
  readonly reached: number[] = [];
  gate: Promise<void> = Promise.resolve();
  failures = 0;

  /** the fates of trades, by id, that are no news */
  readonly fates = new Map<string, TradeFate>();

  async takeTrades(trades: readonly TradeTick[]): Promise<readonly TradeFate[]> {
    await this.gate;
    if (this.failures-- > 0) throw new Error("the store is away");
    this.trades.push(...trades);
    this.batches.push(trades.length);
    return trades.map(({ tradeId = "" }) => this.fates.get(tradeId) ?? "new");
  }

  async takeBar(): Promise<"accepted"> {
    await this.gate;
    return "accepted";
  }

  async takeQuote(quote: Quote): Promise<void> {
    await this.gate;
    this.quotes.push(quote);
  }

  async takeBook(book: BookSnapshot): Promise<void> {
    await this.gate;
    this.books.push(book);
  }

  async advance(_symbol: string, nowMs: number): Promise<void> {
    this.reached.push(nowMs);
  }
}

let clock: FastClock;
let stream: HandStream;
let chain: HeldChain;
let runner: LiveRunner;
let backfills: unknown[];
const kinds: readonly StreamKind[] = ["trades", "quotes", "books"];

beforeEach(() => {
  clock = new FastClock(START_MS, 100);
  stream = new HandStream();
  chain = new HeldChain();
  backfills = [];
});
afterEach(() => runner.stop());

async function start(options: Partial<LiveOptions> = {}): Promise<void> {
  const { context } = node();
  const broker = {
    registry: { actions: { isAvailable: () => true } },
    call: async (_name: string, params: unknown) => void backfills.push(params),
  };
  runner = new LiveRunner({
    // sound: the parts of a context that a runner uses
    node: { pool: context.pool, log: context.log, clock, broker } as unknown as NodeContext,
    chain,
    sourceId: "by-hand",
    symbols: ["AAA", "BBB"],
    kinds,
    repairs: ["bars", "trades"],
    stream: stream.open,
    ...options,
  });
  await runner.start();
}

function trade(symbol: string, n: number): MarketEvent {
  const tsEventMs = START_MS + n;
  const words = { symbol, price: "10", size: "1", tsEventMs, source: "by-hand" };
  return { kind: "trade", trade: { ...words, tradeId: String(n) } };
}

function quoteOf(n: number): MarketEvent {
  const sides = { bid: String(n), ask: String(n + 1), bidSize: null, askSize: null };
  const last = { last: null, lastSize: null, tsEventMs: START_MS + n, tsInitMs: START_MS };
  return { kind: "quote", quote: { symbol: "AAA", ...sides, ...last } };
}

const BOOK: BookSnapshot = {
  symbol: "AAA",
  bids: [],
  asks: [],
  source: "by-hand",
  tsEventMs: START_MS,
  tsInitMs: START_MS,
};

function bookOf(n: number): MarketEvent {
  const times = { tsEventMs: START_MS + n, tsInitMs: START_MS };
  return { kind: "book", book: { ...BOOK, sequence: String(n), ...times } };
}

function hold(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  chain.gate = promise;
  return resolve;
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

test("trades that came while the actor was busy go in one batch, in their order, and quotes as the newest", async () => {
  await start();
  const go = hold();
  stream.say(trade("AAA", 0));
  for (const n of numbers(200)) stream.say(trade("AAA", n + 1), quoteOf(n));
  go();
  await eventually("all of it", () => (chain.quotes.length > 0 ? true : null));
  expect(chain.batches).toEqual([1, 200]);
  expect(chain.trades.map(({ tradeId }) => Number(tradeId))).toEqual(numbers(201));
  expect(chain.quotes.map(({ bid }) => bid)).toEqual(["199"]);
  expect(runner.status.conflated).toBe(199);
});

test("books are taken up no faster than ten a second, and the last one always is", async () => {
  await start();
  const startMs = clock.monotonicMs();
  for (const n of numbers(300)) {
    stream.say(bookOf(n));
    await new Promise(setImmediate);
  }
  await eventually("the last book", () => (chain.books.at(-1)?.sequence === "299" ? true : null));
  const tenths = (clock.monotonicMs() - startMs) / 100;
  expect(chain.books.length).toBeLessThanOrEqual(tenths + 2);
  expect(chain.books.length).toBeGreaterThan(1);
});

test("a symbol whose store is slow holds up no other", async () => {
  await start();
  chain.failures = 3;
  stream.say(trade("AAA", 1));
  stream.say(trade("AAA", 2), trade("BBB", 1));
  await eventually("both", () => (chain.trades.length === 3 ? true : null));
  const ofAaa = chain.trades.filter(({ symbol }) => symbol === "AAA");
  expect(ofAaa.map(({ tradeId }) => tradeId)).toEqual(["1", "2"]);
});

test("when too much waits the stream is cut, all that was heard is stored, and what was missed is filled in", async () => {
  await start({ waitingBytesMax: 100 * 320, repairGraceMs: 0 });
  const go = hold();
  stream.say(...numbers(100).map((n) => trade("AAA", n)));
  expect(stream.closed).toBe(0);
  stream.say(trade("AAA", 100));
  expect(stream.closed).toBe(1);
  expect(runner.status).toMatchObject({ state: "waiting", cuts: 1, waiting: 101 });
  go();
  await eventually("the stream again", () => (stream.opened === 2 ? true : null));
  await eventually("the rest", () => (chain.trades.length === 101 ? true : null));
  clock.nowMs += 2 * MINUTE_MS;
  await eventually("repairs", () => (backfills.length === 2 ? true : null));
  expect(backfills).toContainEqual({
    source: "by-hand",
    symbol: "AAA",
    kinds: ["bars", "trades"],
    startMs: START_MS - MINUTE_MS,
    endMs: START_MS + MINUTE_MS,
  });
});

test("what came while nobody listened is filled in from the last stored minute on", async () => {
  const bar = { symbol: "AAA", timeframe: "1m", startMs: START_MS - 10 * MINUTE_MS } as const;
  const prices = { open: "1", high: "1", low: "1", close: "1", volume: "1", source: "by-hand" };
  await storeBars(node().context.pool, [{ ...bar, ...prices }], START_MS);
  await start({ repairGraceMs: 0 });
  clock.nowMs += 2 * MINUTE_MS;
  await eventually("a repair", () => (backfills.length === 1 ? true : null));
  expect(backfills[0]).toMatchObject({ symbol: "AAA", startMs: START_MS - 9 * MINUTE_MS });
});

test("a minute without a newer trade is closed two seconds after its end, but not while the line is down", async () => {
  await start({ symbols: ["AAA"] });
  await eventually("the first look", () => (chain.reached.length === 1 ? true : null));
  stream.sink?.state("waiting");
  clock.nowMs = START_MS + MINUTE_MS + 2_000;
  await new Promise((resolve) => clock.setTimer(2_000, () => resolve(null)));
  expect(chain.reached).toHaveLength(1);
  stream.sink?.state("live");
  await eventually("the end of the minute", () => (chain.reached.length === 2 ? true : null));
  expect(chain.reached[1]).toBe(START_MS + MINUTE_MS);
});

test("a gap that is open when the node stops is filled in after the next start", async () => {
  await start({ symbols: ["CCC"], repairGraceMs: 0 });
  const gap = { startMs: START_MS + 1, endMs: START_MS + 2, reason: "a line was lost" };
  stream.sink?.gap(gap);
  await runner.stop();
  const { pool } = node().context;
  const open = { symbol: "CCC", startMs: START_MS, endMs: START_MS + MINUTE_MS };
  expect(await streamGaps(pool, "by-hand")).toContainEqual(open);
  expect(backfills).toEqual([]);
  clock.nowMs += MINUTE_MS;
  await start({ symbols: ["CCC"], repairGraceMs: 0 });
  await eventually("a repair", () =>
    backfills.some((asked) => JSON.stringify(asked).includes("CCC")) ? true : null,
  );
  await eventually("a record without it", async () => {
    const left = await streamGaps(pool, "by-hand");
    return left.some(({ symbol }) => symbol === "CCC") ? null : true;
  });
});

test("what is refused, repeated or late is counted on record, together", async () => {
  await start({ symbols: ["DDD"] });
  chain.fates.set("2", "repeated").set("3", "late").set("4", "outOfOrder");
  const refused = { symbol: "DDD", reason: "NOT_A_DECIMAL", detail: "price: 0" } as const;
  for (const row of [refused, refused, { ...refused, detail: "price: -1" }])
    stream.sink?.refused(row);
  stream.say(...numbers(6).map((n) => trade("DDD", n)));
  await eventually("all of it", () => (chain.trades.length === 6 ? true : null));
  await runner.stop();
  const counts = await refusalsOf(node().context.pool, "DDD");
  expect(
    counts.map(({ source, reason, count, detail }) => [source, reason, count, detail]),
  ).toEqual([
    ["by-hand", "DUPLICATE", 1, null],
    ["by-hand", "NOT_A_DECIMAL", 3, "price: -1"],
    ["by-hand", "OUT_OF_ORDER", 2, null],
  ]);
});

test("without a vendor's quotes the best levels of its book are one; with them they are not", async () => {
  const level = (price: string) => [{ price, size: "3" }];
  const book = { ...bookOf(1), book: { ...BOOK, bids: level("9"), asks: level("11") } } as const;
  await start({ kinds: ["books"] });
  stream.say(book);
  await eventually("a quote", () => (chain.quotes.length > 0 ? true : null));
  expect(chain.quotes[0]).toMatchObject({ bid: "9", bidSize: "3", ask: "11", last: null });
  await runner.stop();
  chain = new HeldChain();
  await start({ kinds: ["books", "quotes"] });
  stream.say(book);
  await eventually("a book", () => (chain.books.length > 0 ? true : null));
  await runner.stop();
  expect(chain.quotes).toEqual([]);
});
