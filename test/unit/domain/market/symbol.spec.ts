import * as fc from "fast-check";
import type { Bar } from "../../../../domain/market/bar.ts";
import type { Quote, TradeTick } from "../../../../domain/market/quote.ts";
import {
  symbolDecider,
  type SymbolCommand,
  type SymbolEvent,
  type SymbolState,
} from "../../../../domain/market/symbol.ts";
import type { Env } from "../../../../domain/shared/decider.ts";

const MINUTE = 60_000;
const T0 = Date.parse("2013-10-08T13:30:00Z");
const actor = { type: "symbol", id: "IBM" };

const env: Env = {
  actor,
  nowMs: T0,
  commandId: "c",
  id: (name) => name,
  random: () => 0,
};

function run(commands: readonly SymbolCommand[], from = symbolDecider.initial("IBM")) {
  let state: SymbolState = from;
  const events: SymbolEvent[] = [];
  const replies: string[] = [];
  for (const command of commands) {
    const decision = symbolDecider.decide(state, command, env);
    for (const event of decision.events) {
      const recorded = { event, version: 1, atMs: env.nowMs, commandId: env.commandId };
      state = symbolDecider.evolve(state, recorded);
      events.push(event);
    }
    const { reply } = decision;
    replies.push("reason" in reply ? `${reply.outcome} ${reply.reason}` : reply.outcome);
  }
  return { state, events, replies, closed: closedIn(events) };
}

function closedIn(events: readonly SymbolEvent[]): Bar[] {
  return events.flatMap((event) => (event.type === "BarClosed" ? [event.bar] : []));
}

// JSON.parse gives back the state that was put in.
const thaw: (state: SymbolState) => SymbolState = (state) => JSON.parse(JSON.stringify(state));

const trade = (atMs: number, price: string, size = "100"): SymbolCommand => ({
  type: "RecordTrade",
  trade: { symbol: "IBM", price, size, tsEventMs: T0 + atMs, source: "tape" },
  tsInitMs: T0 + atMs + 3,
});

const bar = (minute: number, close: string, extra: Partial<Bar> = {}): Bar => ({
  symbol: "IBM",
  timeframe: "1m",
  startMs: T0 + minute * MINUTE,
  open: "180",
  high: "190",
  low: "170",
  close,
  volume: "10",
  source: "vendor",
  ...extra,
});
const told = (value: Bar): SymbolCommand => ({ type: "RecordBar", bar: value, tsInitMs: T0 * 2 });

const quote = (atMs: number, bid: string | null, ask: string | null): SymbolCommand => {
  const sides = { bid, ask, bidSize: bid && "1", askSize: ask && "2" };
  const times = { tsEventMs: T0 + atMs, tsInitMs: T0 + atMs + 1 };
  return {
    type: "RecordQuote",
    quote: { symbol: "IBM", ...sides, last: null, lastSize: null, ...times },
  };
};

const clock = (ms: number): SymbolCommand => ({ type: "AdvanceClock", nowMs: T0 + ms });

const minuteOf = (ticks: readonly { ms: number; cents: number; size: number }[]) =>
  run([
    ...ticks.map(({ ms, cents, size }) => trade(ms, String(cents / 128), String(size))),
    clock(MINUTE),
  ]).closed;

