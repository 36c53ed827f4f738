import type { Bar } from "../../../../domain/market/bar.ts";
import { symbolDecider, type SymbolCommand } from "../../../../domain/market/symbol.ts";
import type { Env } from "../../../../domain/shared/decider.ts";
import type { MarketEvent, MarketSource } from "../../../../services/data/feeds/feed.ts";
import { minuteCsvSource } from "../../../../services/data/feeds/minute-csv.ts";
import { tickCsvSource } from "../../../../services/data/feeds/tick-csv.ts";
import { describeWith, sharedFile } from "./shared-data.ts";

// Counts and known defects: the README beside the files.
const NOW = Date.parse("2026-01-01T00:00:00Z");
const BTC = "minute/BTC-PERP_1m_20211231_20220201.csv.gz";
const IBM_TRADES = "ticks/IBM_trades_20131008.csv.gz";
const IBM_QUOTES = "ticks/IBM_quotes_20131008.csv.gz";
const minuteFile = (symbol: string) => `minute/${symbol}_trade_1m.csv.gz`;

async function read(source: MarketSource, rows = Infinity) {
  const events: MarketEvent[] = [];
  const refused: string[] = [];
  for await (const row of source.rows(0, () => NOW)) {
    if ("event" in row) events.push(row.event);
    else refused.push(row.refused.reason);
    if (row.row === rows) break;
  }
  const bars = events.flatMap((event) => (event.kind === "bar" ? [event.bar] : []));
  return { events, refused, bars };
}

const minutes = (symbol: string, path = minuteFile(symbol)) =>
  read(minuteCsvSource({ path: sharedFile(path), symbol, source: "lean" }));

describeWith([BTC], "recorded minutes of BTC-PERP", () => {
  it("are 45,031 bars without a gap and without a refusal", async () => {
    const { bars, refused } = await minutes("BTC-PERP", BTC);
    expect(refused).toEqual([]);
    expect(bars).toHaveLength(45_031);
    const first = bars[0]?.startMs ?? 0;
    expect(first).toBe(Date.parse("2021-12-31T23:01:00Z"));
    expect(bars.every((bar, index) => bar.startMs === first + index * 60_000)).toBe(true);
  });
});

describeWith(["SPY", "AAPL", "IBM"].map(minuteFile), "recorded minutes of US stocks", () => {
  it("come out in UTC: in summer every minute from 13:30 to 20:00 has trades, and those before do not", async () => {
    const { bars, refused } = await minutes("SPY");
    expect(refused).toEqual([]);
    expect(bars).toHaveLength(4_839);
    const minutesOfDay = bars.map((bar) => (bar.startMs % 86_400_000) / 60_000);
    const within = (from: number, to: number) =>
      minutesOfDay.filter((minute) => minute >= from && minute < to).length;
    const days = new Set(bars.map((bar) => Math.floor((bar.startMs - 4 * 3_600_000) / 86_400_000)));
    expect(days.size).toBe(6);
    expect(within(13.5 * 60, 20 * 60)).toBe(6 * 390);
    expect(within(8 * 60, 13.5 * 60)).toBeLessThan(6 * 330);
  });

  it("are read without a refusal for AAPL and IBM too", async () => {
    const counts = [];
    for (const symbol of ["AAPL", "IBM"]) {
      const { bars, refused } = await minutes(symbol);
      counts.push([bars.length, refused.length]);
    }
    expect(counts).toEqual([
      [2_303, 0],
      [2_566, 0],
    ]);
  });

  it("show AAPL's split of 2014-06-09 as it was printed", async () => {
    const { bars } = await minutes("AAPL");
    const at = (iso: string) => bars.find((bar) => bar.startMs === Date.parse(iso));
    expect(Number(at("2014-06-06T19:59:00Z")?.close)).toBeGreaterThan(640);
    expect(Number(at("2014-06-09T13:30:00Z")?.open)).toBeLessThan(95);
  });
});

describeWith([IBM_TRADES, minuteFile("IBM")], "a recorded day of IBM's trades", () => {
  const env: Env = {
    actor: { type: "symbol", id: "IBM" },
    nowMs: NOW,
    commandId: "c",
    id: (name) => name,
    random: () => 0,
  };

  function aggregate(events: readonly MarketEvent[]): Map<number, Bar> {
    let state = symbolDecider.initial("IBM");
    const bars = new Map<number, Bar>();
    const tell = (command: SymbolCommand) => {
      for (const event of symbolDecider.decide(state, command, env).events) {
        state = symbolDecider.evolve(state, { event, version: 1, atMs: NOW, commandId: "c" });
        if (event.type === "BarClosed") bars.set(event.bar.startMs, event.bar);
      }
    };
    for (const event of events) {
      if (event.kind !== "trade") continue;
      tell({ type: "RecordTrade", trade: event.trade, tsInitMs: event.trade.tsEventMs });
    }
    tell({ type: "AdvanceClock", nowMs: NOW });
    return bars;
  }

  it("aggregates into the vendor's own minutes: the same ones, the same volume, its range within ours", async () => {
    const trades = tickCsvSource({ path: sharedFile(IBM_TRADES), symbol: "IBM", source: "lean" });
    const { events, refused } = await read(trades);
    expect(events).toHaveLength(33_381);
    expect(refused).toEqual([]);
    const ours = aggregate(events);
    const { bars } = await minutes("IBM");
    const theirs = bars.filter((bar) => ours.has(bar.startMs));
    expect(theirs).toHaveLength(ours.size);
    // The vendor left some prints out of its prices, and in four minutes out of its volume too.
    const sameVolume = theirs.filter((bar) => ours.get(bar.startMs)?.volume === bar.volume);
    expect(theirs.length - sameVolume.length).toBe(4);
    for (const bar of theirs) {
      const our = ours.get(bar.startMs);
      expect(Number(our?.high)).toBeGreaterThanOrEqual(Number(bar.high));
      expect(Number(our?.low)).toBeLessThanOrEqual(Number(bar.low));
    }
  });
});

describeWith([IBM_QUOTES], "a recorded day of IBM's quotes", () => {
  it("is one-sided in most rows, because the file tells one side of one exchange a row", async () => {
    const quotes = tickCsvSource({ path: sharedFile(IBM_QUOTES), symbol: "IBM", source: "lean" });
    const { events, refused } = await read(quotes, 20_000);
    expect(refused).toEqual([]);
    const oneSided = events.filter(
      (event) => event.kind === "quote" && (event.quote.bid === null || event.quote.ask === null),
    );
    expect(oneSided.length).toBeGreaterThan(10_000);
  });
});
