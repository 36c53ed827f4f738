import type { Json } from "../../../domain/shared/json.ts";
import type { RefusedRow } from "../feeds/feed.ts";
import { anywhereEnd, BarSieve } from "../sources/bar-pages.ts";
import type { RawBar } from "../sources/bar-pages.ts";
import { SourceError } from "../sources/source.ts";
import type { HistoryPage, MarketDataSource } from "../sources/source.ts";
import { TradeSieve } from "../sources/trade-pages.ts";
import type { RawTrade } from "../sources/trade-pages.ts";
import { csvRows } from "./csv-rows.ts";
import type { FileRowResult } from "./csv-rows.ts";
import { DEFAULT_LAYOUTS, readLayout } from "./layout.ts";
import type { Column, CsvLayout, Layout } from "./layout.ts";
import { leanBarFiles, leanBars, leanTradeFiles, leanTrades } from "./lean-files.ts";
import { FileError, fileBelow } from "./open-file.ts";

export interface FilesParts {
  /** nothing outside of it is read; null: there are no files */
  readonly root: string | null;
  /** as an operator has set them; null: the usual ones */
  readonly layouts: () => readonly Json[] | null;
  readonly symbolAt: (symbol: string) => string;
}

type History = Pick<MarketDataSource, "bars"> & Required<Pick<MarketDataSource, "trades">>;

const BAR_COLUMNS: readonly Column[] = ["timestamp", "open", "high", "low", "close", "volume"];
const TRADE_COLUMNS: readonly Column[] = ["timestamp", "price", "size"];

/** Files below one directory as a source: the first layout that has a file for a symbol gives it. */
export function filesHistory(parts: FilesParts): History {
  return {
    async *bars(query, ask) {
      const sieve = new BarSieve(query, "files", ask, anywhereEnd);
      const { symbol, timeframe } = query;
      yield* read(parts, symbol, async function* (root, layout, name) {
        if (layout.format === "lean") {
          const ticker = name.toLowerCase();
          for (const file of leanBarFiles(layout, ticker, timeframe, query)) {
            const path = await fileBelow(root, file.path);
            if (path === null) continue;
            for await (const rows of leanBars(path, file, layout, timeframe))
              yield sieve.page(rows);
          }
          return;
        }
        const path = await csvFile(root, layout, name, timeframe);
        if (path === null) return;
        for await (const rows of csvRows(path, layout, BAR_COLUMNS))
          yield sifted(rows, rawBar, (raw) => sieve.page(raw));
      });
    },
    async *trades(query, ask) {
      const sieve = new TradeSieve(query, "files", ask);
      yield* read(parts, query.symbol, async function* (root, layout, name) {
        if (layout.format === "lean") {
          for (const file of leanTradeFiles(layout, name.toLowerCase(), query)) {
            const path = await fileBelow(root, file.path);
            if (path === null) continue;
            for await (const rows of leanTrades(path, file, layout)) yield sieve.page(rows);
          }
          return;
        }
        const path = await csvFile(root, layout, name, "trades");
        if (path === null) return;
        for await (const rows of csvRows(path, layout, TRADE_COLUMNS))
          yield sifted(rows, rawTrade, (raw) => sieve.page(raw));
      });
    },
  };
}

type Reading<T> = (
  root: string,
  layout: Layout,
  name: string,
) => AsyncGenerator<HistoryPage<T>, void>;

/** @throws SourceError when no layout has a file, or the file cannot be read */
async function* read<T>(
  { root, layouts, symbolAt }: FilesParts,
  symbol: string,
  reading: Reading<T>,
): AsyncGenerator<HistoryPage<T>> {
  if (root === null)
    throw new SourceError("SOURCE_UNAUTHORISED", "files: DATA_FILES_DIR is not set");
  for (const layout of layoutsOf(layouts())) {
    let hasFile = false;
    try {
      for await (const page of reading(root, layout, symbolAt(symbol))) {
        hasFile = true;
        yield page;
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      throw new SourceError("SOURCE_ANSWER_MALFORMED", `files: ${symbol}: ${error.message}`);
    }
    if (hasFile) return;
  }
  throw new SourceError("SOURCE_SYMBOL_UNKNOWN", `files: there is no file for ${symbol}`);
}

function layoutsOf(set: readonly Json[] | null): readonly Layout[] {
  if (set === null) return DEFAULT_LAYOUTS;
  // They were checked when they were set.
  return set.flatMap((value) => {
    const layout = readLayout(value, "");
    return "format" in layout ? layout : [];
  });
}

async function csvFile(
  root: string,
  { path }: CsvLayout,
  name: string,
  timeframe: string,
): Promise<string | null> {
  const plain = path.replaceAll("{symbol}", name).replaceAll("{timeframe}", timeframe);
  for (const ending of ["", ".gz", ".zip"]) {
    const found = await fileBelow(root, plain + ending);
    if (found !== null) return found;
  }
  return null;
}

function sifted<R, T>(
  rows: readonly FileRowResult[],
  raw: (row: Exclude<FileRowResult, { readonly refused: RefusedRow }>) => R,
  sift: (rows: readonly R[]) => HistoryPage<T>,
): HistoryPage<T> {
  const refused: RefusedRow[] = [];
  const readable: R[] = [];
  for (const row of rows) {
    if ("refused" in row) refused.push(row.refused);
    else readable.push(raw(row));
  }
  const page = sift(readable);
  return { accepted: page.accepted, refused: [...refused, ...page.refused] };
}

function rawBar({ ms, cell }: Exclude<FileRowResult, { readonly refused: RefusedRow }>): RawBar {
  return {
    startMs: ms,
    open: cell("open"),
    high: cell("high"),
    low: cell("low"),
    close: cell("close"),
    volume: cell("volume"),
    vwap: cell("vwap"),
    ...(cell("tradeCount") !== "" && { tradeCount: cell("tradeCount") }),
  };
}

function rawTrade({
  ms,
  cell,
}: Exclude<FileRowResult, { readonly refused: RefusedRow }>): RawTrade {
  return { tsEventMs: ms, price: cell("price"), size: cell("size") };
}