describe("trades", () => {
  it("build the minute that closes when a trade passes it", () => {
    const { closed, state } = run([
      trade(0, "182"),
      trade(10, "182.5", "50"),
      trade(59_999, "181.9", "50"),
      trade(60_000, "182.2"),
    ]);
    expect(closed).toEqual([
      {
        symbol: "IBM",
        timeframe: "1m",
        startMs: T0,
        open: "182",
        high: "182.5",
        low: "181.9",
        close: "181.9",
        volume: "200",
        // (182·100 + 182.5·50 + 181.9·50) / 200
        vwap: "182.1",
        tradeCount: 3,
        source: "tape",
      },
    ]);
    expect(state.openBars["1m"]).toMatchObject({ startMs: T0 + MINUTE, open: { text: "182.2" } });
    expect(state.lastBars["1m"]).toEqual(closed[0]);
  });

  it("build a minute that the clock closes when nobody trades", () => {
    const { closed, replies } = run([
      trade(5, "182"),
      clock(59_999),
      clock(60_000),
      clock(60_001),
      clock(180_000),
    ]);
    expect(closed.map((one) => one.close)).toEqual(["182"]);
    expect(new Set(replies)).toEqual(new Set(["accepted"]));
  });

  it("that come after the close are late and close no bar twice", () => {
    const { closed, replies, state } = run([
      trade(5, "182"),
      trade(60_000, "183"),
      trade(59_000, "150"),
      clock(120_000),
      trade(119_000, "150"),
    ]);
    expect(replies).toEqual([
      "accepted",
      "accepted",
      "late TRADE_IN_CLOSED_BAR",
      "accepted",
      "late TRADE_IN_CLOSED_BAR",
    ]);
    expect(closed.map((one) => [one.startMs - T0, one.low])).toEqual([
      [0, "182"],
      [MINUTE, "183"],
    ]);
    expect(state.quote?.last).toBe("183");
  });

  it("that come out of order within the open minute count in it, but do not move the last price", () => {
    const { replies, state } = run([trade(100, "182"), trade(50, "170")]);
    expect(replies[1]).toBe("late TRADE_OUT_OF_ORDER");
    expect(state.openBars["1m"]).toMatchObject({
      open: { text: "170" },
      close: { text: "182" },
      low: { text: "170" },
    });
    expect(state.quote?.last).toBe("182");
  });

  it("give the same bar in any order within the minute", () => {
    const ticks = fc.uniqueArray(
      fc.record({ ms: fc.integer({ min: 0, max: 59_999 }), cents: fc.integer(), size: fc.nat() }),
      { selector: ({ ms }) => ms, minLength: 1, maxLength: 20 },
    );
    const shuffled = ticks.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(minuteOf(other)).toEqual(minuteOf(list));
      }),
    );
  });

  it("of zero size make a bar without a vwap", () => {
    const { closed } = run([trade(0, "182", "0"), trade(60_000, "182")]);
    expect(closed[0]).not.toHaveProperty("vwap");
  });

  it("in any number close each minute once, in order, and keep every share", () => {
    const steps = fc.array(fc.record({ ms: fc.nat(20_000), size: fc.nat(500) }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (list) => {
        let atMs = 0;
        const commands = list.map(({ ms, size }) => trade((atMs += ms), "5", String(size)));
        const { closed } = run([...commands, clock(atMs + MINUTE)]);
        const starts = closed.map((one) => one.startMs);
        expect(starts).toEqual([...new Set(starts)].toSorted((a, b) => a - b));
        const traded = closed.reduce((sum, one) => sum + Number(one.volume), 0);
        expect(traded).toBe(list.reduce((sum, { size }) => sum + size, 0));
      }),
    );
  });
});

