import * as fc from "fast-check";
import type { MarketEvent, MarketSource, SourceRow } from "../../../../services/data/feeds/feed.ts";
import { FeedError } from "../../../../services/data/feeds/feed.ts";
import type { Pace } from "../../../../services/data/feeds/pacer.ts";
import { ReplayFeed } from "../../../../services/data/feeds/replay.feed.ts";

const T0 = Date.parse("2020-01-02T00:00:00Z");

/** Time that passes only while somebody sleeps, or when told to. */
class TestClock {
  ms = T0;
  readonly sleeps: number[] = [];
  now = () => this.ms;
  monotonicMs = () => this.ms - T0;
  sleep = async (ms: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    this.ms += ms;
  };
}

const bar = (minute: number): MarketEvent => ({
  kind: "bar",
  bar: {
    symbol: "X",
    timeframe: "1m",
    startMs: T0 + minute * 60_000,
    open: "1",
    high: "1",
    low: "1",
    close: "1",
    volume: "1",
    source: "test",
  },
});

function sourceOf(rows: readonly (MarketEvent | "bad")[], log: number[] = []): MarketSource {
  return {
    name: "test",
    async *rows(after) {
      for (const [index, event] of rows.entries()) {
        const row = index + 1;
        if (row <= after) continue;
        log.push(row);
        const refused = { reason: "ROW_MALFORMED", detail: "test" } as const;
        const read: SourceRow = event === "bad" ? { row, refused } : { row, event };
        yield read;
      }
    },
  };
}

function replay(rows: readonly (MarketEvent | "bad")[], pace: Pace = { unpaced: true }, after = 0) {
  const clock = new TestClock();
  const feed = new ReplayFeed({ source: sourceOf(rows), clock, pace, after });
  return { clock, feed };
}

async function positions(feed: ReplayFeed): Promise<number[]> {
  const seen: number[] = [];
  for await (const item of feed.items()) seen.push(item.position);
  return seen;
}

const five = [0, 1, 2, 3, 4].map(bar);

describe("a replay", () => {
  it("hands over every row in order, bad ones with their reason, stamped with its own time", async () => {
    const { feed } = replay([bar(0), "bad", bar(1)]);
    const items = [];
    for await (const item of feed.items()) items.push(item);
    expect(items).toEqual([
      { position: 1, tsInitMs: T0, event: bar(0) },
      { position: 2, tsInitMs: T0, refused: { reason: "ROW_MALFORMED", detail: "test" } },
      { position: 3, tsInitMs: T0, event: bar(1) },
    ]);
    expect(feed.state).toBe("ended");
  });

  it("stamps quotes with the time of handing over", async () => {
    const quote = {
      symbol: "X",
      bid: "1",
      ask: "2",
      bidSize: null,
      askSize: null,
      last: null,
      lastSize: null,
      tsEventMs: T0 + 5_000,
      tsInitMs: T0,
    };
    const rows: MarketEvent[] = [bar(0), { kind: "quote", quote }];
    const { feed } = replay(rows, { eventsPerSecond: 1 });
    const stamps: unknown[] = [];
    for await (const item of feed.items()) {
      if ("event" in item && item.event.kind === "quote") {
        stamps.push(item.tsInitMs, item.event.quote.tsInitMs);
      }
    }
    expect(stamps).toEqual([T0 + 1_000, T0 + 1_000]);
  });

  it("goes at so many events a second, the first at once and bad rows for nothing", async () => {
    const { feed, clock } = replay([bar(0), "bad", bar(1), bar(2)], { eventsPerSecond: 4 });
    await positions(feed);
    expect(clock.sleeps).toEqual([250, 250]);
  });

  it("goes at a multiple of the market's time, without going back for stragglers", async () => {
    const { feed, clock } = replay([bar(0), bar(1), bar(0), bar(4)], { timesMarket: 60 });
    await positions(feed);
    expect(clock.sleeps).toEqual([1_000, 3_000]);
  });

  it("keeps rates that are finer than a timer", async () => {
    const { feed, clock } = replay(
      Array.from({ length: 5_001 }, (_, minute) => bar(minute)),
      { eventsPerSecond: 5_000 },
    );
    await positions(feed);
    expect(clock.monotonicMs()).toBeGreaterThan(998);
    expect(clock.monotonicMs()).toBeLessThan(1_002);
  });

  it("resumes after any position with exactly the rest", async () => {
    const rows = fc.array(fc.constantFrom<MarketEvent | "bad">(bar(0), "bad"), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(20), async (list, after) => {
        const whole = await positions(replay(list).feed);
        const rest = await positions(replay(list, { unpaced: true }, after).feed);
        expect(rest).toEqual(whole.filter((position) => position > after));
      }),
    );
  });

  it("reads nothing ahead while the consumer is busy, and does not pour out what it missed", async () => {
    const log: number[] = [];
    const clock = new TestClock();
    const pace = { eventsPerSecond: 10 };
    const feed = new ReplayFeed({ source: sourceOf(five, log), clock, pace });
    const times: number[] = [];
    for await (const item of feed.items()) {
      expect(log.at(-1)).toBe(item.position);
      times.push(clock.monotonicMs());
      if (item.position === 2) clock.ms += 60_000;
    }
    // One interval of debt is made up for, the rest of the busy minute is not.
    expect(times).toEqual([0, 100, 60_100, 60_100, 60_200]);
  });
});

