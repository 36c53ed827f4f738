import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Bar } from "../domain/market/bar.ts";
import type { Pool } from "../models/postgres/pool.ts";
import { readBarColumns, storeBars } from "../models/timescale/bars.ts";
import { computeFrom } from "../services/data/features/compute.ts";
import { formulaFeature, resolveFeatures } from "../services/data/features/resolve.ts";
import type { ResolvedFeature } from "../services/data/features/resolve.ts";
import { LiveFeatures } from "../services/data/live-features.ts";
import type { BenchReport } from "./run.ts";
import { openBenchDatabase, percentile, round } from "./support.ts";

/** Minutes of the sessions of a year. */
const YEAR = 252 * 390;
const FIRST_MS = Date.UTC(2024, 0, 1);
const MINUTE_MS = 60_000;
const SHOWN = 1_000;
const LIVE_BARS = 200;
/** What a year of minute bars with twenty features may take. */
const BUDGET_MS = 1_000;

const NAMES =
  "sma ema wma rsi macd bbands atr adx cci stoch obv mfi willr roc trix donchian zscore volatility cdl_doji".split(
    " ",
  );

/**
 * Twenty features over a year of minute bars, as `GET /api/features/{symbol}` computes them: read, computed over all bars,
 * the last thousand kept. Beside it what the event loop had to wait for, and one live bar with all twenty.
 */
export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const database = await openBenchDatabase();
  try {
    const { pool } = database;
    const bars = walk(isQuick ? 20_000 : YEAR);
    await storeBars(pool, bars, FIRST_MS);
    const features = [
      ...(await resolveFeatures(pool, null, NAMES)),
      formulaFeature("formula", "rolling_zscore(close / sma_20, 50) > 1 and rsi_14 < 70"),
    ];
    // The first run compiles the code.
    await series(pool, features);
    const asked = await series(pool, features);
    const liveMs = await liveBar(pool, bars, features);
    const { totalMs, readMs, loopP99Ms } = asked;
    console.log(`${features.length} features over ${bars.length} bars: ${round(totalMs)} ms`);
    const figures = { bars: bars.length, features: features.length, totalMs, readMs, loopP99Ms };
    return {
      name: "features",
      figures: { ...figures, liveBarMedianMs: liveMs },
      reference: { budgetMs: BUDGET_MS, of: "a year of minute bars × 20 features" },
      ratio: round(BUDGET_MS / totalMs),
    };
  } finally {
    await database.close();
  }
}

async function series(pool: Pool, features: readonly ResolvedFeature[]) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const startedMs = performance.now();
  const columns = await readBarColumns(pool, { symbol: "BENCH", timeframe: "1m" });
  const readMs = performance.now() - startedMs;
  for (const feature of features) {
    await computeFrom(feature, columns, columns.startMs.length - SHOWN);
  }
  const totalMs = performance.now() - startedMs;
  delay.disable();
  return {
    totalMs: round(totalMs),
    readMs: round(readMs),
    loopP99Ms: round(delay.percentile(99) / 1e6),
  };
}

async function liveBar(
  pool: Pool,
  bars: readonly Bar[],
  features: readonly ResolvedFeature[],
): Promise<number> {
  const live = new LiveFeatures(pool, ({ symbol, timeframe, startMs }) =>
    readBarColumns(pool, { symbol, timeframe, endMs: startMs }),
  );
  const last = bars.slice(-LIVE_BARS);
  const tookMs: number[] = [];
  for (const bar of last) {
    const startedMs = performance.now();
    await live.at(bar, features);
    tookMs.push(performance.now() - startedMs);
  }
  return round(percentile(tookMs.slice(1), 50));
}

/** A seeded walk of prices. */
function walk(count: number): readonly Bar[] {
  let [seed, price] = [42, 100];
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const text = (value: number) => value.toFixed(2);
  return Array.from({ length: count }, (_, minute) => {
    const open = price;
    price = Math.max(1, price + (random() - 0.5) / 5);
    return {
      symbol: "BENCH",
      timeframe: "1m",
      startMs: FIRST_MS + minute * MINUTE_MS,
      open: text(open),
      high: text(Math.max(open, price) + random() / 10),
      low: text(Math.min(open, price) - random() / 10),
      close: text(price),
      volume: String(Math.round(random() * 1_000)),
      source: "bench",
    };
  });
}
