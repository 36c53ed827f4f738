import { checkBar } from "../../../domain/market/check-bar.ts";
import { csvSource, type RowParser } from "./csv-source.ts";
import type { MarketSource } from "./feed.ts";
import { readUtc, readZoned, type TimeReader } from "./read-time.ts";

export interface CsvFile {
  readonly path: string;
  readonly symbol: string;
  /** the vendor, kept with each bar or tick */
  readonly source: string;
}

/** What the name of the time column says of its zone. */
const TIME_COLUMNS: { readonly [column: string]: () => TimeReader } = {
  time_ny: () => readZoned("America/New_York"),
  time_utc: () => readUtc,
  timestamp: () => readUtc,
};

const BAR_COLUMNS = "open,high,low,close,volume";

/**
 * One-minute bars from a CSV file with the columns `time,open,high,low,close,volume`, the time being the start of the minute
 * in a column called `time_ny`, `time_utc` or `timestamp` (UTC).
 */
export function minuteCsvSource({ path, symbol, source }: CsvFile): MarketSource {
  return csvSource({
    name: source,
    path,
    parserOf: ([timeColumn = "", ...columns]) => {
      const timeReader = TIME_COLUMNS[timeColumn];
      if (timeReader === undefined || columns.join() !== BAR_COLUMNS) return null;
      return barParser(symbol, source, timeReader());
    },
  });
}

function barParser(symbol: string, source: string, readTime: TimeReader): RowParser {
  return ([time = "", open, high, low, close, volume], nowMs) => {
    const start = readTime(time);
    if ("refused" in start) return start;
    const raw = { symbol, timeframe: "1m", startMs: start.ms, source };
    const checked = checkBar({ ...raw, open, high, low, close, volume }, { nowMs });
    return "refused" in checked ? checked : { event: { kind: "bar", bar: checked.accepted } };
  };
}
