import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { barOf } from "../domain/market/bars/time-bar.ts";
import { noBars, takeTrades } from "../domain/market/bars/symbol-bars.ts";
import { DEFAULT_WATCH } from "../domain/market/bars/watch.ts";
import type { Bar } from "../domain/market/bar.ts";
import type { TradeTick } from "../domain/market/quote.ts";
import { symbolDecider, type SymbolState } from "../domain/market/symbol.ts";
import type { Pool } from "../models/postgres/pool.ts";
import { readBarColumns, storeBars } from "../models/timescale/bars.ts";
import { tickCsvSource } from "../services/data/feeds/tick-csv.ts";
import { saveSymbol } from "../services/data/symbol-store.ts";
import type { BenchReport } from "./run.ts";
import { openBenchDatabase, percentile, round } from "./support.ts";

const TICKS = resolve(
  import.meta.dirname,
  "../../shared/data/market/ticks/SPY_trades_20131008.csv.gz",
);
const MINUTE = 60_000;
const YEAR_OF_MINUTES = 525_600;
const T0 = Date.UTC(2024, 0, 1);
const BATCH = 500;

interface Ticks {
  readonly what: string;
  readonly trades: readonly TradeTick[];
}

async function loadTicks(isQuick: boolean): Promise<Ticks> {
  const max = isQuick ? 20_000 : Infinity;
  if (!existsSync(TICKS))
    return { what: "synthetic, seed 7", trades: synthetic(Math.min(max, 450_000)) };
  const source = tickCsvSource({ path: TICKS, symbol: "SPY", source: "lean" });
  const trades: TradeTick[] = [];
  for await (const row of source.rows(0, () => Date.now())) {
    if ("event" in row && row.event.kind === "trade") trades.push(row.event.trade);
    if (trades.length >= max) break;
  }
  return { what: "SPY of 2013-10-08", trades };
}

function synthetic(length: number): readonly TradeTick[] {
  let seed = 7;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  let [cents, atMs] = [16_800, T0];
  return Array.from({ length }, () => {
    cents += Math.round(random() * 4 - 2);
    atMs += Math.round(random() * 100);
    const size = String(1 + Math.floor(random() * 500));
    return {
      symbol: "SPY",
      price: String(cents / 100),
      size,
      tsEventMs: atMs,
      source: "synthetic",
    };
  });
}

/** What the same bars cost when nobody cares for the last digit. */
function floatMinutes(trades: readonly TradeTick[]): number {
  let [minute, bars] = [-1, 0];
  let [high, low, volume, turnover] = [0, 0, 0, 0];
  for (const trade of trades) {
    const start = Math.floor(trade.tsEventMs / MINUTE);
    const price = Number(trade.price);
    const size = Number(trade.size);
    if (start > minute) {
      bars += 1;
      [minute, high, low, volume, turnover] = [start, price, price, 0, 0];
    }
    if (price > high) high = price;
    if (price < low) low = price;
    volume += size;
    turnover += price * size;
  }
  if (high < low || volume < 0 || Number.isNaN(turnover)) throw new Error("expected bars");
  return bars;
}

function exactMinutes(trades: readonly TradeTick[]): number {
  const { bars, steps } = takeTrades(noBars(DEFAULT_WATCH, "SPY"), trades, () => -Infinity);
  const open = bars.openBars["1m"];
  if (open !== undefined) barOf(open);
  return steps.filter(({ type }) => type === "closed").length + (open === undefined ? 0 : 1);
}

/** The median of trades a second, and the bars that came of it. */
function race(
  trades: readonly TradeTick[],
  rounds: number,
  make: (t: readonly TradeTick[]) => number,
) {
  const rates: number[] = [];
  let bars = 0;
  for (let n = 0; n < rounds; n++) {
    const startMs = performance.now();
    bars = make(trades);
    rates.push((trades.length / (performance.now() - startMs)) * 1_000);
  }
  return { perSecond: Math.round(percentile(rates, 50)), bars };
}

