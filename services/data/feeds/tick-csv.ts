import { checkQuote } from "../../../domain/market/check-quote.ts";
import { checkTick } from "../../../domain/market/check-tick.ts";
import { csvSource, type RowParser } from "./csv-source.ts";
import type { MarketSource, RowResult } from "./feed.ts";
import type { CsvFile } from "./minute-csv.ts";
import { readZoned, type ReadTime } from "./read-time.ts";

const TRADE_COLUMNS = "time_ny,price,size,exchange,sale_condition,suspicious";
const QUOTE_COLUMNS = "time_ny,bid,bid_size,ask,ask_size,exchange,quote_condition,suspicious";

/**
 * Trades or quotes of US stocks from a CSV file in New York time; the header says which. A row that the vendor marks
 * suspicious is refused. Quote rows speak of one exchange and often of one side; zero means that nobody is there.
 */
export function tickCsvSource({ path, symbol, source }: CsvFile): MarketSource {
  return csvSource({
    name: source,
    path,
    parserOf(header) {
      const columns = header.join();
      if (columns === TRADE_COLUMNS) return tradeParser(symbol, source);
      return columns === QUOTE_COLUMNS ? quoteParser(symbol) : null;
    },
  });
}

function tradeParser(symbol: string, source: string): RowParser {
  const readTime = readZoned("America/New_York");
  return ([time = "", price, size, , , suspicious], nowMs) => {
    const at = unlessSuspicious(suspicious, readTime(time));
    if ("refused" in at) return at;
    const checked = checkTick({ symbol, price, size, tsEventMs: at.ms, source }, { nowMs });
    return "refused" in checked ? checked : { event: { kind: "trade", trade: checked.accepted } };
  };
}

function quoteParser(symbol: string): RowParser {
  const readTime = readZoned("America/New_York");
  return ([time = "", bid, bidSize, ask, askSize, , , suspicious], nowMs): RowResult => {
    const at = unlessSuspicious(suspicious, readTime(time));
    if ("refused" in at) return at;
    const raw = { symbol, bid, bidSize, ask, askSize, tsEventMs: at.ms };
    const checked = checkQuote(raw, { nowMs });
    return "refused" in checked ? checked : { event: { kind: "quote", quote: checked.accepted } };
  };
}

function unlessSuspicious(flag: string | undefined, time: ReadTime): ReadTime {
  if (flag === "0") return time;
  const detail = `suspicious: expected 0, found ${String(flag)}`;
  return { refused: { reason: "MARKED_SUSPICIOUS", detail } };
}