describe("a feed under control", () => {
  it("holds the next item back while it is paused and goes on where it was", async () => {
    const { feed } = replay(five);
    const items = feed.items();
    await items.next();
    feed.pause();
    feed.pause();
    expect(feed.state).toBe("paused");
    let isHeld = true;
    const next = items.next().then((result) => {
      isHeld = false;
      return result;
    });
    await new Promise(setImmediate);
    expect(isHeld).toBe(true);
    expect(feed.position).toBe(1);
    feed.resume();
    await expect(next).resolves.toMatchObject({ value: { position: 2 } });
    expect(feed.state).toBe("running");
  });

  it("may be paused before it starts", async () => {
    const { feed } = replay(five);
    feed.pause();
    expect(feed.state).toBe("paused");
    const all = positions(feed);
    feed.resume();
    expect(await all).toEqual([1, 2, 3, 4, 5]);
  });

  it("stops in the middle of a wait, of a pause, or before it starts", async () => {
    const waiting = new AbortController();
    const clock = new TestClock();
    clock.sleep = (_ms, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(new Error("aborted")));
        waiting.abort();
      });
    const pace = { eventsPerSecond: 0.001 };
    const slow = new ReplayFeed({ source: sourceOf(five), clock, pace });
    const seen = positions(slow);
    await new Promise((resolve) => waiting.signal.addEventListener("abort", resolve));
    slow.stop();
    expect(await seen).toEqual([1]);
    expect(slow.state).toBe("stopped");

    const { feed: paused } = replay(five);
    paused.pause();
    const none = positions(paused);
    paused.stop();
    expect(await none).toEqual([]);

    const { feed: idle } = replay(five);
    idle.stop();
    expect(await positions(idle)).toEqual([]);
    expect(idle.state).toBe("stopped");
  });

  it("is stopped by a consumer that walks away, closing its source", async () => {
    let isClosed = false;
    const source: MarketSource = {
      name: "test",
      async *rows() {
        try {
          yield { row: 1, event: bar(0) };
          yield { row: 2, event: bar(1) };
        } finally {
          isClosed = true;
        }
      },
    };
    const feed = new ReplayFeed({ source, clock: new TestClock(), pace: { unpaced: true } });
    for await (const item of feed.items()) if (item.position === 1) break;
    expect(isClosed).toBe(true);
    expect(feed.state).toBe("stopped");
    expect(feed.position).toBe(1);
  });

  it("says where it failed and why, and is not read twice", async () => {
    const source: MarketSource = {
      name: "test",
      async *rows() {
        yield { row: 7, event: bar(0) };
        throw new Error("disk on fire");
      },
    };
    const feed = new ReplayFeed({ source, clock: new TestClock(), pace: { unpaced: true } });
    const failure: unknown = await positions(feed).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FeedError);
    expect(failure).toMatchObject({
      message: "feed test failed after row 7: disk on fire",
      cause: { message: "disk on fire" },
    });
    expect(feed.state).toBe("failed");
    await expect(positions(feed)).rejects.toThrow("being read already");
  });

  it("refuses a speed or a position that is none", () => {
    for (const pace of [{ eventsPerSecond: 0 }, { timesMarket: -1 }, { timesMarket: Number.NaN }]) {
      expect(() => replay(five, pace)).toThrow("expected a speed above 0");
    }
    expect(() => replay(five, { unpaced: true }, -1)).toThrow("expected a position");
  });
});