/** Batches through the brain, each turn stored (trades and bars) before the next, as the actor layer does. */
async function throughActor(pool: Pool | null, trades: readonly TradeTick[]): Promise<number> {
  let state: SymbolState = symbolDecider.initial("SPY");
  const env = {
    actor: { type: "symbol", id: "SPY" },
    nowMs: T0,
    commandId: "c",
    id: (n: string) => n,
    random: () => 0,
  };
  const startMs = performance.now();
  for (let at = 0; at < trades.length; at += BATCH) {
    const batch = trades.slice(at, at + BATCH);
    const { events } = symbolDecider.decide(
      state,
      { type: "RecordTrades", trades: batch, tsInitMs: T0 },
      env,
    );
    if (pool !== null) await saveSymbol(pool, "SPY", events);
    for (const event of events) {
      state = symbolDecider.evolve(state, { event, version: 0, atMs: T0, commandId: "c" });
    }
  }
  return Math.round((trades.length / (performance.now() - startMs)) * 1_000);
}

async function storeYear(pool: Pool, length: number): Promise<void> {
  const CHUNK = 50_000;
  for (let from = 0; from < length; from += CHUNK) {
    const bars = Array.from({ length: Math.min(CHUNK, length - from) }, (_, n): Bar => {
      const close = String(100 + ((from + n) % 1_000) / 100);
      const startMs = T0 + (from + n) * MINUTE;
      return {
        symbol: "YEAR",
        timeframe: "1m",
        startMs,
        open: "100",
        high: "111",
        low: "99",
        close,
        volume: "10",
        source: "made",
      };
    });
    await storeBars(pool, bars, T0);
  }
}

async function readYear(pool: Pool, rounds: number) {
  const times = { columnsMs: [] as number[], objectsMs: [] as number[] };
  for (let n = 0; n < rounds; n++) {
    let startMs = performance.now();
    const { close } = await readBarColumns(pool, { symbol: "YEAR", timeframe: "1m" });
    times.columnsMs.push(performance.now() - startMs);
    startMs = performance.now();
    const { rows } = await pool.query(
      `SELECT ts, open, high, low, close, volume FROM md.bar JOIN md.symbol USING (symbol_id)
       WHERE symbol = 'YEAR' AND timeframe = '1m' ORDER BY ts`,
    );
    times.objectsMs.push(performance.now() - startMs);
    if (rows.length !== close.length)
      throw new Error(`expected ${rows.length} bars, found ${close.length}`);
  }
  return {
    columnsMs: round(percentile(times.columnsMs, 50)),
    objectsMs: round(percentile(times.objectsMs, 50)),
  };
}

export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const { what, trades } = await loadTicks(isQuick);
  const rounds = isQuick ? 2 : 7;
  exactMinutes(trades);
  const exact = race(trades, rounds, exactMinutes);
  const float = race(trades, rounds, floatMinutes);
  if (exact.bars !== float.bars)
    throw new Error(`expected ${float.bars} bars, found ${exact.bars}`);
  console.log(
    `${trades.length} trades (${what}) into ${exact.bars} minutes: exact ${exact.perSecond}/s, float ${float.perSecond}/s`,
  );
  const database = await openBenchDatabase();
  try {
    const actor = {
      batch: BATCH,
      decidedPerSecond: await throughActor(null, trades),
      storedPerSecond: await throughActor(database.pool, trades),
    };
    console.log(
      `through the symbol actor in batches of ${BATCH}: ${actor.decidedPerSecond}/s decided, ${actor.storedPerSecond}/s stored`,
    );
    const bars = isQuick ? 20_000 : YEAR_OF_MINUTES;
    await storeYear(database.pool, bars);
    const year = await readYear(database.pool, isQuick ? 1 : 3);
    console.log(
      `${bars} minute bars: typed arrays ${year.columnsMs} ms, rows as objects ${year.objectsMs} ms (${database.description})`,
    );
    return {
      name: "bars",
      figures: {
        trades: what,
        count: trades.length,
        perSecond: exact.perSecond,
        actor,
        read: { bars, columnsMs: year.columnsMs },
      },
      reference: {
        what: "a plain float loop; SELECT of rows as objects",
        perSecond: float.perSecond,
        objectsMs: year.objectsMs,
      },
      ratio: round(exact.perSecond / float.perSecond),
    };
  } finally {
    await database.close();
  }
}
