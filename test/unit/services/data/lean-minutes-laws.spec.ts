import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Bar } from "../../../../domain/market/bar.ts";
import { noBars, takeTrades } from "../../../../domain/market/bars/symbol-bars.ts";
import { DEFAULT_WATCH } from "../../../../domain/market/bars/watch.ts";
import type { TradeTick } from "../../../../domain/market/quote.ts";
import type { MarketEvent, MarketSource } from "../../../../services/data/feeds/feed.ts";
import { minuteCsvSource } from "../../../../services/data/feeds/minute-csv.ts";
import { tickCsvSource } from "../../../../services/data/feeds/tick-csv.ts";
import { describeWith, sharedFile } from "./shared-data.ts";

const ticksOf = (symbol: string) => `ticks/${symbol}_trades_20131008.csv.gz`;
const minutesOf = (symbol: string) => `minute/${symbol}_trade_1m.csv.gz`;

/**
 * The prints that the vendor keeps out of its prices, where a minute has others: found by comparing the two files, whose format
 * names no conditions. All prints count in the volume.
 */
const NOT_PRICED = 0x142220;

async function eventsOf(source: MarketSource): Promise<readonly MarketEvent[]> {
  const events: MarketEvent[] = [];
  for await (const row of source.rows(0, () => Date.now()))
    if ("event" in row) events.push(row.event);
  return events;
}

function minutes(symbol: string, trades: readonly TradeTick[]): ReadonlyMap<number, Bar> {
  const { steps } = takeTrades(noBars(DEFAULT_WATCH, symbol), trades, () => -Infinity);
  return new Map(steps.map(({ bar }) => [bar.startMs, bar]));
}

describeWith(
  ["IBM", "SPY"].flatMap((symbol) => [ticksOf(symbol), minutesOf(symbol)]),
  "minutes built from the trades of 2013-10-08",
  () => {
    it.each([
      ["IBM", 423, 419],
      ["SPY", 827, 824],
    ])(
      "are the vendor's in price and volume: %s, of %i minutes %i to the digit",
      async (symbol, count, equal) => {
        const file = { symbol, source: "lean" };
        const path = sharedFile(ticksOf(symbol));
        const events = await eventsOf(tickCsvSource({ ...file, path }));
        const trades = events.flatMap((event) => (event.kind === "trade" ? [event.trade] : []));
        const rows = gunzipSync(readFileSync(path)).toString().trim().split("\n").slice(1);
        expect(trades).toHaveLength(rows.length);
        const isPriced = (_: TradeTick, n: number) =>
          (Number.parseInt(rows[n]?.split(",")[4] ?? "0", 16) & NOT_PRICED) === 0;
        const all = minutes(symbol, trades);
        const priced = minutes(symbol, trades.filter(isPriced));
        const theirs = await eventsOf(
          minuteCsvSource({ ...file, path: sharedFile(minutesOf(symbol)) }),
        );
        const pairs = theirs.flatMap((event) => {
          const bar = event.kind === "bar" ? event.bar : undefined;
          const ours = bar && all.get(bar.startMs);
          return bar && ours ? [{ bar, ours, prices: priced.get(bar.startMs) ?? ours }] : [];
        });
        expect(pairs).toHaveLength(count);
        const same = pairs.filter(
          ({ bar, ours, prices }) =>
            ours.volume === bar.volume &&
            (["open", "high", "low", "close"] as const).every(
              (field) => prices[field] === bar[field],
            ),
        );
        expect(same).toHaveLength(equal);
      },
    );
  },
);