describe("bars", () => {
  it("that are new go to the live chain and set the last price at their close", () => {
    const { events, replies } = run([told(bar(0, "181"))]);
    expect(replies).toEqual(["accepted"]);
    expect(events.map((event) => event.type)).toEqual(["BarClosed", "QuoteChanged"]);
    expect(events[1]).toMatchObject({
      quote: { last: "181", lastSize: null, bid: null, tsEventMs: T0 + MINUTE, tsInitMs: T0 * 2 },
    });
  });

  it("that say the same again change nothing, whoever says it", () => {
    const again = bar(0, "181.0", { source: "other vendor" });
    const { events, replies } = run([told(bar(0, "181")), told(again)]);
    expect(replies[1]).toBe("duplicate BAR_REPEATED");
    expect(events).toHaveLength(2);
  });

  it("that correct the last one are stored and never reach the live chain", () => {
    const { events, replies, state } = run([
      told(bar(0, "181")),
      told(bar(0, "182")),
      told(bar(0, "182")),
    ]);
    expect(replies).toEqual(["accepted", "revised BAR_CHANGED", "duplicate BAR_REPEATED"]);
    expect(events.slice(2)).toEqual([
      { type: "BarRevised", bar: bar(0, "182"), tsInitMs: T0 * 2, reason: "BAR_CHANGED" },
    ]);
    expect(state.lastBars["1m"]?.close).toBe("182");
    expect(state.quote?.last).toBe("181");
  });

  it("that are older than the last are handed on for storing only", () => {
    const { closed, events, replies, state } = run([told(bar(5, "181")), told(bar(4, "175"))]);
    expect(replies[1]).toBe("late BAR_OLDER_THAN_LAST");
    expect(closed).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: "BarRevised", reason: "BAR_OLDER_THAN_LAST" });
    expect(state.lastBars["1m"]?.startMs).toBe(T0 + 5 * MINUTE);
    expect(state.quote?.last).toBe("181");
  });

  it("of one timeframe do not make those of another late", () => {
    const daily = bar(0, "185", { timeframe: "1d", startMs: Date.parse("2013-10-08T00:00:00Z") });
    expect(run([told(bar(5, "181")), told(daily)]).replies).toEqual(["accepted", "accepted"]);
  });

  it("from the vendor take the place of the minute that trades were building", () => {
    const { closed, replies, state } = run([
      trade(5, "182"),
      told(bar(0, "181")),
      trade(30_000, "183"),
    ]);
    expect(closed).toEqual([bar(0, "181")]);
    expect(replies[2]).toBe("late TRADE_AFTER_CLOSE");
    expect(state.openBars).toEqual({});
  });

  it("from the vendor close an earlier minute that trades were building first", () => {
    const { closed } = run([trade(5, "182"), told(bar(1, "181"))]);
    expect(closed.map((one) => [one.startMs - T0, one.close])).toEqual([
      [0, "182"],
      [MINUTE, "181"],
    ]);
  });

  it("for a day told before it is over do not date the price later than we learnt of it", () => {
    const daily = bar(0, "185", { timeframe: "1d", startMs: Date.parse("2013-10-08T00:00:00Z") });
    const tsInitMs = Date.parse("2013-10-08T20:15:00Z");
    const after = trade(Date.parse("2013-10-08T20:16:00Z") - T0, "186");
    const { state } = run([{ type: "RecordBar", bar: daily, tsInitMs }, after]);
    expect(state.quote?.last).toBe("186");
  });
});

describe("quotes", () => {
  it("set their sides and leave what they do not speak of", () => {
    const { state } = run([trade(0, "182"), quote(1, "181.9", null), quote(2, null, "182.1")]);
    expect(state.quote).toMatchObject({
      bid: "181.9",
      bidSize: "1",
      ask: "182.1",
      askSize: "2",
      last: "182",
      tsEventMs: T0 + 2,
      tsInitMs: T0 + 3,
    });
  });

  it("that cross the side kept from before make that side unknown", () => {
    const { state } = run([quote(1, "181.9", "182.1"), quote(2, "182.2", null)]);
    expect(state.quote).toMatchObject({ bid: "182.2", ask: null, askSize: null });
    const other = run([quote(1, "181.9", "182.1"), quote(2, null, "181.8")]);
    expect(other.state.quote).toMatchObject({ bid: null, bidSize: null, ask: "181.8" });
  });

  it("older than the last are late, repeated ones duplicates, and neither changes anything", () => {
    const { replies, events } = run([
      quote(5, "181", "182"),
      quote(4, "1", "2"),
      quote(5, "181", "182"),
    ]);
    expect(replies.slice(1)).toEqual(["late QUOTE_OLDER_THAN_LAST", "duplicate QUOTE_REPEATED"]);
    expect(events).toHaveLength(1);
  });

  it("that repeat the prices later are news: they are fresh", () => {
    const { state } = run([quote(5, "181", "182"), quote(9, "181", "182")]);
    expect(state.quote?.tsEventMs).toBe(T0 + 9);
  });

  it("are judged against quotes and trades against trades, so that two feeds may interleave", () => {
    const { replies, state } = run([quote(100, "181", "182"), trade(50, "181.5")]);
    expect(replies).toEqual(["accepted", "accepted"]);
    expect(state.quote).toMatchObject({ last: "181.5", tsEventMs: T0 + 100 });
  });
});

