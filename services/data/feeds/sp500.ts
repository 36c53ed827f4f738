import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Bar } from "../../../domain/market/bar.ts";
import { checkBar } from "../../../domain/market/check-bar.ts";
import type { Instrument } from "../../../domain/market/instrument.ts";
import { dec, Decimal, text, type DecimalString } from "../../../domain/shared/decimal.ts";
import { csvSource } from "./csv-source.ts";
import type { MarketSource, RowResult } from "./feed.ts";
import { readUtc } from "./read-time.ts";

/** The S&P 500 as the packaged sample trades it: on the paper venue, long only. */
export const SPX: Instrument = {
  symbol: "SPX",
  name: "S&P 500 Index",
  assetClass: "index",
  venue: "PAPER",
  currency: "USD",
  tickSize: "0.01",
  lotSize: "1",
  multiplier: "1",
  shortable: false,
  calendar: "XNYS",
};

const COLUMNS = "date,open,high,low,close,adjclose,volume";

/**
 * The S&P 500's daily bars from 2000-01-03 to 2020-04-17, from the npm package `vega-datasets` (BSD-3; its source is Yahoo
 * Finance). Stamped 00:00 UTC of their date. The file's six decimals are those of a float32: prices are rounded to the
 * tick, half to even, which keeps open and close between low and high because rounding never changes an order.
 */
export function sp500Source(path: string = packagedPath()): MarketSource {
  return csvSource({
    name: "vega-sp500",
    path,
    parserOf: (header) => (header.join() === COLUMNS ? parseRow : null),
  });
}

// The package exports its index alone, so the file is found from there.
function packagedPath(): string {
  const index = createRequire(import.meta.url).resolve("vega-datasets");
  return join(dirname(index), "..", "data", "sp500-2000.csv");
}

function parseRow(cells: readonly string[], nowMs: number): RowResult {
  const [date, open, high, low, close, , volume] = cells;
  const time = readUtc(`${String(date)}T00:00:00`);
  if ("refused" in time) return time;
  const raw = { open, high, low, close, volume, startMs: time.ms };
  const checked = checkBar(
    { symbol: SPX.symbol, timeframe: "1d", source: "vega-sp500", ...raw },
    { nowMs },
  );
  return "refused" in checked ? checked : { event: { kind: "bar", bar: onTick(checked.accepted) } };
}

function onTick(bar: Bar): Bar {
  return {
    symbol: bar.symbol,
    timeframe: bar.timeframe,
    startMs: bar.startMs,
    open: roundToTick(bar.open),
    high: roundToTick(bar.high),
    low: roundToTick(bar.low),
    close: roundToTick(bar.close),
    volume: bar.volume,
    source: bar.source,
  };
}

function roundToTick(price: DecimalString): DecimalString {
  const ticks = dec(price).dividedBy(SPX.tickSize);
  return text(ticks.toDecimalPlaces(0, Decimal.ROUND_HALF_EVEN).times(SPX.tickSize));
}
