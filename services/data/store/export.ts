import { Readable } from "node:stream";
import type { Bar } from "../../../domain/market/bar.ts";
import type { ExportFormat } from "../../../mixins/rest/routes/market-store.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { NodeContext } from "../../context.ts";
import { readSeries, type SeriesQuery } from "../series/read-series.ts";
import { arrowBytes } from "./arrow-bars.ts";

/** Bars in memory at a time. */
const PAGE = 5_000;

type ExportQuery = Omit<SeriesQuery, "limit" | "order">;

/**
 * The bars of a range as bytes, read and adjusted a page at a time as they are taken; it ends when whoever takes them does.
 * @throws RestError 422 where the first page has a week or month that cannot be adjusted: later the answer has begun
 */
export async function exportStream(
  node: NodeContext,
  query: ExportQuery,
  format: ExportFormat,
): Promise<Readable> {
  const pages = await begun(pagesOf(node, query));
  switch (format) {
    case "csv":
      return bytesOf(csv(pages));
    case "ndjson":
      return bytesOf(ndjson(pages));
    case "arrow":
      return bytesOf(arrowBytes(pages));
  }
}

function bytesOf(chunks: AsyncIterable<string | Uint8Array>): Readable {
  return Readable.from(chunks, { objectMode: false });
}

/** The same pages, the first of them read already. */
async function begun<T>(pages: AsyncGenerator<T, void, void>): Promise<AsyncIterable<T>> {
  const first = await pages.next();
  return (async function* () {
    if (first.done !== true) yield first.value;
    yield* pages;
  })();
}

async function* pagesOf(
  node: NodeContext,
  query: ExportQuery,
): AsyncGenerator<readonly Bar[], void, void> {
  let startMs = query.startMs;
  for (;;) {
    const page = await readSeries(node, {
      ...query,
      ...(startMs !== undefined && { startMs }),
      limit: PAGE,
      order: "asc",
    });
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    startMs = last.startMs + 1;
  }
}

const HEADER = "timestamp,open,high,low,close,volume,vwap,tradeCount,source\n";

async function* csv(pages: AsyncIterable<readonly Bar[]>): AsyncGenerator<string, void, void> {
  yield HEADER;
  for await (const page of pages) yield page.map(csvRow).join("");
}

function csvRow(bar: Bar): string {
  const { open, high, low, close, volume, vwap = "", tradeCount = "", source } = bar;
  const cells = [open, high, low, close, volume, vwap, tradeCount, csvText(source)];
  return `${isoTime(bar.startMs)},${cells.join(",")}\n`;
}

function csvText(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

async function* ndjson(pages: AsyncIterable<readonly Bar[]>): AsyncGenerator<string, void, void> {
  for await (const page of pages) yield page.map(jsonRow).join("");
}

function jsonRow(bar: Bar): string {
  const { startMs, open, high, low, close, volume, vwap, tradeCount, source } = bar;
  const timestamp = isoTime(startMs);
  const row = { timestamp, open, high, low, close, volume, vwap, tradeCount, source };
  return `${JSON.stringify(row)}\n`;
}