const stored = [bar(3, "181"), bar(5, "183"), bar(4, "182")];

const kept = (tsEventMs: number): Quote => ({
  symbol: "IBM",
  bid: "10",
  ask: "11",
  bidSize: null,
  askSize: null,
  last: "10",
  lastSize: null,
  tsEventMs,
  tsInitMs: tsEventMs,
});
const restore = (quoteKept: Quote) =>
  run([{ type: "Restore", bars: stored, quote: quoteKept }]).state.quote;

describe("a restored symbol", () => {
  it("knows its newest bars and a last price as old as they are", () => {
    const { state, closed } = run([{ type: "Restore", bars: stored, quote: null }]);
    const endMs = T0 + 6 * MINUTE;
    expect(closed).toEqual([]);
    expect(state.lastBars["1m"]).toEqual(bar(5, "183"));
    expect(state.quote).toMatchObject({ last: "183", tsEventMs: endMs, tsInitMs: endMs });
  });

  it("takes a stored quote unless the bars are newer", () => {
    expect(restore(kept(T0 + 7 * MINUTE))).toEqual(kept(T0 + 7 * MINUTE));
    expect(restore(kept(T0))).toMatchObject({ bid: "10", ask: "11", last: "183" });
  });

  it("goes on as if it had never stopped: repeats and stragglers are seen for what they are", () => {
    const { replies, closed } = run([
      { type: "Restore", bars: stored, quote: null },
      told(bar(5, "183")),
      told(bar(4, "170")),
      trade(5 * MINUTE, "150"),
      told(bar(6, "184")),
    ]);
    expect(replies.slice(1)).toEqual([
      "duplicate BAR_REPEATED",
      "late BAR_OLDER_THAN_LAST",
      "late TRADE_AFTER_CLOSE",
      "accepted",
    ]);
    expect(closed).toEqual([bar(6, "184")]);
  });

  it("keeps what is newer in memory", () => {
    const before = run([told(bar(9, "190"))]).state;
    const { state } = run([{ type: "Restore", bars: stored, quote: null }], before);
    expect(state).toEqual(before);
  });
});

describe("the symbol's brain", () => {
  it("refuses what belongs to another symbol", () => {
    const alien: TradeTick = {
      symbol: "AAPL",
      price: "1",
      size: "1",
      tsEventMs: T0,
      source: "tape",
    };
    const command: SymbolCommand = { type: "RecordTrade", trade: alien, tsInitMs: T0 };
    expect(() => run([command])).toThrow("expected IBM, found AAPL");
  });

  it("has a state that survives JSON at every moment and goes on identically", () => {
    const commands = [
      trade(5, "182"),
      quote(6, "181", "183"),
      trade(61_000, "182.3"),
      told(bar(1, "182.2")),
      told(bar(1, "182.4")),
      trade(121_000, "182.9"),
    ];
    const whole = run(commands);
    for (let cut = 0; cut <= commands.length; cut += 1) {
      const first = run(commands.slice(0, cut)).state;
      const thawed = thaw(first);
      expect(thawed).toEqual(first);
      expect(run(commands.slice(cut), thawed).state).toEqual(whole.state);
    }
  });
});
